"""How a running stream is shown: one line drawn over and over, or lines now and then."""

import io
import time
from collections import Counter

import orjson
import pytest

from pipeline.config import CleanConfig
from pipeline.outputs.counts import Counts
from pipeline.storage import write_bytes
from pipeline.watch import shown
from pipeline.watch.manifest import StreamManifest
from pipeline.watch.settings import WatchSettings
from pipeline.watch.shown import Shown
from pipeline.watch.status import Status


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def settings(tmp_path):
    return WatchSettings(
        config=CleanConfig(),
        patterns=(),
        subscription="projects/p/subscriptions/s",
        output=str(tmp_path / "out"),
        work=str(tmp_path / "work"),
        memory=str(tmp_path / "memory"),
    )


@pytest.fixture
def show(settings, monkeypatch):
    """Shows a stream that has 1,200 pages for a moment; gives what was written."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(shown, "_DRAWN_EVERY_S", 0.01)
    monkeypatch.setattr(shown, "_TOLD_EVERY_S", 0.01)

    def run(stream, mode, error=None):
        counts = orjson.loads(Counts(Counter({"pages.read": 1200})).to_json())
        status = Status(settings, StreamManifest(settings={}, counts=counts), Counter(), 0)
        with Shown(status, mode, stream) as it:
            for turn in range(5):
                time.sleep(0.02)
                it.look()
                if turn == 2:
                    it.say("stopping")
            if error:
                raise error
        return stream.getvalue()

    return run


LINE = "1,200 pages in, 0 out, 0 dropped, 0 duplicate paragraphs, 0 rejected, 0 messages waiting"


def test_on_a_terminal_one_line_is_drawn_over_and_over(show, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    text = show(Terminal(), "auto")
    before, _, after = text.partition("pagesieve: stopping\n")
    assert before.count(LINE) >= 2
    assert "\x1b[2K" in before
    assert f"pagesieve: {LINE}, lag 0.0 s\n" in after  # the last one stays
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1  # and the cursor is back


def test_elsewhere_it_is_plain_lines(show, monkeypatch):
    for stream, mode, term in (
        (io.StringIO(), "auto", "xterm"),
        (Terminal(), "plain", "xterm"),
        (Terminal(), "auto", "dumb"),
    ):
        monkeypatch.setenv("TERM", term)
        text = show(stream, mode)
        assert "\x1b" not in text
        assert "\r" not in text
        lines = text.splitlines()
        assert lines.count("pagesieve: stopping") == 1
        assert lines.count(f"pagesieve: {LINE}, lag 0.0 s") == 6


def test_off_leaves_what_is_said(show):
    assert show(Terminal(), "off") == "pagesieve: stopping\n"


def test_an_error_takes_the_line_away(show):
    stream = Terminal()
    with pytest.raises(KeyError):
        show(stream, "rich", KeyError("x"))
    assert stream.getvalue().count("\x1b[?25h") == 1
    assert f"pagesieve: {LINE}" not in stream.getvalue()


def test_files_of_no_known_format_are_named_once(settings, tmp_path):
    (tmp_path / "work").mkdir()
    status = Status(settings, StreamManifest(settings={}), Counter(), 0)

    def told(*names):
        values = {"error": "", "unknown": names}
        write_bytes(settings.inbox_file, orjson.dumps(values))
        return [line.split(" is left alone: ")[0] for line in status.warnings()]

    assert told("a", "b") == ["a", "b"]
    assert told("a", "b", "c\x1b[2J") == ["c<U+001B>[2J"]
    names = [f"f{number}" for number in range(7)]
    assert told("a", *names) == [*names[:5], "left alone for the same reason: 2 more files"]
    assert told(*names, "g") == ["g"]
