"""Finds duplicates among fingerprint rows: the verdict on a pair, and the search under each key.

The rule: a paragraph goes when an earlier one lies within its radius, whether that one itself stays
or goes. So a decision needs nothing but the rows of one key, and the result is the same however the
keys are divided among workers.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text.rows import SKETCH_MINIMA, Rows, paragraph_of, sort_rows, sort_shared
from transforms.text.simhash import hamming

DEFAULT_RADIUS_BITS = 24
"""Most bits in which the fingerprints of near-duplicates differ."""

DEFAULT_MAX_PIVOTS = 256
"""A paragraph is compared with so many earlier ones of each of its keys, the earliest first."""

EXACT, NEAR = 0, 1

MATCH = np.dtype(
    [
        ("address", "<u8"),
        ("keeper", "<u8"),
        ("keeper_date", "<u8"),
        ("keeper_hash", "<u8"),
        ("kind", "u1"),
        ("distance", "u1"),
        ("unused", "u1", (6,)),
    ]
)
"""40 bytes: a paragraph that goes, the earlier one that it equals, the kind and the distance in
bits."""

_NIBBLE_ONES = np.uint64(0x1111111111111111)
_LEAST_COMMON_MINIMA = 14
_SHORT_SHINGLES, _LONG_SHINGLES = 130, 500


class Found(NamedTuple):
    """What a search found.

    Attributes:
      matches: array of `MATCH`, one a paragraph that goes, at most one for each key.
      compared: pairs that were compared.
      capped: rows that were near to none of the first `max_pivots` of their key, and were not
        compared with the later ones.
    """

    matches: npt.NDArray[np.void]
    compared: int
    capped: int


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
    for the sixteenth that agrees by chance). A pair is near when d <= radius and either

    - d + 20 (1 - J) is at most the radius less 2.7 bits (2.3 from 130 shingles on, 0.7 from 500
      on: long texts hold less chance), or
    - J >= 0.4, the shorter text has 85 % of its shingles in the longer one, and the later text is at
      most twice as long (a sentence was appended or cut).

    All in integers, so the answer is the same everywhere. How the numbers were found is in
    docs/duplicates.md.

    Args:
      later, earlier: arrays of `NEAR_ROW` of one length.
      radius_bits: 0..64.
      keep_number_variants: two texts that differ in nothing but digits are no duplicates.
    """
    distance = hamming(later["simhash"], earlier["simhash"]).astype(np.int64)
    common = _common_minima(later["minima"], earlier["minima"])
    mine, other = later["shingles"].astype(np.int64), earlier["shingles"].astype(np.int64)
    shorter, longer = np.minimum(mine, other), np.maximum(mine, other)
    slack = np.where(longer < _SHORT_SHINGLES, 8, np.where(longer < _LONG_SHINGLES, 7, 2))
    alike = 3 * distance + 2 * (32 - common) <= 3 * radius_bits - slack
    contained = 20 * (common - 2) * (mine + other) >= 17 * (28 + common) * shorter
    contained &= (common >= _LEAST_COMMON_MINIMA) & (mine <= 2 * other)
    near = (distance <= radius_bits) & (alike | contained)
    # A radius of less than three bits still takes what is equal in all that is known.
    same = (distance == 0) & (common == SKETCH_MINIMA)
    near |= same
    if keep_number_variants:
        near &= (later["digitless"] != earlier["digitless"]) | same
    return near


def find_exact(rows: Rows) -> Found:
    """Finds paragraphs whose exact form has an earlier copy.

    Args:
      rows: `EXACT_ROW`s, in any order, with all rows of each of their keys.
    """
    rows = sort_shared(rows)
    start, _ = _buckets(rows["key"])
    first = rows[start]
    # A key is half of the hash. Where the other half differs (never seen) nothing goes.
    copies = np.flatnonzero(
        (np.arange(len(rows)) != start) & (rows["check"] == first["check"])
    )
    return Found(_matches(rows[copies], first[copies], EXACT, 0), len(copies), 0)


def find_near(
    rows: Rows,
    radius_bits: int = DEFAULT_RADIUS_BITS,
    *,
    max_pivots: int = DEFAULT_MAX_PIVOTS,
    keep_number_variants: bool = False,
) -> Found:
    """Finds paragraphs that are near to an earlier one with the same key.

    Each row is compared with the earlier ones of its key, the earliest first, until one is near: a
    key of n copies costs n comparisons, one of n different texts n times `max_pivots` at most.

    Args:
      rows: `NEAR_ROW`s, in any order, with all rows of each of their keys.
      radius_bits: see `is_near`.
      max_pivots: at least 1.
      keep_number_variants: see `is_near`.
    """
    rows = sort_shared(rows)
    start, size = _buckets(rows["key"])
    place = np.arange(len(rows)) - start
    rest = np.flatnonzero(place > 0)
    found, keepers = [], []
    compared = 0
    for pivot in range(min(max_pivots, int(size.max(initial=1)) - 1)):
        rest = rest[place[rest] > pivot]
        if not len(rest):
            break
        compared += len(rest)
        against = start[rest] + pivot
        near = is_near(
            rows[rest], rows[against], radius_bits, keep_number_variants=keep_number_variants
        )
        found.append(rest[near])
        keepers.append(against[near])
        rest = rest[~near]
    capped = int((place[rest] > max_pivots).sum())
    if not found:
        return Found(np.empty(0, MATCH), compared, capped)
    gone, kept = rows[np.concatenate(found)], rows[np.concatenate(keepers)]
    distance = hamming(gone["simhash"], kept["simhash"])
    return Found(_matches(gone, kept, NEAR, distance), compared, capped)


def find_in_hot_key(
    heads: Rows, blocks: Iterable[Rows], find: Callable[[Rows], Found], max_pivots: int
) -> Iterator[Found]:
    """Finds duplicates under one key that has more rows than fit in memory.

    The result is that of `find` over all rows at once: no row is compared with more than the first
    `max_pivots`, so those suffice beside each block.

    Args:
      heads: rows of the key, among them the first `max_pivots + 1` by order.
      blocks: all rows of the key, each once, in any order.
      find: `find_exact` or `find_near`, its options bound.
      max_pivots: at least what `find` uses.
    """
    pivots = sort_rows(heads)[: max_pivots + 1]
    yield find(pivots)
    own = find(pivots).compared
    for block in blocks:
        rest = block[~np.isin(block["address"], pivots["address"])]
        found = find(np.concatenate([pivots, rest]))
        new = np.isin(found.matches["address"], rest["address"])
        yield Found(found.matches[new], found.compared - own, found.capped)


def choose_matches(matches: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Takes one match of each paragraph: an exact one before a near one, then the earliest keeper.

    Returns:
      Sorted by address, each address once.
    """
    order = np.lexsort(
        (
            matches["keeper"],
            paragraph_of(matches["keeper"]),
            matches["keeper_hash"],
            matches["keeper_date"],
            matches["kind"],
            matches["address"],
        )
    )
    matches = matches[order]
    first = np.ones(len(matches), bool)
    first[1:] = matches["address"][1:] != matches["address"][:-1]
    return matches[first]


def _common_minima(a: npt.NDArray[np.uint64], b: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Counts equal 4-bit fields of two arrays of shape (n, 2): 0..32."""
    differ = a ^ b
    differ |= differ >> np.uint64(1)
    differ |= differ >> np.uint64(2)
    ones = np.bitwise_count(differ & _NIBBLE_ONES)
    return 32 - ones.sum(axis=1, dtype=np.int64)


def _buckets(key: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For sorted keys: where each row's bucket starts, and the size of each bucket."""
    first = np.ones(len(key), bool)
    first[1:] = key[1:] != key[:-1]
    starts = np.flatnonzero(first)
    sizes = np.diff(np.append(starts, len(key)))
    return np.repeat(starts, sizes), sizes


def _matches(
    gone: Rows, kept: Rows, kind: int, distance: int | npt.NDArray[np.uint8]
) -> npt.NDArray[np.void]:
    matches = np.zeros(len(gone), MATCH)
    matches["address"] = gone["address"]
    matches["keeper"] = kept["address"]
    matches["keeper_date"] = kept["date"]
    matches["keeper_hash"] = kept["page_hash"]
    matches["kind"] = kind
    matches["distance"] = distance
    return matches
