"""From a WARC record to a page. Pure."""

import re
from dataclasses import dataclass

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
from pipeline.inputs.options import ReadOptions, SkipReason
from pipeline.inputs.signatures import binary_kind
from pipeline.inputs.warc_records import Record
from transforms.records import Failure, RawPage, Reason

_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_TEXT_TYPES = {"text/plain"}
_HTTP_TYPES = {"", "application/http", "message/http"}
_HTML_START = re.compile(
    rb"[\s\xef\xbb\xbf]*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,400}?-->\s*)?"
    rb"<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


def page_of(
    record: Record, path: str, offset: int, options: ReadOptions
) -> RawPage | Failure | SkipReason:
    """The record's page, or why it is none.

    Responses with a status of 200-299 and conversions (WET) become pages when they are HTML or
    plain text; a response that declares no type is one when it begins like HTML. Other records
    were never meant as pages: the reason to skip them is returned.

    Args:
      record: as it was read.
      path: the input file.
      offset: as in `RawPage.offset`.
      options: limits.
    """
    context = _Context(record, path, offset)
    if record.problem not in (None, "too_large"):
        return context.failure(record.problem or "malformed", record.detail)
    match context.header(b"warc-type").lower():
        case "conversion":
            return _conversion(context, options)
        case "response":
            return _response(context, options)
        case _:
            return "record_type"


@dataclass(frozen=True, slots=True)
class _Context:
    """A record and where it came from."""

    record: Record
    path: str
    offset: int

    def header(self, name: bytes) -> str:
        value = self.record.headers.get(name)
        return "" if value is None else value.decode("utf-8", "replace")

    @property
    def url(self) -> str:
        return clean_url(self.header(b"warc-target-uri").strip("<>"))  # wget writes <…>

    @property
    def media_type(self) -> str:
        return self.header(b"content-type").partition(";")[0].strip().lower()

    def failure(self, reason: Reason, detail: str) -> Failure:
        return failure(
            reason,
            detail,
            self.path,
            offset=self.offset,
            url=self.url,
            raw=self.record.block,
            raw_length=self.record.length,
        )

    def page(self, body: bytes, charset: str, *, html: bool) -> RawPage | Failure:
        kind = binary_kind(body)
        if kind:
            return self.failure("malformed", f"the body is {kind}, not text as it declares")
        content = decode(body, charset=charset, html=html)
        if not content or content.isspace():
            return self.failure("no_text", "the body is empty")
        return RawPage(
            url=self.url or file_url(self.path, self.offset),
            date=canonical_date(self.header(b"warc-date")),
            kind="html" if html else "text",
            content=content,
            file=printable(self.path),
            offset=self.offset,
            given_id=clean_url(self.header(b"warc-record-id").strip("<>")),
        )


def _conversion(context: _Context, options: ReadOptions) -> RawPage | Failure | SkipReason:
    media_type = context.media_type or "text/plain"
    if media_type not in _HTML_TYPES and media_type not in _TEXT_TYPES:
        return "content_type"
    if context.record.length > options.max_page_bytes:
        return context.failure("too_large", context.record.detail)
    return context.page(context.record.block, "", html=media_type in _HTML_TYPES)


def _response(  # noqa: PLR0911 - a list of cases
    context: _Context, options: ReadOptions
) -> RawPage | Failure | SkipReason:
    if context.media_type not in _HTTP_TYPES:
        return "content_type"  # a look-up in the DNS, FTP and the like
    if not context.record.block:
        return context.failure("no_text", "the record is empty")
    response = parse_response(context.record.block)
    if not response.status:
        return context.failure("malformed", "the response has no HTTP status line")
    if not 200 <= response.status <= 299:
        return "http_status"
    media_type = response.media_type or context.header(b"warc-identified-payload-type").lower()
    if media_type and media_type not in _HTML_TYPES and media_type not in _TEXT_TYPES:
        return "content_type"
    if context.record.problem is not None:
        return context.failure(context.record.problem, context.record.detail)
    return _body(context, response, media_type, options)


def _body(
    context: _Context, response: Response, media_type: str, options: ReadOptions
) -> RawPage | Failure | SkipReason:
    partial = b"warc-truncated" in context.record.headers
    try:
        body = decoded_body(response, options.max_page_bytes, partial=partial)
    except TooLargeError:
        limit = options.max_page_bytes
        return context.failure("too_large", f"the decoded body is above the limit of {limit} bytes")
    except UndecodableError as error:
        return context.failure("corrupt", str(error))
    if body and not media_type and not _HTML_START.match(body):
        return "content_type"
    return context.page(body, response.charset, html=media_type not in _TEXT_TYPES)
