"""Turns a page's units into a matrix of whole numbers: what the model sees.

Every value is an integer held in a float64, and every step is exact (sums of integers, quotients
rounded down), so the matrix is the same on every machine and with every version of numpy. Lengths
are on a logarithmic scale of `LOG_STEPS` a factor e, shares on a scale of 0..`FULL`.
"""

import math

import numpy as np
import numpy.typing as npt

from transforms.text.html.dom import Tree
from transforms.text.html.hints import BIT, N_BITS, TAG_BIT
from transforms.text.html.lines import (
    DATED,
    FLAGS,
    SENTENCE,
    TIMED,
    Integers,
    Lines,
    read_lines,
)
from transforms.text.html.words import BIT as WORD_BIT
from transforms.text.html.words import HREF_GROUPS, NAMES

Matrix = npt.NDArray[np.float64]

FULL = 256
LOG_STEPS = 64
LEVELS = 5
"""How many ancestors, the unit's own element included, are looked at."""
LONG_CHARS = 100
PROSE_BELOW = 100
"""Text counts as prose up to this share of linked characters, of `FULL`."""

_LOG_SIZE = 1 << 16
_LOG = np.array([round(LOG_STEPS * math.log1p(n)) for n in range(_LOG_SIZE)], dtype=np.int64)

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
_SCORE_WEIGHTS = ((1, 25), (2, 15), (3, 9), (4, 5))
_OFFSETS = (-3, -2, -1, 1, 2, 3)
_WIDTHS = np.array([[2], [5], [12]])


def log(counts: Integers) -> Integers:
    """`LOG_STEPS * ln(1 + n)`, rounded; counts above 65,535 count as 65,535."""
    return _LOG[np.minimum(counts, _LOG_SIZE - 1)]


def share(part: Integers, whole: Integers) -> Integers:
    """`FULL * part / whole`, rounded down, at most `FULL`; 0 where `whole` is 0."""
    return np.minimum(part * FULL // np.maximum(whole, 1), FULL)


def bits(masks: Integers, count: int) -> Integers:
    """One row a bit, one column a mask."""
    return (masks >> np.arange(count)[:, None]) & 1


def build(tree: Tree) -> Matrix:
    """The features of every unit of a page.

    Args:
      tree: a page with at least one unit.

    Returns:
      One row a unit; the number of columns is fixed. Whole numbers.
    """
    texts = [lines[0] if len(lines) == 1 else " ".join(lines) for lines in tree.lines]
    rows = _Page(tree, texts).rows()
    out = np.empty((len(texts), sum(len(part) for part in rows)))
    at = 0
    for part in rows:
        out[:, at : at + len(part)] = part.T
        at += len(part)
    return out


class _Page:
    """A page as columns; the methods give groups of features, one row a feature."""

    def __init__(self, tree: Tree, texts: list[str]) -> None:
        self.tree = tree
        self.n = n = len(texts)
        self.index = np.arange(n)
        self.lines: Lines = read_lines(tree, texts)
        self.counts = counts = np.array(
            [
                list(map(len, texts)), tree.link_chars, tree.bold_chars, tree.links,
                list(map(len, tree.lines)), tree.element, tree.inline,
            ],
            dtype=np.int64,
        )  # fmt: skip
        self.size = size = counts[0]
        self.link = np.minimum(counts[1], size)
        self.element = counts[5]
        self.density = share(self.link, size)
        prose = self.density < PROSE_BELOW
        self.prose = np.where(prose, size - self.link, 0)
        self.long = prose & (size >= LONG_CHARS)
        self.sums = np.zeros((6, n + 1), dtype=np.int64)
        vocabulary, flags = self.lines.vocabulary, self.lines.flags
        said = ((vocabulary & (WORD_BIT["said"] | WORD_BIT["reply"])) != 0) & (size < 80)
        dated = (flags & (DATED | TIMED)) != 0
        np.cumsum(
            np.stack((size, self.link, self.long, np.minimum(counts[3], 50), self.prose, said)),
            axis=1,
            out=self.sums[:, 1:],
        )
        self.dates = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(dated, out=self.dates[1:])
        elements = np.array([tree.parent, tree.mask, tree.first, tree.last], dtype=np.int64)
        self.parent, self.own, self.first = elements[0], elements[1], elements[2]
        self.last = np.maximum(np.minimum(elements[3], n), self.first)
        self.held = self.sums[:, self.last] - self.sums[:, self.first]
        self.page = self.sums[:, -1]

    def rows(self) -> list[Integers]:
        """All features."""
        size, lines, index, n = self.size, self.lines, self.index, self.n
        above = [self.element]
        for _ in range(LEVELS - 1):
            above.append(self.parent[above[-1]])
        ancestors = np.stack(above)
        guarded = self.own & np.where(self.held[4] * 2 <= self.page[4], -1, ~_WEAK_ON_WRAPPERS)
        inherited, depths = _inherit(self.tree.parent, guarded.tolist())
        depth = np.array(depths, dtype=np.int64)[self.element]
        inline = self.counts[6]
        everything = np.array(inherited, dtype=np.int64)[self.element] | inline
        near = self.own[self.element] | inline
        farther = guarded[ancestors[1]] | guarded[ancestors[2]]
        text = np.stack(
            (
                self.density, share(self.counts[2], size), np.minimum(self.counts[3], 8),
                np.minimum(self.counts[4], 8), share(size, lines.words) // 16,
                np.minimum(lines.commas, 8), share(lines.digits, size),
                np.minimum(lines.stops, 5), np.minimum(depth, 30),
            )
        )  # fmt: skip
        best, containers = self._containers(ancestors)
        start, end = int(self.first[best]), int(self.last[best])
        logs = log(
            np.stack(
                (
                    size, lines.words, index, n - 1 - index, np.clip(start - index, 0, 60),
                    np.clip(index - end + 1, 0, 60), self.sums[2, index],
                    self.page[2] - self.sums[2, index], self.sums[5, index],
                    self.page[5] - self.sums[5, index],
                )
            )
        )  # fmt: skip
        hinted = (everything & _CHROME) != 0
        return [
            text,
            logs,
            containers,
            _levels_to_best(self.tree.parent, best, self.element),
            self._neighbours(logs[0], hinted, depth, ancestors),
            self._windows(),
            self._places(),
            self._same_make(),
            self._whole(),
            bits(lines.flags, len(FLAGS)),
            bits(lines.vocabulary, len(NAMES)),
            bits(lines.target, len(HREF_GROUPS)),
            bits(near, N_BITS),
            bits(farther, N_BITS),
            bits(everything, N_BITS),
        ]

    def _containers(self, ancestors: Integers) -> tuple[int, Integers]:
        """The container with the best score, after Readability, and features of all ancestors."""
        size = self.size
        good = np.where(
            (self.density < PROSE_BELOW) & (size >= 25),
            np.minimum(size, 1000) + 30 * np.minimum(self.lines.commas, 10),
            0,
        )
        score = np.zeros(len(self.parent), dtype=np.int64)
        for level, weight in _SCORE_WEIGHTS:
            found = np.bincount(ancestors[level], weights=good * weight, minlength=len(score))
            score += found.astype(np.int64)
        held = self.held
        density = share(held[1], held[0])
        score = score * (FULL - density) // FULL
        best = int(np.argmax(score))
        units = self.last - self.first
        shares = np.stack(
            (
                density,
                share(held[4], self.page[4:5]),
                share(score, np.maximum(score[best : best + 1], 1)),
            )
        )
        logs = log(np.stack((held[0], units, held[0] // np.maximum(units, 1), held[2])))
        table = np.concatenate((shares, logs))[:, ancestors].reshape(-1, self.n)
        return best, np.concatenate((table, ancestors[1:] == best))

    def _neighbours(
        self, size_log: Integers, hinted: Integers, depth: Integers, ancestors: Integers
    ) -> Integers:
        n = self.n
        change = np.zeros(n, dtype=np.int64)
        change[1:] = np.clip(depth[1:] - depth[:-1], -8, 8)
        padded = np.zeros((8, n + 6), dtype=np.int64)
        padded[1] = FULL
        padded[3] = 1
        padded[5:7] = -1
        padded[:, 3:-3] = (
            size_log, self.density, self.lines.flags & SENTENCE, hinted, change,
            self.element, ancestors[1], self.lines.vocabulary,
        )  # fmt: skip
        before, after = padded[:, 2 : 2 + n], padded[:, 4 : 4 + n]
        return np.concatenate(
            (
                *(padded[:5, 3 + by : 3 + by + n] for by in _OFFSETS),
                before[5:7] == padded[5:7, 3:-3],
                after[5:7] == padded[5:7, 3:-3],
                bits(before[7], len(NAMES)),
                bits(after[7], len(NAMES)),
            )
        )

    def _windows(self) -> Integers:
        low = np.maximum(self.index - _WIDTHS, 0)
        high = np.minimum(self.index + _WIDTHS + 1, self.n)
        inside = self.sums[:, high] - self.sums[:, low]
        dates = self.dates[high[1]] - self.dates[low[1]]
        return np.concatenate(
            (
                share(inside[1], inside[0]),
                log(inside[[0, 4, 3]]).reshape(-1, self.n),
                inside[2] * FULL // (high - low),
                inside[5, 1:2],
                dates[None],
            )
        )

    def _places(self) -> Integers:
        """Where the unit stands: on the page, and relative to headings and long paragraphs."""
        index, n = self.index, self.n
        own, vocabulary = self.own[self.element], self.lines.vocabulary
        h1, heading = (own & TAG_BIT["h1"]) != 0, (own & _HEADINGS) != 0
        short = self.size < 80
        remarks = short & ((vocabulary & WORD_BIT["comment"]) != 0) & (heading | (self.size < 40))
        related = short & ((vocabulary & WORD_BIT["related"]) != 0) & heading
        legal = short & ((vocabulary & WORD_BIT["legal"]) != 0)
        hits = np.stack((h1, self.long, heading, legal, remarks, related))
        most = np.array([[40], [30], [20], [20], [60], [40]])
        seen = np.maximum.accumulate(np.where(hits, index, -100), axis=1)
        coming = np.minimum.accumulate(np.where(hits[:4], index, n + 100)[:, ::-1], axis=1)[:, ::-1]
        return np.concatenate(
            (
                np.stack(
                    (
                        index * FULL // n,
                        self.sums[0, :-1] * FULL // max(int(self.page[0]), 1),
                        self.sums[4, :-1] * FULL // max(int(self.page[4]), 1),
                    )
                ),
                np.minimum(index - seen, most),
                np.minimum(coming - index, most[:4]),
                seen[[0, 4, 5]] >= 0,
            )
        )

    def _same_make(self) -> Integers:
        """Units whose element and its parent have the same tag, class and id: how many, how long."""
        tree = self.tree
        makes: dict[tuple[object, ...], int] = {}
        numbers = []
        for element in tree.element:
            parent = tree.parent[element]
            key = (tree.mask[element], tree.name[element], tree.mask[parent], tree.name[parent][0])
            numbers.append(makes.setdefault(key, len(makes)))
        make = np.array(numbers, dtype=np.int64)
        count = np.bincount(make)
        sizes = np.bincount(make, weights=self.size).astype(np.int64)
        linked = np.bincount(make, weights=self.link).astype(np.int64)
        table = np.stack(
            (log(count), log(sizes // count), share(linked, sizes), share(sizes, self.page[:1]))
        )
        return table[:, make]

    def _whole(self) -> Integers:
        """The page as a whole."""
        commented = int(((self.own & BIT["comment"]) != 0).sum())
        logs = log(np.array([self.n, self.page[4], self.page[2], self.page[5], commented]))
        values = np.array(
            [
                *logs, int(self.page[1]) * FULL // max(int(self.page[0]), 1),
                bool((self.own & TAG_BIT["article"]).any()),
                bool((self.own & TAG_BIT["main"]).any()),
            ]
        )  # fmt: skip
        return np.repeat(values[:, None], self.n, axis=1)


def _inherit(parent: list[int], masks: list[int]) -> tuple[list[int], list[int]]:
    """Every element's mask or that of any of its ancestors, and how many those are."""
    depth = [0] * len(parent)
    for number in range(1, len(parent)):
        above = parent[number]
        masks[number] |= masks[above]
        depth[number] = depth[above] + 1
    return masks, depth


def _levels_to_best(parent: list[int], best: int, element: Integers) -> Integers:
    """Levels from the best container up to its closest ancestor that holds the unit too, 0..12."""
    chain: dict[int, int] = {}
    at = best
    for steps in range(13):
        chain[at] = steps
        if at == parent[at]:
            break
        at = parent[at]
    distance = [12] * len(parent)
    for number in range(len(parent)):
        known = chain.get(number)
        distance[number] = distance[parent[number]] if known is None else known
    levels = np.array(distance, dtype=np.int64)[element]
    return np.stack((levels, levels == 0))
