"""HTML that wants to hang or crash the extractor, and properties that hold for any text."""
# ruff: noqa: E501, SIM905  lists of tags

import contextlib
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.text.errors import TextError, TooDeep, TooLarge
from transforms.text.html import extract_blocks, extract_fast, limits
from transforms.text.html.dom import parse

MANY = 100_000


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * MANY,
        "<div><p>" * MANY,
        "<b>" * MANY,
        "<span>" * MANY + "</p>" * MANY,
        "<ul><li>" * MANY,
        "<table><tr><td>" * MANY,
        "<DIV>" * MANY + "</b>" * MANY,
        "<svg>" * MANY,
        "<p " + " ".join(f"a{k}=1" for k in range(MANY)) + ">x",
        "<p " + " ".join(f'a{k}=">"' for k in range(MANY)) + ">x",
    ],
    ids=lambda html: html[:9],
)
@pytest.mark.parametrize("extract", [extract_blocks, extract_fast])
def test_nests_and_piles_are_refused_at_once(html, extract):
    start = time.process_time()
    with pytest.raises(TooDeep):
        extract(html)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "html",
    [
        "<li>" * MANY + "x",
        "<p>" * MANY + "x",
        "<td>" * MANY + "x",
        "<select>" + "<option>x" * MANY + "</select>x",
        "<div><p>x</p></div>" * 20_000,
        "<p class='" + "a b-c " * MANY + "'>x",
        "<p title='" + "x" * 3_000_000 + "'>x",
        "x" * 3_000_000,
        "x " * 500_000,
        "<br>" * MANY + "x",
        "x<br>" * 30_000,
        "<" * MANY + "x",
        "<a href=" * MANY + ">x",
        "<!--" * MANY,
        "<script>" * MANY,
        "&" * MANY + "x",
        "<div>" * 9_000 + "x",
        "<table>" + "<tr><td>a<td>b" * 10_000 + "</table>",
        "</div>" * MANY + "x",
    ],
    ids=lambda html: html[:9],
)
def test_large_and_broken_pages_are_done_or_refused_soon(html):
    start = time.process_time()
    with contextlib.suppress(TextError):
        extract_blocks(html)
    assert time.process_time() - start < 10


def test_nests_do_not_crash_the_process():
    code = (
        "from transforms.text.html import extract_blocks\n"
        "from transforms.text.errors import TooDeep\n"
        "for tag in ('<div>', '<b><i>', '<ul><li>', '<svg>', '<a><div>'):\n"
        "    try:\n"
        "        extract_blocks(tag * 100_000)\n"
        "    except TooDeep:\n"
        "        print('refused')\n"
        "    extract_blocks(tag * 4_000 + 'x')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["refused"] * 5)


def test_large_pages_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "MAX_CHARS", 10)
    with pytest.raises(TooLarge):
        extract_blocks("x" * 11)
    with pytest.raises(TooLarge):
        extract_fast("x" * 11)


def test_reasons_are_those_of_rejects():
    assert (TooLarge.reason, TooDeep.reason, TextError.reason) == (
        "too_large",
        "too_deep",
        "failed",
    )


FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(
            "<p> </p> <div> </div> <table> <tr> <td> </table> <ul> <li> <br> <a> </a> <pre> <b> </b>"
            " <h1> <script> </script> <!-- --> <body> <main> <form> <select> <svg> <template> </ul>"
            " <nav> <hr> <head> <title> </title> <frameset> <textarea> <plaintext>".split()
        ),
        st.text(max_size=12),
        st.just('<div class="comment" id="c1">'),
        st.just("<p hidden>"),
    ),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(FRAGMENTS | st.text())
def test_any_text_gives_clean_deterministic_blocks(html):
    blocks = extract_blocks(html)
    assert blocks == extract_blocks(html)
    for block in blocks:
        assert block.text == " ".join(block.text.split())
        assert block.text
        assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in block.text)
        block.text.encode()
        assert bool(block.rule) == bool(block.evidence)
        assert len(block.evidence) <= 200
        assert block.evidence.isprintable()


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS | st.text())
def test_every_block_is_visible_text(html):
    visible = "".join("".join(line.split()) for lines in parse(html).lines for line in lines)
    for block in extract_blocks(html):
        assert "".join(block.text.split()) in visible


@settings(max_examples=200, deadline=None)
@given(FRAGMENTS | st.text())
def test_fast_never_crashes(html):
    for block in extract_fast(html):
        assert block.text == " ".join(block.text.split()) != ""


@settings(max_examples=100, deadline=None)
@given(FRAGMENTS)
def test_comment_modes_cut_alike(html):
    cuts = [
        [block.text for block in extract_blocks(html, comments=mode)]
        for mode in ("remove", "keep", "separate")
    ]
    assert cuts[0] == cuts[1] == cuts[2]
