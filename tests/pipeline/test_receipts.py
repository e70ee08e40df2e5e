"""The receipts' lines are those of their fields."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outputs.records import ReceiptLines, make_receipt
from transforms.records import Keeper, Mask, Page, Removal

TEXTS = st.text(st.characters(codec="utf-8"))
KEEPERS = st.none() | st.builds(Keeper, TEXTS, TEXTS, st.integers(0, 2**20))
REMOVALS = st.builds(Removal, TEXTS, TEXTS, KEEPERS, st.none() | st.integers(0, 64))
MASKS = st.just(()) | st.tuples(st.builds(Mask, TEXTS, st.integers(0, 9)))


@given(st.tuples(TEXTS, TEXTS, TEXTS), st.lists(TEXTS, min_size=1), REMOVALS, MASKS)
def test_a_line_is_what_its_fields_give(names, paragraphs, removal, masks):
    identifier, url, run = names
    number = len(paragraphs) - 1
    page = Page(identifier, url, "", tuple(paragraphs), masks={number: masks} if masks else {})
    receipt = make_receipt(page, number, removal, run)
    without, line = ReceiptLines(page, run).of(number, removal)
    assert line == orjson.dumps(receipt)
    del receipt["run"]
    assert without == orjson.dumps(receipt)
