"""Text and HTML files: one page each."""

import gzip
import os

import pytest
import zstandard

from transforms.records import MAX_RAW_BYTES


def test_text_and_html(tmp_path, read):
    (tmp_path / "b.html").write_text("<p>hello</p>")
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "c.xhtml.gz").write_bytes(gzip.compress(b"<p>") + gzip.compress(b"there</p>"))
    (tmp_path / "d.HTM.zst").write_bytes(zstandard.ZstdCompressor().compress(b"<b>x</b>"))
    pages = read(tmp_path).pages
    assert [(page.url, page.kind, page.content) for page in pages] == [
        (f"file:{tmp_path}/a.txt", "text", "one\ntwo\n"),
        (f"file:{tmp_path}/b.html", "html", "<p>hello</p>"),
        (f"file:{tmp_path}/c.xhtml.gz", "html", "<p>there</p>"),
        (f"file:{tmp_path}/d.HTM.zst", "html", "<b>x</b>"),
    ]
    assert {page.offset for page in pages} == {0}


def test_odd_names_make_printable_urls(tmp_path, read):
    (tmp_path / "a b\n\u00e9.txt").write_text("x")
    (tmp_path / b"\xff.txt".decode("utf-8", "surrogateescape")).write_text("y")
    assert [page.url for page in read(tmp_path).pages] == [
        f"file:{tmp_path}/a b%0A\u00e9.txt",
        f"file:{tmp_path}/%FF.txt",
    ]


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\0\0\0", b"\xef\xbb\xbf"])
def test_a_file_without_text(tmp_path, read, data):
    (tmp_path / "a.txt").write_bytes(data)
    (failure,) = read(tmp_path).failures
    assert (failure.reason, failure.url) == ("no_text", f"file:{tmp_path}/a.txt")


def test_an_empty_packed_file_is_truncated(tmp_path, read):
    (tmp_path / "a.txt.gz").write_bytes(b"")
    assert read(tmp_path).reasons == [("no_text", 0)]
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b""))
    assert read(tmp_path).reasons == [("no_text", 0)]


def test_a_large_file(tmp_path, read):
    (tmp_path / "a.txt").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"x" * 3_000_000))
    outcome = read(tmp_path, max_page_bytes=2_000_000)
    assert [(f.reason, f.raw_length, len(f.raw)) for f in outcome.failures] == [
        ("too_large", 3_000_000, MAX_RAW_BYTES),
        ("too_large", -1, MAX_RAW_BYTES),
    ]
    assert outcome.pages == []
    assert len(read(tmp_path, max_page_bytes=3_000_000).pages) == 2


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt.gz", gzip.compress(b"hello there" * 100)[:-12], "truncated"),
        ("a.txt.gz", gzip.compress(b"hello there" * 100)[:5], "truncated"),
        ("a.txt.gz", b"\x1f", "truncated"),
        ("a.txt.gz", b"plain text", "corrupt"),
        ("a.txt.zst", b"plain text", "corrupt"),
        ("a.txt.zst", zstandard.ZstdCompressor().compress(b"hello there" * 100)[:-4], "truncated"),
        ("a.txt.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 200, "corrupt"),
    ],
)
def test_damaged_packing_gives_no_half_page(tmp_path, read, name, data, reason):
    (tmp_path / name).write_bytes(data)
    outcome = read(tmp_path)
    assert outcome.pages == []
    assert outcome.reasons == [(reason, 0)]


def test_a_wrong_check_sum(tmp_path, read):
    data = bytearray(gzip.compress(b"hello"))
    data[-6] ^= 1
    (tmp_path / "a.txt.gz").write_bytes(data)
    assert read(tmp_path).reasons == [("corrupt", 0)]
    frame = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(b"hello"))
    frame[-1] ^= 1
    (tmp_path / "a.txt.gz").unlink()
    (tmp_path / "a.txt.zst").write_bytes(frame)
    assert read(tmp_path).reasons == [("corrupt", 0)]


def test_garbage_behind_a_whole_page_keeps_the_page(tmp_path, read):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"hello") + b"garbage")
    outcome = read(tmp_path)
    assert outcome.contents == ["hello"]
    assert outcome.reasons == [("corrupt", 0)]


def test_a_bomb_is_stopped_by_the_page_limit_or_the_ratio(tmp_path, read):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"x" * 30_000_000))
    assert read(tmp_path).reasons == [("too_large", 0)]
    assert read(tmp_path, expansion_grace_bytes=1_000_000).reasons == [("bomb", 0)]


def test_unreadable_files(tmp_path):
    from pipeline.inputs.options import ReadOptions
    from pipeline.inputs.plan import plan
    from pipeline.inputs.read import read_shard

    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nowhere")
    for name in ("folder.txt", "gone.txt", "kept.txt"):
        (tmp_path / name).write_text(name)
    shards = plan([str(tmp_path / "*.txt")])
    (tmp_path / "gone.txt").unlink()
    (tmp_path / "folder.txt").unlink()
    (tmp_path / "folder.txt").mkdir()
    results = [result for shard in shards for result in read_shard(shard, ReadOptions())]
    assert [getattr(result, "reason", "page") for result in results] == [
        "unreadable",
        "unreadable",
        "unreadable",
        "page",
    ]
    assert "folder" in results[1].detail


def test_a_pipe_does_not_block(tmp_path, read):
    os.mkfifo(tmp_path / "a.txt")
    (failure,) = read(tmp_path).failures
    assert failure.reason == "unreadable"
    assert "pipe" in failure.detail


@pytest.mark.parametrize(
    "data", [gzip.compress(b"<p>page</p>"), b"%PDF-1.4 ...", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04 .."]
)
def test_what_is_no_text_makes_no_page(tmp_path, read, data):
    (tmp_path / "a.html").write_bytes(data)
    (failure,) = read(tmp_path).failures
    assert (failure.reason, failure.raw) == ("malformed", data)
