"""Any text is judged in linear time, the same way each time."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.text.widgets import GROUPS, find_widgets, model
from transforms.text.widgets.context import Layout, features
from transforms.text.widgets.phrasebook import BOOK
from transforms.text.widgets.signals import measure

LINES = st.one_of(
    st.text(max_size=120),
    st.text(st.characters(categories=("Cs", "Cc", "Nd", "Lo", "Zs", "Po")), max_size=40),
    st.sampled_from([phrase.text for phrase in BOOK.phrases[::37]]),
    st.just("A sentence of running prose that is long enough to be a paragraph of its own, here."),
)
PAGES = st.lists(st.lists(LINES, max_size=25), max_size=6)


@settings(max_examples=60, deadline=None)
@given(PAGES)
def test_any_text_is_judged(pages):
    found = find_widgets(pages)
    assert len(found) == len(pages)
    for page, removals in zip(pages, found, strict=True):
        assert all(0 <= number < len(page) for number in removals)
        for removal in removals.values():
            assert removal.rule.split(".")[0] in GROUPS
            assert 0 < len(removal.evidence) <= 200
            assert removal.evidence.isprintable()


@settings(max_examples=40, deadline=None)
@given(PAGES)
def test_a_page_is_judged_alike_alone_and_in_a_batch(pages):
    assert find_widgets(pages) == [find_widgets([page])[0] for page in pages]


@pytest.mark.parametrize(
    "page",
    [
        ["x" * 10_000_000],
        [" " * 5_000_000 + "says"],
        ["1:" * 2_000_000],
        ["a\n" * 1_000_000],
        ["\x00" * 1_000_000, "\ud800" * 1_000_000],
        ["Posted by " + "at " * 90],
    ],
    ids=["letters", "spaces", "digits", "feeds", "controls", "slots"],
)
def test_long_lines_take_little_time(page):
    find_widgets([["No comments", "Post a Comment"]])
    start = time.process_time()
    find_widgets([[*page, "No comments:", "Post a Comment"]])
    assert time.process_time() - start < 2


def test_many_lines_take_linear_time():
    page = ["Reply", "Ada says:", "12.03.2024 10:30", "What a bridge, I have to say!"] * 50_000
    start = time.process_time()
    assert len(find_widgets([page])) == 1
    assert time.process_time() - start < 20


def test_many_lines_take_little_memory():
    page = ["Reply", "Ada says:", "12.03.2024 10:30", "What a bridge, I have to say!"] * 25_000
    signals, layout = measure([page]), Layout(np.array([len(page)]))
    tracemalloc.start()
    try:
        scores = [model.score(x, model.packaged()) for x in features(signals, layout)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(map(len, scores)) == len(page)
    assert peak < 1_600 * len(page)  # all features of a line at once are 1,300 bytes, twice


def test_blocks_of_lines_change_nothing(monkeypatch):
    pages = [["Reply", "Ada says:", "12.03.2024 10:30", "What a bridge!"] * n for n in (3, 40, 1)]
    signals, layout = measure(pages), Layout(np.array([len(page) for page in pages]))
    (whole,) = features(signals, layout)
    monkeypatch.setattr("transforms.text.widgets.context._BLOCK_LINES", 7)
    blocks = list(features(signals, layout))
    assert len(blocks) == 26
    assert np.array_equal(np.concatenate(blocks), whole)


def test_scores_do_not_depend_on_the_order_of_sums():
    page = ["No comments:", "Post a Comment", "Menu", "Home", "A short line, 12.03.2024"] * 20
    (x,) = features(measure([page]), Layout(np.array([len(page)])))
    weights = model.packaged()
    order = np.random.default_rng(1).permutation(x.shape[1])
    turned = model.Weights(
        weights.first[order], weights.first_bias, weights.second, weights.second_bias
    )
    assert np.array_equal(model.score(x, weights), model.score(x[:, order], turned))


def test_sums_of_whole_numbers_stay_exact():
    weights = model.packaged()
    largest = np.full(weights.first.shape[0], 300 * 64 * 9.0)
    summed = largest @ np.abs(weights.first) + np.abs(weights.first_bias)
    assert summed.max() < 2**53
    hidden = summed * 2.0 ** (model.HIDDEN_BITS - model.FIRST_BITS)
    assert (hidden @ np.abs(weights.second)).max() < 2**53
    for values in (weights.first, weights.first_bias, weights.second, weights.second_bias):
        assert np.array_equal(values, np.rint(values))
