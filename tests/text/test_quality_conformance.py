"""Verdicts against datatrove itself, page by page; needs its environment and pages (see below).

    PAGESIEVE_DATATROVE=venv-datatrove/bin/python PAGESIEVE_QUALITY_PAGES=pages.jsonl \\
        python -m pytest -m slow tests/text/test_quality_conformance.py
"""

import importlib.util
import json
import os
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "conformance_datatrove.py"
OWN = [
    "",
    "\n\n",
    "I am your father.\n" * 4,
    "I am your father.\n\n" * 4,
    "The cat and the dog have to be with us. " * 20,
    "- The cat and the dog have to be with us.\n" * 12,
    "hello there world peace now " * 12,
    "a\rb\x0bc\x0c\n\x85The end.\u2028Of it.",
    "Dr. Smith doesn't like 10km (e.g. on 24/7 days): :-) https://a.bc/d?x=1. " * 8,
    "今天天气很好，我们去公园散步。\n" * 6,
]


@pytest.mark.slow
def test_verdicts_are_those_of_datatrove():
    python = os.environ.get("PAGESIEVE_DATATROVE")
    if not python:
        pytest.skip("PAGESIEVE_DATATROVE does not name the Python of an environment with datatrove")
    texts = list(OWN)
    pages = os.environ.get("PAGESIEVE_QUALITY_PAGES")
    if pages:
        with Path(pages).open(encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for _, line in zip(range(1000), lines, strict=False)]
    spec = importlib.util.spec_from_file_location("conformance_datatrove", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.compare_marks(python) == {"punctuation": [], "terminal": []}
    differences = script.compare(python, texts)
    assert all(not found for found in differences.values()), differences
