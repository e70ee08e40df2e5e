"""JSON that is written or printed means the same and steers no terminal."""

import json
import re

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.json_text import escape_controls, pretty


@given(st.dictionaries(st.text(), st.text(st.characters(exclude_categories=["Cs"]))))
@settings(derandomize=True, deadline=None)
def test_escaped_json_means_the_same(value):
    for data in (escape_controls(orjson.dumps(value)), pretty(value)):
        assert json.loads(data) == value
        assert not re.search("[\x00-\x09\x0b-\x1f\x80-\x9f]", data.decode())


def test_only_control_characters_are_escaped():
    data = orjson.dumps(["don\x92t", "é\u00a0«€»", "\x9b31m\x85"])
    assert (
        escape_controls(data)
        == r'["don\u0092t","é {nbsp}«€»","\u009b31m\u0085"]'.replace(" {nbsp}", "\u00a0").encode()
    )
