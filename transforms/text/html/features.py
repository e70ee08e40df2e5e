"""Turns a page's units into a matrix of whole numbers: what the model sees.

Every value is an integer held in a float64, and every step is exact (sums of integers, quotients
rounded down), so the matrix is the same on every machine and with every version of numpy. See
`scales` for how lengths and shares are counted.
"""

from typing import Any, NamedTuple

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
from transforms.text.html.scales import FULL, bits, inherit, levels_to, log, share
from transforms.text.html.words import BIT as WORD_BIT
from transforms.text.html.words import HREF_GROUPS, NAMES

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
_SCORE_WEIGHTS = ((1, 25), (2, 15), (3, 9), (4, 5))
_OFFSETS = (-3, -2, -1, 1, 2, 3)
_WIDTHS = np.array([[2], [5], [12]])


class Features(NamedTuple):
    """What the model sees of a page.

    Attributes:
      rows: one row a unit that is not chrome beyond doubt; whole numbers.
      units: the unit of each row. All other units are chrome: two units before and two behind
        are nothing but links as well, or `<nav>` or a page's `<footer>` is around.
    """

    rows: Matrix
    units: Integers


def build(tree: Tree) -> Features:
    """The features of a page's units; the number of columns is fixed.

    Args:
      tree: a page with at least one unit.
    """
    texts = [lines[0] if len(lines) == 1 else " ".join(lines) for lines in tree.lines]
    page = _Page(tree, texts)
    units = np.flatnonzero(~page.chrome)
    parts = page.rows()
    out = np.empty((len(units), sum(len(part) for part in parts)))
    at = 0
    for part in parts:
        out[:, at : at + len(part)] = part.T[units]
        at += len(part)
    return Features(out, units)


class _Page:
    """A page as columns; the methods give groups of features, one row a feature."""

    def __init__(self, tree: Tree, texts: list[str]) -> None:
        self.tree = tree
        self.n = n = len(texts)
        self.index = np.arange(n)
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
        elements = np.array([tree.parent, tree.mask, tree.first, tree.last], dtype=np.int64)
        self.parent, self.own, self.first = elements[0], elements[1], elements[2]
        self.last = np.maximum(np.minimum(elements[3], n), self.first)
        self.sums = np.zeros((7, n + 1), dtype=np.int64)
        columns = (size, self.link, self.long, np.minimum(counts[3], 50), self.prose)
        np.cumsum(np.stack(columns), axis=1, out=self.sums[:5, 1:])
        held = self.sums[4, self.last] - self.sums[4, self.first]
        wrapper = held * 2 > self.sums[4, -1]
        self.guarded = self.own & np.where(wrapper, ~_WEAK_ON_WRAPPERS, -1)
        inherited, depths = inherit(tree.parent, self.guarded.tolist())
        self.inherited = np.array(inherited, dtype=np.int64)[self.element]
        self.depth = np.array(depths, dtype=np.int64)[self.element]
        self.chrome = self._chrome()
        self.lines: Lines = read_lines(tree, texts, self.chrome.tolist())
        vocabulary, flags = self.lines.vocabulary, self.lines.flags
        said = ((vocabulary & (WORD_BIT["said"] | WORD_BIT["reply"])) != 0) & (size < 80)
        dated = (flags & (DATED | TIMED)) != 0
        np.cumsum(np.stack((said, dated)), axis=1, out=self.sums[5:, 1:])
        self.held = self.sums[:, self.last] - self.sums[:, self.first]
        self.page = self.sums[:, -1]

    def _chrome(self) -> npt.NDArray[np.bool_]:
        """Units that are chrome beyond doubt."""
        high, low = np.minimum(self.index + 3, self.n), np.maximum(self.index - 2, 0)
        size, link = self.sums[0], self.sums[1]
        around = share(link[high] - link[low], size[high] - size[low])
        links = (self.density >= _ALL_LINKS) & (around >= _ALL_LINKS)
        tags = self.inherited
        footer = (tags & (TAG_BIT["footer"] | TAG_BIT["article"])) == TAG_BIT["footer"]
        return links | footer | ((tags & TAG_BIT["nav"]) != 0)

    def rows(self) -> list[npt.NDArray[np.integer[Any]]]:
        """All features."""
        size, lines, index, n = self.size, self.lines, self.index, self.n
        above = [self.element]
        for _ in range(LEVELS - 1):
            above.append(self.parent[above[-1]])
        ancestors = np.stack(above)
        guarded, depth, inline = self.guarded, self.depth, self.counts[6]
        everything = self.inherited | inline
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
            levels_to(self.tree.parent, best, self.element),
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
        return np.concatenate(
            (
                share(inside[1], inside[0]),
                log(inside[[0, 4, 3]]).reshape(-1, self.n),
                inside[2] * FULL // (high - low),
                inside[5:, 1],
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
        """How many units have an element and parent of the same tag, class and id; how long."""
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
