"""Progress: bars on a terminal, plain lines elsewhere, nothing when it is off."""

import io
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from corpus_files import write_corpus

from pipeline.inputs.reached import reached
from pipeline.inputs.shards import InputFile, Piece, Shard
from pipeline.reporting import monitor
from pipeline.reporting.monitor import Monitor
from pipeline.reporting.pace import Pace
from pipeline.reporting.progress import Progress, read_progress

ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(tmp_path, monkeypatch, stream, **options):
    monkeypatch.setattr(monitor, "_TERMINAL_EVERY_S", 0.02)
    monkeypatch.setattr(monitor, "_PLAIN_EVERY_S", 0.02)
    progress = Progress(str(tmp_path))
    progress.add(pages=1200, bytes=500.0, rejects=3)
    progress.tell()
    with Monitor(str(tmp_path), 1000, 4, stream, **options):
        deadline = time.monotonic() + (0.2 if options.get("mode") == "off" else 20)
        while stream.getvalue().count("1,200 pages") < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
    return stream.getvalue()


def test_on_a_terminal_bars_are_drawn_over_and_over_and_taken_away(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    text = shown(tmp_path, monkeypatch, Terminal())
    looks = text.split("reading and cleaning")[1:]
    assert len(looks) > 3
    for look in looks[:-1]:
        assert "searching for duplicates" in look
        assert "1,200 pages" in look
        assert "3 rejected" in look
    assert "\x1b[2K" in text[text.rindex("1,200 pages") :]  # the lines are cleared in the end
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # and the cursor is back


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    text = shown(tmp_path, monkeypatch, Terminal())
    assert "\x1b" not in text
    assert len(text.splitlines()) > 2


def test_elsewhere_it_is_plain_lines(tmp_path, monkeypatch):
    for stream, mode in ((io.StringIO(), "auto"), (Terminal(), "plain")):
        folder = tmp_path / mode
        folder.mkdir()
        text = shown(folder, monkeypatch, stream, mode=mode)
        assert "\x1b" not in text
        assert "\r" not in text
        assert len(text.splitlines()) > 2
        assert "% reading and cleaning, 1,200 pages" in text.splitlines()[0]
        assert "3 rejected" in text.splitlines()[0]


def test_off_says_nothing(tmp_path, monkeypatch):
    assert shown(tmp_path, monkeypatch, Terminal(), mode="off") == ""
    stream = Terminal()
    with Monitor("", 10, 1, stream):
        time.sleep(0.1)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("done", "elapsed_s", "line"),
    [
        ({}, 0.1, "  0% reading and cleaning, 0 pages"),
        ({"pages": 5, "bytes": 1}, 0.5, "  0% reading and cleaning, 5 pages"),
        (
            {"pages": 2500, "bytes": 500},
            10,
            " 42% reading and cleaning, 2,500 pages, 250 pages/s, about 14 s left",
        ),
        (
            {"pages": 2500, "bytes": 500, "paragraphs": 9000, "removed": 4500, "dropped": 12},
            10,
            (
                " 42% reading and cleaning, 2,500 pages, 250 pages/s,"
                " 4,500 paragraphs removed (50%), 12 dropped, about 14 s left"
            ),
        ),
        (
            {"pages": 10, "bytes": 5000},
            100,
            " 85% searching for duplicates, 10 pages, 0 pages/s, about 18 s left",
        ),
        (
            {"pages": 10, "bytes": 1000, "searched": 7},
            7200,
            " 90% searching for duplicates, 10 pages, 0 pages/s, about 13 min 20 s left",
        ),
        (
            {"pages": 10, "bytes": 1000, "searched": 7, "written": 2, "rejects": 2},
            72_000,
            " 95% writing, 10 pages, 0 pages/s, 2 rejected, about 1 h 03 min left",
        ),
        ({"bytes": 1000, "written": 9}, 1, "100% writing, 0 pages"),
    ],
)
def test_what_the_line_says(done, elapsed_s, line):
    assert Pace(done, 1000, 4, elapsed_s, elapsed_s).line() == line


def test_the_pace_of_reading_stands_once_reading_is_over(tmp_path):
    progress = Progress(str(tmp_path))
    progress.add(pages=1200, bytes=1000.0)
    progress.tell()
    one = Monitor(str(tmp_path), 1000, 4, io.StringIO())
    one._reading_s = 2.0
    one._began = time.monotonic() - 600
    assert "600 pages/s" in one._look().line()


def test_how_far_a_shard_is_read():
    def file(name, size, kind):
        return InputFile(name, size, "", kind, "none")

    warc, lines = file("a.warc", 1000, "warc"), file("b.jsonl", 3000, "jsonl")
    whole = Shard(0, "x", (Piece(warc), Piece(lines)), 4000)
    assert reached(whole, "a.warc", 0) == 0
    assert reached(whole, "a.warc", 500) == 0.125
    assert reached(whole, "b.jsonl", 0) == 0.25
    assert 0.98 < reached(whole, "b.jsonl", 9999) < 1
    assert reached(whole, "c", 10) == 0
    part = Shard(1, "y", (Piece(lines, 1000, 2000),), 1000)
    assert reached(part, "b.jsonl", 1500) == 0.5
    assert reached(part, "b.jsonl", 10) == 0
    packed = Shard(2, "z", (Piece(file("c.jsonl.gz", 100, "jsonl")),), 400)
    assert reached(packed, "c.jsonl.gz", 200) == 0.5
    table = Shard(3, "p", (Piece(file("t.parquet", 100, "parquet"), 0, 3),), 100)
    assert reached(table, "t.parquet", 2) == 0


@pytest.mark.parametrize("shards", [[], ["--shard-bytes=65536"]])
def test_a_whole_run_counts_all_that_it_read(clean, tmp_path, monkeypatch, shards):
    found = {}

    class Last(Monitor):
        def __exit__(self, *error):
            found.update(read_progress(self._folder))
            found["total"] = self._total_bytes
            super().__exit__(*error)

    monkeypatch.setattr("pipeline.job.Monitor", Last)
    patterns = write_corpus(tmp_path / "in", pages=60)
    ran = clean(*patterns, options=[*shards, "--workers=1", "--languages=en"])
    assert ran.status == 0, ran.err
    assert found["bytes"] == pytest.approx(found["total"])
    assert found["pages"] == ran.run["pages"]["read"] - 2  # a line and a file that are no pages
    assert found["removed"] == sum(ran.run["paragraphs"]["removed"].values())
    assert found["rejects"] == sum(ran.run["pages"]["rejected"].values())


def test_workers_are_summed_up_and_damage_is_passed_over(tmp_path):
    for _ in range(2):
        progress = Progress(str(tmp_path))
        progress.add(pages=3)
        progress.add(pages=4, rejects=1)
        progress.tell()
    (tmp_path / "x").write_bytes(b"{half")
    (tmp_path / "y.new").write_bytes(b'{"pages": 100}')
    assert read_progress(str(tmp_path)) == {"pages": 14, "rejects": 2}
    assert read_progress(str(tmp_path / "nowhere")) == {}
    nobody = Progress("")
    nobody.add(pages=1)
    nobody.tell()
    gone = Progress(str(tmp_path / "nowhere"))
    gone.add(pages=1)
    gone.tell()
    assert not (tmp_path / "nowhere").exists()


def test_a_run_without_progress_says_one_line_before_its_end(clean, tmp_path):
    patterns = write_corpus(tmp_path / "in", pages=20)
    for mode in ("off", "plain", "auto"):
        ran = clean(*patterns, options=[f"--progress={mode}"], output=tmp_path / mode)
        assert ran.status == 0
        assert ran.err.splitlines()[0].startswith("pagesieve: 8 files in ")
        assert len(ran.err.splitlines()) == 1 or mode != "off"
        assert "\x1b" not in ran.err + ran.out


def on_terminal(words):
    """Runs the command on a terminal of its own and gives its status and what is seen there."""
    main, other = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline", *words],
        stdin=other,
        stdout=other,
        stderr=other,
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"},
    ) as process:
        os.close(other)
        seen = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # as Linux says that the other end is closed
                break
            if not piece:
                break
            seen += piece
        status = process.wait(60)
    os.close(main)
    return status, seen.decode()


@pytest.mark.slow
def test_a_run_on_a_terminal_shows_bars_and_then_the_summary(tmp_path):
    patterns = write_corpus(tmp_path / "in", pages=1500)
    words = ["clean", *(f"--input={one}" for one in patterns), f"--output={tmp_path}/out"]
    status, seen = on_terminal([*words, "--workers=1"])
    assert status == 0, seen
    assert seen.count("searching for duplicates") >= 2
    before, _, after = seen.rpartition("\x1b[?25h")  # the cursor is back
    assert re.search(r" [1-9][\d,]* pages ", before)
    assert "pages read in" in after
    assert "\x1b[1m" in after  # colour on a terminal
    assert "pagesieve-summary" not in seen
    status, seen = on_terminal([*words, "--workers=1", "--progress=off", "--overwrite"])
    assert (status, "\x1b[2K" in seen) == (0, False)
