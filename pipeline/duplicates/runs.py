"""Sorted runs of fingerprint rows on storage, and the reading of key ranges from them.

A run is at most `RUN_ROWS` rows of one kind, sorted; a shard has one or more. An index beside them
counts rows by the first 12 bits of the key, so that any range of such bins can be read alone.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.storage import (
    abandon,
    open_for_reading,
    open_for_writing,
    read_bytes,
    read_range,
    write_bytes,
)
from pipeline.work import WorkFolder
from transforms.text.rows import EXACT_ROW, NEAR_ROW, Rows, sort_rows

RowKind = Literal["exact", "near", "line"]

KINDS: tuple[RowKind, ...] = ("exact", "near", "line")

ROW_TYPES: dict[RowKind, np.dtype[np.void]] = {
    "exact": EXACT_ROW,
    "near": NEAR_ROW,
    "line": EXACT_ROW,
}

BINS = 4096
"""Key ranges that the index tells apart."""

RUN_ROWS = 1 << 18
"""Rows in a run: 10 MB of exact ones, 17 MB of near ones."""


class Slice(NamedTuple):
    """Consecutive rows of a file, all of one run, so sorted."""

    path: str
    first: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which a slice has no use for


class RunWriter:
    """Collects the rows of one shard and writes them as sorted runs.

    Args:
      work: where the shard's files lie.
      shard: number of the shard.
    """

    def __init__(self, work: WorkFolder, shard: int) -> None:
        self._work = work
        self._shard = shard
        self._rows: dict[RowKind, list[Rows]] = {kind: [] for kind in KINDS}
        self._pending = 0
        self._index: list[npt.NDArray[np.uint32]] = []
        self._runs: list[tuple[RowKind, int]] = []
        self._open = {kind: open_for_writing(work.shard(shard, kind)) for kind in KINDS}
        self._handles = {kind: context.__enter__() for kind, context in self._open.items()}

    def add(self, exact: bytes, near: bytes, lines: bytes = b"") -> None:
        """Takes the rows of one batch."""
        most = 0
        for kind, data in zip(KINDS, (exact, near, lines), strict=True):
            rows = np.frombuffer(data, ROW_TYPES[kind])
            self._rows[kind].append(rows)
            most = max(most, len(rows))
        self._pending += most
        if self._pending >= RUN_ROWS:
            self._flush()

    def close(self) -> npt.NDArray[np.uint64]:
        """Writes what is left, and the index.

        Returns:
          Shape (3, BINS): how many rows of each kind each bin holds.
        """
        self._flush()
        for context in self._open.values():
            context.__exit__(None, None, None)
        totals = np.zeros((len(KINDS), BINS), np.uint64)
        for (kind, _), counts in zip(self._runs, self._index, strict=True):
            totals[KINDS.index(kind)] += counts
        kinds = np.array([KINDS.index(kind) for kind, _ in self._runs], "<u4")
        body = np.concatenate([np.array([len(kinds)], "<u4"), kinds, *self._index])
        write_bytes(self._work.shard(self._shard, "index"), body.astype("<u4").tobytes())
        return totals

    def abort(self) -> None:
        """Leaves no file behind."""
        for context in self._open.values():
            abandon(context)

    def _flush(self) -> None:
        if not self._pending:
            return
        exact = sort_rows(np.concatenate(self._rows["exact"]))
        near = np.concatenate(self._rows["near"])
        # A later copy goes as an exact duplicate, and is near to nothing that its first copy is not
        # near to: its near rows would only cost.
        copy = np.zeros(len(exact), bool)
        for name in ("key", "check"):
            column = exact[name]
            same = column[1:] == column[:-1]
            copy[1:] = same if name == "key" else copy[1:] & same
        near = near[~np.isin(near["address"], exact["address"][copy])]
        self._write("exact", exact)
        self._write("near", sort_rows(near))
        self._write("line", sort_rows(np.concatenate(self._rows["line"])))
        self._rows, self._pending = {kind: [] for kind in KINDS}, 0

    def _write(self, kind: RowKind, rows: Rows) -> None:
        if len(rows):
            self._handles[kind].write(rows.tobytes())
            self._runs.append((kind, len(rows)))
            bins = (rows["key"] >> np.uint64(52)).astype(np.intp)
            self._index.append(np.bincount(bins, minlength=BINS).astype(np.uint32))


def read_totals(work: WorkFolder, shard: int) -> npt.NDArray[np.uint64]:
    """Gives what `RunWriter.close` gave."""
    totals = np.zeros((len(KINDS), BINS), np.uint64)
    for kind, counts in _read_index(work, shard):
        totals[KINDS.index(kind)] += counts
    return totals


def slices_of(
    work: WorkFolder, shard: int, bounds: dict[RowKind, npt.NDArray[np.intp]]
) -> Iterator[tuple[str, Slice]]:
    """Yields the part of each run that lies in each partition: (partition's name, slice).

    Args:
      work: where the shard's files lie.
      shard: number of the shard.
      bounds: for each kind the first bin of each partition, and `BINS`.
    """
    done: dict[RowKind, int] = dict.fromkeys(KINDS, 0)
    for kind, counts in _read_index(work, shard):
        ends = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])[bounds[kind]]
        for number in np.flatnonzero(np.diff(ends)):
            first, end = int(ends[number]), int(ends[number + 1])
            yield (
                f"{kind}-{number:05d}",
                Slice(work.shard(shard, kind), done[kind] + first, end - first),
            )
        done[kind] += int(ends[-1])


def read_slice(rows: Slice, dtype: np.dtype[np.void]) -> Rows:
    """Reads all rows of a slice."""
    data = read_range(rows.path, rows.first * dtype.itemsize, rows.count * dtype.itemsize)
    return np.frombuffer(data, dtype)


def read_slices(slices: Sequence[Slice], dtype: np.dtype[np.void]) -> Rows:
    """Reads all rows of some slices, one after the other, into one array."""
    rows = np.empty(sum(s.count for s in slices), dtype)
    place = 0
    for one in slices:
        rows[place : place + one.count] = read_slice(one, dtype)
        place += one.count
    return rows


def _read_index(work: WorkFolder, shard: int) -> Iterator[tuple[RowKind, npt.NDArray[np.uint32]]]:
    body = np.frombuffer(read_bytes(work.shard(shard, "index")), "<u4")
    runs = int(body[0])
    kinds, counts = body[1 : 1 + runs], body[1 + runs :].reshape(runs, BINS)
    for kind, row in zip(kinds, counts, strict=True):
        yield KINDS[kind], row


def complete_keys(
    slices: Sequence[Slice], dtype: np.dtype[np.void], rows_at_once: int
) -> Iterator[Rows | list[Slice]]:
    """Reads sorted slices together, so that each key comes whole.

    Args:
      slices: each sorted; in any order.
      dtype: of their rows.
      rows_at_once: about how many rows are in memory at a time, at least one block a slice; a
        quarter more where that is all, since a partition may have a bin more than was planned, and
        to read it piece by piece would take more memory than to read it whole.

    Yields:
      Rows with all rows of each of their keys; or, for a key with more rows than are read at once,
      the slices that hold exactly the rows of that key.
    """
    if 4 * sum(s.count for s in slices) <= 5 * rows_at_once:
        yield read_slices(slices, dtype)
        return
    block = max(rows_at_once // len(slices), 256)
    cursors = [_Cursor(s, dtype, block) for s in slices]
    while cursors := [c for c in cursors if c.fill()]:
        bound = min((c.rows["key"][-1] for c in cursors if c.more), default=None)
        taken = [c.take_below(bound) for c in cursors]
        ready = np.concatenate(taken)
        if len(ready):
            yield ready
        elif bound is not None:
            yield [s for c in cursors if (s := c.take_key(bound)).count]


class _Cursor:
    """A place in a slice, with the next rows in memory."""

    def __init__(self, rows: Slice, dtype: np.dtype[np.void], block: int) -> None:
        self._slice = rows
        self._dtype = dtype
        self._block = block
        self._next = 0
        self.rows = np.empty(0, dtype)

    @property
    def more(self) -> bool:
        """Whether rows follow those in memory."""
        return self._next < self._slice.count

    def fill(self) -> bool:
        """Reads the next block when none is in memory; False at the end."""
        wanted = self._block - len(self.rows)
        if self.more and wanted > 0:
            wanted = min(wanted, self._slice.count - self._next)
            part = Slice(self._slice.path, self._slice.first + self._next, wanted)
            self.rows = np.concatenate([self.rows, read_slice(part, self._dtype)])
            self._next += wanted
        return bool(len(self.rows))

    def take_below(self, bound: np.uint64 | None) -> Rows:
        """Takes the rows in memory whose key is less than `bound`; all without one."""
        end = len(self.rows) if bound is None else int(np.searchsorted(self.rows["key"], bound))
        taken, self.rows = self.rows[:end], self.rows[end:]
        return taken

    def take_key(self, key: np.uint64) -> Slice:
        """Passes all rows of `key`, which come next if at all, and says where they are."""
        first = self._slice.first + self._next - len(self.rows)
        count = 0
        while self.fill():
            end = int(np.searchsorted(self.rows["key"], key, side="right"))
            count += end
            whole = end == len(self.rows)
            self.rows = self.rows[end:]
            if not whole:
                break
        return Slice(self._slice.path, first, count)


def read_blocks(rows: Slice, dtype: np.dtype[np.void], block: int) -> Iterator[Rows]:
    """Reads a slice some rows at a time."""
    with open_for_reading(rows.path) as handle:
        handle.seek(rows.first * dtype.itemsize)
        for start in range(0, rows.count, block):
            data = handle.read(min(block, rows.count - start) * dtype.itemsize)
            yield np.frombuffer(data, dtype)
