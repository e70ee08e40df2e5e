"""Merging: the rows of all segments of a history become one sorted file of each kind.

No answer changes by it. Rows keep the number of their run, so that rows of runs that are undone
later are passed over in look-ups. Rows that no look-up can give, because enough earlier ones have
their key, are left out; undoing runs does not bring them back, since it takes the latest ones away.
"""

import uuid
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.duplicates.earlier_rows import RowWriter, earliest
from pipeline.duplicates.runs import KINDS, ROW_TYPES, Slice, complete_keys, read_blocks
from pipeline.history.manifest import Manifest, Segment
from pipeline.storage import join
from transforms.text.rows import Rows, run_of

ROWS_AT_ONCE = 1 << 19
"""Rows in memory at a time, all files together: 32 MB of near ones, thrice that with copies."""


def merge(
    history: str,
    manifest: Manifest,
    keep: Sequence[int],
    most_a_key: int,
    rows_at_once: int = ROWS_AT_ONCE,
) -> Segment | None:
    """Writes the rows of all segments into a new folder of the history.

    Args:
      history: the folder, whose lock is held.
      manifest: of the history.
      keep: numbers of the runs whose rows stay.
      most_a_key: rows of one key that stay, the earliest ones of all runs that the history has.
      rows_at_once: about how many rows are in memory at a time.

    Returns:
      The new segment, which no manifest names yet; None when no row is left.
    """
    last = max((run.number for run in manifest.runs), default=0)
    folder = f"merged/{last:06d}-{uuid.uuid4().hex[:16]}"
    runs = np.array([run.number for run in manifest.runs], np.uint64)
    kept = np.array(keep, np.uint64)
    parts = []
    for kind in KINDS:
        slices = [
            Slice(join(history, segment.folder, name), 0, rows)
            for segment in manifest.segments
            for of, name, rows in segment.parts
            if of == kind and rows
        ]
        if not slices:
            continue
        path = join(history, folder, f"{kind}.rows")
        with RowWriter(path) as writer:
            for rows in _merged(slices, ROW_TYPES[kind], rows_at_once, runs, most_a_key):
                writer.write(rows[np.isin(run_of(rows["date"]), kept)])
        if writer.rows:
            parts.append((kind, f"{kind}.rows", writer.rows))
    return Segment(runs=tuple(keep), folder=folder, parts=tuple(parts)) if parts else None


def _merged(
    slices: Sequence[Slice],
    dtype: np.dtype[np.void],
    rows_at_once: int,
    runs: np.ndarray,
    most_a_key: int,
) -> Iterator[Rows]:
    """Yields the rows of these runs by key and order, at most so many of each key."""
    for piece in complete_keys(slices, dtype, rows_at_once):
        if isinstance(piece, np.ndarray):
            yield earliest(piece[np.isin(run_of(piece["date"]), runs)], most_a_key)
            continue
        rows = np.empty(0, dtype)  # one key that has more rows than fit in memory
        for one in piece:
            for block in read_blocks(one, dtype, rows_at_once):
                counted = block[np.isin(run_of(block["date"]), runs)]
                rows = earliest(np.concatenate([rows, counted]), most_a_key)
        yield rows
