"""Files of lines or rows, compressed so that equal content gives equal bytes."""

import gzip
import io
from contextlib import ExitStack, suppress
from typing import IO, Any

import deflate
import orjson
import zstandard

from pipeline.json_text import escape_controls
from pipeline.storage import open_for_writing

_ROWS_A_GROUP = 1024
_GZIP_LEVEL = 6
_ZSTD_LEVEL = 3
_BYTES_AT_ONCE = 1 << 20
"""So many bytes of lines, about, become one member of a gzip file."""

_METADATA = (
    ("url", "string"),
    ("date", "string"),
    ("language", "string"),
    ("language_score", "float64"),
    ("paragraphs_in", "int32"),
    ("paragraphs_out", "int32"),
    ("removed", "string"),
    ("more", "string"),
)


class _Sink:
    """A file that is opened with the first line, so that an empty one is never made."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = ExitStack()
        self._stream: Any = None

    def close(self) -> None:
        """Completes the file under its name."""
        if self._stream is not None:
            self._stream.close()
            self._file.close()

    def abort(self, error: BaseException) -> None:
        """Gives the file up."""
        with suppress(type(error)):
            self._file.__exit__(type(error), error, error.__traceback__)

    def _open(self) -> IO[bytes]:
        return self._file.enter_context(open_for_writing(self._path))


class _Members:
    """Compresses each piece as a member of its own: gzip files are sequences of such (RFC 1952).

    libdeflate takes a third of zlib's time for the same size. Like zlib's, its bytes depend on its
    version, but never on the processor.
    """

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle

    def write(self, piece: bytes) -> None:
        self._handle.write(deflate.gzip_compress(piece, _GZIP_LEVEL))

    def close(self) -> None:
        """The file is closed by who opened it."""


class LineSink(_Sink):
    """Writes JSON lines to one file; an empty one is never made.

    Args:
      path: ends in `.gz` or `.zst`.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._waiting: list[bytes] = []
        self._bytes = 0

    def write(self, line: bytes) -> None:
        """Appends a line, given without its end."""
        self.write_lines(line + b"\n")

    def write_lines(self, lines: bytes) -> None:
        """Appends one or more lines, given with their ends."""
        if self._stream is None:
            handle = self._open()
            if self._path.endswith(".gz"):
                self._stream = _Members(handle)
            else:
                self._stream = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).stream_writer(
                    handle, closefd=False
                )
        self._waiting.append(lines)
        self._bytes += len(lines)
        if self._bytes >= _BYTES_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Completes the file under its name."""
        self._flush()
        super().close()

    def _flush(self) -> None:
        if self._waiting:
            self._stream.write(escape_controls(b"".join(self._waiting)))
            self._waiting, self._bytes = [], 0


class ParquetSink(_Sink):
    """Writes records as Parquet with fixed columns, so that no row can change the schema.

    `metadata` is a struct; what has no fixed fields in it, `removed` and all else under `more`, is
    a JSON string.

    Args:
      path: of the file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._rows: list[dict[str, Any]] = []

    def write(self, line: bytes) -> None:
        """Appends a record, given as JSON."""
        record = orjson.loads(line)
        metadata = record["metadata"]
        fixed = {name: metadata.pop(name) for name, _ in _METADATA if name in metadata}
        fixed["removed"] = orjson.dumps(fixed["removed"]).decode()
        record["metadata"] = fixed | {"more": orjson.dumps(metadata).decode()}
        record.setdefault("created", "")
        self._rows.append(record)
        if len(self._rows) >= _ROWS_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Completes the file under its name."""
        self._flush()
        super().close()

    def _flush(self) -> None:
        if not self._rows:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        metadata = pa.struct([(name, pa.type_for_alias(kind)) for name, kind in _METADATA])
        names = ("id", "text", "source", "added", "created")
        schema = pa.schema([*((name, pa.string()) for name in names), ("metadata", metadata)])
        if self._stream is None:
            self._stream = pq.ParquetWriter(self._open(), schema, compression="zstd")
        self._stream.write_table(pa.Table.from_pylist(self._rows, schema=schema))
        self._rows = []


def open_sink(path: str) -> LineSink | ParquetSink:
    """Opens a sink by the path's last extension."""
    return ParquetSink(path) if path.endswith(".parquet") else LineSink(path)


def close_with(stack: ExitStack, sink: LineSink | ParquetSink) -> None:
    """Has a sink closed at the stack's end when all went well, and given up otherwise."""

    def leave(_: object, error: BaseException | None, __: object) -> None:
        if error is None:
            sink.close()
        else:
            sink.abort(error)

    stack.push(leave)


def read_lines(path: str, data: IO[bytes]) -> IO[bytes]:
    """Opens JSON lines for reading, by the path's last extension."""
    if path.endswith(".gz"):
        return gzip.GzipFile(fileobj=data)  # type: ignore[return-value]
    if path.endswith(".zst"):
        return io.BufferedReader(
            zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
        )
    return data
