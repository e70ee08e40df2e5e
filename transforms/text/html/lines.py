"""What the characters of a line tell, before anything is known of its place on the page."""

import re

import numpy as np

from transforms.text.html.tree import Integers

SHORT_CHARS = 200
"""Longer units are prose: digits and separators inside say nothing about the unit."""

_DIGITS = re.compile(r"\d").findall

FLAGS = ("sentence", "upper_first", "digit_first", "bar", "seen_before")
"""Bits of flags, from the lowest."""
SENTENCE = 1


def read_lines(texts: list[str], units: list[int]) -> Integers:
    """Look at the text of units.

    Args:
      texts: the text of all units, lines joined.
      units: those to be looked at.

    Returns:
      One column a unit: counts of words, commas, digits (of short units only) and stops; then bits,
      see `FLAGS`.
    """
    rows: list[tuple[int, int, int, int, int]] = []
    seen: set[str] = set()
    for unit in units:
        text = texts[unit]
        size = len(text)
        first, last = text[0], text[-1]
        if last in "\"'“”»)’" and size > 1:
            last = text[-2]
        flag = SENTENCE if last in ".!?。！？।" else 0
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
            if "|" in text or "·" in text or "•" in text:
                flag |= 8
            digits = len(_DIGITS(text))
        rows.append((text.count(" ") + 1, text.count(","), digits, text.count(". "), flag))
    return np.array(rows, dtype=np.int64).reshape(-1, 5).T
