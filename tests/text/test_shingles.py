"""Shingle hashes: each 4-gram of each text once, whatever the chunks and the table."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text import shingles
from transforms.text.shingles import ShingleHasher

ANY = st.text(st.characters(), max_size=30)


def md5_tail(gram):
    digest = hashlib.md5(gram.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[-8:], "big")


def plain(text):
    return [md5_tail(text[i : i + 4]) for i in range(max(len(text) - 3, 1))]


def collected(texts, hasher=None):
    """The hashes of each text, put together from all chunks."""
    found = [[] for _ in texts]
    for chunk in (hasher or ShingleHasher()).chunks(texts):
        ends = [*chunk.starts[1:], len(chunk.hashes)]
        for text, start, end in zip(chunk.texts, chunk.starts, ends, strict=True):
            found[text].extend(chunk.hashes[start:end].tolist())
    return found


@given(st.lists(ANY, max_size=8))
def test_hashes_are_md5_tails_in_the_order_of_the_text(texts):
    assert collected(texts) == [plain(text) for text in texts]


@given(st.lists(ANY, max_size=8), st.integers(7, 40))
def test_chunks_of_any_size_give_the_same(texts, size):
    usual = shingles._CHUNK_CHARS
    shingles._CHUNK_CHARS = size
    try:
        assert collected(texts) == [plain(text) for text in texts]
    finally:
        shingles._CHUNK_CHARS = usual


@given(st.lists(ANY, min_size=1, max_size=6), st.lists(ANY, max_size=6))
def test_the_table_changes_no_answer(texts, before):
    hasher = ShingleHasher()
    collected(before, hasher)
    assert collected(texts, hasher) == collected(texts) == collected(texts, hasher)


def test_shingles_that_share_a_slot_do_not_disturb_each_other(monkeypatch):
    monkeypatch.setattr(shingles, "_TABLE_BITS", 2)
    texts = ["the ferry leaves at nine", "a bakery opened its doors", "the ferry leaves at ten"]
    hasher = ShingleHasher()
    for _ in range(3):
        assert collected(texts, hasher) == [plain(text) for text in texts]


def test_segments_are_never_empty_and_name_their_text():
    for chunk in ShingleHasher().chunks(["", "ab", "abcd", "\U0001f642", "abcdef"]):
        ends = np.append(chunk.starts[1:], len(chunk.hashes))
        assert (ends > chunk.starts).all()
        assert (np.diff(chunk.texts) > 0).all() or len(chunk.texts) == 1


@pytest.mark.parametrize("letter", ["a", "\U00010348"])
def test_a_long_text_comes_in_chunks_of_bounded_size(letter):
    text = letter * (3 * shingles._CHUNK_CHARS + 5)
    sizes = [len(chunk.hashes) for chunk in ShingleHasher().chunks([text])]
    assert sum(sizes) == len(text) - 3
    assert max(sizes) <= shingles._CHUNK_CHARS
