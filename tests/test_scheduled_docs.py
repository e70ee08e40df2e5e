"""docs/scheduled.md: its three nights are what the commands say, line by line."""

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

from pipeline.__main__ import main

ROOT = Path(__file__).resolve().parents[1]

INCOMING = {
    "2024-05-01": ("news.jsonl", "blog_page.txt"),
    "2024-05-02": ("blog_page.txt", "wordpress_post.html"),
    "2024-05-03": ("blogs.jsonl.gz",),
}
"""As the page says in words."""


def _steps(text):
    """Each command of a text, with the lines that stand below it."""
    steps = []
    for line in re.findall(r"^    (.*)$", text, re.MULTILINE):
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif steps:
            steps[-1][1].append(line)
    return steps


def _pattern(lines):
    """A pattern of the lines: `…` alone is any lines, within a line any words."""
    parts = []
    for line in lines:
        if line == "…":
            parts.append(r"(?:.*\n)*?")
        else:
            parts.append(re.escape(line).replace("…", ".*") + r"\n")
    return "".join(parts)


def test_the_three_nights_are_as_they_are_told(tmp_path, monkeypatch):
    section = (ROOT / "docs" / "scheduled.md").read_text().split("## ")[1]
    assert section.startswith("Three nights")
    for day, names in INCOMING.items():
        folder = tmp_path / "incoming" / day
        folder.mkdir(parents=True)
        for name in names:
            assert name in section
            shutil.copy(ROOT / "samples" / name, folder)
    monkeypatch.chdir(tmp_path)
    steps = _steps(section)
    assert len(steps) == 8
    for command, told in steps:
        program, *words = shlex.split(command)
        assert program == "pagesieve"
        if words[0] == "clean":
            words += ["--progress=off", "--workers=1"]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            assert main(words) == 0, said.getvalue()
        # What is said on a terminal: neither the first line of a job nor that for monitors.
        lines = [
            line
            for line in said.getvalue().splitlines(keepends=True)
            if not re.match(r"pagesieve-summary |pagesieve: \d+ files? in ", line)
        ]
        assert re.fullmatch(_pattern(told), "".join(lines)), (command, "".join(lines))
