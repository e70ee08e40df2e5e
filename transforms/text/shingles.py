"""Hashes of all character 4-grams of many texts at once: the raw material of every sketch.

The hash of a 4-gram is the last 8 bytes of its MD5 in UTF-8, as in the `simhash` package. MD5 is
computed once for a 4-gram and kept in a direct-mapped table; all else is numpy.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

WIDTH = 4
"""Characters in a shingle."""

_CHUNK_CHARS = 1 << 18
_TABLE_BITS = 19
_BEYOND_ONE_UNIT = re.compile(r"[\ud800-\udfff\U00010000-\U0010ffff]")
"""What UTF-16 writes in two units, or what only looks like half of that."""
_SLOT_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Hashes = npt.NDArray[np.uint64]


class Chunk(NamedTuple):
    """Hashes of some texts, or of a part of a long one.

    Attributes:
      texts: number of the text that each segment belongs to; ascending.
      starts: where each segment begins in `hashes`; no segment is empty.
      hashes: one hash a shingle, repeats included.
    """

    texts: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    hashes: Hashes


def count_shingles(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Counts the shingles of each text, at least 1."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return np.maximum(lengths - (WIDTH - 1), 1)


def _md5_tail(data: bytes) -> int:
    return int.from_bytes(hashlib.md5(data, usedforsecurity=False).digest()[-8:], "big")


class ShingleHasher:
    """Hashes shingles; keeps a table of those it has met (8 MB, never grows).

    The table changes the speed only, never an answer.

    Attributes:
      table: shape (n, 2): the shingles in the table, each four UTF-16 units, and their hashes.
    """

    def __init__(self) -> None:
        self.table = np.zeros((1 << _TABLE_BITS, 2), np.uint64)
        self._grams, self._hashes = self.table[:, 0], self.table[:, 1]

    def chunks(self, texts: Sequence[str]) -> Iterator[Chunk]:
        """Yields the hashes of all shingles of all texts, in chunks of bounded size.

        Args:
          texts: strings without any upper limit in length. A text of fewer than 4 characters is
            one shingle, also when it is empty.
        """
        numbers: list[int] = []
        parts: list[str] = []
        chars = 0
        for number, text in enumerate(texts):
            if len(text) < WIDTH or _BEYOND_ONE_UNIT.search(text):
                for part in _windows(text):
                    hashes = _hash_one_by_one(part)
                    yield Chunk(np.array([number]), np.zeros(1, np.intp), hashes)
                continue
            for part in _windows(text):
                if chars + len(part) > _CHUNK_CHARS and parts:
                    yield self._chunk(numbers, parts)
                    numbers, parts, chars = [], [], 0
                numbers.append(number)
                parts.append(part)
                chars += len(part)
        if parts:
            yield self._chunk(numbers, parts)

    def _chunk(self, numbers: list[int], parts: list[str]) -> Chunk:
        lengths = np.array([len(part) for part in parts])
        codes = np.frombuffer("".join(parts).encode("utf-16-le", "surrogatepass"), "<u2")
        wide = codes.astype(np.uint64)
        grams = wide[:-3] | wide[1:-2] << np.uint64(16)
        grams |= wide[2:-1] << np.uint64(32)
        grams |= wide[3:] << np.uint64(48)
        ends = np.cumsum(lengths)
        inside = np.ones(len(grams), bool)
        for back in range(1, WIDTH):
            inside[ends[:-1] - back] = False
        starts = ends - lengths - np.arange(len(parts)) * (WIDTH - 1)
        return Chunk(np.array(numbers), starts, self._hash(grams[inside]))

    def _hash(self, grams: Hashes) -> Hashes:
        slots = (grams * _SLOT_FACTOR) >> np.uint64(64 - _TABLE_BITS)
        hashes = self._hashes[slots]
        missed = np.flatnonzero(self._grams[slots] != grams)
        if len(missed):
            new, where = np.unique(grams[missed], return_inverse=True)
            characters = new.view("<u2").tobytes().decode("utf-16-le", "surrogatepass")
            fresh = np.array(
                [
                    _md5_tail(characters[i : i + WIDTH].encode("utf-8", "surrogatepass"))
                    for i in range(0, len(characters), WIDTH)
                ],
                np.uint64,
            )
            hashes[missed] = fresh[where]
            slots = (new * _SLOT_FACTOR) >> np.uint64(64 - _TABLE_BITS)
            # Of two new shingles in one slot numpy keeps the last, in both tables alike.
            self._grams[slots] = new
            self._hashes[slots] = fresh
        return hashes


def _windows(text: str) -> Iterator[str]:
    """Cuts a text into parts that together have its shingles, each exactly once."""
    step = _CHUNK_CHARS - (WIDTH - 1)
    for start in range(0, max(len(text) - (WIDTH - 1), 1), step):
        yield text[start : start + _CHUNK_CHARS]


def _hash_one_by_one(text: str) -> Hashes:
    grams = (text[i : i + WIDTH] for i in range(max(len(text) - WIDTH + 1, 1)))
    return np.array([_md5_tail(g.encode("utf-8", "surrogatepass")) for g in grams], np.uint64)
