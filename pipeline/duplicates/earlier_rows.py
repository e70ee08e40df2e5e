"""Rows of earlier runs on storage, and look-ups that read only what they need.

A file holds rows sorted by key. An index beside it holds the key of every `ROWS_A_BLOCK`th row, so
a look-up of one key concerns one such block, rarely two. A file of tags holds the last 16 bits of
every key: a look-up reads those of its block first, 64 bytes, and the block itself, 2 kB, only
where one of them is the key's. Most keys of new pages are in no earlier run, and for those a block
is read in vain once in 2,000 times; so many small files cost little more than a large one.
"""

import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.runs import ROW_TYPES, RowKind
from pipeline.storage import is_local, open_for_reading, open_for_writing, read_bytes
from transforms.text.rows import Rows, run_of, sort_rows

ROWS_A_BLOCK = 32
"""Rows that a look-up of one key reads: 1.3 kB of exact ones, 2 kB of near ones."""

INDEX_BYTES_IN_MEMORY = 1 << 20
"""A larger index of a local file is mapped, so that only pages of it are read."""

ROWS_AT_ONCE = 1 << 18
"""Rows that a look-up has in memory at a time, those that it finds aside."""

Blocks = npt.NDArray[np.int64]

KEYS_AT_ONCE = 1 << 16
"""Keys whose tags are compared at a time; 16 MB."""

_PAGE = 4096
_READ_AHEAD_BYTES = 32 << 10
"""Local blocks that lie closer than this on average are read by the system as one."""

_REMOTE_GAP_BYTES = 256 << 10
"""Blocks that lie closer than this are read in one request to an object store."""


def row_files(path: str) -> tuple[str, str, str]:
    """Gives the paths of a file of rows and of the two that look-ups read first."""
    return path, f"{path}.index", f"{path}.tags"


class RowWriter:
    """Writes a file of rows with its index and tags, piece by piece, in a `with` block.

    Args:
      path: of the rows.

    Attributes:
      rows: that were written so far.
    """

    def __init__(self, path: str) -> None:
        self._paths = row_files(path)
        self._keys: list[npt.NDArray[np.uint64]] = []
        self._open = ExitStack()
        self.rows = 0

    def __enter__(self) -> Self:
        rows, _, tags = self._paths
        self._open.__enter__()
        self._handle = self._open.enter_context(open_for_writing(rows))
        self._tags = self._open.enter_context(open_for_writing(tags))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            with open_for_writing(self._paths[1]) as handle:
                keys = np.concatenate([np.empty(0, "<u8"), *self._keys])
                handle.write(keys.astype("<u8").tobytes())
        self._open.__exit__(kind, error, trace)

    def write(self, rows: Rows) -> None:
        """Writes the next rows, whose keys are not below those before."""
        self._handle.write(rows.tobytes())
        self._tags.write(_tags_of(rows["key"]).tobytes())
        self._keys.append(rows["key"][-self.rows % ROWS_A_BLOCK :: ROWS_A_BLOCK].copy())
        self.rows += len(rows)


def write_rows(path: str, rows: Rows) -> None:
    """Writes rows, sorted by key, with their index and tags."""
    with RowWriter(path) as writer:
        writer.write(rows)


class Reading(NamedTuple):
    """What look-ups have cost.

    Attributes:
      requests: ranges that were read.
      bytes: in them.
    """

    requests: int
    bytes: int


class RowHistory:
    """Looks keys up in the rows of earlier runs.

    Args:
      parts: for each kind (path, rows) of each file.
      runs: numbers of the runs that count; rows of others are passed over.
      most_a_key: rows to return of one key, the earliest ones; at least 1.
    """

    def __init__(
        self,
        parts: dict[RowKind, list[tuple[str, int]]],
        runs: Sequence[int],
        most_a_key: int,
    ) -> None:
        self._most = most_a_key
        self._runs = np.array(runs, np.uint64)
        self._parts = parts
        self._indexes: dict[str, npt.NDArray[np.uint64]] = {}
        self._requests = self._bytes = 0

    def __getstate__(self) -> dict[str, object]:
        """Travels to workers without what it has read."""
        return self.__dict__ | {"_indexes": {}}

    @property
    def reading(self) -> Reading:
        """What the look-ups so far have cost, indexes included."""
        return Reading(self._requests, self._bytes)

    def look_up(self, kind: RowKind, keys: npt.NDArray[np.uint64], most: int | None = None) -> Rows:
        """Gives the earliest rows of each key.

        Args:
          kind: of the rows.
          keys: sorted, each once.
          most: rows of one key at most; all that the history was opened for by default.

        Returns:
          Sorted by key, and under each by the order that decides.
        """
        most = self._most if most is None else most
        rows = np.empty(0, ROW_TYPES[kind])
        for path, total in self._parts[kind]:
            pieces = [rows]
            for some in self._look_up_in(path, total, kind, keys):
                pieces.append(some[self._counts(some["date"])])
                if sum(map(len, pieces)) > len(pieces[0]) + ROWS_AT_ONCE:  # a hot key, most likely
                    pieces = [earliest(np.concatenate(pieces), most)]
            rows = np.concatenate(pieces)
        return earliest(rows, most)

    def _counts(self, dates: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Says of each row, by its date, whether it counts."""
        return np.isin(run_of(dates), self._runs)

    def _look_up_in(
        self, path: str, total: int, kind: RowKind, keys: npt.NDArray[np.uint64]
    ) -> Iterator[Rows]:
        """Yields all rows of one file that have one of the keys."""
        dtype = ROW_TYPES[kind]
        if not total or not len(keys):
            return
        keys, first, end = self._likely(path, total, keys)
        ranges = np.minimum(_join_touching(first, end) * ROWS_A_BLOCK, total)
        self._requests += len(ranges)
        self._bytes += int((ranges[:, 1] - ranges[:, 0]).sum()) * dtype.itemsize
        read = _map_ranges if is_local(path) else _read_ranges
        for rows in read(path, dtype, ranges, keys):
            if len(rows):
                yield rows

    def _likely(
        self, path: str, total: int, keys: npt.NDArray[np.uint64]
    ) -> tuple[npt.NDArray[np.uint64], Blocks, Blocks]:
        """Gives the keys that may be in a file, and the blocks that hold all rows of each.

        Returns:
          The keys, the first block of each, and the block after its last.
        """
        index = self._index(path)
        first = np.maximum(np.searchsorted(index, keys, "left") - 1, 0)
        end = np.searchsorted(index, keys, "right")
        if isinstance(index, np.memmap):
            self._bytes += len(np.unique(end // (_PAGE // 8))) * _PAGE
        some = end > 0
        keys, first, end = keys[some], first[some], end[some]
        likely = end - first > 1
        alone = np.flatnonzero(~likely)
        for tags, start, places in self._tags(path, total, first[alone]):
            for at in range(0, len(places), KEYS_AT_ONCE):
                chosen = alone[places[at : at + KEYS_AT_ONCE]]
                rows = first[chosen, None] * ROWS_A_BLOCK - start + np.arange(ROWS_A_BLOCK)
                found = tags[np.minimum(rows, len(tags) - 1)]
                likely[chosen] = (found == _tags_of(keys[chosen])[:, None]).any(1)
        return keys[likely], first[likely], end[likely]

    def _tags(
        self, path: str, total: int, blocks: Blocks
    ) -> Iterator[tuple[npt.NDArray[np.uint16], int, npt.NDArray[np.intp]]]:
        """Yields the tags of ascending blocks of a file.

        Yields:
          Tags, the number of the row of the first of them, and which of the blocks are in them.
        """
        name = row_files(path)[2]
        if is_local(path):
            self._bytes += len(np.unique(blocks * ROWS_A_BLOCK * 2 // _PAGE)) * _PAGE
            yield np.memmap(name, "<u2", "r"), 0, np.arange(len(blocks))
            return
        ranges = np.minimum(_join_touching(blocks, blocks + 1) * ROWS_A_BLOCK, total)
        with open_for_reading(name) as handle:
            for first, end in _join_ranges(ranges, _REMOTE_GAP_BYTES // 2):
                for start in range(first, end, ROWS_AT_ONCE):
                    stop = min(end, start + ROWS_AT_ONCE)
                    handle.seek(start * 2)
                    tags = np.frombuffer(handle.read((stop - start) * 2), "<u2")
                    self._requests += 1
                    self._bytes += tags.nbytes
                    inside = np.searchsorted(blocks * ROWS_A_BLOCK, [start, stop])
                    yield tags, start, np.arange(*inside)

    def _index(self, path: str) -> npt.NDArray[np.uint64]:
        index = self._indexes.get(path)
        if index is None:
            name = row_files(path)[1]
            if is_local(path) and os.path.getsize(name) > INDEX_BYTES_IN_MEMORY:
                index = np.memmap(name, "<u8", "r")
            else:
                data = read_bytes(name)
                self._requests += 1
                self._bytes += len(data)
                index = np.frombuffer(data, "<u8")
            self._indexes[path] = index
        return index


def _tags_of(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint16]:
    return keys.astype("<u2")  # the last 16 bits


def _join_touching(first: Blocks, end: Blocks) -> Blocks:
    """Joins ascending ranges that touch; shape (ranges, 2)."""
    if not len(first):
        return np.empty((0, 2), np.int64)
    apart = np.flatnonzero(first[1:] > end[:-1]) + 1
    firsts = first[np.concatenate([[0], apart])]
    ends = end[np.concatenate([apart - 1, [len(end) - 1]])]
    return np.stack([firsts, ends], axis=1)


def earliest(rows: Rows, most: int) -> Rows:
    """Sorts rows and leaves out those of a key that come after its first `most`."""
    rows = sort_rows(rows)
    first = np.searchsorted(rows["key"], rows["key"])
    return rows[np.arange(len(rows)) - first < most]


def _map_ranges(
    path: str,
    dtype: np.dtype[np.void],
    ranges: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
) -> Iterator[Rows]:
    """Yields the rows with one of the keys from ranges of a local file."""
    with open(path, "rb") as handle:
        memory = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
    if len(memory) > _READ_AHEAD_BYTES * len(ranges):  # what is read ahead would be for nothing
        memory.madvise(mmap.MADV_RANDOM)
    mapped = np.frombuffer(memory, dtype)
    sizes = ranges[:, 1] - ranges[:, 0]
    cuts = np.searchsorted(np.cumsum(sizes), np.arange(0, int(sizes.sum()), ROWS_AT_ONCE))
    for some in np.split(np.arange(len(ranges)), cuts[1:]):
        for start in range(0, int(sizes[some].max(initial=0)), ROWS_AT_ONCE):
            # More than once only for a range that is larger than what is read at once.
            size = np.clip(sizes[some] - start, 0, ROWS_AT_ONCE)
            begins = np.repeat(ranges[some, 0] + start - np.cumsum(size) + size, size)
            places = begins + np.arange(int(size.sum()))
            found = mapped["key"][places]
            yield mapped[places[_among(found, keys)]]


def _read_ranges(
    path: str,
    dtype: np.dtype[np.void],
    ranges: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint64],
) -> Iterator[Rows]:
    """Yields the rows with one of the keys from ranges of any file; near ones at one go."""
    with open_for_reading(path) as handle:
        for first, end in _join_ranges(ranges, _REMOTE_GAP_BYTES // dtype.itemsize):
            for start in range(first, end, ROWS_AT_ONCE):
                handle.seek(start * dtype.itemsize)
                data = handle.read((min(end, start + ROWS_AT_ONCE) - start) * dtype.itemsize)
                rows = np.frombuffer(data, dtype)
                yield rows[_among(rows["key"], keys)]


def _among(found: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Says of each ascending `found` whether it is one of the sorted keys."""
    places = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    same: npt.NDArray[np.bool_] = keys[places] == found
    return same


def _join_ranges(ranges: npt.NDArray[np.int64], gap: int) -> Iterator[tuple[int, int]]:
    """Joins ascending ranges that lie at most `gap` apart."""
    if not len(ranges):
        return
    apart = np.flatnonzero(ranges[1:, 0] - ranges[:-1, 1] > gap)
    firsts = ranges[np.concatenate([[0], apart + 1]), 0]
    ends = ranges[np.concatenate([apart, [len(ranges) - 1]]), 1]
    yield from zip(firsts.tolist(), ends.tolist(), strict=True)
