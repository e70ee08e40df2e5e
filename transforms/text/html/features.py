"""Turns pages' units into a matrix of whole numbers: what the model sees.

Pages are looked at many at a time, one behind the other in every array: a page has a few hundred
units, so that for a single one numpy would spend most of its time on starting. What a page's rows
hold depends on nothing but the page.

Every value is an integer held in a float64, and every step is exact (sums of integers, quotients
rounded down), so the matrix is the same on every machine and with every version of numpy. See
`scales` for how lengths and shares are counted.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text import kernel
from transforms.text.html.forest import Forest
from transforms.text.html.lines import FLAGS, SENTENCE, read_lines
from transforms.text.html.scales import FULL, LOG, levels_to, log, share
from transforms.text.html.tree import Integers, Tree, inherit
from transforms.text.html.vocabulary import BIT, N_BITS, TAG_BIT

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
_PAD = 3
_NONE = -1_000
"""Far from every unit."""


_KERNEL_MASKS = np.array(
    [
        BIT["comment"], TAG_BIT["article"], TAG_BIT["main"], TAG_BIT["footer"], TAG_BIT["nav"],
        TAG_BIT["h1"], _HEADINGS, _CHROME, _WEAK_ON_WRAPPERS,
    ],
    dtype=np.int64,
)  # fmt: skip
"""As `_features.c` numbers them."""
_PLACES = np.array([[40], [30], [20]])
_MASKS = (len(FLAGS), N_BITS, N_BITS, N_BITS)

N_NUMBERS = 124
"""Columns that count something; those behind are bits."""

ALL_BITS = np.array([64 * row + bit for row, count in enumerate(_MASKS) for bit in range(count)])
"""All bits that can be features: the unit's flags, and the hints of its element, of the two around
that, and of all around."""


class Features(NamedTuple):
    """What the model sees of pages.

    Attributes:
      rows: one row a unit that is not chrome beyond doubt; whole numbers.
      units: the unit of each row, counted over all pages. All other units are chrome: two units
        before and two behind are nothing but links as well, or `<nav>` or a page's `<footer>` is
        around.
    """

    rows: Matrix
    units: Integers


def build(trees: Sequence[Tree], bits: Integers = ALL_BITS) -> Features:
    """The features of pages' units: `N_NUMBERS` counts, then the bits.

    Args:
      trees: pages with at least one unit each, at least one page.
      bits: those of `ALL_BITS` that are wanted.
    """
    if kernel.compiled is not None:
        tables = [(tree.elements, tree.units, tree.lines) for tree in trees]
        wanted = np.ascontiguousarray(bits, np.int64)
        rows, units = kernel.compiled.build_features(tables, wanted, LOG, _KERNEL_MASKS)
        table = np.frombuffer(rows, dtype=np.float64).reshape(-1, N_NUMBERS + len(bits))
        return Features(table, np.frombuffer(units, dtype=np.int64))
    pages = _Pages(trees)
    return Features(pages.table(bits).T, pages.units)


class _Pages:
    """Pages as columns; the methods give groups of features, one row a feature.

    Columns that are named without "all" have one entry for each unit of `units`.
    """

    def __init__(self, trees: Sequence[Tree]) -> None:
        self.forest = forest = Forest.of(trees)
        self.trees = trees
        self.n = n = len(forest.element)
        self.all_index = np.arange(n)
        counts = forest.counts
        self.all_size = size = counts[5] + counts[3] - 1  # lines are joined by spaces
        self.all_inline, self.all_element = counts[4], forest.element
        self.all_link = link = np.minimum(counts[0], size)
        self.all_density = density = share(link, size)
        self.all_prose = density < PROSE_BELOW
        self.all_long = self.all_prose & (size >= LONG_CHARS)
        self.parent, self.own = forest.parent, forest.mask
        self.first, self.last = forest.first, forest.last
        # Sums of sizes, linked, long, links and prose before each unit.
        self.sums = sums = np.zeros((5, n + 1), dtype=np.int64)
        columns = np.empty((5, n), dtype=np.int64)
        columns[0], columns[1], columns[2] = size, link, self.all_long
        columns[3] = np.minimum(counts[2], 50)
        columns[4] = (size - link) * self.all_prose
        np.cumsum(columns, axis=1, out=sums[:, 1:])
        prose = sums[4]
        starts = forest.unit_starts
        self.totals = totals = sums.take(starts[1:], axis=1) - sums.take(starts[:-1], axis=1)
        self.prose_of_element = totals[4].take(forest.page_of_element)
        wrapper = (prose.take(self.last) - prose.take(self.first)) * 2 > self.prose_of_element
        self.guarded = self.own & np.where(wrapper, ~_WEAK_ON_WRAPPERS, -1)
        self.all_depth = forest.depths().take(self.all_element)
        self.all_inherited = inherit(self.parent, self.guarded).take(self.all_element)
        self.all_start, self.all_end = forest.unit_bounds()
        self.units = units = np.flatnonzero(~self._chrome())
        self.start, self.end = self.all_start.take(units), self.all_end.take(units)
        self.page = forest.page_of_unit.take(units)
        self.size, self.element = size.take(units), self.all_element.take(units)
        self.words, self.commas, self.digits, self.stops, self.flags = read_lines(
            [tree.lines for tree in trees], units.tolist(), starts.tolist()
        )

    def _chrome(self) -> npt.NDArray[np.bool_]:
        """Units that are chrome beyond doubt."""
        low = np.maximum(self.all_index - 2, self.all_start)
        high = np.minimum(self.all_index + 3, self.all_end)
        sums = self.sums[:2]
        size, link = sums.take(high, axis=1) - sums.take(low, axis=1)
        links = (self.all_density >= _ALL_LINKS) & (share(link, size) >= _ALL_LINKS)
        tags = self.all_inherited
        footer = (tags & (TAG_BIT["footer"] | TAG_BIT["article"])) == TAG_BIT["footer"]
        return links | footer | ((tags & TAG_BIT["nav"]) != 0)

    def table(self, bits: Integers) -> Matrix:
        """All features."""
        units, size, element = self.units, self.size, self.element
        out = np.empty((N_NUMBERS + len(bits), len(units)))
        all_ancestors = np.empty((LEVELS, self.n), dtype=np.int64)
        all_ancestors[0] = self.all_element
        for level in range(1, LEVELS):
            self.parent.take(all_ancestors[level - 1], out=all_ancestors[level], mode="clip")
        ancestors = all_ancestors.take(units, axis=1)
        counts = self.forest.counts.take(units, axis=1)
        inline = counts[4]
        self.all_hinted = ((self.all_inherited | self.all_inline) & _CHROME) != 0
        out[0] = self.all_density.take(units)
        out[1] = share(counts[1], size)
        out[2:4] = np.minimum(counts[2:4], 8)
        out[4] = share(size, self.words) // 16
        out[5] = np.minimum(self.commas, 8)
        out[6] = share(self.digits, size)
        out[7] = np.minimum(self.stops, 5)
        out[8] = np.minimum(self.all_depth.take(units), 30)
        best = self._containers(all_ancestors, ancestors, out[17:56])
        first, last = self.first[best].take(self.page), self.last[best].take(self.page)
        before = self.sums.take(units, axis=1) - self.sums.take(self.start, axis=1)
        totals = self.totals.take(self.page, axis=1)
        logs = np.empty((8, len(units)), dtype=np.int64)
        logs[0], logs[1], logs[2], logs[3] = (
            size,
            self.words,
            units - self.start,
            self.end - 1 - units,
        )
        logs[4], logs[5] = np.clip(first - units, 0, 60), np.clip(units - last + 1, 0, 60)
        logs[6], logs[7] = before[2], totals[2] - before[2]
        out[9:17] = log(logs)
        levels = self._levels(best).take(element)
        out[56], out[57] = levels, levels == 0
        masks = np.empty((len(_MASKS), len(units)), dtype=np.int64)
        self._neighbours(all_ancestors[1], out[58:92])
        masks[0], masks[1] = self.flags, self.own.take(element) | inline
        masks[2] = self.guarded.take(ancestors[1]) | self.guarded.take(ancestors[2])
        masks[3] = self.all_inherited.take(units) | inline
        self._windows(out[92:107])
        self._places(before, totals, out[107:117])
        self._whole(out[117:124])
        chosen = masks.take(bits >> 6, axis=0)
        chosen >>= (bits & 63)[:, None]
        chosen &= 1
        out[N_NUMBERS:] = chosen
        return out

    def _containers(self, all_ancestors: Integers, ancestors: Integers, out: Matrix) -> Integers:
        """Each page's container with the best score, after Readability; features of ancestors."""
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
        starts = self.forest.element_starts.tolist()
        best = np.array(
            [low + int(score[low:high].argmax()) for low, high in itertools.pairwise(starts)]
        )
        table[1] = share(held[4], self.prose_of_element)
        most = np.maximum(score.take(best), 1).take(self.forest.page_of_element)
        table[2] = share(score, most)
        units = self.last - self.first
        logs = np.empty((4, count), dtype=np.int64)
        logs[0], logs[1], logs[3] = held[0], units, held[2]
        logs[2] = held[0] // np.maximum(units, 1)
        table[3:] = log(logs)
        out[:35] = table.take(ancestors, axis=1).reshape(35, -1)
        out[35:] = ancestors[1:] == best.take(self.page)
        return best

    def _levels(self, best: Integers) -> Integers:
        """For each element the levels from its page's best container, see `levels_to`."""
        starts = self.forest.element_starts.tolist()
        return np.concatenate(
            [
                levels_to(tree.parent, tree.end, container - start)
                for tree, container, start in zip(self.trees, best.tolist(), starts, strict=False)
            ]
        )

    def _neighbours(self, all_above: Integers, out: Matrix) -> None:
        """The three units before and the three behind."""
        pages, depth = self.forest.page_of_unit, self.all_depth
        inner = self.all_index + _PAD * (pages + 1)
        padded = np.zeros((7, self.n + _PAD * (len(self.trees) + 1)), dtype=np.int64)
        padded[1] = FULL
        padded[3] = 1
        padded[5:7] = -1
        columns = np.zeros((7, self.n), dtype=np.int64)
        columns[0], columns[1] = log(self.all_size), self.all_density
        columns[2, self.units] = self.flags & SENTENCE
        columns[3] = self.all_hinted
        np.clip(depth[1:] - depth[:-1], -8, 8, out=columns[4, 1:])
        columns[4, self.forest.unit_starts[:-1]] = 0
        columns[5], columns[6] = self.all_element, all_above
        padded[:, inner] = columns
        at = inner.take(self.units)
        out[:30].reshape(6, 5, -1)[:] = padded[:5].take(at + _OFFSETS, axis=1).swapaxes(0, 1)
        alike = padded[5:]
        here, before, after = (alike.take(at + by, axis=1) for by in (0, -1, 1))
        out[30:32] = before == here
        out[32:] = after == here

    def _windows(self, out: Matrix) -> None:
        """Windows of several widths around the unit, as far as its page goes."""
        low = np.maximum(self.units - _WIDTHS, self.start)
        high = np.minimum(self.units + _WIDTHS + 1, self.end)
        inside = self.sums.take(high, axis=1) - self.sums.take(low, axis=1)
        out[:3] = share(inside[1], inside[0])
        out[3:12] = log(inside.take(_LOGGED, axis=0)).reshape(9, -1)
        out[12:] = inside[2] * FULL // (high - low)

    def _places(self, before: Integers, totals: Integers, out: Matrix) -> None:
        """Where the unit stands: on the page, and relative to headings and long paragraphs."""
        index, n, units = self.all_index, self.n, self.units
        own = self.own.take(self.all_element)
        hits = np.empty((3, n), dtype=np.bool_)
        hits[0] = own & TAG_BIT["h1"]
        hits[1] = self.all_long
        hits[2] = own & _HEADINGS
        seen = np.maximum.accumulate(np.where(hits, index, _NONE), axis=1).take(units, axis=1)
        ahead = np.where(hits, index, n - _NONE)[:, ::-1]
        coming = np.minimum.accumulate(ahead, axis=1).take(n - 1 - units, axis=1)
        out[0] = (units - self.start) * FULL // (self.end - self.start)
        out[1] = before[0] * FULL // np.maximum(totals[0], 1)
        out[2] = before[4] * FULL // np.maximum(totals[4], 1)
        here = seen >= self.start
        out[3:6] = np.where(here, np.minimum(units - seen, _PLACES), _PLACES)
        out[6:9] = np.where(coming < self.end, np.minimum(coming - units, _PLACES), _PLACES)
        out[9] = here[0]

    def _whole(self, out: Matrix) -> None:
        """The page as a whole."""
        forest, totals = self.forest, self.totals
        count = len(self.trees)
        hits = np.empty((3, len(self.own)))
        for row, bit in enumerate((BIT["comment"], TAG_BIT["article"], TAG_BIT["main"])):
            hits[row] = (self.own & bit) != 0
        commented, article, main = np.add.reduceat(hits, forest.element_starts[:-1], axis=1)
        logs = np.array([np.diff(forest.unit_starts), totals[4], totals[2], commented], np.int64)
        values = np.empty((7, count))
        values[:4] = log(logs)
        values[4] = totals[1] * FULL // np.maximum(totals[0], 1)
        values[5], values[6] = article > 0, main > 0
        out[:] = values.take(self.page, axis=1)
