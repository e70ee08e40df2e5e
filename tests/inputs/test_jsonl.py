"""JSON lines: fields, bad lines, offsets, packed streams."""

import gzip
import json

import hypothesis.strategies as st
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings

from transforms.records import MAX_RAW_BYTES


def _write(path, *records):
    path.write_bytes(
        b"".join(
            (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n"
            for line in records
        )
    )
    return path


def test_fields_become_a_page(tmp_path, read):
    record = {
        "url": "https://example.org/a",
        "text": "Erste Zeile\r\nZweite Zeile\u2028Dritte",
        "date": "2024-02-01T12:30:00+02:00",
        "id": 12,
    }
    (page,) = read(_write(tmp_path / "a.jsonl", record)).pages
    assert page.url == "https://example.org/a"
    assert page.content == "Erste Zeile\r\nZweite Zeile\u2028Dritte"
    assert page.date == "2024-02-01T10:30:00.000Z"
    assert page.kind == "text"
    assert page.given_id == "12"
    assert page.offset == 0
    assert page.file == str(tmp_path / "a.jsonl")


def test_html_wins_over_text_unless_it_is_blank(tmp_path, read):
    both = {"url": "https://a/", "text": "plain", "html": "<p>rich</p>"}
    blank = {"url": "https://b/", "text": "plain", "html": " \n"}
    pages = read(_write(tmp_path / "a.jsonl", both, blank)).pages
    assert [(page.kind, page.content) for page in pages] == [
        ("html", "<p>rich</p>"),
        ("text", "plain"),
    ]


@pytest.mark.parametrize(
    "record",
    [
        {"metadata": {"url": "https://x/", "date": "2024-02-01"}, "text": "hello"},
        {"url": "https://x/", "content": "hello", "timestamp": 1706745600},
        {"url": "https://x/", "text": "hello", "created": "2024-02-01T00:00:00.000Z"},
        {
            "warc_headers": {"warc-target-uri": "https://x/", "warc-date": "2024-02-01"},
            "content": "hello",
        },
    ],
)
def test_usual_names_are_found(tmp_path, read, record):
    (page,) = read(_write(tmp_path / "a.jsonl", record)).pages
    assert (page.url, page.content) == ("https://x/", "hello")
    assert page.date == "2024-02-01T00:00:00.000Z"


def test_names_can_be_given(tmp_path, read):
    nested = {"page": {"address": "https://x/", "body": "hello"}, "text": "not this"}
    flat = {"page.address": "https://y/", "page.body": "there"}
    pages = read(
        _write(tmp_path / "a.jsonl", nested, flat),
        url_field="page.address",
        text_field="page.body",
    ).pages
    assert [(page.url, page.content) for page in pages] == [
        ("https://x/", "hello"),
        ("https://y/", "there"),
    ]


def test_a_page_without_url_is_named_by_file_and_offset(tmp_path, read):
    path = _write(tmp_path / "a.jsonl", {"text": "one"}, {"text": "two", "url": None})
    first = len(json.dumps({"text": "one"})) + 1
    assert [page.url for page in read(path).pages] == [f"file:{path}#0", f"file:{path}#{first}"]


def test_bad_lines_are_rejected_one_by_one(tmp_path, read):
    lines = [
        {"text": "first"},
        b'{"text": "cut',
        b"",
        b"[1, 2]",
        b"17",
        {"url": "https://empty/", "text": ""},
        {"text": 5},
        {"text": None, "html": None},
        b"\xff\xfe\x00rubbish",
        {"text": "last"},
    ]
    outcome = read(_write(tmp_path / "a.jsonl", *lines))
    assert outcome.contents == ["first", "last"]
    assert [(f.reason, f.raw) for f in outcome.failures] == [
        ("malformed", b'{"text": "cut'),
        ("malformed", b"[1, 2]"),
        ("malformed", b"17"),
        ("no_text", b'{"url": "https://empty/", "text": ""}'),
        ("malformed", b'{"text": 5}'),
        ("no_text", b'{"text": null, "html": null}'),
        ("malformed", b"\xff\xfe\x00rubbish"),
    ]
    assert outcome.failures[3].url == "https://empty/"
    data = (tmp_path / "a.jsonl").read_bytes()
    for failure in outcome.failures:
        assert data[failure.offset :].startswith(failure.raw)


@pytest.mark.parametrize(
    ("line", "content"),
    [
        (rb'{"text": "half \ud83d pair"}', "half \ufffd pair"),
        (rb'{"text": "whole \ud83d\ude00 pair"}', "whole \U0001f600 pair"),
        (b'{"text": "bad \xff byte"}', "bad \ufffd byte"),
        (rb'{"text": "nul \u0000 gone"}', "nul  gone"),
        (b'{"text": "nan", "score": NaN}', "nan"),
        (b'{"text": "huge", "n": ' + b"9" * 5000 + b"}", "huge"),
        (b'{"text": "exp", "n": 1e999999}', "exp"),
        (b'\xef\xbb\xbf{"text": "marked"}', "marked"),
        (b'{"text": "crlf"}\r', "crlf"),
    ],
)
def test_what_writers_get_wrong_is_read(tmp_path, read, line, content):
    outcome = read(_write(tmp_path / "a.jsonl", line))
    assert outcome.contents == [content]
    assert outcome.failures == []


@pytest.mark.parametrize("line", [b'{"a":' * 100_000, b"[" * 99 + b"]" * 99])
def test_deep_nesting_is_malformed(tmp_path, read, line):
    path = _write(tmp_path / "a.jsonl", {"text": "one"}, line, {"text": "two"})
    outcome = read(path)
    assert outcome.contents == ["one", "two"]
    assert [reason for reason, _ in outcome.reasons] == ["malformed"]


@pytest.mark.parametrize("shard_bytes", [20, 1 << 40])
@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (json.dumps([{"text": "a"}, {"text": "b"}] * 9, indent=1).encode(), "jq -c"),
        (b"\xef\xbb\xbf [\n" + b'{"text": "a"},\n' * 9, "jq -c"),
        (('{"text": "a"}\n' * 9).encode("utf-16"), "iconv"),
        (('{"text": "a"}\n' * 9).encode("utf-16-le"), "iconv"),
        (gzip.compress(b'{"text": "a"}\n' * 9), "gzip data"),
    ],
)
@pytest.mark.parametrize("pack", ["none", "gz"])
def test_other_files_are_one_failure_that_says_what_to_do(
    tmp_path, read, data, advice, shard_bytes, pack
):
    path = tmp_path / ("a.json" if pack == "none" else "a.json.gz")
    path.write_bytes(PACKERS[pack](data))
    outcome = read(path, shard_bytes=shard_bytes)
    assert outcome.pages == []
    (failure,) = outcome.failures
    assert (failure.reason, failure.offset) == ("malformed", 0)
    assert advice in failure.detail


def test_an_empty_file_is_a_failure(tmp_path, read):
    path = _write(tmp_path / "a.jsonl")
    assert read(path).reasons == [("no_text", 0)]


def test_a_long_line_is_rejected_and_the_next_one_read(tmp_path, read):
    long = b'{"text": "' + b"x" * 3_000_000 + b'"}'
    path = _write(tmp_path / "a.jsonl", {"text": "one"}, long, {"text": "two"})
    outcome = read(path, max_page_bytes=2_000_000)
    assert outcome.contents == ["one", "two"]
    (failure,) = outcome.failures
    assert (failure.reason, failure.offset) == ("too_large", 16)
    assert failure.raw == long[:MAX_RAW_BYTES]
    assert failure.raw_length == len(long)


def _lines(count, width=60):
    return [
        {"url": f"https://x/{n}", "text": f"line {n} " + "y" * (n * 7 % width)}
        for n in range(count)
    ]


PACKERS = {
    "none": lambda data: data,
    "gz": gzip.compress,
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
    "members": lambda data: b"".join(
        gzip.compress(data[at : at + 500]) for at in range(0, len(data), 500)
    ),
}
NAMES = {"none": "a.jsonl", "gz": "a.jsonl.gz", "zst": "a.ndjson.zst", "members": "m.jsonl.gz"}


@pytest.mark.parametrize("packing", PACKERS)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    widths=st.lists(st.integers(0, 200), min_size=1, max_size=30),
    shard_bytes=st.integers(1, 3000),
    newline_at_end=st.booleans(),
)
def test_any_split_gives_each_line_once(
    tmp_path, read, packing, widths, shard_bytes, newline_at_end
):
    data = b"\n".join(b'{"text": "%d %s"}' % (n, b"z" * w) for n, w in enumerate(widths))
    data += b"\nbroken" + (b"\n" if newline_at_end else b"")
    path = tmp_path / NAMES[packing]
    path.write_bytes(PACKERS[packing](data))
    whole = read(path, shard_bytes=1 << 40)
    parts = read(path, shard_bytes=shard_bytes)
    assert parts.results == whole.results
    assert [page.content.split()[0] for page in whole.pages] == [str(n) for n in range(len(widths))]


@pytest.mark.parametrize("shard_bytes", [100, 3000, 1 << 40])
@pytest.mark.parametrize("extension", ["gz", "zst"])
def test_a_cut_stream_gives_what_came_before_and_one_failure(
    tmp_path, read, extension, shard_bytes
):
    import random

    random.seed(5)
    words = ["".join(random.choices("abcdefghij", k=6)) for _ in range(500)]
    records = [{"text": " ".join(random.choices(words, k=400))} for _ in range(200)]
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    packed = PACKERS[extension](data)
    path = tmp_path / f"a.jsonl.{extension}"
    path.write_bytes(packed[: len(packed) * 3 // 4])
    outcome = read(path, shard_bytes=shard_bytes)
    assert 20 < len(outcome.pages) < 190
    assert outcome.contents == [record["text"] for record in records[: len(outcome.pages)]]
    (failure,) = outcome.failures
    assert failure.reason == "truncated"
    assert failure.offset == data.index(json.dumps(records[len(outcome.pages)]).encode())
    assert failure.raw == data[failure.offset : failure.offset + len(failure.raw)]


def test_bytes_behind_the_packed_data_are_told(tmp_path, read):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "one"}\n') + b"garbage")
    outcome = read(path)
    assert outcome.contents == ["one"]
    assert outcome.reasons == [("corrupt", 16)]
    path.write_bytes(gzip.compress(b'{"text": "one"}\n') + b"\0" * 512)
    assert read(path).reasons == []


def test_a_wrong_check_sum_is_told(tmp_path, read):
    packed = bytearray(gzip.compress(b'{"text": "one"}\n'))
    packed[-6] ^= 1
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(packed)
    outcome = read(path)
    assert outcome.contents == []
    assert [reason for reason, _ in outcome.reasons] == ["corrupt"]


def test_a_name_that_promises_gzip_over_plain_bytes(tmp_path, read):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(b'{"text": "one"}\n')
    assert read(path).reasons == [("corrupt", 0)]


@pytest.mark.parametrize("extension", ["gz", "zst"])
def test_a_bomb_ends_the_file(tmp_path, read, extension):
    data = b'{"text": "one"}\n' + (b" " * 1_000_000 + b"\n") * 20
    path = tmp_path / f"a.jsonl.{extension}"
    path.write_bytes(PACKERS[extension](data))
    outcome = read(path, expansion_grace_bytes=4_000_000)
    assert outcome.contents == ["one"]
    assert [reason for reason, _ in outcome.reasons] == ["bomb"]
    assert read(path).failures == []
