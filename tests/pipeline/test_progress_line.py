"""The progress line: rewritten on a terminal, plain lines elsewhere, nothing when it is off."""

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

from pipeline.reporting import monitor
from pipeline.reporting.monitor import Monitor, progress_line
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


def test_on_a_terminal_one_line_is_written_over_and_over(tmp_path, monkeypatch):
    text = shown(tmp_path, monkeypatch, Terminal())
    assert "\n" not in text
    states = text.split("\r\x1b[K")
    assert states[0] == ""
    assert len(states) > 3
    assert states[-1] == ""  # the line is taken away in the end
    assert all(re.match(r" 4[23]% reading and cleaning, 1,200 pages", one) for one in states[1:-1])


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
    assert progress_line(done, 1000, 4, elapsed_s) == line


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
        env={key: value for key, value in os.environ.items() if key != "NO_COLOR"},
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
def test_a_run_on_a_terminal_shows_one_line_that_moves_and_then_the_summary(tmp_path):
    patterns = write_corpus(tmp_path / "in", pages=1500)
    words = ["clean", *(f"--input={one}" for one in patterns), f"--output={tmp_path}/out"]
    status, seen = on_terminal([*words, "--workers=1"])
    assert status == 0, seen
    assert len(re.findall(r"\r\x1b\[K *\d+% ", seen)) >= 2
    before, _, after = seen.rpartition("\r\x1b[K")
    assert before.count("\n") == 1  # the line on files and shards
    assert "pages read in" in after
    assert "\x1b[1m" in after  # colour on a terminal
    assert "pagesieve-summary" not in seen
    status, seen = on_terminal([*words, "--workers=1", "--progress=off", "--overwrite"])
    assert (status, "\x1b[K" in seen) == (0, False)
