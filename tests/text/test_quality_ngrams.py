"""Repeated n-grams: against plain definitions, where hashes agree in part, and for long texts."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import without_kernel

from transforms.text import kernel
from transforms.text.quality import charclass, ngrams
from transforms.text.quality.hashing import WordSet


def plain(words, lengths, n):
    """Repeats, characters of the most frequent, characters of copies stepped over."""
    grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    counts = Counter(grams)
    top = 0
    if grams:
        best = max(counts.values())
        first = next(i for i, gram in enumerate(grams) if counts[gram] == best)
        top = (sum(lengths[first : first + n]) + n - 1) * best
    seen, copied, i = set(), 0, 0
    while i < len(grams):
        if grams[i] in seen:
            copied += sum(lengths[i : i + n])
            i += n
        else:
            seen.add(grams[i])
            i += 1
    return len(grams) - len(counts), top, copied


def check(pages):
    words = np.array([w for page in pages for w in page], np.uint64)
    lengths = np.array([int(w) % 9 + 1 for w in words], np.int64)
    counts = np.array([len(p) for p in pages])
    found = ngrams.ngram_chars(words, lengths, counts)
    twin = without_kernel(ngrams.ngram_chars, words, lengths, counts)
    assert {name: column.tolist() for name, column in found.items()} == {
        name: column.tolist() for name, column in twin.items()
    }
    for number, page in enumerate(pages):
        sizes = [int(w) % 9 + 1 for w in page]
        for n in range(2, 11):
            repeats, top, copied = plain(page, sizes, n)
            assert found[f"repeats_{n}"][number] == repeats
            if n < 5:
                assert found[f"top_{n}"][number] == top
            else:
                assert found[f"dup_{n}"][number] == copied


WORDS = st.sampled_from([1, 2, 3])
PAGE = st.one_of(
    st.lists(WORDS, max_size=60),
    st.lists(st.integers(0, 30), max_size=25).map(lambda page: page * 3),
    st.tuples(st.lists(WORDS, min_size=1, max_size=14), st.integers(1, 9)).map(
        lambda one: one[0] * one[1]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PAGE, min_size=1, max_size=5))
def test_against_plain_definitions(pages):
    if any(pages):
        check(pages)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40))
def test_words_whose_hashes_agree_in_32_bits_are_told_apart(page):
    check([[(w << 40) | 5 for w in page], [5, *page]])


def test_more_groups_than_16_bits_hold():
    page = list(range(70_000)) * 2
    words = np.array(page, np.uint64) << np.uint64(20)
    arguments = words, np.ones(len(page), np.int64), np.array([len(page)])
    for found in (
        ngrams.ngram_chars(*arguments),
        without_kernel(ngrams.ngram_chars, *arguments),
    ):
        assert found["repeats_2"][0] == 70_000 - 1
        assert found["dup_10"][0] == 70_000


@pytest.mark.skipif(kernel.compiled is None, reason="no compiled kernel")
def test_the_kernel_refuses_sizes_that_do_not_fit():
    words, counts = np.zeros(4, np.uint64), np.array([1, 3])
    out = np.zeros((2, 18), np.int64)
    kernel.compiled.count_ngrams(words, words, counts, out)
    for wrong in (
        (words, words[:3], counts, out),
        (words, words, np.array([1, 2]), out),
        (words, words, np.array([5, -1]), out),
        (words, words, np.array([2**62, 2**62]), out),
        (words, words, counts, out[:1]),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.count_ngrams(*wrong)
    parts = np.array([0, 1]), np.array([1, 2])
    classes, lengths = np.zeros(2, np.uint16), np.ones(2, np.int64)
    found = np.zeros((2, 4), np.int64)
    kernel.compiled.hash_parts(np.zeros(2, np.uint32), *parts)
    kernel.compiled.measure_words(classes, *parts, lengths, found)
    for first, last in (([0, 1], [1, 3]), ([-1, 1], [1, 2]), ([1, 1], [0, 2]), ([0], [1, 2])):
        wrong = np.array(first), np.array(last)
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.hash_parts(np.zeros(2, np.uint32), *wrong)
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.measure_words(classes, *wrong, lengths, found)
    for counts, out in ((lengths + 1, found), (lengths, found[:1]), (np.array([3, -1]), found)):
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.measure_words(classes, *parts, counts, out)
    some = WordSet(["a"])
    right = [words[:2], lengths, b"\1\1", some.hashes, some.seen, np.zeros(2, np.int64)]
    kernel.compiled.count_known(*right)
    for place, other in enumerate(
        (words[:1], lengths[:1], b"\1", np.zeros(65, np.uint64), some.seen[1:], lengths[:1])
    ):
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.count_known(*right[:place], other, *right[place + 1 :])
    counts, out = np.array([2, 3]), np.zeros((2, 4), np.int64)
    kernel.compiled.classify("ab\ncde", charclass.table(), counts, out)
    assert out[:, 0].tolist() == [2, 3]
    for wrong in (
        ("ab\ncdef", charclass.table(), counts, out),
        ("ab\ncd", charclass.table(), counts, out),
        ("ab\ncde", charclass.table()[:256], counts, out),
        ("ab\ncde", charclass.table(), np.array([-1, 6]), out),
        ("ab\ncde", charclass.table(), np.array([2**62, 2**62]), out),
        ("ab\ncde", charclass.table(), counts, out[:1]),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.classify(*wrong)
