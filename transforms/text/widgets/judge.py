"""The judge: from the lines of a page to the lines that go, each with its rule and evidence.

A page is judged in four steps: it is measured (`signals`, `context`), scored (`model`), its
phrases and comment sections are read (`sections`), and the lines that go get their receipts.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from transforms.records import Removal
from transforms.text.widgets import model
from transforms.text.widgets.context import Layout, features
from transforms.text.widgets.phrasebook import BOOK
from transforms.text.widgets.sections import Evidence, has_chrome, read_page, read_phrases
from transforms.text.widgets.signals import Ints, measure

RULES_VERSION: Final = "13"
"""Changes with every change of what goes; written into each run's `run.json`."""

_BATCH_LINES: Final = 1_000
"""Pages are measured together up to about this many lines: their features fit in a cache."""


def find_widgets(pages: Sequence[Sequence[str]]) -> list[dict[int, Removal]]:
    """Finds the lines of each page that widgets wrote.

    Pages -> for each page, line number (from 0) -> why that line goes. Same length, same order;
    a page depends on nothing but its own lines, not on the batch. Nothing is removed from a page
    that shows no sign of chrome. Linear in the characters of the pages.

    Args:
      pages: for each page its lines, one paragraph a line. Any text: NUL, lone surrogates and
        lines of any length are measured like other text.
    """
    found: list[dict[int, Removal]] = []
    for batch in _batches(pages):
        found.extend(_judge(batch, model.packaged()))
    return found


def find_phrases(pages: Sequence[Sequence[str]]) -> list[dict[int, Removal]]:
    """Finds the lines that are a widget's own phrase, near another one or at the end of a page.

    For pages whose surroundings have been judged already, by their DOM: the context of a line, its
    dates and its likeness to a comment are not looked at. Pages -> as `find_widgets`, at a quarter
    of its cost, because many such pages hold no phrase at all.
    """
    phrases = BOOK.find(list(itertools.chain.from_iterable(pages)))
    found: list[dict[int, Removal]] = []
    start = 0
    for page in pages:
        stop = start + len(page)
        numbers = phrases[start:stop]
        known = max(numbers, default=-1) >= 0
        found.append(read_phrases(Evidence.of_phrases(page, numbers)) if known else {})
        start = stop
    return found


def _batches(pages: Sequence[Sequence[str]]) -> Iterator[Sequence[Sequence[str]]]:
    start = lines = 0
    for stop, page in enumerate(pages, 1):
        lines += len(page)
        if lines >= _BATCH_LINES:
            yield pages[start:stop]
            start, lines = stop, 0
    if start < len(pages):
        yield pages[start:]


def _judge(pages: Sequence[Sequence[str]], weights: model.Weights) -> list[dict[int, Removal]]:
    signals = measure(pages)
    layout = Layout(np.fromiter(map(len, pages), np.int64, len(pages)))
    scores: Ints | None = None
    open_pages = has_chrome(signals, layout)
    if open_pages.any():
        scores = np.concatenate(
            [model.score(block, weights) for block in features(signals, layout)]
        )
    found: list[dict[int, Removal]] = []
    start = 0
    for page, is_open in zip(pages, open_pages.tolist(), strict=True):
        stop = start + len(page)
        if is_open and scores is not None:
            found.append(read_page(page, Evidence.of(signals, scores, start, stop)))
        else:
            found.append({})
        start = stop
    return found
