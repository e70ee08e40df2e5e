"""Hashes of beginnings: continuations share them, other texts do not, in any company."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.beginnings import LENGTHS, MAX_SHINGLES, begin_alike, beginning_fields
from transforms.text.shingles import WIDTH, ShingleHasher
from transforms.text.simhash import sketch

WORDS = "".join(f"sentence{n}ofalongparagraphaboutferries" for n in range(4000))


def fields_of(words):
    return sketch(words, 1, ShingleHasher()).beginnings


def counts_of(words):
    return np.array([min(max(len(w) - WIDTH + 1, 1), MAX_SHINGLES) for w in words], np.int64)


def alike(one, other):
    """Whether they begin alike, the same in both directions."""
    fields, counts = fields_of([one, other]), counts_of([one, other])
    places = ([0, 1], [1, 0])
    there, back = begin_alike(*(c[p] for p in places for c in (fields, counts))).tolist()
    assert there == back
    return there


def top_level(words):
    return max(k for k in range(64) if 2**k < (int(counts_of([words])[0]) + 1) ** 4)


def test_lengths_are_exact_roots():
    assert len(LENGTHS) == 64
    for k, length in enumerate(LENGTHS.tolist()):
        assert length**4 <= 2**k < (length + 1) ** 4


@given(st.integers(WIDTH, 3000), st.integers(0, 3000))
def test_a_text_begins_as_its_continuation_does(length, more):
    text, whole = WORDS[:length], WORDS[: length + more]
    assert alike(text, whole) is (top_level(whole) - top_level(text) < 8)


@pytest.mark.parametrize("length", [60, 200, 1000, 5000])
@pytest.mark.parametrize("more", [0, 0.5, 1.5])
def test_a_text_of_which_half_is_another_does_not(length, more):
    end = WORDS[9000 : 9000 + int(length * more)]
    for shift in range(20):
        other = WORDS[20_000 + shift * length :][: length // 2]
        half = WORDS[: length // 2] + other
        assert not alike(WORDS[:length] + end, half)
        assert not alike(WORDS[:length], half + end)


def test_a_text_may_differ_in_its_last_sixth_only():
    text = WORDS[: 127 + 3]
    assert alike(text, text[: 107 + 3] + "x" * 20)
    assert not alike(text, text[: 107 + 2] + "x" * 21)
    assert not alike(text, text[:60] + "x" + text[61:])


@given(st.lists(st.text(st.characters(categories=["Ll", "Nd"]), max_size=40), max_size=8))
def test_fields_do_not_depend_on_the_company(words):
    together = fields_of(words).tolist()
    assert together == [fields_of([word]).tolist()[0] for word in words]


def test_texts_beyond_all_levels_are_compared_up_to_there():
    filler = "abcdefghij" * (MAX_SHINGLES // 5)
    long = WORDS[:60_000] + filler
    assert alike(long, long + filler)
    assert alike(long, WORDS[:60_000] + filler[::-1])
    assert not alike(long, "x" + WORDS[:30_000] + filler)


def test_no_texts_have_no_fields():
    none = np.empty(0, np.intp)
    assert beginning_fields(np.empty(0, np.uint64), none, none).tolist() == []
    assert fields_of([]).tolist() == []
    assert sketch(["abcdef"], 0, ShingleHasher()).beginnings.tolist() == [0]
