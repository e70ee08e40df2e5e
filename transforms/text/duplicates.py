"""Finds duplicates among fingerprint rows, by the verdict on pairs that share a key.

The rule: a paragraph goes when an earlier one lies within its radius, whether that one itself stays
or goes. So a decision needs nothing but the rows of one key, and the result is the same however the
keys are divided among workers.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text import kernel
from transforms.text.beginnings import LENGTHS, MASKS
from transforms.text.dedup_defaults import DEFAULT_MAX_PIVOTS, DEFAULT_RADIUS_BITS
from transforms.text.rows import Rows, paragraph_of, sort_rows, sort_shared
from transforms.text.simhash import hamming
from transforms.text.verdict import check_radius, is_near

TEMPLATE, EXACT, NEAR = 0, 1, 2
"""Kinds of matches; of several that a paragraph has, the one of the least kind counts."""

MATCH = np.dtype(
    [
        ("address", "<u8"),
        ("keeper", "<u8"),
        ("keeper_date", "<u8"),
        ("keeper_hash", "<u8"),
        ("kind", "u1"),
        ("distance", "u1"),
        ("mark", "u1"),
        ("unused", "u1", (5,)),
    ]
)
"""40 bytes: a paragraph that goes, the earlier one that it equals, the kind and the distance in
bits, and for template lines `ASKED_FOR` and `REMEMBERED`."""

ASKED_FOR, REMEMBERED = 1, 2
"""Of a template line: its copies elsewhere name it as their keeper; an earlier run has found it."""

_PAIRS_AT_ONCE = 1 << 14
_FOLD = np.uint64(0x9E3779B97F4A7C15)


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


def find_exact(rows: Rows) -> Found:
    """Finds paragraphs whose exact form has an earlier copy.

    Args:
      rows: `EXACT_ROW`s, in any order, with all rows of each of their keys.
    """
    rows = sort_shared(rows)
    starts, sizes = _buckets(rows["key"])
    start = np.repeat(starts, sizes)
    # A key is half of the hash. Where the other half differs (never seen) nothing goes.
    same = rows["check"] == rows["check"][start]
    same[starts] = False
    copies = np.flatnonzero(same)
    return Found(_matches(rows, copies, start[copies], EXACT, 0), len(copies), 0)


def find_near(
    rows: Rows,
    radius_bits: int = DEFAULT_RADIUS_BITS,
    *,
    max_pivots: int = DEFAULT_MAX_PIVOTS,
    keep_number_variants: bool = False,
) -> Found:
    """Finds paragraphs that are near to an earlier one with the same key.

    Each row is compared with the earlier ones of its key, the earliest first, until one is near: a
    key of n copies costs n comparisons, one of n different texts n times `max_pivots` at most. Of
    rows that are equal in all that is known of their texts only the first one is a pivot, so that
    copies use up no places, and it does not matter whether they are there.

    Args:
      rows: `NEAR_ROW`s, in any order, with all rows of each of their keys.
      radius_bits: see `is_near`.
      max_pivots: at least 1.
      keep_number_variants: see `is_near`.

    Raises:
      ValueError: for a radius outside 0..64 or fewer than one pivot.
    """
    check_radius(radius_bits)
    if max_pivots < 1:
        raise ValueError(f"max_pivots is {max_pivots}; it must be at least 1")
    rows = sort_shared(rows)
    if kernel.compiled is not None and sys.byteorder == "little":
        return _find_near_compiled(rows, radius_bits, max_pivots, keep_number_variants)
    starts, sizes = _buckets(rows["key"])
    search = _Search(rows, radius_bits, keep_number_variants)
    hot = sizes > max_pivots + 1
    capped = 0
    for start, size in zip(starts[hot].tolist(), sizes[hot].tolist(), strict=True):
        pivots = start + first_different(rows[start : start + size], max_pivots + 1)
        rest = np.arange(start + 1, start + size)
        for pivot in pivots[:max_pivots].tolist():
            rest = search.compare(rest[np.searchsorted(rest, pivot, "right") :], pivot)
            if not len(rest):
                break
        if len(pivots) > max_pivots:
            capped += int((rest > pivots[max_pivots]).sum())
    small = np.repeat(~hot, sizes)
    first = np.repeat(starts, sizes)
    place = np.arange(len(rows)) - first
    rest = np.flatnonzero(small & (place > 0))
    pivot = 0
    while len(rest):
        rest = search.compare(rest, first[rest] + pivot)
        pivot += 1
        rest = rest[place[rest] > pivot]
    return Found(search.matches(), search.compared, capped)


def _find_near_compiled(
    rows: Rows, radius_bits: int, max_pivots: int, keep_number_variants: bool
) -> Found:
    gone, kept = np.empty((2, len(rows)), np.int64)
    options = radius_bits, min(max_pivots, len(rows)), keep_number_variants
    tables = LENGTHS, MASKS
    count, compared, capped = kernel.compiled.find_near(rows, *tables, *options, gone, kept)  # type: ignore[union-attr]
    gone, kept = gone[:count], kept[:count]
    distance = hamming(rows["simhash"][gone], rows["simhash"][kept])
    return Found(_matches(rows, gone, kept, NEAR, distance), compared, capped)


class _Search:
    """Compares rows with pivots and keeps what is near."""

    def __init__(self, rows: Rows, radius_bits: int, keep_number_variants: bool) -> None:
        self._rows = rows
        self._simhash = np.ascontiguousarray(rows["simhash"])
        self._radius_bits = radius_bits
        self._keep_number_variants = keep_number_variants
        self._gone: list[npt.NDArray[np.intp]] = []
        self._kept: list[npt.NDArray[np.intp]] = []
        self.compared = 0

    def compare(
        self, rest: npt.NDArray[np.intp], against: npt.NDArray[np.intp] | int
    ) -> npt.NDArray[np.intp]:
        """Compares each row with its pivot, or with the one pivot of all.

        Returns:
          The rows that are not near to it.
        """
        self.compared += len(rest)
        distance = hamming(self._simhash[rest], self._simhash[against])
        within = np.flatnonzero(distance <= self._radius_bits)
        if not len(within):
            return rest
        pivots = np.broadcast_to(against, rest.shape)
        stay = np.ones(len(rest), bool)
        for first in range(0, len(within), _PAIRS_AT_ONCE):
            some = within[first : first + _PAIRS_AT_ONCE]
            near = some[
                is_near(
                    self._rows[rest[some]],
                    self._rows[pivots[some]],
                    self._radius_bits,
                    keep_number_variants=self._keep_number_variants,
                )
            ]
            stay[near] = False
        near = np.flatnonzero(~stay)
        if len(near):
            self._gone.append(rest[near])
            self._kept.append(pivots[near])
        return rest[stay]

    def matches(self) -> npt.NDArray[np.void]:
        """Gives all that was found."""
        if not self._gone:
            return np.empty(0, MATCH)
        gone, kept = np.concatenate(self._gone), np.concatenate(self._kept)
        distance = hamming(self._simhash[gone], self._simhash[kept])
        return _matches(self._rows, gone, kept, NEAR, distance)


def first_different(rows: Rows, count: int) -> npt.NDArray[np.intp]:
    """Gives the places of the first rows that are equal to none before them.

    Args:
      rows: of one key, sorted; exact rows are equal when `check` is, near ones when all that is
        known of their texts is.
      count: so many places at most.
    """
    take = min(4 * count, len(rows))
    while True:
        part = rows[:take]
        if part.dtype.names is not None and "check" in part.dtype.names:
            known = part["check"]
        else:
            tail = part["beginning"].astype(np.uint64) << np.uint64(32)
            tail |= part["digitless"].astype(np.uint64) << np.uint64(16) | part["shingles"]
            known = part["simhash"] * _FOLD
            for column in (part["minima"][:, 0], part["minima"][:, 1], tail):
                known = ((known ^ (known >> np.uint64(29))) + column) * _FOLD
        places = np.sort(np.unique(known, return_index=True)[1])
        if len(places) >= count or take == len(rows):
            return places[:count]
        take = min(4 * take, len(rows))


def find_in_hot_key(
    heads: Rows, blocks: Iterable[Rows], find: Callable[[Rows], Found], max_pivots: int
) -> Iterator[Found]:
    """Finds duplicates under one key that has more rows than fit in memory.

    The result is that of `find` over all rows at once: no row is compared with more than the first
    `max_pivots` different ones, so those suffice beside each block.

    Args:
      heads: rows of the key, among them the first `max_pivots + 1` different ones by order.
      blocks: all rows of the key, each once, in any order.
      find: `find_exact` or `find_near`, its options bound.
      max_pivots: what `find` uses; 1 for exact rows.
    """
    pivots = sort_rows(heads)
    pivots = pivots[first_different(pivots, max_pivots + 1)]
    own = find(pivots)
    yield own
    for block in blocks:
        rest = block[~np.isin(block["address"], pivots["address"])]
        found = find(np.concatenate([pivots, rest]))
        new = np.isin(found.matches["address"], rest["address"])
        yield Found(found.matches[new], found.compared - own.compared, found.capped)


def choose_matches(matches: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Takes one match of each paragraph: of the least kind, then with the earliest keeper.

    Returns:
      Sorted by address, each address once.
    """
    order = np.argsort(matches["address"])
    matches = matches[order]
    same = matches["address"][1:] == matches["address"][:-1]
    again = np.zeros(len(matches), bool)
    again[1:] = same
    shared = again.copy()
    shared[:-1] |= same
    some = matches[shared]
    columns = (
        some["keeper"],
        paragraph_of(some["keeper"]),
        some["keeper_hash"],
        some["keeper_date"],
        some["kind"],
        some["address"],
    )
    matches[shared] = some[np.lexsort(columns)]
    return matches[~again]


def _buckets(key: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For sorted keys: where each bucket starts, and its size."""
    first = np.ones(len(key), bool)
    first[1:] = key[1:] != key[:-1]
    starts = np.flatnonzero(first)
    return starts, np.diff(np.append(starts, len(key)))


def _matches(
    rows: Rows,
    gone: npt.NDArray[np.intp],
    kept: npt.NDArray[np.intp],
    kind: int,
    distance: int | npt.NDArray[np.uint8],
) -> npt.NDArray[np.void]:
    matches = np.zeros(len(gone), MATCH)
    matches["address"] = rows["address"][gone]
    for name, column in (("", "address"), ("_date", "date"), ("_hash", "page_hash")):
        matches[f"keeper{name}"] = rows[column][kept]
    matches["kind"] = kind
    matches["distance"] = distance
    return matches
