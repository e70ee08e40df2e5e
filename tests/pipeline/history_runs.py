"""Runs over made-up pages with a history, for the tests of what runs remember."""

import gzip
import json
import random
from pathlib import Path

from pipeline.__main__ import main

ADDED = "2024-05-01T10:00:00.000Z"

_WORDS = (
    *("harbour", "ferry", "winter", "council", "budget", "bridge", "market", "garden", "engine"),
    *("letter", "teacher", "village", "season", "museum", "orchard", "railway", "forest"),
    *("captain", "kitchen", "weather", "library", "station", "island", "morning", "evening"),
    *("painter", "doctor", "river", "mountain", "window", "paper", "silver", "copper", "yellow"),
    *("quiet", "narrow", "distant", "careful", "sudden", "ancient", "modern", "heavy", "simple"),
    *("open", "early", "second", "careless"),
)


def sentence(seed, words=24):
    """A paragraph of English words, the same for the same seed."""
    chosen = random.Random(seed).choices(_WORDS, k=words)
    return "The " + " and the ".join(" ".join(chosen[i : i + 3]) for i in range(0, words, 3)) + "."


def edited(text, edit):
    """The same text, an exact copy for 0, otherwise changed a little."""
    if edit == 0:
        return text
    if edit == 1:
        return text.replace(" the ", " a ", 1)
    if edit == 2:
        return text + " So it was."
    return f"{text[:-1]}, in {1900 + edit}."


def page(number, texts, date):
    """A JSON line of a page."""
    values = {"url": f"https://site.example/{number}", "text": "\n".join(texts), "date": date}
    return json.dumps(values) + "\n"


def clean(output, patterns, *more):
    """Runs `pagesieve clean` in this process and returns its exit status."""
    return main(
        [
            "clean",
            f"--input={','.join(map(str, patterns))}",
            f"--output={output}",
            "--workers=1",
            "--progress=off",
            f"--added={ADDED}",
            "--run-name=test",
            *more,
        ]
    )


def lines(output, kind):
    """All JSON lines of documents, removed or rejected of an output."""
    found = []
    assert Path(output).is_dir()
    for path in sorted((Path(output) / kind).glob("*")):
        found.extend(map(json.loads, gzip.decompress(path.read_bytes()).splitlines()))
    return found


def tree(folder, *kinds):
    """Path to bytes of every file below a folder, or below some of its folders."""
    folder = Path(folder)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for root in ([folder / kind for kind in kinds] or [folder])
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def result(output):
    """The files of an output that do not tell the time of day."""
    return tree(output, "documents", "removed", "rejected")
