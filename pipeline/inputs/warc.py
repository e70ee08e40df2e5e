"""Pages from WARC and WET files."""

import re
from collections.abc import Iterator

from pipeline.inputs.compression import DamagedError, Members
from pipeline.inputs.dates import canonical_date
from pipeline.inputs.decode import decode
from pipeline.inputs.failures import failure, printable
from pipeline.inputs.fields import clean_url, file_url
from pipeline.inputs.http_body import (
    Response,
    TooLargeError,
    UndecodableError,
    decoded_body,
    parse_response,
)
from pipeline.inputs.options import ReadOptions, Skipped, SkipReason
from pipeline.inputs.shards import Piece
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile
from pipeline.inputs.warc_boundaries import find_member
from pipeline.inputs.warc_records import Record, Window, records
from transforms.records import MAX_RAW_BYTES, Failure, RawPage

_HTML_TYPES = {"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"}
_TEXT_TYPES = {"text/plain"}
_HTML_START = re.compile(rb"\s*(?:<!--.{0,400}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I)


def read_warc(
    storage: StorageFile, piece: Piece, options: ReadOptions, skipped: Skipped
) -> Iterator[RawPage | Failure]:
    """The pages of the records that start inside the piece, in order.

    Args:
      storage: the file, as it lies on storage.
      piece: the range: of the bytes where a gzip member starts, or a record of a plain file.
      options: limits.
      skipped: counts the records that are neither pages nor failures.
    """
    if piece.file.compression == "none":
        yield from _read_plain(storage, piece, options, skipped)
    else:
        yield from _read_packed(storage, piece, options, skipped)


def _read_plain(
    storage: StorageFile, piece: Piece, options: ReadOptions, skipped: Skipped
) -> Iterator[RawPage | Failure]:
    if piece.start:
        storage.seek(piece.start)
    window = Window(lambda: storage.read(BLOCK_BYTES), piece.start)
    for record in records(window, options.max_page_bytes):
        if 0 <= piece.end <= record.offset:
            return
        yield from _results(record, piece, record.offset, options, skipped)
    if storage.tell() < piece.file.size:
        detail = f"storage gave {storage.tell()} bytes of {piece.file.size}"
        yield failure("truncated", detail, piece.file.path, offset=storage.tell(), raw_length=-1)


def _read_packed(
    storage: StorageFile, piece: Piece, options: ReadOptions, skipped: Skipped
) -> Iterator[RawPage | Failure]:
    start: int | None = 0
    if piece.start:
        start = find_member(storage, options, piece.start, piece.end)
        if start is None:
            return
    members = Members(storage, piece.file.compression, options, start or 0)
    stop: float | None = None
    while True:
        damage: DamagedError | None = None
        try:
            more = members.open_next()
        except DamagedError as error:
            more, damage = True, error
        begin = members.start
        if 0 <= piece.end <= begin:
            if stop is None:
                # Whoever reads the next piece begins here, by the same rule.
                following = find_member(storage, options, piece.end)
                stop = float("inf") if following is None else following
                members.seek(begin)
                continue
            if begin >= stop:
                return
        if not more:
            break
        if damage is None:
            window = Window(members.read)
            for record in records(window, options.max_page_bytes):
                if record.problem and window.damage is not None:
                    break  # told below, with the damaged bytes themselves
                yield from _results(record, piece, begin, options, skipped)
            damage = window.damage
        if damage is not None:
            resume = None
            if piece.file.compression == "gz":
                cut = damage.reason == "truncated"
                resume = find_member(storage, options, begin + 1, chain=cut)
            yield _damaged(storage, damage, piece, begin, resume)
            if resume is None:
                return
            members.seek(resume)
    if storage.tell() < piece.file.size:
        detail = f"storage gave {storage.tell()} bytes of {piece.file.size}"
        yield failure("truncated", detail, piece.file.path, offset=storage.tell(), raw_length=-1)


def _damaged(
    storage: StorageFile, damage: DamagedError, piece: Piece, begin: int, resume: int | None
) -> Failure:
    end = piece.file.size if resume is None else resume
    storage.seek(begin)
    raw = storage.read(max(0, min(MAX_RAW_BYTES, end - begin)))
    after = "nothing after it can be read" if resume is None else f"reading went on at {resume}"
    return failure(
        damage.reason,
        f"{damage.detail}; {after}",
        piece.file.path,
        offset=begin,
        raw=raw,
        raw_length=end - begin,
    )


def _results(
    record: Record, piece: Piece, offset: int, options: ReadOptions, skipped: Skipped
) -> Iterator[RawPage | Failure]:
    result = _result(record, piece.file.path, offset, options)
    if isinstance(result, str):
        skipped[result] = skipped.get(result, 0) + 1
    else:
        yield result


def _result(
    record: Record, path: str, offset: int, options: ReadOptions
) -> RawPage | Failure | SkipReason:
    headers = record.headers
    url = clean_url(_text(headers.get(b"warc-target-uri", b"")).strip("<>"))
    kind = headers.get(b"warc-type", b"").lower()
    if record.problem not in (None, "too_large"):
        return failure(
            record.problem or "malformed", record.detail, path,
            offset=offset, url=url, raw=record.block, raw_length=record.length,
        )  # fmt: skip
    declared = _text(headers.get(b"content-type", b"")).partition(";")[0].strip().lower()
    charset = ""
    body = record.block
    response: Response | None = None
    if kind == b"conversion":
        media = declared or "text/plain"
    elif kind == b"response":
        if declared and not declared.startswith(("application/http", "message/http")):
            return "content_type"  # a look-up in the DNS, FTP and the like
        if not body:
            return failure("no_text", "an empty record", path, offset=offset, url=url)
        response = parse_response(body)
        if not response.status:
            detail = "no HTTP status line"
            return failure("malformed", detail, path, offset=offset, url=url, raw=body)
        if not 200 <= response.status <= 299:
            return "http_status"
        charset = response.charset
        media = response.media_type or _text(headers.get(b"warc-identified-payload-type", b""))
    else:
        return "record_type"
    if media and media not in _HTML_TYPES and media not in _TEXT_TYPES:
        return "content_type"
    if record.problem is not None:
        return failure(
            record.problem, record.detail, path,
            offset=offset, url=url, raw=record.block, raw_length=record.length,
        )  # fmt: skip
    try:
        if response is not None:
            partial = b"warc-truncated" in headers
            body = decoded_body(response, options.max_page_bytes, partial=partial)
    except TooLargeError:
        detail = f"the decoded body is above the limit of {options.max_page_bytes} bytes"
        return failure("too_large", detail, path, offset=offset, url=url, raw=record.block)
    except UndecodableError as error:
        return failure("corrupt", str(error), path, offset=offset, url=url, raw=record.block)
    if not media and not _HTML_START.match(body):
        return "content_type"
    html = media not in _TEXT_TYPES
    content = decode(body, charset=charset, html=html)
    if not content or content.isspace():
        return failure("no_text", "an empty body", path, offset=offset, url=url, raw=record.block)
    return RawPage(
        url=url or file_url(path, offset),
        date=canonical_date(_text(headers.get(b"warc-date", b""))),
        kind="html" if html else "text",
        content=content,
        file=printable(path),
        offset=offset,
        given_id=clean_url(_text(headers.get(b"warc-record-id", b""))),
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
