"""WARC and WET: what becomes a page, what is skipped, what is rejected."""

import gzip
import io
import zlib

import brotli
import pytest
import zstandard
from archives import HTML, packed, record, response
from fastwarc.warc import WarcRecord, WarcRecordType
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

WORDS = "Grüße aus Köln, schöne Straßen und süße Brötchen. " * 20


def _warcio(path, *responses, gzip=True):
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=gzip)
        writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "test"}))
        for url, status, headers, body in responses:
            http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    url,
                    "response",
                    payload=io.BytesIO(body),
                    http_headers=http,
                    warc_headers_dict={"WARC-Date": "2024-05-06T07:08:09.123456Z"},
                )
            )
            request = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], is_http_request=True)
            writer.write_record(writer.create_warc_record(url, "request", http_headers=request))
    return path


@pytest.mark.parametrize("name", ["a.warc.gz", "a.warc"])
def test_what_warcio_writes(tmp_path, read, name):
    html = [("Content-Type", "text/html; charset=utf-8")]
    path = _warcio(
        tmp_path / name,
        ("https://x/1", "200 OK", html, WORDS.encode()),
        ("https://x/2", "404 Not Found", html, b"<p>gone</p>"),
        ("https://x/3", "200 OK", [("Content-Type", "image/png")], b"\x89PNG"),
        ("https://x/4", "200 OK", [("Content-Type", "TEXT/Plain")], b"plain words"),
        ("https://x/5", "206 Partial", [("content-type", "application/xhtml+xml")], b"<p>x</p>"),
        ("https://x/6", "200 OK", [], b" <!DOCTYPE html><p>untyped</p>"),
        ("https://x/7", "200 OK", [], b"untyped"),
        ("https://x/8", "200 OK", html, b""),
        gzip=name.endswith("gz"),
    )
    outcome = read(path)
    assert [(page.url, page.kind, page.content) for page in outcome.pages] == [
        ("https://x/1", "html", WORDS),
        ("https://x/4", "text", "plain words"),
        ("https://x/5", "html", "<p>x</p>"),
        ("https://x/6", "html", " <!DOCTYPE html><p>untyped</p>"),
    ]
    assert {page.date for page in outcome.pages} == {"2024-05-06T07:08:09.123Z"}
    assert outcome.skipped == {"record_type": 9, "http_status": 1, "content_type": 2}
    assert [(f.reason, f.url) for f in outcome.failures] == [("no_text", "https://x/8")]
    data = path.read_bytes()
    for page in outcome.pages:
        start = data[page.offset :]
        head = zlib.decompressobj(31).decompress(start) if name.endswith("gz") else start
        assert head.startswith(b"WARC/1")
        assert page.url.encode() in head[:500]


def test_what_fastwarc_writes(tmp_path, read):
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as out:
        for number in range(3):
            made = WarcRecord()
            made.init_headers(WarcRecordType.response)
            made.headers["WARC-Target-URI"] = f"https://x/{number}"
            made.is_http = True
            made.set_bytes_content(HTML + b"<p>%d</p>" % number)
            member = io.BytesIO()
            made.write(member, checksum_data=True)
            out.write(gzip.compress(member.getvalue()))
    assert [(page.url, page.content) for page in read(path).pages] == [
        (f"https://x/{number}", f"<p>{number}</p>") for number in range(3)
    ]


def test_wet(tmp_path, read):
    path = tmp_path / "a.warc.wet.gz"
    path.write_bytes(packed(
        record("warcinfo", "", b"software: x"),
        record("conversion", "https://x/", "Grüße\nzwei".encode()),
        record("conversion", "<https://y/>", b"<p>html</p>", content_type=b"text/html"),
        record("conversion", "https://z/", b""),
        record("conversion", "https://j/", b"{}", content_type=b"application/json"),
    ))  # fmt: skip
    outcome = read(path)
    assert [(page.url, page.kind, page.content) for page in outcome.pages] == [
        ("https://x/", "text", "Grüße\nzwei"),
        ("https://y/", "html", "<p>html</p>"),
    ]
    assert [(f.reason, f.url) for f in outcome.failures] == [("no_text", "https://z/")]
    assert outcome.skipped == {"record_type": 1, "content_type": 1}


def _http(*headers):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + b"".join(
        header + b"\r\n" for header in headers
    ) + b"\r\n"  # fmt: skip


def _chunks(data, size=7):
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


RAW_DEFLATE = zlib.compressobj(wbits=-15)
BODIES = {
    "gzip": (b"Content-Encoding: gzip", gzip.compress(WORDS.encode())),
    "x-gzip twice": (
        b"Content-Encoding: x-gzip, gzip",
        gzip.compress(gzip.compress(WORDS.encode())),
    ),
    "deflate": (b"Content-Encoding: deflate", zlib.compress(WORDS.encode())),
    "raw deflate": (
        b"Content-Encoding: deflate",
        RAW_DEFLATE.compress(WORDS.encode()) + RAW_DEFLATE.flush(),
    ),
    "brotli": (b"Content-Encoding: br", brotli.compress(WORDS.encode())),
    "zstd": (b"Content-Encoding: zstd", zstandard.ZstdCompressor().compress(WORDS.encode())),
    "identity": (b"Content-Encoding: identity", WORDS.encode()),
    "stored decoded": (b"Content-Encoding: gzip", WORDS.encode()),
    "stored decoded, deflate": (b"Content-Encoding: deflate", b"<p>" + WORDS.encode()),
    "stored decoded, brotli": (b"Content-Encoding: br", b"<p>" + WORDS.encode()),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("case", BODIES)
def test_http_encodings_are_undone(tmp_path, read, case, chunked):
    header, body = BODIES[case]
    headers = [header]
    if chunked:
        headers.append(b"Transfer-Encoding: chunked")
        body = _chunks(body)
    path = tmp_path / "a.warc"
    path.write_bytes(response("https://x/", body, http=_http(*headers)))
    outcome = read(path)
    assert [content.removeprefix("<p>") for content in outcome.contents] == [WORDS]


def test_chunks_stored_joined_and_cut(tmp_path, read):
    http = _http(b"Transfer-Encoding: chunked")
    path = tmp_path / "a.warc"
    path.write_bytes(
        response("https://x/", b"<p>no chunks</p>", http=http)
        + response("https://y/", b"a\r\n0123456789\r\n20\r\ncut short", http=http)
    )
    assert read(path).contents == ["<p>no chunks</p>", "0123456789cut short"]


@pytest.mark.parametrize(
    ("header", "body", "reason"),
    [
        (b"Content-Encoding: gzip", gzip.compress(b"x" * 5_000_000), "too_large"),
        (b"Content-Encoding: br", brotli.compress(b"x" * 5_000_000), "too_large"),
        (b"Content-Encoding: zstd", zstandard.compress(b"x" * 5_000_000), "too_large"),
        (b"Content-Encoding: deflate", zlib.compress(b"x" * 5_000_000), "too_large"),
        (b"Content-Encoding: gzip", b"\x1f\x8b\x08" + b"rubbish" * 20, "corrupt"),
        (b"Content-Encoding: br", b"\xff\xfe\xfd" * 20, "corrupt"),
        (b"Content-Encoding: pigeon", b"coo", "corrupt"),
    ],
)
def test_bodies_that_cannot_be_decoded(tmp_path, read, header, body, reason):
    path = tmp_path / "a.warc"
    bad = response("https://x/", body, http=_http(header))
    path.write_bytes(bad + response("https://y/", b"good"))
    outcome = read(path, max_page_bytes=1_000_000)
    assert [(f.reason, f.url, f.offset) for f in outcome.failures] == [(reason, "https://x/", 0)]
    assert outcome.contents == ["good"]


def test_a_record_truncated_by_its_crawler_is_kept(tmp_path, read):
    body = gzip.compress(WORDS.encode(), 0)[:600]
    extra = b"WARC-Truncated: length\r\n"
    http = _http(b"Content-Encoding: gzip")
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(
        response("https://x/", b"<p>half a pa", extra=extra),
        response("https://y/", body, http=http, extra=extra),
    ))  # fmt: skip
    outcome = read(path)
    assert outcome.contents[0] == "<p>half a pa"
    assert WORDS.startswith(outcome.contents[1].rstrip("\ufffd"))
    assert len(outcome.contents[1]) > 400
    assert outcome.failures == []


def test_odd_records(tmp_path, read):
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(
        record("response", "https://zero/", b""),
        record("response", "dns:x", b"20240101 1.2.3.4", content_type=b"text/dns"),
        record("response", "https://nohttp/", b"hello"),
        record("resource", "https://res/", b"<p>x</p>", content_type=b"text/html"),
        response("", b"no address"),
        response("https://last/", b"last"),
    ))  # fmt: skip
    outcome = read(path)
    assert [(f.reason, f.url) for f in outcome.failures] == [
        ("no_text", "https://zero/"),
        ("malformed", "https://nohttp/"),
    ]
    assert outcome.skipped == {"content_type": 1, "record_type": 1}
    named, last = outcome.pages
    assert named.url == f"file:{path}#{named.offset}"
    assert last.content == "last"


def test_large_records(tmp_path, read):
    path = tmp_path / "a.warc"
    path.write_bytes(
        response("https://big/", b"x" * 3_000_000)
        + response(
            "https://video/", b"x" * 3_000_000, http=_http().replace(b"text/html", b"video/mp4")
        )
        + record("request", "https://req/", b"x" * 3_000_000)
        + response("https://last/", b"last")
    )
    outcome = read(path, max_page_bytes=2_000_000)
    assert [(f.reason, f.url) for f in outcome.failures] == [("too_large", "https://big/")]
    assert outcome.skipped == {"content_type": 1, "record_type": 1}
    assert outcome.contents == ["last"]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "whole.warc.gz", "a.warc.zst"])
def test_every_way_of_packing_reads_alike(tmp_path, read, name):
    made = [response(f"https://x/{n}", WORDS.encode() * n) for n in range(1, 9)]
    path = tmp_path / name
    path.write_bytes({
        "a.warc": b"".join(made),
        "a.warc.gz": packed(*made),
        "whole.warc.gz": gzip.compress(b"".join(made)),
        "a.warc.zst": b"".join(map(zstandard.compress, made)),
    }[name])  # fmt: skip
    outcome = read(path)
    assert outcome.contents == [WORDS * n for n in range(1, 9)]
    assert outcome.failures == []
