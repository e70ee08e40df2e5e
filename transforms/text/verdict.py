"""The verdict on two paragraphs, from their near rows alone: is the later one a near-duplicate?"""

import numpy as np
import numpy.typing as npt

from transforms.text.beginnings import begin_alike
from transforms.text.dedup_defaults import DEFAULT_RADIUS_BITS
from transforms.text.rows import SKETCH_MINIMA, Rows
from transforms.text.simhash import BITS, hamming

_FIELD_ONES = np.uint64(0x5555555555555555)
_CHANCE = SKETCH_MINIMA // 4
_LEAST_CONTAINED, _LEAST_SAME_DIGITLESS = 38, 34
_SHORT_SHINGLES, _LONG_SHINGLES = 130, 500
_SHORT_SLACK, _SLACK, _LONG_SLACK = 36, 20, 16


def check_radius(radius_bits: int) -> None:
    """Makes sure that a radius is one.

    Raises:
      ValueError: when it is outside 0..64.
    """
    if not 0 <= radius_bits <= BITS:
        raise ValueError(f"radius_bits is {radius_bits}; it must be from 0 to {BITS}")


def is_near(
    later: Rows,
    earlier: Rows,
    radius_bits: int = DEFAULT_RADIUS_BITS,
    *,
    keep_number_variants: bool = False,
) -> npt.NDArray[np.bool_]:
    """Decides for each pair whether the later paragraph is a near-duplicate of the earlier one.

    Two estimates that err independently must agree: the Hamming distance d of the fingerprints and
    the share of equal minima, J, an estimate of the Jaccard likeness of the shingle sets (corrected
    for the quarter that agrees by chance). A pair is near when d <= radius and one of these holds:

    - d + 20 (1 - J) is at most the radius less 3 bits (1 2/3 from 130 shingles on, 1 1/3 from
      500 on: long texts hold less chance);
    - the longer text goes on where the shorter one ends (`begin_alike`), which has 70 % of its
      shingles in it, and the later text is at most two and a half times as long: a sentence was
      appended or cut;
    - the longer text has 130 shingles, J >= 0.45, the shorter one has 85 % of its shingles in it,
      and the later text is at most twice as long: cut or lengthened anywhere;
    - they differ in nothing but digits, and J >= 0.375.

    All in integers, so the answer is the same everywhere. How the numbers were found is in
    docs/duplicates.md.

    Args:
      later: array of `NEAR_ROW`.
      earlier: as many; or one for all.
      radius_bits: 0..64.
      keep_number_variants: two texts that differ in nothing but digits are no duplicates.

    Raises:
      ValueError: for a radius outside 0..64.
    """
    check_radius(radius_bits)
    distance = hamming(later["simhash"], earlier["simhash"]).astype(np.int64)
    common = _common_minima(later["minima"], earlier["minima"])
    mine, other = later["shingles"].astype(np.int64), earlier["shingles"].astype(np.int64)
    shorter, longer = np.minimum(mine, other), np.maximum(mine, other)
    slack = np.where(longer < _LONG_SHINGLES, _SLACK, _LONG_SLACK)
    slack[longer < _SHORT_SHINGLES] = _SHORT_SLACK
    near = 12 * distance + 5 * (SKETCH_MINIMA - common) <= 12 * radius_bits - slack
    # J = (common - 16) / 48, so J / (1 + J), the share of the sum that is common, has these terms.
    shared, whole = 20 * (common - _CHANCE) * (mine + other), (common + 32) * shorter
    goes_on = begin_alike(later["beginning"], mine, earlier["beginning"], other)
    near |= goes_on & (shared >= 14 * whole) & (2 * mine <= 5 * other)
    contained = (longer >= _SHORT_SHINGLES) & (common >= _LEAST_CONTAINED)
    near |= contained & (shared >= 17 * whole) & (mine <= 2 * other)
    same_digitless = later["digitless"] == earlier["digitless"]
    near |= same_digitless & (common >= _LEAST_SAME_DIGITLESS)
    near &= distance <= radius_bits
    # A radius of less than three bits still takes what is equal in all that is known.
    near |= (distance == 0) & (common == SKETCH_MINIMA)
    if keep_number_variants:
        near &= ~same_digitless
    return near


def _common_minima(a: npt.NDArray[np.uint64], b: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Counts equal 2-bit fields of two arrays of shape (n, 2): 0..64."""
    differ = a ^ b
    differ |= differ >> np.uint64(1)
    ones = np.bitwise_count(differ & _FIELD_ONES)
    return SKETCH_MINIMA - ones.sum(axis=1, dtype=np.int64)
