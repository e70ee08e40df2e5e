"""Fingerprint rows: their order, their addresses, their keys."""

import random

import numpy as np
import pytest
from duplicate_oracle import exact_rows_lists, fields, near_rows_lists, order
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.normal import drop_digits, exact_form, exact_hashes, strip_to_words
from transforms.text.rows import (
    EXACT_ROW,
    MAX_PAGES,
    MAX_RUNS,
    MAX_SHARDS,
    NEAR_KEYS,
    NEAR_ROW,
    OPENING_CHARS,
    UNDATED,
    exact_rows,
    near_keys,
    near_rows,
    order_of_date,
    pack_address,
    page_of,
    paragraph_of,
    run_of,
    shard_of,
    sort_rows,
    sort_shared,
)
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import fingerprints, sketch

TEXTS = [
    "The ferry crosses the bay twice a day, at nine in the morning and at five.",
    "The ferry crosses the bay twice a day, at nine in the morning and at seven.",
    "…",
]


def columns(count):
    return (np.arange(count, dtype=np.uint64) + np.uint64(k) for k in (10, 20, 30))


def plain_order(rows):
    return sorted(range(len(rows)), key=lambda n: (int(rows["key"][n]), *order(rows[n])))


@given(st.one_of(exact_rows_lists(), near_rows_lists()))
def test_rows_are_sorted_by_key_date_page_paragraph_and_address(rows):
    assert sort_rows(rows).tobytes() == rows[plain_order(rows)].tobytes()


@given(st.one_of(exact_rows_lists(), near_rows_lists()), st.randoms())
def test_sorting_does_not_depend_on_the_order_before(rows, dice):
    mixed = rows[dice.sample(range(len(rows)), len(rows))]
    assert sort_rows(mixed).tobytes() == sort_rows(rows).tobytes()
    assert sort_shared(mixed).tobytes() == sort_shared(rows).tobytes()


@given(st.one_of(exact_rows_lists(), near_rows_lists()))
def test_shared_rows_are_the_sorted_ones_whose_key_stands_twice(rows):
    keys = rows["key"].tolist()
    expected = rows[[n for n in plain_order(rows) if keys.count(keys[n]) > 1]]
    before = rows.tobytes()
    assert sort_shared(rows).tobytes() == expected.tobytes()
    assert rows.tobytes() == before


@given(st.integers(0, MAX_SHARDS - 1), st.integers(0, MAX_PAGES - 1), st.integers(0, (1 << 20) - 1))
def test_addresses_unpack_to_what_was_packed(shard, page, paragraph):
    address = pack_address(shard, page, np.array([paragraph]))
    unpacked = [int(part(address)[0]) for part in (shard_of, page_of, paragraph_of)]
    assert unpacked == [shard, page, paragraph]


@pytest.mark.parametrize(("shard", "page"), [(-1, 0), (MAX_SHARDS, 0), (0, -1), (0, MAX_PAGES)])
def test_addresses_out_of_range_are_refused(shard, page):
    with pytest.raises(ValueError, match="is outside 0"):
        pack_address(shard, page, np.array([0]))


def test_dates_sort_by_run_then_time_then_undated():
    dates = [
        order_of_date("0001-01-01T00:00:00.000Z"),
        order_of_date("2024-05-01T10:00:00.000Z"),
        order_of_date("2024-05-01T10:00:00.001Z"),
        order_of_date("9999-12-31T23:59:59.999Z"),
        order_of_date("", run=0),
        order_of_date("0001-01-01T00:00:00.000Z", run=1),
        order_of_date("", run=1),
        order_of_date("", run=MAX_RUNS - 1),
    ]
    # The year 9999 lies beyond the bits of a date: it must not spill into the run.
    assert sorted(set(map(int, dates))) == list(map(int, dates))
    assert run_of(np.array(dates)).tolist() == [0, 0, 0, 0, 0, 1, 1, MAX_RUNS - 1]
    assert int(dates[4]) == UNDATED
    with pytest.raises(ValueError, match="run"):
        order_of_date("", run=MAX_RUNS)


def test_exact_rows_hold_hash_and_place_and_say_which_have_words():
    rows, has_form = exact_rows(exact_form(TEXTS), *columns(3))
    assert has_form.tolist() == [True, True, False]
    assert rows.dtype == EXACT_ROW
    assert rows["key"][0] != rows["key"][1]
    assert rows["date"].tolist() == [10, 11, 12]
    assert rows["page_hash"].tolist() == [20, 21, 22]
    assert rows["address"].tolist() == [30, 31, 32]


def test_near_rows_stand_together_and_hold_all_that_is_known():
    rows = near_rows(strip_to_words(TEXTS[:2]), *columns(2), ShingleHasher())
    assert rows.dtype == NEAR_ROW
    assert rows["address"].tolist() == [30] * NEAR_KEYS + [31] * NEAR_KEYS
    assert rows["simhash"].tolist() == np.repeat(fingerprints(TEXTS[:2]), NEAR_KEYS).tolist()
    words = strip_to_words(TEXTS[:2])
    assert rows["shingles"][::NEAR_KEYS].tolist() == [len(word) - 3 for word in words]
    digitless = exact_hashes(drop_digits(words))[:, 0] >> np.uint64(48)
    assert rows["digitless"][::NEAR_KEYS].tolist() == digitless.tolist()
    shared = set(rows["key"][:NEAR_KEYS].tolist()) & set(rows["key"][NEAR_KEYS:].tolist())
    assert shared
    assert len(set(rows["key"].tolist())) == 2 * NEAR_KEYS - len(shared)


def test_the_key_of_a_text_without_digits_is_the_hash_of_its_form_without_digits():
    texts = [*TEXTS[:2], "Of 1.5 and 15 it is the first", "Von ١٢ bis ١٣"]
    exact, _ = exact_rows(exact_form(texts), *columns(len(texts)))
    words = strip_to_words(texts)
    known = np.where([drop_digits([w]) == [w] for w in words], exact["key"], np.uint64(0))
    assert 0 < np.count_nonzero(known) < len(texts)
    rows = near_rows(words, *columns(len(texts)), ShingleHasher(), known)
    assert rows.tobytes() == near_rows(words, *columns(len(texts)), ShingleHasher()).tobytes()


def test_a_text_shares_the_last_key_with_all_that_open_like_it():
    text = "The keeper of the light has rowed out to the rock since May."
    other = (
        "THE KEEPER of the light has rowed home again: another text, much longer than the first."
    )
    texts = [text, f"{text} {'; '.join(TEXTS)}", other, f"So {text}", text[:20], text[:19]]
    rows = near_rows(strip_to_words(texts), *columns(len(texts)), ShingleHasher())
    last = rows["key"].reshape(-1, NEAR_KEYS)[:, -1].tolist()
    assert len(strip_to_words([text])[0]) > OPENING_CHARS
    assert last[0] == last[1] == last[2]
    assert len(set(last[2:])) == 4


def test_the_sketch_keeps_two_bits_of_each_of_sixty_four_minima():
    rows = near_rows(strip_to_words(TEXTS[:1]), *columns(1), ShingleHasher())
    minima = sketch(strip_to_words(TEXTS[:1]), 76, ShingleHasher()).minima[0, 12:]
    factor = 0x9E3779B97F4A7C15
    assert fields(rows[0]) == [int(m) * factor % 2**64 >> 62 for m in minima]


def test_the_share_of_equal_minima_estimates_likeness():
    dice = random.Random(1)
    words = [f"word{dice.randrange(10_000)}" for _ in range(400)]
    other = words[:200] + [f"else{dice.randrange(10_000)}" for _ in range(200)]
    texts = [" ".join(words), " ".join(other)]
    rows = near_rows(strip_to_words(texts), *columns(2), ShingleHasher())
    one, two = fields(rows[0]), fields(rows[NEAR_KEYS])
    grams = [{word[i : i + 4] for i in range(len(word) - 3)} for word in strip_to_words(texts)]
    likeness = len(grams[0] & grams[1]) / len(grams[0] | grams[1])
    share = sum(a == b for a, b in zip(one, two, strict=True)) / 64
    assert abs((share - 0.25) / 0.75 - likeness) < 0.2


def test_near_keys_name_their_pair():
    minima = np.array([[1, 2, 1, 2], [1, 2, 2, 1]], np.uint32)
    keys = near_keys(minima)
    assert keys.shape == (2, 2)
    assert keys[0, 0] == keys[1, 0]
    assert len(set(keys.ravel().tolist())) == 3


def test_no_texts_give_no_rows():
    none = [np.empty(0, np.uint64)] * 3
    assert len(exact_rows([], *none)[0]) == len(near_rows([], *none, ShingleHasher())) == 0
    assert len(sort_rows(np.empty(0, NEAR_ROW))) == len(sort_shared(np.empty(0, NEAR_ROW))) == 0
