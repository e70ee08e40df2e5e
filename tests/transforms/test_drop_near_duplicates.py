"""The library: the function and the transform agree, and the documentation runs."""

import re
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from transforms.drop_near_duplicates import DropNearDuplicates, Removed
from transforms.text.text_duplicates import drop_near_duplicates

DOCS = Path(__file__).parents[2] / "docs" / "library.md"

TEXTS = [
    f"The ferry number {n % 7} crosses the {word} bay twice a day, at nine in the morning and five."
    for n, word in enumerate(["wide", "wide", "narrow", "blue", "wide", "Wide", "very wide"] * 3)
] + [
    "short",
    "short",
    "…",
    "\ud800 a lone surrogate in a text that is long enough for any rule here",
]


def test_the_documentation_runs():
    code = "\n".join(re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL))
    exec(compile(code, str(DOCS), "exec"), {})


def test_keepers_stay_and_orders_decide():
    orders = list(range(len(TEXTS)))[::-1]
    for given in (None, orders):
        found = drop_near_duplicates(TEXTS, given)
        gone = {n for n, one in enumerate(found) if one}
        assert gone
        assert not gone & {one.keeper for one in found if one}
        rank = given or list(range(len(TEXTS)))
        assert all(rank[one.keeper] < rank[n] for n, one in enumerate(found) if one)
        assert not gone & set(range(len(TEXTS) - 4, len(TEXTS)))


def test_teasers_and_their_texts_are_one():
    headline = "The ferry across the bay will stop for the winter, and nobody told the bakers of..."
    text = headline.removesuffix("...") + " Mill Lane, who send their bread by it every day"
    other = headline.removesuffix("of...") + "or the post. A hundred signs were nailed to trees"
    assert [one and one.keeper for one in drop_near_duplicates([headline, text])] == [None, 0]
    assert [one and one.keeper for one in drop_near_duplicates([text, headline])] == [None, 0]
    assert drop_near_duplicates([text, other]) == [None, None]


def test_number_variants_go_unless_they_are_to_stay():
    texts = [
        f"In version 2.{n} the ferry runs every hour, and crossing the bay costs {n + 20} crowns"
        for n in range(20)
    ]
    found = drop_near_duplicates(texts)
    assert found[0] is None
    assert all(one is not None and one.kind == "near" for one in found[1:])
    assert drop_near_duplicates(texts, keep_number_variants=True) == [None] * len(texts)


def test_the_transform_finds_what_the_function_finds():
    orders = [(n * 7) % 24 for n in range(len(TEXTS))]
    found = drop_near_duplicates(TEXTS, orders)
    expected = [
        Removed(f"k{n}", f"k{one.keeper}", one.distance, one.kind)
        for n, one in enumerate(found)
        if one
    ]
    keyed = [(f"k{n}", text) for n, text in enumerate(TEXTS) if "\ud800" not in text]
    with beam.Pipeline("FnApiRunner") as pipeline:
        out = pipeline | beam.Create(keyed[::-1]) | DropNearDuplicates(_order)
        assert_that(out.removed, equal_to(expected), label="Removed")
        stay = [one for one in keyed if found[int(one[0][1:])] is None]
        assert_that(out.kept, equal_to(stay), label="Kept")


def _order(key, text):
    return (int(key[1:]) * 7) % 24


@pytest.mark.parametrize("options", [{"radius_bits": 65}, {"min_words": 0}, {"max_pivots": 0}])
def test_values_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match="must be"):
        DropNearDuplicates(**options)
    with pytest.raises(ValueError, match="must be"):
        drop_near_duplicates(["a"], **options)
    with pytest.raises(ValueError, match="1 texts, but 2 orders"):
        drop_near_duplicates(["a"], [1, 2])


def test_no_texts_give_no_answer():
    assert drop_near_duplicates([]) == []
