"""The data card: what it says, and that nothing from a run becomes markup."""

import re

import pytest
from run_example import example_run
from test_report import HOSTILE, with_everywhere

from pipeline.reporting.card import render_card


def test_it_says_what_a_reader_has_to_know():
    run = example_run()
    run["years"] = {"2023": 180, "2024": 1000}
    run["options"]["dedup"] = "corpus"
    run["options"]["filters"] = ["gopher-quality", "fineweb"]
    run["masked"] = {"places": {"mask.email": 12, "mask.ip": 3}}
    card = render_card(run)
    for expected in (
        "# Data card: nightly-7\n",
        "1,180 pages of cleaned text, 15,000 paragraphs, 3,600,000 characters, made on 2024-05-01.",
        "Every paragraph that came in is accounted for.",
        "| `a.example` | 700 | 8,000 |",
        "| 2023 | 180 | 15 % |",
        "Pages with a date are from 2023-12 to 2024-03.",
        "- Pages that fail `gopher-quality`, `fineweb` are not in it",
        "(`mask.email` 12, `mask.ip` 3)",
        "| English (en) | 1,000 | 85 % |",
        "4,900 of 20,000 paragraphs (24 %)",
        "| `duplicate.near` | almost the same text stands in an earlier place | 900 | 4.5 % |",
        "| rejected | `malformed` | a line, row or record header that does not parse | 5 |",
        "- 10 pages had too little text to tell the language.",
        "- 8 pieces of input could not be read; see `rejected/`.",
        "Digest of the content: `bb22`",
    ):
        assert expected in card
    assert "made by" not in card.lower()


def test_counts_that_do_not_add_up_come_first():
    run = example_run()
    run["paragraphs"]["kept"] -= 1
    assert "**The counts do not add up: do not use this data.**" in render_card(run)


@pytest.mark.parametrize("run", [{}, {"pages": 1, "languages": [], "options": 3, "input": "x"}])
def test_missing_values_count_as_nothing(run):
    assert render_card(run).startswith("# Data card: a run\n")


@pytest.mark.parametrize(
    "value", [*HOSTILE, "a | b", "[x](javascript:alert(1))", "`code` ``", "# h"]
)
def test_hostile_text_is_inert(value):
    run = with_everywhere(value)
    run["years"] = {value: 3}
    run["origin"] = {"command": value, "run": value}
    card = render_card(run)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", card)
    outside = re.sub(r"`[^`\n]*`", "", card)
    assert not re.search(r"(?<!\\)[<\[`]", outside)
    tables = [line for line in card.splitlines() if line.startswith("|")]
    assert tables
    for block in re.split(r"\n\n", card):
        rows = [re.sub(r"\\\|", "", row) for row in block.splitlines() if row.startswith("|")]
        assert len({row.count("|") for row in rows}) <= 1
    card.encode("utf-8")
