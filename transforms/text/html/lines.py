"""What the characters of a line tell, before anything is known of its place on the page."""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text.html.dom import Tree
from transforms.text.html.words import href_mask, words_mask

Integers = npt.NDArray[np.int64]

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
_DIGITS = re.compile(r"\d")

FLAGS = (
    "sentence", "colon", "ellipsis", "upper_first", "digit_first", "lower_first", "date", "time",
    "copyright", "bar", "arrow", "at", "question", "seen_before", "in_title", "capitals", "quote",
    "cut_off",
)  # fmt: skip
"""Bits of `Lines.flags`, from the lowest."""
SENTENCE, DATED, TIMED = 1, 1 << 6, 1 << 7


class Lines(NamedTuple):
    """Columns about the text of units.

    Attributes:
      words, commas, digits, stops: counts; digits only where the unit is short.
      flags: bits, see `FLAGS`.
      vocabulary, target: bits, see `words.NAMES` and `words.HREF_GROUPS`.
    """

    words: Integers
    commas: Integers
    digits: Integers
    stops: Integers
    flags: Integers
    vocabulary: Integers
    target: Integers


def read_lines(tree: Tree, texts: list[str], skipped: list[bool]) -> Lines:  # noqa: C901, PLR0912
    """Look at the text of every unit.

    Args:
      tree: the page.
      texts: the units' text, lines joined.
      skipped: units that are not looked at; all their columns are 0.
    """
    rows = []
    nothing = (0, 0, 0, 0, 0, 0, 0)
    seen: set[str] = set()
    title = tree.title.lower()
    for text, href, skip in zip(texts, tree.href, skipped, strict=True):
        if skip:
            rows.append(nothing)
            continue
        size = len(text)
        first, last = text[0], text[-1]
        if size > 1 and last in "\"'“”»)’":
            last = text[-2]
        flag = 0
        if last in ".!?。！？।":
            flag = 1
        elif last == ":":
            flag = 2
        if last == "…" or text.endswith("..."):
            flag |= 4
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
        number = vocabulary = target = 0
        if size <= SHORT_CHARS:
            flag |= _short_flags(text, title)
            if _DIGITS.search(text):
                number = len(_DIGITS.findall(text))
                if number > 2 and _DATE.search(text):
                    flag |= DATED
                if _TIME.search(text):
                    flag |= TIMED
            vocabulary = words_mask(text)
            target = href_mask(href) if href else 0
        if "[…]" in text or "[...]" in text or "(…)" in text:
            flag |= 1 << 17
        rows.append(
            (
                text.count(" ") + 1, text.count(","), number, text.count(". "), flag, vocabulary,
                target,
            )
        )  # fmt: skip
    return Lines(*np.array(rows, dtype=np.int64).T)


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
