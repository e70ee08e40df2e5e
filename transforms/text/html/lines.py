"""What the characters of a line tell, before anything is known of its place on the page."""

import re

import numpy as np

from transforms.text.html.tree import Integers, Tree
from transforms.text.html.words import href_mask, words_mask

SHORT_CHARS = 200
"""Longer units are prose: dates, words and links inside say nothing about the unit."""

_DAY = r"[0-3]?\d"
_YEAR = r"(?:19|20)\d\d"
_MONTH = r"[^\W\d]{3,9}"
_DATE = re.compile(
    rf"\b(?:{_DAY}[./-]\s?[01]?\d[./-]\s?(?:19|20)?\d\d|{_YEAR}-[01]\d-[0-3]\d"
    rf"|{_DAY}\.?\s+{_MONTH}\.?,?\s+{_YEAR}|{_MONTH}\.?\s{_DAY}(?:st|nd|rd|th)?,?\s{_YEAR})\b"
)
_TIME = re.compile(r"\b[0-2]?\d[:.][0-5]\d\b|\b\d+\s(?:hours?|days?|min|weeks?|months?|years?)\b")
_DIGITS = re.compile(r"\d").findall

FLAGS = (
    "sentence", "colon", "ellipsis", "upper_first", "digit_first", "lower_first", "date", "time",
    "copyright", "bar", "arrow", "at", "question", "seen_before", "in_title", "capitals", "quote",
    "cut_off",
)  # fmt: skip
"""Bits of flags, from the lowest."""
SENTENCE, DATED, TIMED = 1, 1 << 6, 1 << 7


def read_lines(tree: Tree, texts: list[str], units: list[int]) -> Integers:  # noqa: C901, PLR0912
    """Look at the text of units.

    Args:
      tree: the page.
      texts: the text of all units, lines joined.
      units: those to be looked at.

    Returns:
      One column a unit. Counts of words, commas, digits (of short units only) and stops; then bits,
      see `FLAGS`, `words.NAMES` and `words.HREF_GROUPS`.
    """
    rows: list[tuple[int, ...]] = []
    seen: set[str] = set()
    hrefs = tree.href
    title = tree.title.lower()
    for unit in units:
        text = texts[unit]
        size = len(text)
        first, last = text[0], text[-1]
        if last in "\"'“”»)’" and size > 1:
            last = text[-2]
        flag = 0
        if last in ".!?。！？।":
            flag = 1
        elif last == ":":
            flag = 2
        if first.isupper():
            flag |= 8
        elif first.islower():
            flag |= 32
        elif first.isdigit():
            flag |= 16
        elif first in '"“„«»':
            flag |= 1 << 16
        if text in seen:
            flag |= 1 << 13
        else:
            seen.add(text)
        if "©" in text:
            flag |= 1 << 8
        if "?" in text:
            flag |= 1 << 12
        if "…" in text or "..." in text:
            if last == "…" or text.endswith("..."):
                flag |= 4
            if "[…]" in text or "[...]" in text or "(…)" in text:
                flag |= 1 << 17
        if size > SHORT_CHARS:
            rows.append((text.count(" ") + 1, text.count(","), 0, text.count(". "), flag, 0, 0))
            continue
        flag |= _short_flags(text, title)
        number = len(_DIGITS(text))
        if number:
            if number > 2 and _DATE.search(text):
                flag |= DATED
            if _TIME.search(text):
                flag |= TIMED
        href = hrefs[unit]
        rows.append(
            (
                text.count(" ") + 1, text.count(","), number, text.count(". "), flag,
                words_mask(text), href_mask(href) if href else 0,
            )
        )  # fmt: skip
    return np.array(rows, dtype=np.int64).reshape(-1, 7).T


def _short_flags(text: str, title: str) -> int:
    flag = 0
    if "|" in text or "·" in text or "•" in text:
        flag |= 1 << 9
    if "»" in text or "›" in text or "→" in text or ">" in text:
        flag |= 1 << 10
    if "@" in text:
        flag |= 1 << 11
    if len(text) > 8 and text.lower() in title:
        flag |= 1 << 14
    if text.isupper():
        flag |= 1 << 15
    return flag
