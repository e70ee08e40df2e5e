"""replay: what was rejected is read again at its place, or from the bytes that were kept."""

import gzip
import json
import os
import time

import pytest
from inspect_runs import (
    BRIDGE,
    MALFORMED,
    OWN,
    PAGES,
    TIDE,
    clean,
    read,
    run_json,
    texts,
    write_pages,
)

from pipeline.__main__ import main

LONG = "\n".join(f"{OWN} It was the {n}th spoonful." for n in range(40))
PAGE = {"url": "https://long.example/", "date": "2024-05-01T00:00:00Z", "text": LONG}
SMALL = "--max-page-bytes=4096"


def replay(output, *more):
    return main(["replay", f"--output={output}", "--progress=off", "--workers=1", *more])


def _older(path):
    """Makes a file older than any run."""
    before = time.time() - 3600
    os.utime(path, (before, before))


@pytest.mark.parametrize("packed", [False, True])
def test_a_long_line_with_another_limit(tmp_path, packed, capsys):
    source = write_pages(tmp_path / "in.jsonl", [PAGES[0], PAGE, PAGES[1]])
    if packed:
        source = tmp_path / "in.jsonl.gz"
        source.write_bytes(gzip.compress((tmp_path / "in.jsonl").read_bytes()))
    output = clean(source, tmp_path / "out", SMALL)
    assert {r["reason"] for r in read(output, "rejected")} == {"too_large", "malformed"}
    capsys.readouterr()
    assert replay(output, "--max-page-bytes=100000") == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "1 of 2 rejected pieces of input became pages, 0 were dropped, 1 rejected"
    )
    new = tmp_path / "out.replay"
    assert list(texts(new)) == ["https://long.example/"]
    record = read(new, "documents")[0]
    assert record["source"] == source.name
    assert record["metadata"]["date"] == "2024-05-01T00:00:00.000Z"
    (left,) = read(new, "rejected")
    assert (left["reason"], left["file"]) == ("malformed", str(source))
    run = run_json(new)
    assert run["origin"]["command"] == "replay"
    assert run["conservation"]["holds"]
    assert run["pages"]["read"] == 2
    direct = clean(source, tmp_path / "direct", "--dedup=none")
    ids = {r["metadata"]["url"]: r["id"] for r in read(direct, "documents")}
    assert record["id"] == ids["https://long.example/"]


def test_whole_files(tmp_path):
    (tmp_path / "a.txt").write_text(LONG, encoding="utf-8")
    other = "".join(f"<p>{TIDE} This is notice number {n}.</p>" for n in range(40))
    (tmp_path / "b.html").write_text(f"<html><body>{other}</body></html>", encoding="utf-8")
    (tmp_path / "c.txt").write_text(BRIDGE, encoding="utf-8")
    output = clean(tmp_path / "*.*", tmp_path / "out", SMALL)
    assert len(read(output, "rejected")) == 2
    assert replay(output, "--max-page-bytes=100000", f"--into={tmp_path / 'new'}") == 0
    assert {url.rsplit("/", 1)[1] for url in texts(tmp_path / "new")} == {"a.txt", "b.html"}


def test_rejected_again_while_nothing_changed(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out")
    before = read(output, "rejected")
    assert replay(output) == 0
    again = read(tmp_path / "out.replay", "rejected")
    same = ("file", "offset", "reason", "detail", "raw", "raw_length")
    assert [{k: r[k] for k in same} for r in again] == [{k: r[k] for k in same} for r in before]
    assert "0 of 1 rejected piece of input became pages" in capsys.readouterr().out


def test_a_file_that_is_gone_leaves_its_bytes(tmp_path):
    source = write_pages(
        tmp_path / "in.jsonl", [PAGES[0], {"url": "https://x.example/", "body": TIDE}]
    )
    output = clean(source, tmp_path / "out")
    assert [r["reason"] for r in read(output, "rejected")] == ["no_text", "malformed"]
    source.unlink()
    assert replay(output, "--text-field=body") == 0
    new = tmp_path / "out.replay"
    assert texts(new) == {"https://x.example/": [TIDE]}
    assert [r["reason"] for r in read(new, "rejected")] == ["malformed"]


def test_a_file_that_changed_is_not_mixed_up(tmp_path):
    source = write_pages(tmp_path / "in.jsonl", [PAGES[0], PAGE])
    output = clean(source, tmp_path / "out", SMALL)
    write_pages(source, [PAGES[1], PAGES[0], PAGE])
    later = time.time() + 60
    os.utime(source, (later, later))
    assert replay(output, "--max-page-bytes=100000") == 0
    new = tmp_path / "out.replay"
    assert list(texts(new)) == ["https://long.example/"], "its bytes were kept"
    # the fate of the malformed line is decided by the bytes of then, too
    assert [r["raw_length"] for r in read(new, "rejected")] == [len(MALFORMED)]


def test_bytes_that_were_cut_are_not_taken_for_the_page(tmp_path):
    page = {"url": "https://huge.example/", "text": "\n".join(f"{OWN} {n}" for n in range(9000))}
    source = write_pages(tmp_path / "in.jsonl", [page], bad=())
    output = clean(source, tmp_path / "out", SMALL)
    source.unlink()
    assert replay(output, "--max-page-bytes=10000000") == 0
    new = tmp_path / "out.replay"
    assert texts(new) == {}
    (left,) = read(new, "rejected")
    assert left["reason"] == "too_large"
    assert left["detail"].startswith(
        "its file is gone, and not all of its bytes were kept; before:"
    )


def test_a_page_beside_damage_is_not_written_twice(tmp_path):
    source = tmp_path / "page.txt.gz"
    source.write_bytes(gzip.compress(f"{OWN}\n{BRIDGE}".encode()) + b"trailing")
    output = clean(source, tmp_path / "out")
    assert len(texts(output)) == 1
    assert [r["reason"] for r in read(output, "rejected")] == ["corrupt"]
    assert replay(output) == 0
    assert texts(tmp_path / "out.replay") == {}
    assert [r["reason"] for r in read(tmp_path / "out.replay", "rejected")] == ["corrupt"]


def test_records_of_an_archive(tmp_path):
    def response(url, text):
        body = f"<html><body><main><p>{text}</p></main></body></html>".encode()
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
            f"WARC-Date: 2024-05-01T00:00:00Z\r\nContent-Type: application/http\r\n"
            f"Content-Length: {len(http)}\r\n\r\n"
        )
        return head.encode() + http + b"\r\n\r\n"

    records = [
        response("https://w.example/1", TIDE),
        response("https://w.example/2", LONG.replace("\n", "</p><p>")),
        response("https://w.example/3", BRIDGE),
    ]
    source = tmp_path / "crawl.warc.gz"
    source.write_bytes(b"".join(map(gzip.compress, records)))
    output = clean(source, tmp_path / "out", SMALL)
    assert [r["url"] for r in read(output, "rejected")] == ["https://w.example/2"]
    assert replay(output, "--max-page-bytes=100000") == 0
    assert list(texts(tmp_path / "out.replay")) == ["https://w.example/2"]
    source.write_bytes(gzip.compress(b"".join(records)))
    _older(source)
    again = clean(source, tmp_path / "one", SMALL)
    assert replay(again, "--max-page-bytes=100000") == 0
    assert list(texts(tmp_path / "one.replay")) == ["https://w.example/2"]


def test_nothing_was_rejected(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl", bad=()), tmp_path / "out")
    capsys.readouterr()
    assert replay(output) == 0
    assert "nothing was rejected" in capsys.readouterr().out
    assert not (tmp_path / "out.replay").exists()


def test_one_clear_line(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out")
    (tmp_path / "out.replay").mkdir()
    (tmp_path / "out.replay" / "mine").write_text("x")
    for words, message in (
        ([], "holds files that are no run of pagesieve"),
        ([f"--into={output}"], "--into is the run itself"),
        ([f"--into={tmp_path / 'x'}", "--max-page-bytes=1"], "--max-page-bytes is 1"),
        ([f"--into={tmp_path / 'x'}", "--rules=nonsense"], "nonsense"),
        (["--radius=3"], "no such option: --radius=3"),
    ):
        capsys.readouterr()
        assert replay(output, *words) == 2
        err = capsys.readouterr().err
        assert len(err.splitlines()) == 1
        assert message in err
    assert main(["replay", f"--output={tmp_path / 'nope'}"]) == 2
    assert json.loads((output / "run.json").read_text())["pages"]["rejected"] == {"malformed": 1}


def test_hosts_that_run_json_does_not_list_are_given_again(tmp_path, capsys):
    source = write_pages(tmp_path / "in.jsonl", [PAGES[0], PAGE])
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"bad{n}.example\n" for n in range(1_200)) + "long.example\n")
    output = clean(source, tmp_path / "out", SMALL, f"--block-hosts={hosts}")
    options = run_json(output)["options"]
    assert len(options["blocked_hosts"]) == 1_000
    assert options["blocked_hosts_not_listed"] == 201
    assert len(options["blocked_hosts_digest"]) == 16
    capsys.readouterr()
    assert replay(output, "--max-page-bytes=100000") == 2
    assert "201 hosts more than its run.json lists; give the list again" in capsys.readouterr().err
    assert replay(output, "--max-page-bytes=100000", f"--block-hosts={hosts}") == 0
    new = tmp_path / "out.replay"
    assert run_json(new)["pages"]["dropped"] == {"blocked_host": 1}
    assert run_json(new)["options"]["blocked_hosts"] == options["blocked_hosts"]
