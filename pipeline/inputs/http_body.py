"""HTTP responses inside WARC records: headers, chunks, content encodings. Pure."""

import io
import re
import zlib
from dataclasses import dataclass
from typing import Protocol

from pipeline.inputs.compression import GZIP_MAGIC, ZSTD_MAGIC

_STATUS = re.compile(rb"HTTP/[0-9.]{1,4}[ \t]+([0-9]{3})")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]{0,4096})?\r?\n")
_HEAD_BYTES = 64 << 10
_STEP_BYTES = 64 << 10


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TooLargeError(Exception):
    """A decoded body above the limit."""


class UndecodableError(Exception):
    """A body whose content encoding is broken or unknown."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response's parts.

    Attributes:
      status: 100..599, or 0 where the status line does not parse.
      media_type: lower-cased, without parameters; "" where there is none.
      charset: as declared, or "".
      transfer_encoding, content_encoding: lower-cased, or b"".
      body: as sent.
    """

    status: int
    media_type: str
    charset: str
    transfer_encoding: bytes
    content_encoding: bytes
    body: bytes


def parse_response(block: bytes) -> Response:
    """Takes an HTTP response apart; a block without an empty line is all headers."""
    end = block.find(b"\r\n\r\n", 0, _HEAD_BYTES)
    width = 4
    if end < 0 or 0 <= block.find(b"\n\n", 0, end) < end:
        end, width = block.find(b"\n\n", 0, _HEAD_BYTES), 2
    if end < 0:
        end = len(block)
    head = block[:end]
    status = _STATUS.match(head)
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    media, _, parameters = headers.get(b"content-type", b"").partition(b";")
    charset = _CHARSET.search(parameters)
    return Response(
        status=int(status[1]) if status else 0,
        media_type=media.strip().lower().decode("latin-1"),
        charset=charset[1].decode("ascii") if charset else "",
        transfer_encoding=headers.get(b"transfer-encoding", b"").lower(),
        content_encoding=headers.get(b"content-encoding", b"").lower(),
        body=block[end + width :],
    )


def decoded_body(response: Response, max_bytes: int, *, partial: bool = False) -> bytes:
    """The body as the page's author wrote it.

    Crawlers often store bodies decoded under their original headers: a body that does not look
    encoded is taken as it is.

    Raises:
      TooLargeError: it grows beyond `max_bytes`.
      UndecodableError: a content encoding is broken, or unknown. With `partial`, what came before
        the break is the body, if anything did.
    """
    body = response.body
    if b"chunked" in response.transfer_encoding:
        body = _unchunked(body)
    encodings = [name.strip() for name in response.content_encoding.split(b",")]
    for encoding in reversed(encodings):
        body = _decoded(body, encoding, max_bytes, partial)
    if len(body) > max_bytes:
        raise TooLargeError
    return body


def _unchunked(body: bytes) -> bytes:
    """A chunked body in one; as it is where it is not chunked, and as far as the chunks go."""
    parts: list[bytes] = []
    at = 0
    while True:
        size_line = _CHUNK.match(body, at)
        if size_line is None:
            # Cut inside a chunk's header, or stored without chunks under the old header.
            return b"".join(parts) if parts else body
        size = int(size_line[1], 16)
        if size == 0:
            return b"".join(parts)
        at = size_line.end()
        parts.append(body[at : at + size])
        at += size
        if body[at : at + 2] == b"\r\n":
            at += 2
        elif body[at : at + 1] == b"\n":
            at += 1
        elif at < len(body):
            # What looked like a chunk's size was none.
            return b"".join(parts) + body[at:] if len(parts) > 1 else body


def _decoded(body: bytes, encoding: bytes, max_bytes: int, partial: bool) -> bytes:
    if encoding in (b"", b"identity", b"none", b"utf-8") or not body:
        return body
    if encoding in (b"gzip", b"x-gzip"):
        return _inflated(body, 31, max_bytes, partial) if body.startswith(GZIP_MAGIC) else body
    if encoding == b"deflate":
        if body[0] & 15 == 8 and len(body) > 1 and (body[0] << 8 | body[1]) % 31 == 0:
            return _inflated(body, 15, max_bytes, partial)
        return body if _looks_like_text(body) else _inflated(body, -15, max_bytes, partial)
    if encoding == b"zstd":
        return _unzstd(body, max_bytes, partial) if body.startswith(ZSTD_MAGIC) else body
    if encoding == b"br":
        return body if _looks_like_text(body) else _unbrotli(body, max_bytes, partial)
    raise UndecodableError(f"content encoding {encoding.decode('latin-1')!r} is not known")


def _looks_like_text(body: bytes) -> bool:
    head = body[:512].lstrip()
    return head[:1] == b"<" or not head.translate(None, bytes(range(32, 127)) + b"\t\r\n\f")


def _inflated(body: bytes, window_bits: int, max_bytes: int, partial: bool) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest:
        decoder = zlib.decompressobj(window_bits)
        while rest and not decoder.eof:
            try:
                part = decoder.decompress(rest, max_bytes - size + 1)
            except zlib.error as error:
                if partial and size:
                    return b"".join(parts)
                raise UndecodableError(f"broken content encoding: {error}") from error
            parts.append(part)
            size += len(part)
            if size > max_bytes:
                raise TooLargeError
            rest = decoder.unconsumed_tail
        rest = decoder.unused_data
        if window_bits != 31 or not rest.startswith(GZIP_MAGIC):
            break
    return b"".join(parts)


def _unzstd(body: bytes, max_bytes: int, partial: bool) -> bytes:
    import zstandard  # only where there is such a body

    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(body), read_across_frames=True)
    return _drained(reader, max_bytes, partial, zstandard.ZstdError)


def _unbrotli(body: bytes, max_bytes: int, partial: bool) -> bytes:
    from fastwarc.stream_io import BrotliReader  # only where there is such a body

    return _drained(BrotliReader(io.BytesIO(body)), max_bytes, partial, OSError)


def _drained(
    reader: _Readable, max_bytes: int, partial: bool, error_type: type[Exception]
) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            part = reader.read(_STEP_BYTES)
        except error_type as error:
            if partial and size:
                break
            raise UndecodableError(f"broken content encoding: {error}") from error
        if not part:
            break
        parts.append(part)
        size += len(part)
        if size > max_bytes:
            raise TooLargeError
    return b"".join(parts)
