"""Turns a page's units into a matrix of whole numbers: what the model sees.

Every value is an integer held in a float64, and every step is exact in float64 (sums of integers,
floors of quotients), so the matrix is the same on every machine and with every version of numpy.
Lengths are on a logarithmic scale of `LOG_STEPS` a factor e, shares on a scale of 0..`FULL`.
"""

import math
import re

import numpy as np
import numpy.typing as npt

from transforms.text.html.dom import Tree
from transforms.text.html.hints import BIT, N_BITS, TAG_BIT
from transforms.text.html.words import BIT as WORD_BIT
from transforms.text.html.words import HREF_GROUPS, NAMES, href_mask, words_mask

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FULL = 256
LOG_STEPS = 64
LEVELS = 5
"""How many ancestors, the unit's own element included, are looked at."""

_LOG_SIZE = 1 << 16
_LOG = np.array([round(LOG_STEPS * math.log1p(n)) for n in range(_LOG_SIZE)], dtype=np.int64)

LONG_CHARS = 100
_DATE = re.compile(
    r"\b(?:[0-3]?\d[./-]\s?[01]?\d[./-]\s?(?:19|20)?\d\d|(?:19|20)\d\d-[01]\d-[0-3]\d"
    r"|[0-3]?\d\.?\s+[^\W\d]{3,9}\.?,?\s+(?:19|20)\d\d|[^\W\d]{3,9}\.?\s[0-3]?\d(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)\b"
)
_TIME = re.compile(r"\b[0-2]?\d[:.][0-5]\d\b|\b\d+\s(?:hours?|days?|min|weeks?|months?|years?)\b")
_DIGITS = re.compile(r"\d")

_MARKS = "©|»›•→«@?!…:"


def log(counts: Integers) -> Integers:
    """`LOG_STEPS * ln(1 + n)`, rounded; counts above 65,535 count as 65,535."""
    return _LOG[np.minimum(counts, _LOG_SIZE - 1)]


def share(part: Integers, whole: Integers) -> Integers:
    """`FULL * part / whole`, rounded down, at most `FULL`; 0 where `whole` is 0."""
    return np.minimum(part * FULL // np.maximum(whole, 1), FULL)


def bits(masks: Integers, count: int) -> Integers:
    """One row a mask, one column a bit."""
    return (masks[:, None] >> np.arange(count)) & 1


def _text_columns(tree: Tree, texts: list[str]) -> tuple[Integers, Integers, Integers]:
    rows = []
    words_masks = []
    hrefs = []
    seen: dict[str, int] = {}
    title = tree.title.lower()
    for number, text in enumerate(texts):
        size = len(text)
        last = text[-1]
        if last in "\"'“”»)’" and size > 1:
            last = text[-2]
        short = size <= 200
        times = seen.get(text, 0)
        seen[text] = times + 1
        first = text[0]
        digits = len(_DIGITS.findall(text)) if short else 0
        rows.append(
            (
                text.count(" ") + 1,
                text.count(","),
                last in ".!?。！？।",
                last == ":",
                last == "…" or text.endswith("..."),
                first.isupper(),
                first.isdigit(),
                first.islower(),
                digits,
                digits > 2 and _DATE.search(text) is not None,
                digits > 0 and _TIME.search(text) is not None,
                "©" in text,
                short and ("|" in text or "·" in text or "•" in text),
                short and ("»" in text or "›" in text or "→" in text or ">" in text),
                short and "@" in text,
                "?" in text,
                text.count(". "),
                times > 0,
                size > 8 and size < 200 and text.lower() in title,
                short and text.isupper(),
                first in '"“„«»',
                "[…]" in text or "[...]" in text or "(…)" in text,
            )
        )
        words_masks.append(words_mask(text) if short else 0)
        hrefs.append(href_mask(tree.href[number]) if short else 0)
    table = np.array(rows, dtype=np.int64)
    return table, np.array(words_masks, dtype=np.int64), np.array(hrefs, dtype=np.int64)


def _shift(column: Integers, by: int, fill: int) -> Integers:
    """The column moved so that row i holds the value of row i + by."""
    out = np.full_like(column, fill)
    if by > 0:
        out[:-by] = column[by:]
    else:
        out[-by:] = column[:by]
    return out


def _distance_back(hits: npt.NDArray[np.bool_], most: int) -> Integers:
    """How many rows ago the last hit was (0: this row), at most `most`."""
    n = len(hits)
    index = np.arange(n)
    last = np.maximum.accumulate(np.where(hits, index, -most - 1))
    return np.minimum(index - last, most)


def build(tree: Tree) -> Matrix:
    """The features of every unit of a page.

    Args:
      tree: a page with at least one unit.

    Returns:
      One row a unit; the number of columns is fixed. Whole numbers.
    """
    texts = [lines[0] if len(lines) == 1 else " ".join(lines) for lines in tree.lines]
    n = len(texts)
    size = np.array([len(text) for text in texts], dtype=np.int64)
    link = np.minimum(np.array(tree.link_chars, dtype=np.int64), size)
    bold = np.minimum(np.array(tree.bold_chars, dtype=np.int64), size)
    links = np.array(tree.links, dtype=np.int64)
    lines = np.array([len(part) for part in tree.lines], dtype=np.int64)
    element = np.array(tree.element, dtype=np.int64)
    parent = np.array(tree.parent, dtype=np.int64)
    own = np.array(tree.mask, dtype=np.int64)
    first = np.array(tree.first, dtype=np.int64)
    last = np.maximum(np.minimum(np.array(tree.last, dtype=np.int64), n), first)
    inline = np.array(tree.inline, dtype=np.int64)
    text_table, word_masks, href_masks = _text_columns(tree, texts)
    words = text_table[:, 0]

    density = share(link, size)
    prose = np.where(density < 100, size - link, 0)
    long = (size >= LONG_CHARS) & (density < 100)
    sentence = text_table[:, 2].astype(bool)
    good = np.where(
        (density < 100) & (size >= 25),
        np.minimum(size, 1000) + 30 * np.minimum(text_table[:, 1], 10),
        0,
    )

    def total(column: Integers) -> Integers:
        sums = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(column, out=sums[1:])
        return sums

    sum_size, sum_link, sum_long = total(size), total(link), total(long.astype(np.int64))
    sum_links, sum_prose = total(np.minimum(links, 50)), total(prose)
    el_size = sum_size[last] - sum_size[first]
    el_link = sum_link[last] - sum_link[first]
    el_prose = sum_prose[last] - sum_prose[first]
    el_long = sum_long[last] - sum_long[first]
    el_units = last - first
    page_size, page_prose = int(sum_size[-1]), int(sum_prose[-1])

    # Masks from the root down. A hint on an element that holds most of the page is a layout's.
    small = el_prose * 2 <= page_prose
    guarded = np.where(small, own, own & ~_WEAK_ON_WRAPPERS)
    inherited = tree_or(tree.parent, guarded.tolist())
    depth = tree_depth(tree.parent)

    ancestors = [element]
    for _ in range(LEVELS - 1):
        ancestors.append(parent[ancestors[-1]])
    near = own[ancestors[0]] | inline
    near2 = guarded[ancestors[1]] | guarded[ancestors[2]]
    all_masks = np.array(inherited, dtype=np.int64)[element] | inline

    # Container scores, after Readability: text counts for the parent, less for its ancestors.
    score = np.zeros(len(parent), dtype=np.int64)
    for level, weight in enumerate((25, 15, 9, 5)):
        score += np.bincount(
            ancestors[min(level + 1, LEVELS - 1)] if level else ancestors[1],
            weights=good * weight,
            minlength=len(parent),
        ).astype(np.int64)
    score = score * (FULL - share(el_link, el_size)) // FULL
    best = int(np.argmax(score))
    best_score = max(int(score[best]), 1)
    index = np.arange(n)
    start, end = int(first[best]), int(last[best])
    before_best = np.clip(start - index, 0, 60)
    after_best = np.clip(index - end + 1, 0, 60)

    columns: list[Integers] = [
        log(size), log(words), density, share(bold, size), np.minimum(links, 8),
        np.minimum(lines, 8), share(size, words) // 16,
        np.minimum(text_table[:, 1], 8), share(text_table[:, 8], size),
        np.minimum(text_table[:, 16], 5),
        *(text_table[:, k] for k in (2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21)),
    ]  # fmt: skip

    # Ancestors.
    for level, at in enumerate(ancestors):
        units = el_units[at]
        columns += [
            log(el_size[at]), share(el_link[at], el_size[at]), log(units),
            log(el_size[at] // np.maximum(units, 1)), share(el_prose[at], np.full(n, page_prose)),
            log(el_long[at]), share(score[at], np.full(n, best_score)),
        ]  # fmt: skip
        if level:
            columns.append((at == best).astype(np.int64))
    for other in _levels_to_best(tree.parent, best, element):
        columns.append(other)
    columns += [log(before_best), log(after_best), np.minimum(np.array(depth)[element], 30)]

    # Neighbours.
    said = ((word_masks & (WORD_BIT["said"] | WORD_BIT["reply"])) != 0) & (size < 80)
    dated = (text_table[:, 9] | text_table[:, 10]).astype(bool)
    hinted = (all_masks & _CHROME) != 0
    for column, fill in (
        (log(size), 0), (density, FULL), (sentence.astype(np.int64), 0),
        (hinted.astype(np.int64), 1), (depth_change(np.array(depth)[element]), 0),
    ):  # fmt: skip
        for by in (-3, -2, -1, 1, 2, 3):
            columns.append(_shift(column, by, fill))
    for by in (-1, 1):
        columns.append((_shift(element, by, -1) == element).astype(np.int64))
        columns.append((_shift(ancestors[1], by, -1) == ancestors[1]).astype(np.int64))
        columns.append(bits(_shift(word_masks, by, 0), len(NAMES)))
    for width in (2, 5, 12):
        low, high = np.maximum(index - width, 0), np.minimum(index + width + 1, n)
        whole = sum_size[high] - sum_size[low]
        columns += [
            share(sum_link[high] - sum_link[low], whole), log(whole),
            log(sum_prose[high] - sum_prose[low]), log(sum_links[high] - sum_links[low]),
            (sum_long[high] - sum_long[low]) * FULL // (high - low),
        ]  # fmt: skip
    sum_said, sum_dated = total(said.astype(np.int64)), total(dated.astype(np.int64))
    low, high = np.maximum(index - 5, 0), np.minimum(index + 6, n)
    columns += [sum_said[high] - sum_said[low], sum_dated[high] - sum_dated[low]]
    columns += [log(sum_said[index]), log(sum_said[n] - sum_said[index])]

    # Position.
    h1 = (own[element] & TAG_BIT["h1"]) != 0
    heading = (own[element] & (TAG_BIT["h1"] | TAG_BIT["h2"] | TAG_BIT["h3"] | TAG_BIT["h4"])) != 0
    short = size < 80
    comment_heading = short & ((word_masks & WORD_BIT["comment"]) != 0) & (heading | (size < 40))
    related_heading = short & ((word_masks & WORD_BIT["related"]) != 0) & heading
    legal = short & ((word_masks & WORD_BIT["legal"]) != 0)
    columns += [
        index * FULL // n, sum_size[index] * FULL // max(page_size, 1),
        sum_prose[index] * FULL // max(page_prose, 1), log(index), log(n - 1 - index),
        _distance_back(h1, 40), _distance_back(h1[::-1], 40)[::-1], h1.cumsum() > 0,
        _distance_back(long, 30), _distance_back(long[::-1], 30)[::-1],
        _distance_back(heading, 20), _distance_back(heading[::-1], 20)[::-1],
        _distance_back(comment_heading, 60), comment_heading.cumsum() > 0,
        _distance_back(related_heading, 40), related_heading.cumsum() > 0,
        _distance_back(legal, 20), _distance_back(legal[::-1], 20)[::-1],
        log(sum_long[index]), log(sum_long[n] - sum_long[index]),
    ]  # fmt: skip

    # Units of the same make: same class and id, and same of the parent.
    columns += _same_make(tree, size, link)

    # Page.
    ones = np.ones(n, dtype=np.int64)
    columns += [
        ones * int(log(np.array([n]))[0]), ones * int(log(np.array([page_prose]))[0]),
        ones * (int(sum_link[-1]) * FULL // max(page_size, 1)),
        ones * int(log(sum_long[-1:])[0]),
        ones * bool((own & TAG_BIT["article"]).any()), ones * bool((own & TAG_BIT["main"]).any()),
        ones * int(log(sum_said[-1:])[0]),
        ones * int(log(np.array([int((own & BIT["comment"] != 0).sum())]))[0]),
    ]  # fmt: skip
    columns += [
        bits(word_masks, len(NAMES)), bits(href_masks, len(HREF_GROUPS)),
        bits(near, N_BITS), bits(near2, N_BITS), bits(all_masks, N_BITS),
    ]  # fmt: skip
    return np.column_stack(columns).astype(np.float64)


_CHROME = (
    BIT["comment"] | BIT["discussion"] | BIT["navigation"] | BIT["footer"] | BIT["sidebar"] | BIT["related"]
    | BIT["share"] | BIT["ad"] | BIT["newsletter"] | BIT["cookie"] | BIT["login"] | BIT["form"]
    | TAG_BIT["nav"] | TAG_BIT["footer"] | TAG_BIT["aside"] | TAG_BIT["form"]
)  # fmt: skip
_WEAK_ON_WRAPPERS = (
    _CHROME | BIT["header"] | BIT["hidden"] | BIT["tag"] | BIT["meta"] | BIT["listing"]
)


def tree_or(parent: list[int], masks: list[int]) -> list[int]:
    """Every element's mask or that of any of its ancestors."""
    out = masks
    for number in range(1, len(parent)):
        out[number] |= out[parent[number]]
    return out


def tree_depth(parent: list[int]) -> list[int]:
    """Every element's number of ancestors."""
    out = [0] * len(parent)
    for number in range(1, len(parent)):
        out[number] = out[parent[number]] + 1
    return out


def depth_change(depth: Integers) -> Integers:
    """Depth relative to the unit's predecessor, -8..8."""
    out = np.zeros_like(depth)
    out[1:] = np.clip(depth[1:] - depth[:-1], -8, 8)
    return out


def _levels_to_best(parent: list[int], best: int, element: Integers) -> tuple[Integers, Integers]:
    """Levels between the best container and its closest ancestor that holds the unit too.

    And whether the unit is inside the best container.
    """
    chain = {}
    at, steps = best, 0
    while True:
        chain[at] = steps
        if at == parent[at] or steps >= 12:
            break
        at, steps = parent[at], steps + 1
    far = 12
    distance = [far] * len(parent)
    for number in range(len(parent)):
        known = chain.get(number)
        distance[number] = known if known is not None else distance[parent[number]]
    levels = np.array(distance, dtype=np.int64)[element]
    return levels, (levels == 0).astype(np.int64)


def _same_make(tree: Tree, size: Integers, link: Integers) -> list[Integers]:
    makes: dict[tuple[object, ...], int] = {}
    numbers = []
    for element in tree.element:
        above = tree.parent[element]
        key = (tree.mask[element], tree.name[element], tree.mask[above], tree.name[above][0])
        numbers.append(makes.setdefault(key, len(makes)))
    make = np.array(numbers, dtype=np.int64)
    count = np.bincount(make)
    sizes = np.bincount(make, weights=size).astype(np.int64)
    linked = np.bincount(make, weights=link).astype(np.int64)
    whole = int(size.sum())
    return [
        log(count)[make],
        log(sizes // np.maximum(count, 1))[make],
        share(linked, sizes)[make],
        share(sizes, np.full(len(count), whole))[make],
    ]
