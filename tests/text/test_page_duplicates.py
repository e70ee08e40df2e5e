"""Duplicates within a page: what repeats, what it repeats, and that chains end."""

import numpy as np
from duplicate_oracle import exact_matches, exact_rows_lists, near_matches, near_rows_lists
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.duplicates import EXACT, NEAR, find_exact
from transforms.text.normal import exact_form
from transforms.text.page_duplicates import evidence_of, find_within_pages, follow, pick, rule_of
from transforms.text.rows import EXACT_ROW, NEAR_ROW, exact_rows, pack_address, page_of

TEXTS = [
    "The ferry crosses the bay twice a day, at nine in the morning and at five.",
    "THE FERRY crosses the bay twice a day - at nine in the morning and at five!",
    "The ferry crosses the bay twice a day, at nine in the morning and at seven.",
]


def within(exact, near):
    matches = find_within_pages(exact, near, 24, max_pivots=256, keep_number_variants=False)
    return {int(m["address"]): int(m["keeper"]) for m in matches}


def rows_of(texts, page):
    count = len(texts)
    address = pack_address(0, page, np.arange(count))
    return exact_rows(
        exact_form(texts), np.zeros(count, "u8"), np.full(count, page, "u8"), address
    )[0]


def test_pages_are_apart():
    exact = np.concatenate([rows_of(TEXTS[:1], 0), rows_of(TEXTS[:1], 1), rows_of(TEXTS[:2], 2)])
    address = pack_address(0, 2, np.arange(2)).tolist()
    assert within(exact, np.empty(0, NEAR_ROW)) == {address[1]: address[0]}


@given(exact_rows_lists(12), near_rows_lists(25))
def test_keepers_are_paragraphs_of_the_page_that_stay(exact, near):
    """Two pages; what goes is what the oracle finds in each, and keepers do not go."""
    for rows in (exact, near):
        page = np.arange(len(rows), dtype=np.uint64) % np.uint64(2)
        rows["address"] = page << np.uint64(20) | np.arange(len(rows), dtype=np.uint64)
        rows["page_hash"] = page
        # A paragraph has one place in the order, whatever the row.
        rows["date"] = np.arange(len(rows)) // 2 % 3
    found = within(exact, near)
    expected = set()
    for page in (0, 1):
        expected |= {m[0] for m in exact_matches(exact[page_of(exact["address"]) == page])}
        expected |= {m[0] for m in near_matches(near[page_of(near["address"]) == page])[0]}
    assert found.keys() == expected
    assert not set(found.values()) & expected
    assert all(gone >> 20 == keeper >> 20 for gone, keeper in found.items())


@given(st.dictionaries(st.integers(1, 60), st.integers(0, 59)), st.lists(st.integers(0, 60)))
def test_links_are_followed_to_what_has_none(links, start):
    links = {gone: by for gone, by in links.items() if by < gone}
    gone = np.array(sorted(links), np.uint64)
    by = np.array([links[int(g)] for g in gone], np.uint64)
    begin = np.array(start, np.uint64)
    ends = follow(gone, by, begin)
    for first, end in zip(start, ends.tolist(), strict=True):
        at = first
        while at in links:
            at = links[at]
        assert at == end
    assert begin.tolist() == start


def test_a_chain_of_thousands_is_followed_to_its_end():
    gone = np.arange(1, 5001, dtype=np.uint64)
    assert follow(gone, gone - np.uint64(1), gone).tolist() == [0] * 5000


def test_rules_and_evidence_say_what_was_seen():
    assert (rule_of(EXACT), rule_of(NEAR)) == ("duplicate.exact", "duplicate.near")
    assert evidence_of(EXACT, 0) == "same words as an earlier paragraph"
    assert evidence_of(NEAR, 7) == "7 of 64 bits differ from an earlier paragraph"


def test_picking_keeps_the_order():
    assert pick(["a", "b", "c"], np.array([True, False, True])) == ["a", "c"]


def test_nothing_is_found_in_nothing():
    none = np.empty(0, EXACT_ROW)
    assert within(none, np.empty(0, NEAR_ROW)) == {}
    assert len(find_exact(none).matches) == 0
