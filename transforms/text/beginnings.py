"""Hashes of how a text begins, in four bytes: they tell a text that goes on from another one.

A text and its continuation share everything up to the end of the shorter one; a text of which half
was replaced does not. Level k is the beginning of `floor(2 ** (k / 4))` shingles. Of a text the
eight highest levels that it reaches are kept, with 4 bits each, level k in field k modulo 8.
"""

import math

import numpy as np
import numpy.typing as npt

from transforms.text.shingles import Hashes

MAX_SHINGLES = (1 << 16) - 1
"""Longer texts count as of this length; so does how far their beginnings are compared."""

LEVELS_KEPT = 8
"""Of a text, the highest ones."""

_BITS = 4
_FOLD = np.uint64(0x9E3779B97F4A7C15)


def _root_of_two(power: int) -> int:
    """Gives `floor(2 ** (power / 4))` exactly."""
    return math.isqrt(math.isqrt(2**power))


LENGTHS = np.array([_root_of_two(k) for k in range(64)], np.int64)
"""Shingles in the beginning of each level."""


def beginning_fields(
    hashes: Hashes, starts: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint32]:
    """Makes the fields of some texts.

    Args:
      hashes: of their shingles.
      starts: where the shingles of each text begin.
      counts: how many each text has, at least 1; or of a longer one, at least `MAX_SHINGLES`.

    Returns:
      Shape (n,).
    """
    before = np.zeros(len(hashes) + 1, np.uint64)
    np.cumsum(hashes, out=before[1:])
    levels = np.maximum(_top_level(counts)[:, None] - np.arange(LEVELS_KEPT), 0)
    sums = before[starts[:, None] + LENGTHS[levels]] - before[starts][:, None]
    return fields_of_sums(sums, counts)


def fields_of_sums(sums: Hashes, counts: npt.NDArray[np.signedinteger]) -> npt.NDArray[np.uint32]:
    """Makes the fields of texts from the sums of the hashes in their beginnings.

    The sum stands for the shingles; the order in which they come matters not.

    Args:
      sums: shape (n, `LEVELS_KEPT`), of the highest levels, the highest first; what stands at a
        level below zero counts for nothing.
      counts: how many shingles each text has, at least 1.

    Returns:
      Shape (n,).
    """
    levels = _top_level(counts)[:, None] - np.arange(LEVELS_KEPT)
    mixed = sums * _FOLD
    field = (mixed ^ (mixed >> np.uint64(32))) * _FOLD >> np.uint64(64 - _BITS)
    field[levels < 0] = 0
    fields = field << (levels % LEVELS_KEPT * _BITS).astype(np.uint64)
    return np.bitwise_or.reduce(fields, axis=1).astype(np.uint32)


def begin_alike(
    fields: npt.NDArray[np.uint32],
    counts: npt.NDArray[np.int64],
    other_fields: npt.NDArray[np.uint32],
    other_counts: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    """Says of each pair whether the longer text begins with the shorter one, or 84 % of it.

    What is not the same is taken for it in one of 16 cases for each level that both have kept and
    that reaches beyond the first difference: the less, the more alike they are in length.

    Args:
      fields: of one text of each pair.
      counts: its shingles.
      other_fields: of the other text.
      other_counts: its shingles.

    Returns:
      False where one has more than 3.4 times as many shingles as the other.
    """
    top, other_top = _top_level(counts), _top_level(other_counts)
    lower, higher = np.minimum(top, other_top), np.maximum(top, other_top)
    apart = np.minimum(higher - lower, LEVELS_KEPT)
    compared = MASKS[lower % LEVELS_KEPT, apart]
    return ((fields ^ other_fields) & compared == 0) & (apart < LEVELS_KEPT)


def _top_level(counts: npt.NDArray[np.signedinteger]) -> npt.NDArray[np.intp]:
    return np.searchsorted(LENGTHS, np.clip(counts, 1, MAX_SHINGLES), "right") - 1


def _masks() -> npt.NDArray[np.uint32]:
    """The bits of the levels that two texts have both kept.

    By the lower of their top levels (modulo 8) and by how far these are apart (0..8).
    """
    masks = np.zeros((LEVELS_KEPT, LEVELS_KEPT + 1), np.uint32)
    for lower in range(LEVELS_KEPT):
        for apart in range(LEVELS_KEPT):
            for level in range(lower, lower - LEVELS_KEPT + apart, -1):
                masks[lower, apart] |= 15 << level % LEVELS_KEPT * _BITS
    return masks


MASKS = _masks()
"""See `_masks`."""
