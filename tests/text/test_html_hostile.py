"""HTML that wants to hang or crash the extractor, and properties that hold for any text."""
# ruff: noqa: E501, SIM905  lists of tags

import contextlib
import subprocess
import sys
import time
from pathlib import Path

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
    for line in extract_fast(html):
        assert line == " ".join(line.split()) != ""


@settings(max_examples=100, deadline=None)
@given(FRAGMENTS)
def test_comment_modes_cut_alike(html):
    cuts = [
        [block.text for block in extract_blocks(html, comments=mode)]
        for mode in ("remove", "keep", "separate")
    ]
    assert cuts[0] == cuts[1] == cuts[2]


@pytest.mark.parametrize(
    ("html", "error"),
    [
        ("<p-x>" * MANY, TooDeep),  # a name of its own, not that of a paragraph
        ("<p\0>" * MANY, TooDeep),
        ("<br:x>" * MANY, TooDeep),
        ("<rt>" * MANY, TooDeep),
        ("<optgroup>" * MANY, TooDeep),
        ("<svg>" + "<td>" * MANY, TooDeep),  # tables do not close their cells in pictures
        ("<math>" + "<input>" * MANY, TooDeep),
        ("<div><!--</div>-->" * MANY, TooDeep),  # an end tag that is none
        ("<span>" * 9_000 + "</q>" * MANY, TooDeep),
        ("<p>" + "".join(f"<b a={k}>" for k in range(3_000)) + "</p><p>x" * 10_000, TooDeep),
        ("<p>" + "".join(f"<b a={k}>" for k in range(2_000)) + "</p><p>x" * 2_500, TooDeep),
        ("<p></p>" * 600_000, TooLarge),
        ("<p class=comment>x" * 1_000_001, TooLarge),
        ("<b><i><u>" + "<p>x" * limits.MAX_UNITS + "<p>x", TooLarge),
        ("<pre>" + "x\n" * (limits.MAX_LINES + 1), TooLarge),
        ("<div>" * 4_000_001, TooLarge),
        ("<p title='" + "x" * 20_000_000 + "'>y", TooLarge),
        ("<p " + "a " * 60_000 + ">x", TooDeep),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_would_take_long_or_much_memory_is_refused(html, error):
    start = time.process_time()
    with pytest.raises(error):
        extract_blocks(html)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "html",
    [
        "<svg>" + "<path d='M0 0'/>" * 12_000 + "</svg>{}",
        "<svg/><table>" + "<tr><td>a<td>b" * 9_000 + "</table>{}",
        "<ruby>" + "<rt>a" * 3_000 + "</ruby>{}",
        "<i class='icon'></i>" * 20_000 + "{}",
        "<b class='x'>a</b><b>b</b>" * 12_000 + "{}",
        "<table>" + "<tr><td><b>a</b><td><font color='red'>b</font>" * 5_000 + "</table>{}",
        "<!-- <div> -->" * 5_000 + "{}",
    ],
    ids=lambda html: html[:12],
)
def test_large_pages_that_are_in_order_are_read(html):
    text = "The ferry leaves the harbour at seven in the morning, long before the first visitors."
    texts = [block.text for block in extract_blocks(html.format(f"<p>{text}</p>"))]
    assert text in texts


MEMORY = """
import pathlib, re, sys
from transforms.text.errors import TextError
from transforms.text.html import extract_page
def peak():  # of this program alone: ru_maxrss would begin with that of its parent
    return int(re.search("VmHWM: *[0-9]*", status.read_text().replace("\t", " "))[0].split()[1])
status = pathlib.Path("/proc/self/status")
before = peak()
try:
    extract_page(eval(sys.argv[1]))
except TextError as error:
    print(error.reason)
print((peak() - before) // 1024, file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
@pytest.mark.parametrize(
    "page",
    [
        "'<p>x' * 99_000",
        "'<p>' + '<b>' * 36 + '</p><p>x' * 30_000",
        "'x' * 19_000_000",
        "'&amp;' * 3_900_000",
        "'<p></p>' * 490_000",
        "'x<br>' * 990_000",
    ],
)
def test_the_largest_pages_that_are_read_fit_in_memory(page):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, page],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert done.stdout == ""
    assert int(done.stderr.split()[-1]) < 1_000
