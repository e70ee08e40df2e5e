"""Turns a page's units into a matrix of whole numbers: what the model sees.

Every value is an integer held in a float64, and every step is exact (sums of integers, quotients
rounded down), so the matrix is the same on every machine and with every version of numpy. See
`scales` for how lengths and shares are counted.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text.html.hints import BIT, N_BITS, TAG_BIT
from transforms.text.html.lines import FLAGS, SENTENCE, read_lines
from transforms.text.html.scales import FULL, levels_to, log, share
from transforms.text.html.tree import Integers, Tree, inherit

Matrix = npt.NDArray[np.float64]

LEVELS = 5
"""How many ancestors, the unit's own element included, are looked at."""
LONG_CHARS = 100
_ALL_LINKS = 230
PROSE_BELOW = 100
"""Text counts as prose up to this share of linked characters, of `FULL`."""

_CHROME = (
    BIT["comment"] | BIT["discussion"] | BIT["navigation"] | BIT["footer"] | BIT["sidebar"]
    | BIT["related"] | BIT["share"] | BIT["ad"] | BIT["newsletter"] | BIT["cookie"] | BIT["login"]
    | BIT["form"] | TAG_BIT["nav"] | TAG_BIT["footer"] | TAG_BIT["aside"] | TAG_BIT["form"]
)  # fmt: skip
_WEAK_ON_WRAPPERS = (
    _CHROME | BIT["header"] | BIT["hidden"] | BIT["tag"] | BIT["meta"] | BIT["listing"]
)
"""Hints that say nothing on an element that holds more than half of the page's prose."""
_HEADINGS = TAG_BIT["h1"] | TAG_BIT["h2"] | TAG_BIT["h3"] | TAG_BIT["h4"]
_SCORE_WEIGHTS = np.array([[25], [15], [9], [5]])
_LOGGED = np.array([0, 4, 3])
_OFFSETS = np.array([[-3], [-2], [-1], [1], [2], [3]])
_WIDTHS = np.array([[2], [5], [12]])


_PLACES = np.array([[40], [30], [20]])
_MASKS = (len(FLAGS), N_BITS, N_BITS, N_BITS)

N_NUMBERS = 124
"""Columns that count something; those behind are bits."""

ALL_BITS = np.array([64 * row + bit for row, count in enumerate(_MASKS) for bit in range(count)])
"""All bits that can be features: the unit's flags, and the hints of its element, of the two around
that, and of all around."""


class Features(NamedTuple):
    """What the model sees of a page.

    Attributes:
      rows: one row a unit that is not chrome beyond doubt; whole numbers.
      units: the unit of each row. All other units are chrome: two units before and two behind
        are nothing but links as well, or `<nav>` or a page's `<footer>` is around.
    """

    rows: Matrix
    units: Integers


def build(tree: Tree, bits: Integers = ALL_BITS) -> Features:
    """The features of a page's units: `N_NUMBERS` counts, then the bits.

    Args:
      tree: a page with at least one unit.
      bits: those of `ALL_BITS` that are wanted.
    """
    page = _Page(tree)
    return Features(page.table(bits).T, page.units)


class _Page:
    """A page as columns; the methods give groups of features, one row a feature.

    Columns that are named without "all" have one entry for each unit of `units`.
    """

    def __init__(self, tree: Tree) -> None:
        texts = [lines[0] if len(lines) == 1 else " ".join(lines) for lines in tree.lines]
        self.tree = tree
        self.n = n = len(texts)
        self.all_index = np.arange(n)
        all_counts = np.array(
            [
                list(map(len, texts)), tree.link_chars, tree.bold_chars, tree.links,
                list(map(len, tree.lines)), tree.inline, tree.element,
            ],
            dtype=np.int64,
        )  # fmt: skip
        self.all_size = size = all_counts[0]
        self.all_inline = all_counts[5]
        self.all_element = all_element = all_counts[6]
        self.all_link = link = np.minimum(all_counts[1], size)
        self.all_density = density = share(link, size)
        self.all_prose = density < PROSE_BELOW
        self.all_long = self.all_prose & (size >= LONG_CHARS)
        elements = tree.elements
        self.parent, self.own = elements[0], elements[1]
        # An empty cell at the end of a row begins after units that became one.
        self.first = np.minimum(elements[2], n)
        self.last = np.maximum(np.minimum(elements[3], n), self.first)
        # Sums of sizes, linked, long, links and prose before each unit.
        self.sums = sums = np.zeros((5, n + 1), dtype=np.int64)
        columns = np.empty((5, n), dtype=np.int64)
        columns[0], columns[1], columns[2] = size, link, self.all_long
        columns[3] = np.minimum(all_counts[3], 50)
        columns[4] = (size - link) * self.all_prose
        np.cumsum(columns, axis=1, out=sums[:, 1:])
        prose = sums[4]
        wrapper = (prose.take(self.last) - prose.take(self.first)) * 2 > prose[-1]
        self.guarded = self.own & np.where(wrapper, ~_WEAK_ON_WRAPPERS, -1)
        count = len(self.parent)
        started = np.arange(count)
        depth = started - np.cumsum(np.bincount(elements[4], minlength=count + 1))[:count]
        self.all_depth = depth.take(all_element)
        self.all_inherited = inherit(self.parent, self.guarded).take(all_element)
        chrome = self._chrome()
        self.units = units = np.flatnonzero(~chrome)
        self.counts = all_counts.take(units, axis=1)
        self.size, self.element = self.counts[0], self.counts[6]
        self.words, self.commas, self.digits, self.stops, self.flags = read_lines(
            texts, units.tolist()
        )
        self.page = sums[:, -1]

    def _chrome(self) -> npt.NDArray[np.bool_]:
        """Units that are chrome beyond doubt."""
        low, high = np.maximum(self.all_index - 2, 0), np.minimum(self.all_index + 3, self.n)
        sums = self.sums[:2]
        size, link = sums.take(high, axis=1) - sums.take(low, axis=1)
        links = (self.all_density >= _ALL_LINKS) & (share(link, size) >= _ALL_LINKS)
        tags = self.all_inherited
        footer = (tags & (TAG_BIT["footer"] | TAG_BIT["article"])) == TAG_BIT["footer"]
        return links | footer | ((tags & TAG_BIT["nav"]) != 0)

    def table(self, bits: Integers) -> Matrix:
        """All features."""
        units, size, n, page = self.units, self.size, self.n, self.page
        out = np.empty((N_NUMBERS + len(bits), len(units)))
        all_ancestors = np.empty((LEVELS, n), dtype=np.int64)
        all_ancestors[0] = self.all_element
        for level in range(1, LEVELS):
            self.parent.take(all_ancestors[level - 1], out=all_ancestors[level], mode="clip")
        ancestors = all_ancestors.take(units, axis=1)
        inline = self.counts[5]
        self.all_hinted = ((self.all_inherited | self.all_inline) & _CHROME) != 0
        out[0] = self.all_density.take(units)
        out[1] = share(self.counts[2], size)
        out[2:4] = np.minimum(self.counts[3:5], 8)
        out[4] = share(size, self.words) // 16
        out[5] = np.minimum(self.commas, 8)
        out[6] = share(self.digits, size)
        out[7] = np.minimum(self.stops, 5)
        out[8] = np.minimum(self.all_depth.take(units), 30)
        best = self._containers(all_ancestors, ancestors, out[17:56])
        start, end = int(self.first[best]), int(self.last[best])
        before = self.sums.take(units, axis=1)
        logs = np.empty((8, len(units)), dtype=np.int64)
        logs[0], logs[1], logs[2], logs[3] = size, self.words, units, n - 1 - units
        logs[4], logs[5] = np.clip(start - units, 0, 60), np.clip(units - end + 1, 0, 60)
        logs[6], logs[7] = before[2], page[2] - before[2]
        out[9:17] = log(logs)
        levels = levels_to(self.tree.parent, self.tree.end, best).take(self.element)
        out[56], out[57] = levels, levels == 0
        masks = np.empty((len(_MASKS), len(units)), dtype=np.int64)
        self._neighbours(all_ancestors[1], out[58:92])
        near = self.own.take(self.element) | inline
        masks[0], masks[1] = self.flags, near
        masks[2] = self.guarded.take(ancestors[1]) | self.guarded.take(ancestors[2])
        masks[3] = self.all_inherited.take(units) | inline
        self._windows(out[92:107])
        self._places(before, out[107:117])
        self._whole(out[117:124])
        chosen = masks.take(bits >> 6, axis=0)
        chosen >>= (bits & 63)[:, None]
        chosen &= 1
        out[N_NUMBERS:] = chosen
        return out

    def _containers(self, all_ancestors: Integers, ancestors: Integers, out: Matrix) -> int:
        """The container with the best score, after Readability; features of all ancestors."""
        size, count = self.all_size, len(self.parent)
        good = np.minimum(size, 1000)
        good[self.units] += 30 * np.minimum(self.commas, 10)
        good *= self.all_prose & (size >= 25)
        shares_of_good = (good * _SCORE_WEIGHTS).ravel()
        weighed = np.bincount(all_ancestors[1:].ravel(), shares_of_good, minlength=count)
        held = self.sums.take(self.last, axis=1) - self.sums.take(self.first, axis=1)
        table = np.empty((7, count), dtype=np.int64)
        table[0] = density = share(held[1], held[0])
        score = weighed.astype(np.int64) * (FULL - density) // FULL
        best = int(score.argmax())
        table[1] = share(held[4], self.page[4])
        table[2] = share(score, np.maximum(score[best], 1))
        units = self.last - self.first
        logs = np.empty((4, count), dtype=np.int64)
        logs[0], logs[1], logs[3] = held[0], units, held[2]
        logs[2] = held[0] // np.maximum(units, 1)
        table[3:] = log(logs)
        out[:35] = table.take(ancestors, axis=1).reshape(35, -1)
        out[35:] = ancestors[1:] == best
        return best

    def _neighbours(self, all_above: Integers, out: Matrix) -> None:
        n, depth = self.n, self.all_depth
        padded = np.zeros((7, n + 6), dtype=np.int64)
        padded[1] = FULL
        padded[3] = 1
        padded[5:7] = -1
        inner = padded[:, 3:-3]
        inner[0], inner[1] = log(self.all_size), self.all_density
        inner[2, self.units] = self.flags & SENTENCE
        inner[3] = self.all_hinted
        np.clip(depth[1:] - depth[:-1], -8, 8, out=inner[4, 1:])
        inner[5], inner[6] = self.all_element, all_above
        at = self.units + 3
        places = at + _OFFSETS
        out[:30].reshape(6, 5, -1)[:] = padded[:5].take(places, axis=1).swapaxes(0, 1)
        alike = padded[5:]
        here, before, after = (alike.take(at + by, axis=1) for by in (0, -1, 1))
        out[30:32] = before == here
        out[32:] = after == here

    def _windows(self, out: Matrix) -> None:
        low = np.maximum(self.units - _WIDTHS, 0)
        high = np.minimum(self.units + _WIDTHS + 1, self.n)
        inside = self.sums.take(high, axis=1) - self.sums.take(low, axis=1)
        out[:3] = share(inside[1], inside[0])
        out[3:12] = log(inside.take(_LOGGED, axis=0)).reshape(9, -1)
        out[12:] = inside[2] * FULL // (high - low)

    def _places(self, before: Integers, out: Matrix) -> None:
        """Where the unit stands: on the page, and relative to headings and long paragraphs."""
        index, n, units = self.all_index, self.n, self.units
        own = self.own.take(self.all_element)
        hits = np.empty((3, n), dtype=np.bool_)
        hits[0] = own & TAG_BIT["h1"]
        hits[1] = self.all_long
        hits[2] = own & _HEADINGS
        seen = np.maximum.accumulate(np.where(hits, index, -100), axis=1).take(units, axis=1)
        ahead = np.where(hits, index, n + 100)[:, ::-1]
        coming = np.minimum.accumulate(ahead, axis=1).take(n - 1 - units, axis=1)
        out[0] = units * FULL // n
        out[1] = before[0] * FULL // max(int(self.page[0]), 1)
        out[2] = before[4] * FULL // max(int(self.page[4]), 1)
        np.minimum(units - seen, _PLACES, out=out[3:6])
        np.minimum(coming - units, _PLACES, out=out[6:9])
        out[9] = seen[0] >= 0

    def _whole(self, out: Matrix) -> None:
        """The page as a whole."""
        page = self.page
        commented = int(np.count_nonzero(self.own & BIT["comment"]))
        values = np.empty(7)
        values[:4] = log(np.array([self.n, page[4], page[2], commented]))
        values[4] = int(page[1]) * FULL // max(int(page[0]), 1)
        values[5] = bool((self.own & TAG_BIT["article"]).any())
        values[6] = bool((self.own & TAG_BIT["main"]).any())
        out[:] = values[:, None]
