"""Where a large file may be cut, so that each record is read exactly once."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import TO_THE_END, InputFile, Piece
from pipeline.inputs.storage import StorageFile, UnreadableError

_COMPRESSED_WEIGHT = 4
"""Text and HTML grow three- to sixfold when unpacked."""

_MAX_STREAM_PIECES = 8
"""Pieces of a stream that can only be unpacked from its beginning: each unpacks all before it, at
thirty times the speed of what follows reading, so that eight pieces cost an eighth more."""

_SAMPLE_BYTES = 4 << 20
"""Unpacked to learn how much a stream grows."""


def weight(file: InputFile) -> int:
    """A file's share of the work, in bytes: those on storage, times four when compressed."""
    if file.compression == "none" and file.format != "parquet":
        return file.size
    return file.size * _COMPRESSED_WEIGHT


def split(file: InputFile, shard_bytes: int) -> Iterator[tuple[Piece, int]]:
    """The pieces of one file, in order, each with its weight in bytes.

    Together they cover the file; a file that cannot be cut, or not be read now, is one piece.

    Args:
      file: weighs more than `shard_bytes`.
      shard_bytes: the weight wanted for a piece.
    """
    count = -(-weight(file) // shard_bytes)
    try:
        cuts = _cuts(file, count)
    except UnreadableError:
        cuts = [0]
    for index, start in enumerate(cuts):
        end = cuts[index + 1] if index + 1 < len(cuts) else TO_THE_END
        yield Piece(file, start, end), weight(file) // len(cuts)


def _cuts(file: InputFile, count: int) -> list[int]:
    """Where the pieces start, ascending from 0; about `count` of them."""
    match file.format, file.compression:
        case "jsonl", "none":
            return _even(file.size, count)
        case "jsonl", _:
            return _even(_unpacked_bytes(file), min(count, _MAX_STREAM_PIECES))
        case "warc", "gz":
            return _even(file.size, count)
        case "warc", "none":
            return _record_cuts(file, count)
        case "parquet", _:
            return _row_group_cuts(file, count)
        case _:
            return [0]


def _even(length: int, count: int) -> list[int]:
    return sorted({length * index // count for index in range(count)})


def _unpacked_bytes(file: InputFile) -> int:
    """An estimate, from the beginning of the stream."""
    from pipeline.inputs.unpacked import Unpacked

    unpacked = 0
    with StorageFile(file.path) as storage:
        stream = Unpacked(storage, file, ReadOptions())
        while unpacked < _SAMPLE_BYTES and (block := stream.read()):
            unpacked += len(block)
        return file.size * unpacked // max(1, stream.packed)


def _record_cuts(file: InputFile, count: int) -> list[int]:
    """Starts of records in a plain WARC, where its whole chain of records tells them apart.

    A page may hold an archive, whose records look like the file's own; only walking the chain
    from the file's beginning tells. On local storage that is a seek for each record; elsewhere it
    would read the file as a whole, so there such a file stays in one piece.
    """
    if "://" in file.path:
        return [0]
    from pipeline.inputs.warc_boundaries import record_starts

    with StorageFile(file.path) as storage:
        wanted = _even(file.size, count)
        cuts: list[int] = []
        for start in record_starts(storage):
            if len(cuts) < len(wanted) and start >= wanted[len(cuts)]:
                cuts.append(start)
                while len(cuts) < len(wanted) and wanted[len(cuts)] <= start:
                    del wanted[len(cuts)]
        return cuts or [0]


def _row_group_cuts(file: InputFile, count: int) -> list[int]:
    """Row groups at which about equal shares of the bytes begin."""
    import pyarrow as pa  # only where there is such a file
    import pyarrow.parquet as pq

    try:
        with StorageFile(file.path) as storage:
            metadata = pq.ParquetFile(storage, pre_buffer=False).metadata
    except (pa.ArrowException, OSError, ValueError):
        return [0]  # the reader says what is wrong with it
    sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    return _balanced(sizes, count)


def _balanced(sizes: Sequence[int], count: int) -> list[int]:
    before = [0]
    for size in sizes:
        before.append(before[-1] + size)
    cuts = {bisect_left(before, wanted) for wanted in _even(before[-1], count)}
    return sorted(cut for cut in cuts | {0} if cut == 0 or cut < len(sizes))
