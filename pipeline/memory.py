"""What a run on this machine will take of its memory, from what runs have taken."""

from collections.abc import Sequence

from pipeline.config import MIB
from pipeline.inputs.shards import Shard

_MAIN_BYTES = 170 * MIB
"""The main process, where others do the work."""

_WORKER_BYTES = 330 * MIB
"""A process that reads, extracts, labels and fingerprints pages, after tens of thousands."""

_SEARCH_SHARE = 0.65
"""Of what it may take, the search has taken so much with full partitions."""

_ROW_BYTES_A_BYTE = 5
"""What the search would take for all rows of a byte of plain text, at its densest."""


def expected_peak(shards: Sequence[Shard], workers: int, memory_per_worker: int) -> int:
    """Estimates the most memory, in bytes, that all processes together will have at a time.

    Args:
      shards: of the input.
      workers: processes; one does everything in the main process.
      memory_per_worker: bytes that the search for duplicates may take.
    """
    rows = _ROW_BYTES_A_BYTE * sum(shard.size for shard in shards)
    workers = max(min(workers, len(shards)), 1)
    search = min(int(_SEARCH_SHARE * memory_per_worker), rows // workers)
    return (_MAIN_BYTES if workers > 1 else 0) + workers * (_WORKER_BYTES + search)
