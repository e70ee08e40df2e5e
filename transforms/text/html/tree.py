"""A page cut into block-level elements and units of text: what all later steps read."""

import itertools
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

Unit = tuple[list[str], int, int, int, int, int]
"""Lines, element, characters inside links and inside bold type, links, hints."""


@dataclass(slots=True)
class Tree:
    """A page as block-level elements and units of text, each a set of parallel lists.

    Elements are numbered in reading order, so that those inside of an element are a range.

    Attributes:
      title: content of `<title>`, "" where there is none.
      body: number of the element `<body>`; 0, the root, on pages of frames.
      parent: number of each element's parent; element 0 is the root and its own parent.
      mask: what each element's own tag, class, id and role hint at (see `hints`).
      name: class and id of each element, for evidence and for rules of widget systems.
      first, last: the element's units are `range(first, last)`.
      end: the element and all elements inside are `range(number, end)`.
      lines: the lines of each unit, never empty.
      element: the block-level element that holds each unit.
      link_chars, bold_chars: characters of the unit's text inside `<a>` and `<b>`, about.
      links: number of links that start in the unit.
      inline: what the inline elements inside the unit hint at.
      elements: `parent`, `mask`, `first`, `last` and `end` as an array.
      units: `element`, `link_chars`, `bold_chars`, `links`, number of lines, `inline` and
        characters of all lines as one.
    """

    title: str = ""
    body: int = 0
    parent: Sequence[int] = ()
    mask: Sequence[int] = ()
    name: Sequence[tuple[str, str]] = ()
    first: Sequence[int] = ()
    last: Sequence[int] = ()
    end: Sequence[int] = ()
    lines: tuple[list[str], ...] = ()
    element: Sequence[int] = ()
    link_chars: Sequence[int] = ()
    bold_chars: Sequence[int] = ()
    links: Sequence[int] = ()
    inline: Sequence[int] = ()
    elements: Integers = field(default_factory=lambda: np.zeros((5, 0), dtype=np.int64))
    units: Integers = field(default_factory=lambda: np.zeros((7, 0), dtype=np.int64))

    def set_units(self, units: list[Unit]) -> None:
        """Set all that is known of units, once the elements are complete.

        Args:
          units: those of the page, at least one.
        """
        (
            self.lines, self.element, self.link_chars, self.bold_chars, self.links, self.inline,
        ) = zip(*units, strict=True)  # fmt: skip
        self.elements = _table(self.parent, self.mask, self.first, self.last, self.end)
        self.units = _table(
            self.element, self.link_chars, self.bold_chars, self.links,
            map(len, self.lines), self.inline,
            [len(lines[0]) if len(lines) == 1 else sum(map(len, lines)) for lines in self.lines],
        )  # fmt: skip

    def set_columns(self, lines: list[list[str]], elements: bytes, units: bytes) -> None:
        """Set all but title, body and names; see `set_units`.

        Args:
          lines: those of each unit.
          elements: the five columns of `elements`, one behind the other, 64 bits a number.
          units: the seven columns of `units`.
        """
        self.parent, self.mask, self.first, self.last, self.end = _columns(elements, 5)
        if not lines:
            return
        self.elements = np.frombuffer(elements, dtype=np.int64).reshape(5, -1)
        self.units = np.frombuffer(units, dtype=np.int64).reshape(7, -1)
        self.lines = tuple(lines)
        element, self.link_chars, self.bold_chars, self.links, _, self.inline, _ = _columns(
            units, 7
        )
        self.element = element.tolist()  # the one that is gone through


def _columns(table: bytes, count: int) -> list["memoryview[int]"]:
    """Columns of 64 bits a number, of which no list is made: most are hardly looked at."""
    numbers = memoryview(table).cast("q")
    size = len(numbers) // count
    return [numbers[size * column : size * (column + 1)] for column in range(count)]


def _table(*columns: Iterable[int]) -> Integers:
    """Columns of the same length as an array; numpy itself would take twice the time."""
    numbers = array("q", itertools.chain(*columns))
    return np.frombuffer(numbers, dtype=np.int64).reshape(len(columns), -1)


def closest(marked: npt.NDArray[np.bool_], parent: Integers) -> Integers:
    """For each element the closest marked one, itself or an ancestor; -1 without one.

    Args:
      marked: one truth value an element.
      parent: number of each element's parent; roots are their own.
    """
    found = np.where(marked, np.arange(len(marked)), -1)
    above = parent
    while True:  # each turn looks twice as far up
        found = np.maximum(found, found[above])
        further = above[above]
        if np.array_equal(further, above):
            return found
        above = further


def inherit(parent: Integers, masks: Integers) -> Integers:
    """Every element's mask together with those of all its ancestors."""
    above = parent
    while True:
        masks = masks | masks[above]
        further = above[above]
        if np.array_equal(further, above):
            return masks
        above = further
