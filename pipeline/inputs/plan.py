"""From input patterns to shards: fixed shares of the input that depend on nothing else."""

import hashlib
from collections.abc import Iterable, Sequence

from pipeline.inputs.formats import forced_format
from pipeline.inputs.listing import list_files
from pipeline.inputs.shards import (
    TO_THE_END,
    Compression,
    Format,
    InputError,
    InputFile,
    Piece,
    Shard,
)
from pipeline.inputs.splitting import split, weight

__all__ = [
    "TO_THE_END",
    "Compression",
    "Format",
    "InputError",
    "InputFile",
    "Piece",
    "Shard",
    "input_digest",
    "plan",
]

_MIN_SHARD_BYTES = 16 << 20
_MAX_SHARD_BYTES = 256 << 20
_SHARDS_WANTED = 1024
_MAX_FILES = 4096
"""Small files packed into one shard at most: opening a file costs time as well."""


def plan(
    patterns: Sequence[str],
    *,
    input_format: str | None = None,
    shard_bytes: int | None = None,
    notes: list[str] | None = None,
) -> list[Shard]:
    """Shares the input out.

    The result depends on the files alone: not on the order of the patterns, on their overlaps, on
    the folder it is called from, or on the machine's size.

    Args:
      patterns: paths, globs and folders; see docs/inputs.md.
      input_format: overrides the extensions, one of `FORMATS`.
      shard_bytes: bytes a shard (compressed ones count four times), at least 1. By default the
        power of two next to a 1024th of the input, from 16 MiB to 256 MiB.
      notes: takes a line about each kind of files in folders that are left out.

    Raises:
      InputError: a pattern names nothing, or a file's format is unknown.
    """
    files = list_files(patterns, forced_format(input_format), notes)
    if shard_bytes is None:
        shard_bytes = default_shard_bytes(sum(map(weight, files)))
    elif shard_bytes < 1:
        raise InputError(f"shard size must be at least 1 byte, got {shard_bytes}")
    groups: list[tuple[tuple[Piece, ...], int]] = []
    pending: list[Piece] = []
    pending_size = 0
    for file in files:
        size = weight(file)
        if pending and (pending_size + size > shard_bytes or len(pending) >= _MAX_FILES):
            groups.append((tuple(pending), pending_size))
            pending, pending_size = [], 0
        if size > shard_bytes:
            groups.extend(((piece,), share) for piece, share in split(file, shard_bytes))
        else:
            pending.append(Piece(file))
            pending_size += size
    if pending:
        groups.append((tuple(pending), pending_size))
    return [
        Shard(number, _name(pieces), pieces, size) for number, (pieces, size) in enumerate(groups)
    ]


def default_shard_bytes(total_bytes: int) -> int:
    """The power of two nearest to a 1024th of the input from below, from 16 MiB to 256 MiB."""
    share = max(1, total_bytes // _SHARDS_WANTED)
    return min(_MAX_SHARD_BYTES, max(_MIN_SHARD_BYTES, 1 << (share.bit_length() - 1)))


def input_digest(shards: Iterable[Shard]) -> str:
    """SHA-256 (64 hexadecimal digits) over the files' paths, sizes and tokens.

    The same files give the same digest, however they are cut into shards.
    """
    files = {piece.file for shard in shards for piece in shard.pieces}
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        digest.update(_bytes(file.path, file.size, file.token))
    return digest.hexdigest()


def _name(pieces: Iterable[Piece]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        file = piece.file
        digest.update(_bytes(file.path, file.size, file.token, file.format, piece.start, piece.end))
    return digest.hexdigest()[:16]


def _bytes(*fields: str | int) -> bytes:
    return "\0".join(map(str, fields)).encode("utf-8", "surrogateescape") + b"\0\n"
