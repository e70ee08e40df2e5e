"""What the model sees of pages: compiled and in Python the same numbers."""

import glob
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_html_walk import MARKUP, needs_kernel
from twins import without_kernel

from transforms.text import kernel
from transforms.text.html import features
from transforms.text.html.dom import parse
from transforms.text.html.features import ALL_BITS, N_NUMBERS, build
from transforms.text.html.scales import LOG

SAMPLES = sorted(glob.glob(str(Path(__file__).resolve().parents[2] / "samples" / "*.html")))
ODD_LINES = (
    "<p>Is it?</p><p>“Yes.”</p><p>One. Two, three. 4</p><p>٣ files · more | less</p><p>是。</p>"
    "<p>ß</p><p>ǅ</p><p>²</p><p>" + "a, 1. " * 50 + "</p><p>Is it?</p><p>...</p><p>x" + "\u0301" * 9
)


def same(trees, bits=ALL_BITS):
    rows, units = build(trees, bits)
    in_python = without_kernel(build, trees, bits)
    assert np.array_equal(units, in_python.units)
    assert rows.shape == in_python.rows.shape == (len(units), N_NUMBERS + len(bits))
    assert np.array_equal(rows, in_python.rows)
    return rows


def test_the_table_of_logarithms_is_what_python_says():
    assert LOG.dtype == np.int64
    assert LOG.tolist() == [round(64 * math.log1p(n)) for n in range(1 << 16)]


@needs_kernel
@given(st.lists(MARKUP, min_size=1, max_size=4))
@settings(max_examples=300)
def test_any_markup_gives_the_same_numbers(pages):
    trees = [tree for tree in map(parse, pages) if tree.lines]
    if trees:
        same(trees)


@needs_kernel
def test_sample_pages_give_the_same_numbers():
    trees = [parse(Path(path).read_text(errors="replace")) for path in SAMPLES]
    assert len(same(trees)) > 100
    same(trees[:1], ALL_BITS[::7])
    same(trees[1:2], ALL_BITS[:0])


@needs_kernel
def test_odd_lines_and_deep_pages_give_the_same_numbers():
    deep = "<div>" * 40 + "Deep, deep text. " * 20 + "</div>" * 30 + "<p>Less deep.</p>"
    wide = (
        "<ul>" + "<li><a href=/>Link</a></li>" * 50 + "</ul>" + "<p>Text that stays here.</p>" * 9
    )
    same([parse(ODD_LINES), parse(deep), parse(wide)])
    same([parse(wide + ODD_LINES)])


@needs_kernel
@pytest.mark.parametrize(
    ("column", "value"),
    [
        (("elements", 0), 1 << 40),
        (("elements", 0), -1),
        (("elements", 2), -5),
        (("elements", 4), 1 << 40),
        (("units", 0), 1 << 40),
        (("units", 0), -1),
        (("units", 4), 0),
        (("units", 6), 0),
    ],
)
def test_tables_that_cannot_be_are_refused(column, value):
    tree = parse("<div><p>One.</p><p>Two.</p></div>")
    table = getattr(tree, column[0]).copy()
    table[column[1], -1] = value
    setattr(tree, column[0], table)
    with pytest.raises(ValueError, match="tables that do not fit"):
        build([tree])


@needs_kernel
def test_other_odd_arguments_are_refused():
    tree = parse("<p>One.</p><p>Two.</p>")
    elements, units, lines = tree.elements, tree.units, tree.lines
    call = kernel.compiled.build_features
    masks = features._KERNEL_MASKS
    for pages, bits, error in (
        ([(elements, units, lines[:1])], ALL_BITS, ValueError),
        ([(elements[:3].copy(), units, lines)], ALL_BITS, ValueError),
        ([(elements, units, ([], ["Two."]))], ALL_BITS, TypeError),
        ([(elements, units, ([""], ["Two."]))], ALL_BITS, TypeError),
        ([(elements, units, (["One."], [7]))], ALL_BITS, TypeError),
        ([(elements, units, (["One."], "Two."))], ALL_BITS, TypeError),
        ([(elements, units)], ALL_BITS, TypeError),
        ([(elements, units, lines)], np.array([256]), ValueError),
        ([(elements, units, lines)], np.array([-1]), ValueError),
    ):
        with pytest.raises(error):
            call(pages, bits, LOG, masks)
    with pytest.raises(ValueError, match="do not fit"):
        call([(elements, units, lines)], ALL_BITS, LOG[:9], masks)
