"""The verdict on pairs, and the search against one in plain Python."""

import time
from functools import partial

import numpy as np
import pytest
from duplicate_oracle import (
    as_set,
    exact_matches,
    exact_rows_lists,
    near,
    near_matches,
    near_row,
    near_rows_lists,
)
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import CleanConfig
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.duplicates import (
    EXACT,
    MATCH,
    NEAR,
    choose_matches,
    find_exact,
    find_in_hot_key,
    find_near,
    first_different,
)
from transforms.text.normal import strip_to_words
from transforms.text.rows import EXACT_ROW, NEAR_ROW, near_rows
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import BITS
from transforms.text.verdict import is_near

RADII = st.sampled_from([0, 1, 2, 3, 10, 24, 40, 64])


def pair(distance=0, common=64, later=100, earlier=100, digitless=1, beginning=2**32 - 1):
    """A later and an earlier row, so far apart."""
    minima = [1] * (64 - common) + [0] * common
    one = near_row(simhash=(1 << distance) - 1, minima=minima, shingles=later, address=2)
    return one, near_row(shingles=earlier, digitless=digitless, beginning=beginning, address=1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Short texts: 12 d + 5 (64 - common) <= 288 - 36 = 252.
        ({"distance": 21, "common": 64}, True),
        ({"distance": 21, "common": 63}, False),
        ({"distance": 22, "common": 64}, False),
        ({"distance": 0, "common": 14}, True),
        ({"distance": 0, "common": 13}, False),
        ({"distance": 13, "common": 45}, True),
        ({"distance": 13, "common": 44}, False),
        # From 130 shingles on 16 less of slack, from 500 on 4 less still.
        ({"distance": 10, "common": 35, "later": 130, "earlier": 130}, True),
        ({"distance": 10, "common": 34, "later": 130, "earlier": 130}, False),
        ({"distance": 10, "common": 35, "later": 129, "earlier": 129}, False),
        ({"distance": 10, "common": 34, "later": 500, "earlier": 500}, True),
        ({"distance": 10, "common": 34, "later": 499, "earlier": 499}, False),
        # The radius bounds everything.
        ({"distance": 24, "common": 63, "later": 130, "earlier": 150}, True),
        ({"distance": 25, "common": 63, "later": 130, "earlier": 150}, False),
        ({"distance": 24, "common": 63, "beginning": 0}, True),
        ({"distance": 25, "common": 63, "beginning": 0}, False),
        ({"distance": 24, "common": 63, "digitless": 0}, True),
        ({"distance": 25, "common": 63, "digitless": 0}, False),
        # Contained in a longer one: at least 38 in common, 85 % of the shorter, at most twice as
        # long.
        ({"distance": 20, "common": 38, "later": 200, "earlier": 100}, True),
        ({"distance": 20, "common": 37, "later": 200, "earlier": 100}, False),
        ({"distance": 20, "common": 38, "later": 201, "earlier": 100}, False),
        ({"distance": 20, "common": 38, "later": 100, "earlier": 300}, True),
        ({"distance": 20, "common": 38, "later": 150, "earlier": 100}, False),
        ({"distance": 22, "common": 64, "later": 100, "earlier": 129}, False),
        # Goes on where the other one ends: 70 % of the shorter, at most two and a half times as
        # long.
        ({"distance": 20, "common": 31, "later": 250, "earlier": 100, "beginning": 0}, True),
        ({"distance": 20, "common": 31, "later": 251, "earlier": 100, "beginning": 0}, False),
        ({"distance": 20, "common": 27, "later": 250, "earlier": 100, "beginning": 0}, False),
        ({"distance": 20, "common": 28, "later": 250, "earlier": 100, "beginning": 0}, True),
        ({"distance": 20, "common": 31, "later": 250, "earlier": 100}, False),
        ({"distance": 20, "common": 28, "later": 100, "earlier": 300, "beginning": 0}, True),
        # Nothing but digits differs: 34 in common.
        ({"distance": 20, "common": 34, "digitless": 0}, True),
        ({"distance": 20, "common": 33, "digitless": 0}, False),
    ],
)
def test_the_verdict_at_under_and_over_each_limit(given, expected):
    later, earlier = pair(**given)
    assert is_near(later, earlier).tolist() == [expected]
    assert near(later[0], earlier[0]) is expected


@given(near_rows_lists(12), RADII, st.booleans())
def test_the_verdict_is_that_of_plain_fractions(rows, radius, keep):
    for later in range(len(rows)):
        one = rows[later : later + 1]
        found = is_near(one, rows, radius, keep_number_variants=keep)
        assert found.tolist() == [near(rows[later], row, radius, keep) for row in rows]


def test_a_radius_of_zero_takes_what_is_equal_in_all_that_is_known():
    assert is_near(*pair(0, 64), 0).tolist() == [True]
    assert is_near(*pair(0, 63, later=100, earlier=40), 0).tolist() == [False]
    assert is_near(*pair(0, 64, later=100, earlier=40), 0).tolist() == [True]
    assert is_near(*pair(1, 64), 0).tolist() == [False]


@pytest.mark.parametrize("distance", [0, 5])
def test_number_variants_stay_where_that_is_asked_for(distance):
    for common in (64, 60):
        later, earlier = pair(distance, common, digitless=0)
        assert is_near(later, earlier).tolist() == [True]
        assert is_near(later, earlier, keep_number_variants=True).tolist() == [False]
        later, earlier = pair(distance, common)
        assert is_near(later, earlier, keep_number_variants=True).tolist() == [True]


def test_long_number_variants_stay_where_that_is_asked_for():
    text = " ".join(f"sentence {n} of a long paragraph about ferries." for n in range(300))
    texts = [text + " It cost 5 euros.", text + " It cost 6 euros."]
    columns = (np.arange(2, dtype=np.uint64) for _ in range(3))
    rows = near_rows(strip_to_words(texts), *columns, ShingleHasher())
    assert len(find_near(rows).matches)
    assert not len(find_near(rows, keep_number_variants=True).matches)


@pytest.mark.parametrize("radius", [-1, BITS + 1, 1000])
def test_a_radius_outside_the_bits_is_refused_everywhere(radius):
    none = np.empty(0, NEAR_ROW)
    for refuse in (
        lambda: is_near(none, none, radius),
        lambda: find_near(none, radius),
        lambda: DedupRules(radius_bits=radius),
        lambda: CleanConfig(radius_bits=radius),
    ):
        with pytest.raises(ValueError, match=rf"{radius}.*from 0 to 64"):
            refuse()


@pytest.mark.parametrize("radius", [0, BITS])
def test_a_radius_at_its_limits_is_accepted(radius):
    assert DedupRules(radius_bits=radius).radius_bits == CleanConfig(radius_bits=radius).radius_bits
    assert len(find_near(np.empty(0, NEAR_ROW), radius).matches) == 0


def test_no_pivots_are_refused():
    with pytest.raises(ValueError, match="max_pivots is 0"):
        find_near(np.empty(0, NEAR_ROW), max_pivots=0)
    with pytest.raises(ValueError, match="max_pivots is 0"):
        DedupRules(max_pivots=0)
    with pytest.raises(ValueError, match="min_words is 0"):
        DedupRules(min_words=0)


@given(exact_rows_lists(), st.randoms())
def test_exact_duplicates_are_those_of_the_oracle(rows, dice):
    mixed = rows[dice.sample(range(len(rows)), len(rows))]
    found = find_exact(mixed)
    assert as_set(found.matches) == exact_matches(rows)
    assert found.compared == len(found.matches)
    assert found.capped == 0


@given(near_rows_lists(), st.randoms(), RADII, st.sampled_from([1, 2, 3, 256]), st.booleans())
def test_near_duplicates_are_those_of_the_oracle(rows, dice, radius, pivots, keep):
    mixed = rows[dice.sample(range(len(rows)), len(rows))]
    found = find_near(mixed, radius, max_pivots=pivots, keep_number_variants=keep)
    matches, capped = near_matches(rows, radius, pivots, keep)
    assert as_set(found.matches) == matches
    assert found.capped == capped


@given(near_rows_lists(), st.sampled_from([1, 2, 256]))
def test_keys_may_be_searched_apart(rows, pivots):
    whole = find_near(rows, max_pivots=pivots)
    parts = [
        find_near(rows[rows["key"] == key], max_pivots=pivots) for key in np.unique(rows["key"])
    ]
    assert as_set(whole.matches) == set().union(*(as_set(part.matches) for part in parts))
    assert whole.compared == sum(part.compared for part in parts)
    assert whole.capped == sum(part.capped for part in parts)


def key_blocks(rows, size):
    return [rows[start : start + size] for start in range(0, len(rows), size)]


@given(near_rows_lists(), st.sampled_from([1, 2, 5]), st.integers(1, 7), st.randoms())
def test_a_hot_key_in_blocks_gives_what_it_gives_at_once(rows, pivots, size, dice):
    rows = rows.copy()
    rows["key"] = 7
    mixed = rows[dice.sample(range(len(rows)), len(rows))]
    search = partial(find_near, max_pivots=pivots)
    parts = list(find_in_hot_key(mixed, key_blocks(mixed, size), search, pivots))
    whole = search(rows)
    assert sorted(m for p in parts for m in as_set(p.matches)) == sorted(as_set(whole.matches))
    # Rows that are neither pivots nor capped are counted once, in their block.
    capped = {int(a) for a in rows["address"]} - {m[0] for m in as_set(whole.matches)}
    assert whole.capped <= len(capped)
    assert sum(part.capped for part in parts) == whole.capped


@given(exact_rows_lists(), st.integers(1, 7), st.randoms())
def test_a_hot_exact_key_in_blocks_gives_what_it_gives_at_once(rows, size, dice):
    rows = rows.copy()
    rows["key"] = 7
    mixed = rows[dice.sample(range(len(rows)), len(rows))]
    parts = list(find_in_hot_key(mixed, key_blocks(mixed, size), find_exact, 1))
    assert sorted(m for p in parts for m in as_set(p.matches)) == sorted(exact_matches(rows))


@given(near_rows_lists(), st.integers(1, 5))
def test_the_first_different_rows_are_the_first_of_their_content(rows, count):
    rows = np.sort(rows, order=["date", "address"])
    seen, expected = set(), []
    names = ("simhash", "shingles", "digitless", "beginning")
    for place, row in enumerate(rows):
        known = (*(int(row[name]) for name in names), *row["minima"].tolist())
        if known not in seen:
            seen.add(known)
            expected.append(place)
    assert first_different(rows, count).tolist() == expected[:count]


def test_copies_use_up_no_pivots():
    rows = np.concatenate(
        [near_row(simhash=2**64 - 1, minima=[3] * 64, address=n, date=n) for n in range(50)]
        + [near_row(address=100, date=100), near_row(simhash=1, address=101, date=101)]
    )
    found = find_near(rows, max_pivots=2)
    assert (101, 100, NEAR, 1) in as_set(found.matches)
    assert found.capped == 0


MATCHES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 5), st.sampled_from([EXACT, NEAR])), max_size=20
)


@given(MATCHES, st.randoms())
def test_each_paragraph_keeps_its_best_match(drawn, dice):
    """An exact match before a near one, then the earliest keeper by the order of rows."""
    matches = np.zeros(len(drawn), MATCH)
    for place, (address, keeper, kind) in enumerate(drawn):
        date, page_hash = 9 - keeper // 3, keeper % 2
        matches[place] = (address, keeper, date, page_hash, kind, keeper, 0, (0,) * 5)
    mixed = matches[dice.sample(range(len(matches)), len(matches))]

    def rank(match):
        address, keeper, kind = match
        return address, kind, 9 - keeper // 3, keeper % 2, keeper

    best = {}
    for address, keeper, kind in sorted(drawn, key=rank):
        best.setdefault(address, (address, keeper, kind, keeper))
    assert as_set(choose_matches(mixed)) == set(best.values())
    assert choose_matches(mixed)["address"].tolist() == sorted(best)


def test_exact_matches_need_both_halves_of_the_hash():
    rows = np.zeros(3, EXACT_ROW)
    rows["key"], rows["check"], rows["address"] = 5, [1, 2, 1], [1, 2, 3]
    assert as_set(find_exact(rows).matches) == {(3, 1, EXACT, 0)}


def hot(count, different):
    rows = np.zeros(count, NEAR_ROW)
    rows["key"] = 3
    rows["address"] = np.arange(count)
    rows["page_hash"] = np.random.default_rng(1).permutation(count)
    rows["shingles"] = 100
    if different:
        dice = np.random.default_rng(2)
        rows["simhash"] = dice.integers(0, 2**64, count, np.uint64)
        rows["minima"] = dice.integers(0, 2**64, (count, 2), np.uint64)
    return rows


def test_a_hundred_thousand_copies_leave_the_first_one():
    rows = hot(100_000, different=False)
    started = time.process_time()
    found = find_near(rows)
    assert time.process_time() - started < 10
    first = int(rows["address"][rows["page_hash"] == 0][0])
    assert set(found.matches["keeper"].tolist()) == {first}
    gone = set(found.matches["address"].tolist())
    assert gone == set(range(100_000)) - {first}
    assert (found.compared, found.capped) == (99_999, 0)


def test_many_different_texts_under_one_key_cost_their_pivots_and_are_counted():
    rows = hot(50_000, different=True)
    started = time.process_time()
    found = find_near(rows, max_pivots=64)
    assert time.process_time() - started < 15
    assert len(found.matches) == 0
    assert found.compared == 64 * 50_000 - 64 * 65 // 2
    assert found.capped == 50_000 - 65


def test_empty_and_one_letter_paragraphs_have_a_fingerprint_but_find_each_other_at_once():
    texts = ["", "a", "…", "A", "b"] * 2000
    columns = (np.arange(len(texts), dtype=np.uint64) for _ in range(3))
    words = strip_to_words(texts)
    rows = near_rows(words, *columns, ShingleHasher())
    keeper = {word: words.index(word) for word in set(words)}
    found = choose_matches(find_near(rows).matches)
    assert {m[0]: m[1] for m in as_set(found)} == {
        n: keeper[word] for n, word in enumerate(words) if keeper[word] != n
    }
