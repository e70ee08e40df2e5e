"""Bad input: what cannot be read is rejected with file, offset and reason, and the rest goes on."""

import base64
import gzip
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from page_files import SENTENCES, html, jsonl, packed, text, warc, write
from whole_runs import records_of

ROOT = Path(__file__).resolve().parents[2]
GOOD = {"url": "https://good.example/1", "text": SENTENCES[0]}
MIB = 1 << 20


def reject_of(ran, name):
    """The one reject of a file, without its path."""
    (found,) = [one for one in ran.rejects if Path(one["file"]).name == name]
    return found


def reason_of(ran, name):
    found = reject_of(ran, name)
    return found["stage"], found["reason"], found["offset"]


@pytest.fixture(scope="module")
def bad_files(tmp_path_factory):
    """A folder of bad files, each beside or around something good."""
    folder = tmp_path_factory.mktemp("bad")
    line = jsonl(GOOD)
    files = {
        "empty.txt": b"",
        "blank.txt": b" \n\t\n\x00\x01\n",
        "empty.jsonl": b"",
        "empty.html.gz": packed(b"", ".gz"),
        "cut.txt.gz": packed(text(*SENTENCES).encode() * 50, ".gz")[:-20],
        "cut.txt.zst": packed(os.urandom(3000) + text(*SENTENCES).encode(), ".zst")[:-30],
        "no.txt.gz": b"this is no gzip at all",
        "no.parquet": b"PAR1 but then nothing of the kind",
        "cut.warc": warc(("https://w.example/1", html(*SENTENCES)))[:-400],
        "lines.jsonl": b"".join(
            (
                line,
                b'{"url": "https://bad.example/", "text": \n',
                b"[1, 2]\n",
                b'{"url": "https://empty.example/"}\n',
                b'{"url": "https://number.example/", "text": 7}\n',
                b'{"url": "https://null.example/", "text": null, "html": ""}\n',
                b"\n",
                b'{"url": "https://good.example/2", "text": "' + SENTENCES[1].encode() + b'"}',
            )
        ),
        "deep.html": "<div>" * 100_000 + SENTENCES[2] + "</div>" * 100_000,
        "bytes.txt": SENTENCES[3].encode() + b" caf\xe9 \xff\xfe\x80\n" + SENTENCES[4].encode(),
        "nul.txt": SENTENCES[5].replace(" ", "\0 ").encode(),
        "good.txt": SENTENCES[6].encode(),
    }
    for name, data in files.items():
        write(folder / name, data)
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "folder.txt").mkdir()
    write(folder / "folder.txt" / "inner.txt", SENTENCES[7])
    return folder


def test_bad_files_are_rejected_and_the_rest_goes_on(clean, bad_files):
    ran = clean(bad_files, options=["--dedup=none"])
    assert ran.status == 0, ran.err
    for name, expected in {
        "empty.txt": ("read", "no_text", 0),
        "empty.jsonl": ("read", "no_text", 0),
        "empty.html.gz": ("read", "no_text", 0),
        "cut.txt.gz": ("read", "truncated", 0),
        "cut.txt.zst": ("read", "truncated", 0),
        "no.txt.gz": ("read", "corrupt", 0),
        "deep.html": ("extract", "too_deep", 0),
        "gone.txt": ("read", "unreadable", 0),
        "cut.warc": ("read", "truncated", 0),
    }.items():
        assert reason_of(ran, name) == expected, name
    assert reject_of(ran, "blank.txt")["reason"] == "no_text"
    assert reject_of(ran, "no.parquet")["reason"] in {"corrupt", "malformed", "truncated"}
    deep = reject_of(ran, "deep.html")
    assert base64.b64decode(deep["raw"])[:15] == b"<div><div><div>"
    assert deep["raw_length"] == 11 * 100_000 + len(SENTENCES[2])
    texts = {Path(url).name: found for url, found in ran.texts().items()}
    assert texts["good.txt"] == SENTENCES[6]
    assert texts["inner.txt"] == SENTENCES[7]
    assert texts["bytes.txt"].startswith(SENTENCES[3] + " caf")
    assert texts["bytes.txt"].endswith("\n" + SENTENCES[4])
    assert [re.sub(r"\s+", " ", texts["nul.txt"])] == [SENTENCES[5]]
    assert ran.run["conservation"]["holds"]
    for reject in ran.rejects:
        assert reject["run"] == ran.run["run"]
        assert reject["detail"].isprintable()


def test_each_bad_line_is_a_reject_of_its_own_with_its_offset_and_bytes(clean, bad_files):
    path = bad_files / "lines.jsonl"
    lines = path.read_bytes().split(b"\n")
    ran = clean(path)
    assert ran.texts() == {
        "https://good.example/1": SENTENCES[0],
        "https://good.example/2": SENTENCES[1],
    }
    found = [(one["reason"], one["offset"], one["url"], one["raw"]) for one in ran.rejects]
    expected = [("malformed", ""), ("malformed", ""), ("no_text", "https://empty.example/")]
    expected += [("malformed", "https://number.example/"), ("no_text", "https://null.example/")]
    assert found == [
        (
            reason,
            sum(len(line) + 1 for line in lines[: number + 1]),
            url,
            base64.b64encode(lines[number + 1]).decode(),
        )
        for number, (reason, url) in enumerate(expected)
    ]
    assert ran.run["pages"]["read"] == 7
    assert [one["offset"] for one in ran.run["rejects"]] == [one["offset"] for one in ran.rejects]


def test_only_rejects_is_a_run_without_documents(clean, tmp_path):
    ran = clean(write(tmp_path / "empty.txt", b""))
    assert ran.status == 0
    assert ran.documents == ran.receipts == []
    assert not (ran.output / "documents").exists()
    assert ran.run["pages"]["written"] == 0
    assert "1 piece of input could not be read" in ran.out


def test_urls_that_are_none_and_odd_ids_pass_through(clean, tmp_path):
    urls = ["http://[bad/", "//", "http://a b/\x07c", "https://\udcff.example/", "x" * 5000, "::"]
    records = [
        {"url": url, "text": f"{n} {sentence}", "id": n}
        for n, (url, sentence) in enumerate(zip(urls, SENTENCES, strict=False))
    ]
    path = write(tmp_path / "in.jsonl", "".join(json.dumps(one) + "\n" for one in records))
    ran = clean(path, options=["--dedup=none"])
    assert ran.status == 0, ran.err
    shown = [one["metadata"]["url"] for one in ran.documents]
    assert shown[0] == "http://[bad/"
    assert shown[2] == "http://a b/%07c"
    assert all(url.isprintable() for url in shown)
    assert [one["metadata"]["source_id"] for one in ran.documents] == list("012345")


HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\r\n"


def test_hostile_text_and_names_do_not_reach_the_terminal(clean, tmp_path):
    folder = tmp_path / "in\x1b[2J\x07"
    name = "evil\x1b[31m\u202e.jsonl"
    hostile = {"url": f"https://e.example/{HOSTILE}", "text": text(*[HOSTILE + SENTENCES[0]] * 2)}
    write(folder / name, jsonl(hostile, GOOD) + b"{" + HOSTILE.encode())
    runs = [
        clean(folder, output=tmp_path / f"out{HOSTILE.strip()}"),
        clean(folder / "missing\x1b[2J.txt"),
        clean(folder, options=["--rules=\x1b[2J"]),
        clean(folder, options=["--\x1b[2J"]),
        clean(folder, options=["--max-reject-ratio=0"], output=tmp_path / "second"),
    ]
    assert [ran.status for ran in runs] == [0, 2, 2, 2, 3]
    for ran in runs:
        shown = ran.out + ran.err
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(runs[0].out.splitlines()) < 25
    (output,) = [path for path in tmp_path.iterdir() if path.name.startswith("out")]
    for kind in ("documents", "removed", "rejected"):
        for record in records_of(output / kind):
            assert "\x1b" not in json.dumps(record, ensure_ascii=False)
    kept = "".join(record["text"] for record in records_of(output / "documents"))
    assert "\x9b31m" in kept  # it stands in the text as it came
    files = [path for path in output.rglob("*") if path.is_file()]
    assert len(files) > 4
    for path in files:  # and no file that holds it can steer a terminal
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        assert not re.search(b"\x1b|\xc2[\x80-\x9f]", data), path


def limited(words, most_bytes):
    """Runs the command with a limit on its memory (address space)."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))

    return subprocess.run(
        [sys.executable, "-m", "pipeline", "clean", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=limit,
        timeout=300,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
    )


@pytest.mark.slow
def test_huge_pages_and_bombs_cost_bounded_memory(tmp_path):
    folder = tmp_path / "in"
    write(folder / "line.txt", b"word " * (20 * MIB))
    write(folder / "line.jsonl", b'{"text": "' + b"word " * (20 * MIB) + b'"}\n' + jsonl(GOOD))
    write(folder / "deep.html", b"<div>" * 100_000 + b"word " * (10 * MIB))
    with gzip.open(folder / "bomb.txt.gz", "wb", 6) as bomb:
        for _ in range(1200):
            bomb.write(bytes(MIB))
    with gzip.open(folder / "bomb.jsonl.gz", "wb", 6) as bomb:
        bomb.write(jsonl(GOOD | {"url": "https://bomb.example/"}))
        for _ in range(1200):
            bomb.write(bytes(MIB))
    write(folder / "good.txt", text(*SENTENCES[1:3]))
    out = tmp_path / "out"
    done = limited([f"--input={folder}", f"--output={out}", "--dedup=none", "--workers=1"], 3 << 30)
    assert done.returncode == 0, done.stderr
    rejects = records_of(out / "rejected")
    found = {(Path(one["file"]).name, one["reason"]) for one in rejects}
    assert found == {
        ("line.txt", "too_large"),
        ("line.jsonl", "too_large"),
        ("deep.html", "too_large"),
        ("bomb.txt.gz", "too_large"),
        ("bomb.jsonl.gz", "bomb"),
    }
    assert all(len(one["raw"]) <= 4 * MIB / 3 + 4 for one in rejects)
    texts = {one["metadata"]["url"]: one["text"] for one in records_of(out / "documents")}
    assert texts.keys() == {
        f"file:{folder}/good.txt",
        "https://bomb.example/",
        "https://good.example/1",
    }


@pytest.mark.slow
def test_a_very_large_page_is_cleaned_where_it_is_permitted(clean, tmp_path):
    big = "\n".join(f"{n} {SENTENCES[n % 8]}" for n in range(200_000))
    path = write(tmp_path / "in.txt", big)
    ran = clean(path, options=[f"--max-page-bytes={64 * MIB}", "--dedup=none"])
    assert ran.status == 0
    (document,) = ran.documents
    assert document["text"] == big


def test_a_file_that_may_not_be_read_is_rejected(clean, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    path = write(tmp_path / "in.txt", SENTENCES[0])
    path.chmod(0)
    assert reason_of(clean(path), "in.txt") == ("read", "unreadable", 0)
