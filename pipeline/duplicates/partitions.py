"""The search for duplicates, one partition of the key space at a time, over rows on storage."""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.runs import (
    BINS,
    KINDS,
    ROW_TYPES,
    RowKind,
    Slice,
    complete_keys,
    read_blocks,
)
from pipeline.storage import open_for_writing
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.duplicates import (
    Found,
    choose_matches,
    find_exact,
    find_in_hot_key,
    find_near,
    first_different,
)
from transforms.text.rows import Rows, shard_of, sort_rows

BYTES_A_ROW = 256
"""Memory that the search takes for a row: the row itself, its sorted copy, and the columns."""

_CONTENT: dict[RowKind, tuple[str, ...]] = {
    "exact": ("key", "check"),
    "near": ("key", "simhash", "minima", "shingles", "digitless", "beginning"),
}
"""Columns that say what a paragraph is, rather than where it stands."""

Bounds = dict[RowKind, npt.NDArray[np.intp]]


def partition_bounds(
    totals: npt.NDArray[np.uint64], memory_bytes: int, least_partitions: int
) -> Bounds:
    """Divides the bins into partitions.

    Args:
      totals: shape (3, BINS): rows of all shards by kind and bin.
      memory_bytes: what the search in one partition may take.
      least_partitions: so many of each kind at least, where there are bins enough.

    Returns:
      For each kind the first bin of each partition, and at the end `BINS`.
    """
    bounds: Bounds = {}
    for number, kind in enumerate(KINDS):
        before = np.concatenate([[0], np.cumsum(totals[number], dtype=np.int64)])
        most = max(memory_bytes // BYTES_A_ROW, 1)
        parts = max(least_partitions, -(-int(before[-1]) // most))
        marks = np.arange(1, parts) * (int(before[-1]) / parts)
        inner = np.searchsorted(before, marks)
        bounds[kind] = np.unique(np.concatenate([[0], inner, [BINS]]))
    return bounds


class PartitionResult(NamedTuple):
    """What the search of one partition left on storage.

    Attributes:
      slices: for each shard with matches, (number, path, first, count) of an array of `MATCH`.
      compared, capped: see `Found`, summed up.
      rows: rows that were searched.
    """

    slices: list[tuple[int, str, int, int]]
    compared: int
    capped: int
    rows: int


class EarlierRows(Protocol):
    """Rows of earlier runs, which come before all new ones."""

    def look_up(self, kind: RowKind, keys: npt.NDArray[np.uint64], most: int | None = None) -> Rows:
        """Gives the earliest rows of each of the sorted keys."""
        ...


def search_partition(
    kind: RowKind,
    slices: Sequence[Slice],
    rules: DedupRules,
    memory_bytes: int,
    path: str,
    earlier: EarlierRows | None = None,
    remember: Callable[[Rows], None] | None = None,
) -> PartitionResult:
    """Finds the duplicates among the rows of one partition and writes the matches to `path`.

    Args:
      kind: of the rows.
      slices: the part of each run that lies in the partition.
      rules: what counts as a duplicate.
      memory_bytes: about what the search may take, however large the partition is.
      path: of the file of matches, sorted by address.
      earlier: rows of earlier runs to compare with.
      remember: is given all rows whose content no earlier row of their key has, by ascending key.
    """
    find = find_exact if kind == "exact" else _finder(rules)
    pivots = 1 if kind == "exact" else rules.max_pivots
    compared = capped = 0
    past = _Past(kind, earlier, remember)
    with MatchWriter(path, memory_bytes // BYTES_A_ROW) as writer:
        for found in _search(sorted(slices), ROW_TYPES[kind], find, pivots, memory_bytes, past):
            writer.add(found.matches)
            compared += found.compared
            capped += found.capped
    rows = sum(s.count for s in slices)
    return PartitionResult(writer.slices, compared, capped, rows)


class MatchWriter:
    """Writes matches to one file, in pieces sorted by address, so that a part of them is in memory.

    Args:
      path: of the file; none is written where there are no matches.
      at_once: about how many matches are in memory.
    """

    def __init__(self, path: str, at_once: int) -> None:
        self._path = path
        self._at_once = at_once
        self._pending: list[npt.NDArray[np.void]] = []
        self._count = self._written = 0
        self._file = ExitStack()
        self._handle: IO[bytes] | None = None
        self.slices: list[tuple[int, str, int, int]] = []

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        self._file.__exit__(kind, error, trace)

    def add(self, matches: npt.NDArray[np.void]) -> None:
        """Takes matches; an address may come again."""
        if len(matches):
            self._pending.append(matches)
            self._count += len(matches)
            if self._count >= self._at_once:
                self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._handle is None:
            self._handle = self._file.enter_context(open_for_writing(self._path))
        matches = choose_matches(np.concatenate(self._pending))
        self._handle.write(matches.tobytes())
        for shard, first, count in by_shard(matches["address"]):
            self.slices.append((shard, self._path, self._written + first, count))
        self._written += len(matches)
        self._pending, self._count = [], 0


def by_shard(addresses: npt.NDArray[np.uint64]) -> Iterator[tuple[int, int, int]]:
    """Yields for each shard of sorted addresses (number, place of the first, count)."""
    found = np.unique(shard_of(addresses), return_index=True, return_counts=True)
    yield from zip(*(column.tolist() for column in found), strict=True)


def write_by_shard(path: str, rows: Rows, field: str) -> list[tuple[int, str, int, int]]:
    """Writes rows sorted by an address, and says which of them belong to which shard.

    Returns:
      For each shard (number, path, first, count); no file is written where there are no rows.
    """
    if not len(rows):
        return []
    with open_for_writing(path) as handle:
        handle.write(rows.tobytes())
    return [(shard, path, first, count) for shard, first, count in by_shard(rows[field])]


def _finder(rules: DedupRules) -> Callable[[Rows], Found]:
    return functools.partial(
        find_near,
        radius_bits=rules.radius_bits,
        max_pivots=rules.max_pivots,
        keep_number_variants=rules.keep_number_variants,
    )


def _search(
    slices: Sequence[Slice],
    dtype: np.dtype[np.void],
    find: Callable[[Rows], Found],
    pivots: int,
    memory_bytes: int,
    past: "_Past",
) -> Iterator[Found]:
    rows_at_once = max(memory_bytes // BYTES_A_ROW, 1024)
    for piece in complete_keys(slices, dtype, rows_at_once):
        if isinstance(piece, np.ndarray):
            before = past.rows_of(piece)
            past.tell(before, piece)
            rows = np.concatenate([before, piece]) if len(before) else piece
            yield past.without_old(find(rows), before)
            continue
        heads = np.concatenate([_heads(s, dtype, pivots + 1) for s in piece])
        before = past.rows_of(heads)
        heads = np.concatenate([before, heads])
        past.tell(before, heads[len(before) :])
        blocks = (
            past.tell(heads, block) for s in piece for block in read_blocks(s, dtype, rows_at_once)
        )
        for found in find_in_hot_key(heads, blocks, find, pivots):
            yield past.without_old(found, before)


def _heads(rows: Slice, dtype: np.dtype[np.void], count: int) -> Rows:
    """Reads the first different rows of a slice that holds one key."""
    found = np.empty(0, dtype)
    for block in read_blocks(rows, dtype, 4 * count):
        found = np.concatenate([found, block])
        found = found[first_different(found, count)]
        if len(found) == count:
            break
    return found


class _Past:
    """What a search has to do with earlier and later runs; nothing, most often."""

    def __init__(
        self,
        kind: RowKind,
        earlier: EarlierRows | None,
        remember: Callable[[Rows], None] | None,
    ) -> None:
        self._kind = kind
        self._earlier = earlier
        self._remember = remember

    def rows_of(self, rows: Rows) -> Rows:
        """Gives the earlier rows that have a key of these."""
        if self._earlier is None:
            return rows[:0]
        return self._earlier.look_up(self._kind, np.unique(rows["key"]))

    def tell(self, before: Rows, rows: Rows) -> Rows:
        """Has those rows remembered that say something new, and gives all back."""
        if self._remember is not None:
            self._remember(unseen(before, rows, _CONTENT[self._kind]))
        return rows

    @staticmethod
    def without_old(found: Found, before: Rows) -> Found:
        """Leaves out what was found about earlier rows themselves: it was settled in their run."""
        if not len(before):
            return found
        new = ~np.isin(found.matches["address"], before["address"])
        return found._replace(matches=found.matches[new])


def unseen(before: Rows, rows: Rows, content: Sequence[str]) -> Rows:
    """Gives the rows whose content neither an earlier row has nor one of them that comes first.

    Args:
      before: earlier rows.
      rows: all after `before` by order.
      content: names of the columns that have to be equal.

    Returns:
      Sorted by key and order.
    """
    both = np.concatenate([sort_rows(before), sort_rows(rows)])
    columns = [column for name in content for column in np.atleast_2d(both[name].T)]
    order = np.lexsort([np.arange(len(both)), *reversed(columns)])
    repeated = np.ones(len(both), bool)
    repeated[:1] = False
    for column in columns:
        repeated[1:] &= np.diff(column[order].astype(np.uint64)) == 0
    fresh = np.zeros(len(both), bool)
    fresh[order[~repeated]] = True
    fresh[: len(before)] = False
    return both[fresh]
