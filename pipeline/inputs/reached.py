"""How far the reading of a shard has come: an estimate, for people who wait."""

from typing import Final

from pipeline.inputs.shards import TO_THE_END, Piece, Shard

_UNPACKED: Final = 4
"""How much larger a compressed stream is, where that is not known."""

_MOST: Final = 0.98
"""Of a piece whose end is not in sight."""


def reached(shard: Shard, file: str, offset: int) -> float:
    """Estimates the share of a shard that lies before a record, 0..1.

    Args:
      shard: that is read.
      file: path of the file that the record is in.
      offset: of the record, as `RawPage.offset`.
    """
    sizes = [max(piece.file.size, 1) for piece in shard.pieces]
    before = 0
    for piece, size in zip(shard.pieces, sizes, strict=True):
        if piece.file.path == file:
            within = _within(piece, offset)
            return min((before + within * size) / sum(sizes), 1.0)
        before += size
    return 0.0


def _within(piece: Piece, offset: int) -> float:
    if piece.file.format == "parquet":  # offsets are rows, bounds are row groups
        return 0.0
    end = piece.end
    if end == TO_THE_END:
        packed = piece.file.path.endswith((".gz", ".zst")) and piece.file.format != "warc"
        end = piece.file.size * (_UNPACKED if packed else 1)
    if end <= piece.start:
        return 0.0
    return min(max(offset - piece.start, 0) / (end - piece.start), _MOST)
