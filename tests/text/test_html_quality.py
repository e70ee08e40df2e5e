"""Quality gate on labelled pages; the floors may only rise."""

import json
import os
import re
import time
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from transforms.text.html import extract_blocks

FLOORS = {"kept": 0.975, "chrome_removed": 0.95, "comments_removed": 0.975, "f1": 0.967}
"""Shares of labelled segments, a little under what the shipped weights reach on the pages that
they were trained on: a guard against changes. The measure is the cross-validation of
docs/extraction.md."""

MAX_MILLIS_A_PAGE = 12.0
"""CPU time; generous, because test machines are slow and shared. See docs/extraction.md."""


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.eval
def test_labelled_pages():
    folder = os.environ.get("PAGESIEVE_EVAL")
    if not folder:
        pytest.skip("set PAGESIEVE_EVAL to a folder with pages/pages.warc.gz and pages/truth.jsonl")
    pages, truth = Path(folder, "pages", "pages.warc.gz"), Path(folder, "pages", "truth.jsonl")
    if not pages.exists() or not truth.exists():
        pytest.skip(f"{folder} does not hold pages/pages.warc.gz and pages/truth.jsonl")
    cleaned = {}
    seconds = 0.0
    with pages.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            raw = record.reader.read()
            html = bytes_to_str(raw, detect_encoding(raw))
            start = time.process_time()
            blocks = extract_blocks(html)
            seconds += time.process_time() - start
            text = " ".join(block.text for block in blocks if not block.rule)
            cleaned[record.headers["WARC-Target-URI"]] = text
    found = {"keep": [0, 0], "chrome": [0, 0], "comments": [0, 0]}
    for labels in map(json.loads, truth.read_text(encoding="utf-8").splitlines()):
        for kind, counts in found.items():
            for segment in labels[kind]:
                counts[0] += squeeze(segment) in cleaned.get(labels["url"], "")
                counts[1] += 1
    (tp, wanted), chrome, comments = found.values()
    fp = chrome[0] + comments[0]
    measured = {
        "kept": tp / wanted,
        "chrome_removed": 1 - chrome[0] / chrome[1],
        "comments_removed": 1 - comments[0] / comments[1],
        "f1": 2 * tp / (tp + wanted + fp),
    }
    assert all(measured[name] >= floor for name, floor in FLOORS.items()), measured
    assert seconds / len(cleaned) * 1000 <= MAX_MILLIS_A_PAGE
