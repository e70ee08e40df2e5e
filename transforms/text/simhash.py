"""SimHash fingerprints and minima of shingle hashes, for many texts in one pass.

A fingerprint equals `simhash.Simhash(text).value` of the `simhash` package (Charikar 2002,
"Similarity estimation techniques from rounding algorithms"; Manku et al. 2007) bit for bit. The
minima are those of MinHash (Broder 1997): two texts share one with the probability of the Jaccard
likeness of their shingle sets.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text import kernel
from transforms.text.beginnings import LENGTHS, LEVELS_KEPT, beginning_fields, fields_of_sums
from transforms.text.normal import strip_to_words
from transforms.text.shingles import Hashes, ShingleHasher, count_shingles

BITS = 64
"""Bits of a fingerprint."""

_LANES = np.uint64(0x0101010101010101)
_LANE_LIMIT = 255


class Sketches(NamedTuple):
    """What is known of each text's shingles.

    Attributes:
      simhash: shape (n,), fingerprints.
      minima: shape (n, k), the least of k independently permuted shingle hashes.
      beginnings: shape (n,), see `beginning_fields`; 0 where no minima are asked for.
    """

    simhash: Hashes
    minima: npt.NDArray[np.uint32]
    beginnings: npt.NDArray[np.uint32]


def fingerprints(texts: Sequence[str], hasher: ShingleHasher | None = None) -> Hashes:
    """Computes the SimHash fingerprint of each text.

    Features are the character 4-grams of the text in lower case with all but word characters
    removed, weighted by count. A bit is set where more than half of the weight has it set: a tie
    clears it. A text of fewer than 4 word characters, an empty one too, is one feature.

    Args:
      texts: any strings, of any length.
      hasher: keeps the MD5 of shingles between calls; a new one for this call by default.

    Returns:
      Shape (n,).
    """
    return sketch(strip_to_words(texts), 0, hasher or ShingleHasher()).simhash


def sketch(words: Sequence[str], minima: int, hasher: ShingleHasher) -> Sketches:
    """Computes fingerprints, minima and beginnings.

    Args:
      words: texts as `strip_to_words` gives them.
      minima: how many minima to take of each, 0..`len(FACTORS)`.
      hasher: keeps the MD5 of shingles between calls.
    """
    if kernel.compiled is not None:
        return _sketch_compiled(list(words), minima, hasher)
    ones = np.zeros((len(words), BITS), np.int64)
    count = np.zeros(len(words), np.int64)
    least = np.full((len(words), minima), 0xFFFFFFFF, np.uint32)
    beginnings = np.zeros(len(words), np.uint32)
    for chunk in hasher.chunks(words):
        # A long text is alone in its chunks, in at most one segment each: no number repeats here.
        ends = np.append(chunk.starts[1:], len(chunk.hashes))
        new = count[chunk.texts] == 0
        count[chunk.texts] += ends - chunk.starts
        ones[chunk.texts] += _count_bits(chunk.hashes, chunk.starts, ends)
        if minima:
            small = (chunk.hashes ^ (chunk.hashes >> np.uint64(32))).astype(np.uint32)
            for i in range(minima):
                found = np.minimum.reduceat(small * FACTORS[i], chunk.starts)
                least[chunk.texts, i] = np.minimum(least[chunk.texts, i], found)
            beginnings[chunk.texts[new]] = beginning_fields(
                chunk.hashes, chunk.starts[new], (ends - chunk.starts)[new]
            )
    bits = 2 * ones > count[:, None]
    packed = np.packbits(bits, axis=1, bitorder="little").view("<u8").ravel()
    return Sketches(packed.astype(np.uint64), least, beginnings)


def _sketch_compiled(words: list[str], minima: int, hasher: ShingleHasher) -> Sketches:
    simhash, least = np.empty(len(words), np.uint64), np.empty((len(words), minima), np.uint32)
    sums = np.empty((len(words), LEVELS_KEPT), np.uint64)
    out = (simhash, least, sums)
    kernel.compiled.sketch(words, FACTORS[:minima], LENGTHS, hasher.table, *out)  # type: ignore[union-attr]
    beginnings = np.zeros(len(words), np.uint32)
    if minima:
        beginnings = fields_of_sums(sums, count_shingles(words))
    return Sketches(simhash, least, beginnings)


def hamming(a: Hashes, b: Hashes) -> npt.NDArray[np.uint8]:
    """Counts the bits in which two arrays of fingerprints differ: 0..64."""
    return np.bitwise_count(a ^ b)


def _count_bits(
    hashes: Hashes, starts: npt.NDArray[np.intp], ends: npt.NDArray[np.intp]
) -> npt.NDArray[np.int64]:
    """Counts for each segment how many hashes have each bit set; shape (segments, 64).

    Eight lanes of a byte are summed in one 64-bit word, so a run of at most 255 hashes at a time.
    """
    pieces = -(-(ends - starts) // _LANE_LIMIT)
    first = np.concatenate([[0], np.cumsum(pieces)[:-1]])
    within = np.arange(pieces.sum()) - np.repeat(first, pieces)
    piece_starts = np.repeat(starts, pieces) + within * _LANE_LIMIT
    ones = np.empty((len(starts), 8, 8), np.int64)
    for bit in range(8):
        lanes = np.add.reduceat((hashes >> np.uint64(bit)) & _LANES, piece_starts)
        counts = lanes.astype("<u8").view(np.uint8).reshape(-1, 8)
        if len(counts) != len(starts):
            counts = np.add.reduceat(counts, first, axis=0, dtype=np.int64)
        ones[:, :, bit] = counts
    return ones.reshape(-1, BITS)


def _odd_factors(n: int) -> npt.NDArray[np.uint32]:
    """Gives n odd multipliers from SplitMix64 (Steele et al. 2014), the same for ever."""
    x, factors = 0, []
    mask = (1 << 64) - 1
    for _ in range(n):
        x = (x + 0x9E3779B97F4A7C15) & mask
        z = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        factors.append(((z ^ (z >> 31)) >> 32) | 1)
    return np.array(factors, np.uint32)


FACTORS = _odd_factors(128)
"""Multipliers that permute 32-bit shingle hashes."""
