"""Which paragraphs of a page stay, compiled and in Python alike."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twins import without_kernel

from transforms.records import Page, Removal
from transforms.text import kernel

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
REASON = Removal("boilerplate.test", "a test")


def page_of(texts, numbers):
    return Page("ps:0", "u", "", tuple(texts), dict.fromkeys(numbers, REASON))


@st.composite
def pages(draw):
    texts = draw(st.lists(st.text(max_size=3), max_size=400))
    numbers = st.integers(0, len(texts) - 1) if texts else st.nothing()
    return page_of(texts, draw(st.lists(numbers)))


@given(pages())
@example(page_of([], []))
@example(page_of(["a"], [0]))
@example(page_of(["a"] * 300, [299, 0, 257]))
def test_what_is_not_removed_stays(page):
    numbers = [n for n in range(len(page.paragraphs)) if n not in page.removals]
    assert list(page.kept_numbers()) == numbers
    assert list(page.kept_texts()) == [page.paragraphs[n] for n in numbers]
    assert list(without_kernel(page.kept_numbers)) == numbers
    assert list(without_kernel(page.kept_texts)) == list(page.kept_texts())


def test_other_removals_may_be_asked_about():
    page = page_of(["a", "b", "c"], [1])
    assert list(page.kept_texts({})) == ["a", "b", "c"]
    assert list(page.kept_texts({0: REASON, 2: REASON})) == ["b"]


@pytest.mark.parametrize("number", [2, 1 << 31, 1 << 80])
def test_a_paragraph_that_is_not_there_cannot_go(number):
    page = page_of(["a", "b"], [number])
    for ask in (page.kept_texts, page.kept_numbers):
        with pytest.raises((IndexError, OverflowError)):
            ask()
        with pytest.raises(IndexError):
            without_kernel(ask)


@needs_kernel
@pytest.mark.parametrize(
    ("items", "removals", "problem"),
    [
        (("a",), {"0": 1}, TypeError),
        (("a",), {-1: 1}, IndexError),
        (("a",), [0], TypeError),
        (["a"], {0: 1}, TypeError),
        (-1, {}, ValueError),
        (1 << 80, {}, OverflowError),
    ],
)
def test_what_does_not_fit_is_refused(items, removals, problem):
    with pytest.raises(problem):
        kernel.compiled.keep(items, removals)
