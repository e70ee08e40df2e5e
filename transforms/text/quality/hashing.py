"""Hashes of any stretch of a text from running sums; sets of words to look hashes up in.

The hash of characters c0 c1 ... is the sum of (c+1) * R**i modulo 2**64, mixed. With running sums
of the whole text each stretch costs one subtraction and one product. Two different words of a page
get the same hash with a probability of about 2**-64.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from transforms.text import kernel

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_KEPT = 1 << 20
_powers: dict[int, Hashes] = {}


def _powers_of(base: int, count: int) -> Hashes:
    """Returns base**0 .. base**(count-1) modulo 2**64; kept up to `_KEPT` of them."""
    known = _powers.get(base)
    if known is None or len(known) < count:
        size = 1 << max(12, (count - 1).bit_length())
        known = np.ones(size, np.uint64)
        filled = 1
        while filled < size:
            known[filled : 2 * filled] = known[:filled] * np.uint64(pow(base, filled, 1 << 64))
            filled *= 2
        if size <= _KEPT:
            _powers[base] = known
    return known[:count]


class PrefixHash:
    """Hashes of parts of a text; without the kernel by running sums over its code points."""

    def __init__(self, codes: NDArray[np.uint32]) -> None:
        self._codes = codes
        self._sums: Hashes | None = None

    def from_place(self, place: int) -> "PrefixHash":
        """Returns the same for the text from a place on."""
        return PrefixHash(self._codes[place:]) if place else self

    def between(self, first: Ints, last: Ints) -> Hashes:
        """Returns the hash of the characters `first` .. `last` - 1, for each pair."""
        if kernel.compiled is not None:
            return np.frombuffer(kernel.compiled.hash_parts(self._codes, first, last), np.uint64)
        if self._sums is None:
            self._sums = self._add_up()
        found: Hashes = self._sums[last]
        found -= self._sums[first]
        found *= _powers_of(_INVERSE, len(self._codes) + 1)[first]
        found ^= found >> np.uint64(32)
        found *= _MIX
        found ^= found >> np.uint64(29)
        return found

    def _add_up(self) -> Hashes:
        sums = np.zeros(len(self._codes) + 1, np.uint64)
        terms = self._codes.astype(np.uint64)
        terms += np.uint64(1)
        terms *= _powers_of(_BASE, len(self._codes))
        np.cumsum(terms, out=sums[1:])
        return sums


class WordSet:
    """A fixed set of words that hashes are looked up in; nothing is found for other words.

    Attributes:
      words: without repeats.
      longest: characters of the longest.
      hashes: of the words, sorted.
      seen: by the highest bits of a hash, whether any word has these.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = list(dict.fromkeys(words))
        self.longest = max(map(len, self.words), default=0)
        self._bits = max(10, (len(self.words) * 16).bit_length())
        joined = "".join(self.words)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        last = np.cumsum([len(w) for w in self.words], dtype=np.int64)
        first = np.concatenate((np.zeros(1, np.int64), last))[: len(self.words)]
        hashes = PrefixHash(codes).between(first, last)
        order = np.argsort(hashes, kind="stable")
        self.hashes = hashes[order]
        self._index = order
        self.seen = np.zeros(1 << self._bits, np.bool_)
        self.seen[self._slots(hashes)] = True

    def _slots(self, hashes: Hashes) -> NDArray[np.intp]:
        return (hashes >> np.uint64(64 - self._bits)).astype(np.intp)

    def find(self, hashes: Hashes) -> Ints:
        """Returns the number of each hash's word in `words`, or -1."""
        found = np.full(len(hashes), -1, np.int64)
        if not self.words:
            return found
        maybe = np.flatnonzero(self.seen[self._slots(hashes)])
        place = np.minimum(np.searchsorted(self.hashes, hashes[maybe]), len(self.words) - 1)
        hit = self.hashes[place] == hashes[maybe]
        found[maybe[hit]] = self._index[place[hit]]
        return found
