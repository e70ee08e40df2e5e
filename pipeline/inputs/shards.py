"""What the planner hands to the reader: files, pieces of files, shards. Standard library only."""

from dataclasses import dataclass
from typing import Literal, get_args

Format = Literal["txt", "html", "jsonl", "parquet", "warc", "rejects", "messages"]
Compression = Literal["none", "gz", "zst"]

_OWN = ("rejects", "messages")

FORMATS: tuple[Format, ...] = tuple(name for name in get_args(Format) if name not in _OWN)
"""Formats that files are given in; `rejects` are parts of a run's `rejected/`, read once more, and
`messages` were received from a queue."""

TO_THE_END = -1
"""As a piece's end: whatever the file holds from its start on."""


class InputError(ValueError):
    """The input patterns cannot be used; the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input file, as the file system's listing knows it.

    Attributes:
      path: absolute for local files; `scheme://…` otherwise.
      size: bytes on storage.
      token: changes when the content does: the modification time in nanoseconds for local files,
        the generation in Google's storage, the time in seconds for others; "" where the file
        system does not tell.
      format: how the bytes are read.
      compression: by the last extension, or by an object's Content-Encoding; "none" for Parquet,
        which compresses inside.
    """

    path: str
    size: int
    token: str
    format: Format
    compression: Compression


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of a file; a record belongs to the piece in which it starts.

    Attributes:
      file: the file.
      start: first unit: a byte on storage (plain JSONL, WARC), a byte of the uncompressed stream
        (JSONL under .gz or .zst), a row group (Parquet); 0 for formats that are never split.
      end: one behind the last unit, or `TO_THE_END`.
    """

    file: InputFile
    start: int = 0
    end: int = TO_THE_END


@dataclass(frozen=True, slots=True)
class Shard:
    """A fixed share of the input, read as a whole by one worker.

    Attributes:
      number: position among the plan's shards, from 0.
      name: 16 hexadecimal digits, a hash of the pieces; equal input gives equal names.
      pieces: in the order in which they are read.
      size: bytes, compressed ones counted four times.
    """

    number: int
    name: str
    pieces: tuple[Piece, ...]
    size: int
