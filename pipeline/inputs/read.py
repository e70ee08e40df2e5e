"""From a shard to its pages."""

from collections.abc import Iterator

from pipeline.inputs.failures import failure
from pipeline.inputs.jsonl import read_jsonl
from pipeline.inputs.options import ReadOptions, Skipped, SkipReason
from pipeline.inputs.shards import Piece, Shard
from pipeline.inputs.storage import StorageFile, UnreadableError
from pipeline.inputs.whole_files import read_whole_file
from transforms.records import Failure, RawPage

__all__ = ["ReadOptions", "SkipReason", "Skipped", "read_shard"]


def read_shard(
    shard: Shard, options: ReadOptions, skipped: Skipped | None = None
) -> Iterator[RawPage | Failure]:
    """The shard's pages, and what became none, in the order of its pieces.

    Streams: memory stays within a few times the largest page and a few MiB. The same shard always
    gives the same sequence. Nothing but programming errors is raised.

    Args:
      shard: from `plan`.
      options: field names and limits.
      skipped: is added to: WARC records that were never meant as pages, by reason.
    """
    counts: Skipped = {} if skipped is None else skipped
    for piece in shard.pieces:
        try:
            with StorageFile(piece.file.path) as storage:
                yield from _read_piece(storage, piece, options, counts)
        except UnreadableError as error:
            detail = f"cannot be read: {error}"
            offset = 0 if piece.file.format == "parquet" else piece.start
            yield failure("unreadable", detail, piece.file.path, offset=offset, raw_length=-1)


def _read_piece(
    storage: StorageFile, piece: Piece, options: ReadOptions, skipped: Skipped
) -> Iterator[RawPage | Failure]:
    match piece.file.format:
        case "txt" | "html":
            yield from read_whole_file(storage, piece, options)
        case "jsonl":
            yield from read_jsonl(storage, piece, options)
        case "warc":
            from pipeline.inputs.warc import read_warc

            yield from read_warc(storage, piece, options, skipped)
        case "parquet":
            from pipeline.inputs.parquet import read_parquet  # brings pyarrow

            yield from read_parquet(storage, piece, options)
        case "messages":
            from pipeline.inputs.messages import read_messages

            yield from read_messages(storage, options)
        case "rejects":
            from pipeline.inputs.rejects import read_rejects

            yield from read_rejects(storage, piece, options, _read_piece)
