"""Quality floors on labelled pages outside the project; they may only rise.

PAGESIEVE_EVAL names a folder with `text_pages/pages.jsonl` (url, text: one paragraph a line) and
`pages/truth.jsonl` (url, keep, chrome, comments: segments of text).
"""

import json
import os
import pathlib
import re

import pytest

from transforms.text.widgets import find_widgets

FLOORS = {"kept": 0.968, "chrome": 0.735, "comments": 0.79, "f1": 0.878}


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


@pytest.fixture(scope="module")
def folder():
    name = os.environ.get("PAGESIEVE_EVAL")
    if not name:
        pytest.skip("PAGESIEVE_EVAL does not name a folder of labelled data")
    path = pathlib.Path(name)
    for needed in ("text_pages/pages.jsonl", "pages/truth.jsonl"):
        if not (path / needed).exists():
            pytest.skip(f"{path / needed} does not exist")
    return path


@pytest.mark.eval
def test_labelled_pages_are_cleaned_as_well_as_before(folder):
    truth = {row["url"]: row for row in rows(folder / "pages/truth.jsonl")}
    pages = [row for row in rows(folder / "text_pages/pages.jsonl") if row["url"] in truth]
    lines = [row["text"].split("\n") for row in pages]
    seen = {"keep": [0, 0], "chrome": [0, 0], "comments": [0, 0]}
    for row, page, gone in zip(pages, lines, find_widgets(lines), strict=True):
        text = squeeze("\n".join(line for i, line in enumerate(page) if i not in gone))
        for kind, tally in seen.items():
            there = sum(squeeze(segment) in text for segment in truth[row["url"]][kind])
            tally[0] += there
            tally[1] += len(truth[row["url"]][kind])
    kept = seen["keep"][0] / seen["keep"][1]
    stays = seen["chrome"][0] + seen["comments"][0]
    result = {
        "kept": kept,
        "chrome": 1 - seen["chrome"][0] / seen["chrome"][1],
        "comments": 1 - seen["comments"][0] / seen["comments"][1],
        "f1": 2 * seen["keep"][0] / (seen["keep"][0] + seen["keep"][1] + stays),
    }
    assert {name: value for name, value in result.items() if value < FLOORS[name]} == {}
