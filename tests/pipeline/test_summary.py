"""The summary on the terminal: what it says, how long it is, and that pages cannot write to it."""

import json
import re

import pytest
from run_example import example_run

from pipeline.reporting.summary import LINE_PREFIX, render_summary, summary_line


def test_it_reads_as_expected():
    assert render_summary(example_run(), "out dir", color=False).splitlines() == [
        "pagesieve: 1,200 pages read in 2 min 5 s",
        (
            "  pages       1,200 read, 1,180 written, dropped 12 (short 12),"
            " rejected 8 (malformed 5, truncated 3)"
        ),
        (
            "  paragraphs  20,000 in, 15,000 kept (75 %), 4,900 removed (24 %),"
            " 100 gone with dropped pages"
        ),
        "    3,000    15 %  comments.wordpress  comment forms and readers' comments of WordPress",
        "    1,000   5.0 %  share.buttons       share, like and follow buttons",
        "      900   4.5 %  duplicate.near      almost the same text stands in an earlier place",
        (
            "  warning     8 pieces of input could not be read; the first: in/bad.jsonl"
            " (line 3: no JSON)"
        ),
        "  output      out dir",
        "  report      out dir/report.html",
        "  look next   pagesieve explain --output='out dir' https://a.example/2",
        "              pagesieve replay --output='out dir'",
    ]


def test_it_stays_short_and_names_the_rest():
    run = example_run()
    run["paragraphs"]["removed"] = {f"group{i}.rule": 100 for i in range(49)}
    run["pages"]["rejected"] = {f"reason{i}": 1 for i in range(40)}
    run["duplicates"]["not_compared"] = 9
    lines = render_summary(run, "out", color=False).splitlines()
    assert len(lines) <= 20
    assert any("44 more rules" in line for line in lines)
    assert any("37 more reasons" in line for line in lines)
    assert any("9 comparisons were left out" in line for line in lines)


def test_colour_only_adds_styles():
    plain = render_summary(example_run(), "out", color=False)
    coloured = render_summary(example_run(), "out", color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


@pytest.mark.parametrize("color", [False, True])
def test_pages_cannot_write_to_the_terminal(color):
    bad = "\x1b]0;title\x07\x9b2J\r\n\u202e$(rm -rf)`x`\ud800"
    run = example_run()
    run["run"] = run["pagesieve"] = bad
    run["paragraphs"]["removed"] = {bad: 4900}
    run["pages"]["rejected"] = {bad: 3}
    run["samples"] = {bad: [{"url": bad}]}
    run["rejects"] = [{"file": bad, "detail": bad}]
    text = render_summary(run, f"out{bad}", color=color)
    text.encode("utf-8")
    rest = re.sub(r"\x1b\[\d+m", "", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", rest)
    assert len(text.splitlines()) <= 20
    assert "pagesieve explain --output=DIR URL" in text
    line = summary_line(run)
    assert line.isascii()
    assert line.isprintable()


def test_a_page_address_is_quoted_for_the_shell():
    run = example_run()
    run["samples"]["duplicate.near"][0]["url"] = "https://a.example/?q=1&r='; rm x"
    assert """'https://a.example/?q=1&r='"'"'; rm x'""" in render_summary(run, "out", color=False)
    run["samples"]["duplicate.near"][0]["url"] = "--output=elsewhere"
    assert "explain --output=out URL" in render_summary(run, "out", color=False)


def test_counts_that_do_not_add_up_are_a_warning():
    run = example_run()
    run["paragraphs"]["kept"] -= 1
    assert "the counts do not add up" in render_summary(run, "out", color=False)


@pytest.mark.parametrize(
    "run", [{}, {"pages": 1, "paragraphs": "x", "rejects": 3, "samples": [], "conservation": None}]
)
def test_missing_values_count_as_nothing(run):
    assert "0 pages read" in render_summary(run, "out", color=False)
    assert json.loads(summary_line(run).removeprefix(LINE_PREFIX))["pages_read"] == 0


def test_the_line_for_monitors():
    line = summary_line(example_run())
    assert line.startswith("pagesieve-summary {")
    assert "\n" not in line
    assert json.loads(line.removeprefix(LINE_PREFIX)) == {
        "run": "nightly-7",
        "version": "0.1.0",
        "seconds": 125.0,
        "pages_read": 1200,
        "pages_written": 1180,
        "pages_dropped": 12,
        "pages_rejected": 8,
        "pages_skipped": 0,
        "paragraphs_in": 20000,
        "paragraphs_kept": 15000,
        "paragraphs_removed": 4900,
        "paragraphs_dropped": 100,
        "paragraphs_rejected": 0,
        "removed_by_group": {"comments": 3000, "share": 1000, "duplicate": 900},
        "comparisons_left_out": 0,
        "conservation_holds": True,
        "digest": "bb22",
    }
