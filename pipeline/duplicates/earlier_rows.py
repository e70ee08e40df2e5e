"""Rows of earlier runs on storage, and look-ups that read only what they need.

A file holds rows sorted by key; an index beside it says where each of its key ranges begins, about
`ROWS_A_BIN` rows to a range. A look-up of one key reads one range.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.runs import ROW_TYPES, RowKind
from pipeline.storage import is_local, open_for_reading, open_for_writing, read_bytes
from transforms.text.rows import Rows, run_of, sort_rows

ROWS_A_BIN = 32
"""Rows that a look-up reads on average: 1.3 kB of exact ones, 2 kB of near ones."""

_NEAR_EACH_OTHER = 16
_REMOTE_GAP_BYTES = 256 << 10
"""Ranges that lie closer than this are read in one request to an object store."""


def write_rows(path: str, rows: Rows) -> None:
    """Writes rows, sorted by key, and their index (`path` with `.index` appended)."""
    with open_for_writing(path) as handle:
        handle.write(rows.tobytes())
    bits = max(int(len(rows) // ROWS_A_BIN).bit_length(), 1)
    edges = np.arange((1 << bits) + 1, dtype=np.float64) * 2.0 ** (64 - bits)
    keys = rows["key"]
    starts = np.searchsorted(keys, edges[:-1].astype(np.uint64))
    index = np.concatenate([[bits], starts, [len(rows)]]).astype("<u8")
    with open_for_writing(f"{path}.index") as handle:
        handle.write(index.tobytes())


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
        found = [self._look_up_in(path, rows, kind, keys) for path, rows in self._parts[kind]]
        rows = np.concatenate([np.empty(0, ROW_TYPES[kind]), *found])
        rows = sort_rows(rows[np.isin(run_of(rows["date"]), self._runs)])
        first = np.searchsorted(rows["key"], rows["key"])
        return rows[np.arange(len(rows)) - first < (self._most if most is None else most)]

    def _look_up_in(
        self, path: str, total: int, kind: RowKind, keys: npt.NDArray[np.uint64]
    ) -> Rows:
        dtype = ROW_TYPES[kind]
        if not total or not len(keys):
            return np.empty(0, dtype)
        index = self._index(path)
        bits, starts = int(index[0]), index[1:].astype(np.int64)
        bins = np.unique((keys >> np.uint64(64 - bits)).astype(np.int64))
        ranges = np.stack([starts[bins], starts[bins + 1]], axis=1)
        pieces = []
        for first, end in _join_ranges(ranges[ranges[:, 0] < ranges[:, 1]], self._gap(path, dtype)):
            pieces.append((first, end))
        found = []
        with open_for_reading(path) as handle:
            for first, end in pieces:
                handle.seek(first * dtype.itemsize)
                data = handle.read((end - first) * dtype.itemsize)
                self._requests += 1
                self._bytes += len(data)
                rows = np.frombuffer(data, dtype)
                found.append(rows[np.isin(rows["key"], keys)])
        return np.concatenate([np.empty(0, dtype), *found])

    def _gap(self, path: str, dtype: np.dtype[np.void]) -> int:
        """Rows between two ranges that are rather read than skipped."""
        if is_local(path):
            return _NEAR_EACH_OTHER
        return _REMOTE_GAP_BYTES // dtype.itemsize

    def _index(self, path: str) -> npt.NDArray[np.uint64]:
        index = self._indexes.get(path)
        if index is None:
            data = read_bytes(f"{path}.index")
            self._requests += 1
            self._bytes += len(data)
            index = self._indexes[path] = np.frombuffer(data, "<u8")
        return index


def _join_ranges(ranges: npt.NDArray[np.int64], gap: int) -> Iterator[tuple[int, int]]:
    """Joins ascending ranges that lie at most `gap` apart."""
    if not len(ranges):
        return
    apart = np.flatnonzero(ranges[1:, 0] - ranges[:-1, 1] > gap)
    firsts = ranges[np.concatenate([[0], apart + 1]), 0]
    ends = ranges[np.concatenate([apart, [len(ranges) - 1]]), 1]
    yield from zip(firsts.tolist(), ends.tolist(), strict=True)
