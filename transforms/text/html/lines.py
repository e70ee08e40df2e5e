"""What the characters of a line tell, before anything is known of its place on the page."""

import itertools
import re
from array import array
from collections.abc import Sequence

import numpy as np

from transforms.text.html.tree import Integers

SHORT_CHARS = 200
"""Longer units are prose: digits and separators inside say nothing about the unit."""

_CLOSING = "\"'“”»)’"
_ENDS = ".!?。！？।"
_DIGITS = re.compile(r"\d").findall

FLAGS = ("sentence", "upper_first", "digit_first", "bar", "seen_before")
"""Bits of flags, from the lowest."""
SENTENCE = 1


def read_lines(
    pages: Sequence[Sequence[list[str]]], units: Sequence[int], starts: Sequence[int]
) -> Integers:
    """Look at the text of units.

    Args:
      pages: the lines of each page's units.
      units: those to be looked at, counted over all pages, ascending.
      starts: the first unit of each page, and the number of all units at the end.

    Returns:
      One column a unit: counts of words, commas, digits (of short units only) and stops; then bits,
      see `FLAGS`.
    """
    rows: list[tuple[int, int, int, int, int]] = []
    seen: set[str] = set()
    page, start, end = -1, 0, 0
    every: Sequence[list[str]] = ()
    for unit in units:
        while unit >= end:
            page += 1
            start, end, every = starts[page], starts[page + 1], pages[page]
            seen.clear()
        lines = every[unit - start]
        text = lines[0] if len(lines) == 1 else " ".join(lines)
        size = len(text)
        first, last = text[0], text[-1]
        if last in _CLOSING and size > 1:
            last = text[-2]
        flag = SENTENCE if last in _ENDS else 0
        if first.isupper():
            flag |= 2
        elif first.isdigit():
            flag |= 4
        if text in seen:
            flag |= 16
        else:
            seen.add(text)
        digits = 0
        if size <= SHORT_CHARS:
            if "|" in text or (not text.isascii() and ("·" in text or "•" in text)):
                flag |= 8
            digits = len(_DIGITS(text))
        rows.append((text.count(" ") + 1, text.count(","), digits, text.count(". "), flag))
    numbers = array("q", itertools.chain.from_iterable(rows))
    return np.frombuffer(numbers, dtype=np.int64).reshape(-1, 5).T
