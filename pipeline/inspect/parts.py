"""The lines of part files, streamed; most are told apart by their bytes, without parsing.

Whatever the format of a part, a line here is a record's JSON as `documents/*.jsonl.gz` holds it.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import orjson
import zstandard

from pipeline.errors import UsageError
from pipeline.inspect.run_folder import Part
from pipeline.outputs.sinks import read_lines
from pipeline.storage import open_for_reading

T = TypeVar("T")

_BLOCK_BYTES: Final = 4 << 20
_ROWS: Final = 1024
_THREADS: Final = 4
"""Decompression runs outside the interpreter's lock, so a few threads help."""

_DAMAGE: Final = (OSError, EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError, ValueError)


def lines_of(part: Part, needle: re.Pattern[bytes] | None = None) -> Iterator[bytes]:
    """Yields the lines of a part, without their ends.

    Args:
      part: the file.
      needle: where given, only lines that it is found in; whole blocks without it are passed over.

    Raises:
      UsageError: when the file is damaged.
    """
    try:
        if part.path.endswith(".parquet"):
            yield from _parquet_lines(part.path, needle)
            return
        with open_for_reading(part.path) as handle, read_lines(part.path, handle) as stream:
            for block in _blocks(stream):
                if needle is None:
                    yield from block.splitlines()
                else:
                    yield from _found(block, needle)
    except _DAMAGE as error:
        raise UsageError(
            f"{part.path} cannot be read ({error}); copy the run again, or clean the input again"
        ) from error


def records_of(part: Part, needle: re.Pattern[bytes] | None = None) -> Iterator[dict[str, Any]]:
    """Yields the records of a part; see `lines_of`."""
    for line in lines_of(part, needle):
        yield parse(line, part)


def parse(line: bytes, part: Part) -> dict[str, Any]:
    """Parses a line.

    Raises:
      UsageError: when it is no JSON object.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{part.path} holds a line that is no JSON ({error})") from error
    if not isinstance(record, dict):
        raise UsageError(f"{part.path} holds a line that is no JSON object")
    return record


def json_text(text: str) -> bytes:
    """Gives a text as it stands between the quotes of a JSON line, to be searched for."""
    return orjson.dumps(text.encode("utf-8", "replace").decode())[1:-1]


def any_id(ids: Iterable[str]) -> re.Pattern[bytes]:
    """Makes a pattern that finds the lines of the pages with these ids, and few others."""
    some = b"|".join(re.escape(json_text(i)) for i in sorted(ids))
    return re.compile(rb'"id":"(?:' + some + rb')"')


def for_each(parts: Iterable[Part], work: Callable[[Part], T]) -> Iterator[T]:
    """Applies a function to parts, a few at a time; results come in the order of the parts."""
    waiting = list(parts)
    if len(waiting) < 2:
        yield from map(work, waiting)
        return
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield from pool.map(work, waiting)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _blocks(stream: Any) -> Iterator[bytes]:
    """Yields the stream in blocks of whole lines."""
    rest = b""
    while data := stream.read(_BLOCK_BYTES):
        cut = data.rfind(b"\n") + 1
        if not cut:
            rest += data
            continue
        yield rest + data[:cut]
        rest = data[cut:]
    if rest:
        yield rest


def _found(block: bytes, needle: re.Pattern[bytes]) -> Iterator[bytes]:
    at = 0
    while match := needle.search(block, at):
        begin = block.rfind(b"\n", 0, match.start()) + 1
        end = block.find(b"\n", match.end())
        at = len(block) if end < 0 else end + 1
        yield block[begin : at if end < 0 else end]
        if end < 0:
            return


def _parquet_lines(path: str, needle: re.Pattern[bytes] | None) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_for_reading(path) as handle:
            file = pq.ParquetFile(handle)
            for group in range(file.num_row_groups):
                if needle is not None and not _group_has(file, group, needle):
                    continue
                for batch in file.iter_batches(_ROWS, [group]):
                    for row in batch.to_pylist():
                        line = orjson.dumps(_from_parquet(row))
                        if needle is None or needle.search(line):
                            yield line
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error


def _group_has(file: Any, group: int, needle: re.Pattern[bytes]) -> bool:
    """Looks at the columns that are searched, and leaves the text alone."""
    for batch in file.iter_batches(_ROWS, [group], columns=["id", "metadata.url"]):
        for row in batch.to_pylist():
            if needle.search(orjson.dumps({"id": row["id"], "url": row["metadata"]["url"]})):
                return True
    return False


def _from_parquet(row: dict[str, Any]) -> dict[str, Any]:
    """Undoes what `ParquetSink` does to a record."""
    metadata = {k: v for k, v in row["metadata"].items() if k != "more" and v is not None}
    metadata["removed"] = orjson.loads(metadata["removed"])
    metadata |= orjson.loads(row["metadata"]["more"])
    record = {k: v for k, v in row.items() if k != "metadata" and v is not None}
    if not record.get("created"):
        record.pop("created", None)
    return record | {"metadata": metadata}
