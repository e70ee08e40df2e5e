"""Where a large file may be cut, so that each record is read exactly once."""

from collections.abc import Iterator

from pipeline.inputs.shards import TO_THE_END, InputFile, Piece

_COMPRESSED_WEIGHT = 4
"""Text and HTML grow three- to sixfold when unpacked."""

_MAX_STREAM_PIECES = 8
"""Pieces of a stream that can only be unpacked from its beginning: each unpacks all before it, at
about thirty times the speed of what follows reading, so eight pieces cost an eighth more."""


def weight(file: InputFile) -> int:
    """A file's share of the work, in bytes: those on storage, times four when compressed."""
    if file.compression == "none" and file.format != "parquet":
        return file.size
    return file.size * _COMPRESSED_WEIGHT


def split(file: InputFile, shard_bytes: int) -> Iterator[tuple[Piece, int]]:
    """The pieces of one file, in order, each with its weight in bytes.

    Together they cover the file; a file that cannot be cut is one piece.

    Args:
      file: weighs more than `shard_bytes`.
      shard_bytes: the weight wanted for a piece.
    """
    total = weight(file)
    count = -(-total // shard_bytes)
    if file.format == "jsonl" and file.compression != "none":
        count = min(count, _MAX_STREAM_PIECES)
        yield from _even(file, total, count, total)
    elif file.format == "jsonl" or (file.format == "warc" and file.compression == "gz"):
        yield from _even(file, file.size, count, total)
    else:
        yield Piece(file), total


def _even(file: InputFile, length: int, count: int, total: int) -> Iterator[tuple[Piece, int]]:
    """`count` pieces of about equal length; the last one is open-ended."""
    cuts = [length * index // count for index in range(count)]
    for index, start in enumerate(cuts):
        end = cuts[index + 1] if index + 1 < count else TO_THE_END
        yield Piece(file, start, end), total // count
