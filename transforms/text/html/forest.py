"""Several pages behind one another, numbered on: what numpy can look at in one go."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transforms.text.html.tree import Integers, Tree


@dataclass(frozen=True, slots=True)
class Forest:
    """The elements and units of pages, each page's behind those of the page before.

    Attributes:
      unit_starts, element_starts: where each page begins; one entry more than pages.
      page_of_unit, page_of_element: the page of each.
      parent, mask, first, last, end: one entry an element, see `Tree`.
      element: one entry a unit.
      counts: a row each for `link_chars`, `bold_chars`, `links`, number of lines, `inline` and
        characters.
    """

    unit_starts: Integers
    element_starts: Integers
    page_of_unit: Integers
    page_of_element: Integers
    parent: Integers
    mask: Integers
    first: Integers
    last: Integers
    end: Integers
    element: Integers
    counts: Integers

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> "Forest":
        """Line up pages.

        Args:
          trees: pages with at least one unit each, at least one page.
        """
        n_units = np.array([len(tree.lines) for tree in trees])
        n_elements = np.array([len(tree.parent) for tree in trees])
        numbers = np.arange(len(trees))
        unit_starts, element_starts = _starts(n_units), _starts(n_elements)
        page_of_unit = np.repeat(numbers, n_units)
        page_of_element = np.repeat(numbers, n_elements)
        elements = np.concatenate([tree.elements for tree in trees], axis=1)
        units = np.concatenate([tree.units for tree in trees], axis=1)
        more_elements = element_starts.take(page_of_element)
        more_units = unit_starts.take(page_of_element)
        most_units = unit_starts.take(page_of_element + 1)
        # An empty cell at the end of a row begins after units that became one.
        first = np.minimum(elements[2] + more_units, most_units)
        last = np.maximum(np.minimum(elements[3] + more_units, most_units), first)
        return cls(
            unit_starts, element_starts, page_of_unit, page_of_element,
            elements[0] + more_elements, elements[1], first, last, elements[4] + more_elements,
            units[0] + element_starts.take(page_of_unit), units[1:],
        )  # fmt: skip

    def depths(self) -> Integers:
        """How many elements are around each element."""
        count = len(self.parent)
        ended = np.cumsum(np.bincount(self.end, minlength=count + 1))[:count]
        return np.arange(count) - ended

    def unit_bounds(self) -> tuple[Integers, Integers]:
        """For each unit the first unit of its page, and the first one behind the page."""
        page = self.page_of_unit
        return self.unit_starts.take(page), self.unit_starts.take(page + 1)


def _starts(counts: Integers) -> Integers:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts
