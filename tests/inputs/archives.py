"""Builds WARC records by hand, where writers would not let them be wrong."""

import gzip

HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"


def record(kind, url, block, *, length=None, extra=b"", content_type=None):
    types = {"response": b"application/http; msgtype=response", "conversion": b"text/plain"}
    declared = content_type or types.get(kind, b"application/octet-stream")
    return (
        b"WARC/1.0\r\nWARC-Type: " + kind.encode()
        + b"\r\nWARC-Target-URI: " + url.encode()
        + b"\r\nWARC-Date: 2024-01-02T03:04:05Z"
        + b"\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Type: " + declared
        + b"\r\nContent-Length: " + str(len(block) if length is None else length).encode()
        + b"\r\n" + extra + b"\r\n" + block + b"\r\n\r\n"
    )  # fmt: skip


def response(url, body, *, http=HTML, **options):
    return record("response", url, http + body, **options)


def packed(*records, level=6):
    return b"".join(gzip.compress(one, level) for one in records)
