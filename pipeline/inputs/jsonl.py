"""Pages from JSON lines."""

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from pipeline.inputs.failures import failure
from pipeline.inputs.fields import FieldReader
from pipeline.inputs.lines import LongLine, lines
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import Piece
from pipeline.inputs.signatures import binary_kind
from pipeline.inputs.storage import StorageFile
from pipeline.inputs.unpacked import Unpacked
from transforms.records import MAX_RAW_BYTES, Failure, RawPage

_UTF8_MARK = b"\xef\xbb\xbf"


def read_jsonl(
    storage: StorageFile, piece: Piece, options: ReadOptions
) -> Iterator[RawPage | Failure]:
    """The pages of the lines that start inside the piece, in order.

    A line that is no JSON object, or holds no text, is a failure of its own; blank lines are
    nothing. A file that is something else altogether is one failure. A stream that breaks off gives
    what came before, and one failure where the unfinished line starts.
    """
    path = piece.file.path
    fields = FieldReader(options)
    # One byte before the range tells whether a line starts with it.
    start = max(0, piece.start - 1)
    first = True
    stream = Unpacked(storage, piece.file, options, start)
    for offset, line in lines(
        stream.read,
        start,
        piece.end,
        max_bytes=options.max_page_bytes,
        head_bytes=MAX_RAW_BYTES,
        inside=piece.start > 0,
    ):
        if offset == 0 and isinstance(line, bytes):
            line = line.removeprefix(_UTF8_MARK)  # noqa: PLW2901
            if not line and piece.file.size == 0:
                yield failure("no_text", "the file is empty", path)
                return
        if first:
            first = False
            refusal = _refusal(stream.head)
            if refusal:
                if offset == 0:
                    yield failure("malformed", refusal, path, raw=stream.head, raw_length=-1)
                return
        result = page_of_line(line, fields, path, offset, options)
        if stream.damage is None:
            if result is not None:
                yield result
            continue
        # The last, unfinished line.
        if isinstance(result, RawPage):
            yield result
        head = line.head if isinstance(line, LongLine) else line
        detail = f"{stream.damage.detail}; the pages before are kept"
        yield failure(stream.damage.reason, detail, path, offset=offset, raw=head, raw_length=-1)


def page_of_line(
    line: bytes | LongLine,
    fields: FieldReader,
    path: str,
    offset: int,
    options: ReadOptions,
    beside: Mapping[str, str] | None = None,
) -> RawPage | Failure | None:
    """The page of one line, or why it is none; None for a blank one.

    Args:
      line: without its end.
      fields: where the page's parts are.
      path: the input file.
      offset: as in `RawPage.offset`.
      options: limits.
      beside: fields that count where the line has none of their name.
    """
    if isinstance(line, LongLine):
        return failure(
            "too_large",
            f"a line of {line.length} bytes is above the limit of {options.max_page_bytes}",
            path,
            offset=offset,
            raw=line.head,
            raw_length=line.length,
        )
    if not line or line.isspace():
        return None
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            record = _lenient(line)
        except (ValueError, RecursionError):
            return failure("malformed", f"not JSON: {error}", path, offset=offset, raw=line)
    if not isinstance(record, dict):
        detail = f"JSON, but not an object: {type(record).__name__}"
        return failure("malformed", detail, path, offset=offset, raw=line)
    if beside:
        fields.complete(record, beside)
    return fields.page(record, path, offset, line)


def _lenient(line: bytes) -> Any:
    """What Python's own writer makes and strict JSON forbids: NaN, lone surrogates, bad UTF-8."""
    return json.loads(line.decode("utf-8", "replace"), parse_int=_short_int, strict=False)


def _short_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 40 else float(digits)


def _refusal(head: bytes) -> str:
    """Why a file that begins so holds no JSON lines at all, or ""."""
    if head.removeprefix(_UTF8_MARK).lstrip()[:1] == b"[":
        return "a JSON array, not one object a line: convert it with jq -c '.[]'"
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or head[:2] in (b"{\0", b"\0{"):
        return "UTF-16, but JSON lines are UTF-8: convert it with iconv -f UTF-16 -t UTF-8"
    kind = binary_kind(head)
    return f"{kind}, not JSON lines: check its name or --input-format" if kind else ""
