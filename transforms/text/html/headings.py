"""Finds headings of text that stays; the model takes most of them for chrome.

Labels and other extractors leave a page's main heading out as often as not, so the model has not
learned that a text begins with it, and it knows short lines above a paragraph from teasers.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from transforms.text import kernel
from transforms.text.html.tree import Integers, Tree
from transforms.text.html.vocabulary import BIT, TAG_BIT

TEXT_CHARS = 80
"""A unit of so many characters is text: it can have a heading, and the page's begins with one.
Letters of scripts without spaces between words count three times."""

MAX_CHARS = 300
"""Longer units are no headings."""

NEAR_UNITS = 3
"""A heading of the first level stays so far above the text, whatever it says."""

ALIKE_UNITS = 15
"""A heading of a lower level that says much of what the title says stays so far above the text."""

FAR_UNITS = 60
"""One that the title repeats, or of the first level and much like it, stays so far above."""

MIN_SHARED_PERCENT = 60
"""A heading is much like the title with so many of its words in it."""

MIN_WORDS = 3
"""Fewer words are in many a title by chance."""

KEEP_HEADING_FROM = -1.0
"""Log odds from which a heading stays directly above a text that stays."""

MIN_TITLES_PERCENT = 80
"""Headings of one class are titles of posts where so many of them stand above a text."""

_LEVELS = 3
_HEADINGS = TAG_BIT["h1"] | TAG_BIT["h2"] | TAG_BIT["h3"] | TAG_BIT["h4"]
_CONSTANTS = TEXT_CHARS, MAX_CHARS, _HEADINGS, BIT["title"]
"""What `_headings.c` needs to know of all this."""
_OUTSIDE = TAG_BIT["nav"] | TAG_BIT["footer"] | TAG_BIT["aside"] | TAG_BIT["dialog"]
_words = re.compile(r"\w+").findall
_unspaced = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
).findall
"""Letters of Thai, Lao, Burmese, Khmer, Japanese and Chinese."""


def find_headings(tree: Tree, keep: Sequence[bool], logits: Sequence[float]) -> list[int]:
    """The units that would be lost and are headings of text that stays.

    Args:
      tree: the page, with at least one unit.
      keep: whether each unit stays so far.
      logits: its score, log odds.

    Returns:
      Numbers of units: those directly above a text, the titles of several posts, the main heading.
    """
    looked = look_for_headings(tree, keep)
    if looked is None:
        return []
    found = {n for n in looked.above if logits[n] >= KEEP_HEADING_FROM}
    if len(looked.titles) > 1:
        found |= _find_titles(tree, looked)
    main = _find_main(tree, looked)
    if main >= 0:
        found.add(main)
    return sorted(n for n in found if not keep[n])


class Looked(NamedTuple):
    """What of a page is text, and what may be a heading.

    Attributes:
      text: whether each unit is text that stays.
      heading: whether it may be a heading.
      around: what its element and the two around that hint at.
      above: the headings directly above a text that would be lost.
      titles: the headings that are named after titles.
      before: the headings up to the first text.
      start: the first text.
    """

    text: Sequence[int]
    heading: Sequence[int]
    around: Sequence[int]
    above: Sequence[int]
    titles: Sequence[int]
    before: Sequence[int]
    start: int


def look_for_headings(tree: Tree, keep: Sequence[bool]) -> Looked | None:
    """What of a page is text, and what may be a heading; None where there is no text."""
    if kernel.compiled is not None:
        looked = kernel.compiled.look_for_headings(
            list(keep), tree.lines, tree.elements, tree.units, _CONSTANTS
        )
        if looked is None:
            return None
        text, heading, around, *rest = looked
        return Looked(text, heading, memoryview(around).cast("q"), *rest)
    stays, size = np.array(keep), tree.units[6]
    text = stays & (size >= TEXT_CHARS)
    for unit in np.flatnonzero(stays & ~text & (size * 3 >= TEXT_CHARS)).tolist():
        line = " ".join(tree.lines[unit])
        text[unit] = not line.isascii() and len(line) + 2 * len(_unspaced(line)) >= TEXT_CHARS
    starts = np.flatnonzero(text)
    if not len(starts):
        return None
    around = _hints_around(tree)
    heading = ((around & _HEADINGS) != 0) & (size <= MAX_CHARS)
    above = heading & ~stays
    above[:-1] &= text[1:]
    above[-1] = False
    start = int(starts[0])
    return Looked(
        text.tolist(),
        heading.tolist(),
        around.tolist(),
        np.flatnonzero(above).tolist(),
        np.flatnonzero(heading & ((around & BIT["title"]) != 0)).tolist(),
        np.flatnonzero(heading[: start + 1]).tolist(),
        start,
    )


def _find_titles(tree: Tree, looked: Looked) -> set[int]:
    """Titles of posts: of the same class, nearly all of them above a text of their own."""
    by_class: dict[str, list[int]] = {}
    for unit in looked.titles:
        by_class.setdefault(_class_of_title(tree, unit), []).append(unit)
    found: set[int] = set()
    for units in by_class.values():
        with_text = []
        for unit in units:
            for below in range(unit + 1, min(unit + 1 + NEAR_UNITS, len(looked.text))):
                if looked.text[below]:
                    with_text.append(unit)
                if looked.text[below] or looked.heading[below]:
                    break
        if len(with_text) > 1 and len(with_text) * 100 >= MIN_TITLES_PERCENT * len(units):
            found.update(with_text)
    return found


def _class_of_title(tree: Tree, unit: int) -> str:
    """Class of the closest element that is named after titles."""
    element = tree.element[unit]
    while element and not tree.mask[element] & BIT["title"]:
        element = tree.parent[element]
    return tree.name[element][0]


def _hints_around(tree: Tree) -> Integers:
    """For each unit what its element and the two around that hint at."""
    parent, mask = tree.elements[0], tree.elements[1]
    element = tree.units[0]
    around = mask.take(element)
    for _ in range(_LEVELS - 1):
        element = parent.take(element)
        around |= mask.take(element)
    return around


def _find_main(tree: Tree, looked: Looked) -> int:
    """The main heading of the text that begins with a unit, or -1.

    The closest one that is part of the title or holds it, or else the closest that is like it, or
    of the first level and right above the text.
    """
    title = _words(tree.title.lower())
    spaced = f" {' '.join(title)} "
    second = -1
    for unit in reversed(looked.before):
        above = looked.start - unit
        if above > FAR_UNITS:
            break
        words = _words(" ".join(tree.lines[unit]).lower())
        if not words or _is_outside(tree, unit):
            continue
        heading = f" {' '.join(words)} "
        if title and (heading in spaced or spaced in heading):
            return unit
        if second < 0:
            shared = sum(word in title for word in words) * 100 >= MIN_SHARED_PERCENT * len(words)
            if looked.around[unit] & TAG_BIT["h1"]:
                fits = shared or above <= NEAR_UNITS
            else:
                fits = shared and len(words) >= MIN_WORDS and above <= ALIKE_UNITS
            if fits:
                second = unit
    return second


def _is_outside(tree: Tree, unit: int) -> bool:
    """Whether the unit is inside of navigation, a footer, an aside or a dialog."""
    element = tree.element[unit]
    while element:
        if tree.mask[element] & _OUTSIDE:
            return True
        element = tree.parent[element]
    return False
