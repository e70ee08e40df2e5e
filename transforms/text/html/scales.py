"""Whole-number scales for lengths and shares, and sums over trees kept as lists of parents."""

import math

import numpy as np
import numpy.typing as npt

from transforms.text.html.lines import Integers

FULL = 256
"""A share of 1."""

LOG_STEPS = 64
"""Lengths are logarithmic: so many steps a factor of e."""

_LOG_SIZE = 1 << 16
_LOG = np.array([round(LOG_STEPS * math.log1p(n)) for n in range(_LOG_SIZE)], dtype=np.int64)


def log(counts: Integers) -> Integers:
    """`LOG_STEPS * ln(1 + n)`, rounded; counts above 65,535 count as 65,535."""
    return _LOG[np.minimum(counts, _LOG_SIZE - 1)]


def share(part: Integers, whole: Integers) -> Integers:
    """`FULL * part / whole`, rounded down, at most `FULL`; 0 where `whole` is 0."""
    return np.minimum(part * FULL // np.maximum(whole, 1), FULL)


def bits(masks: Integers, count: int) -> npt.NDArray[np.uint8]:
    """One row a bit, one column a mask."""
    octets = np.ascontiguousarray(masks, dtype="<i8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, count=count, bitorder="little").T


def inherit(parent: list[int], masks: list[int]) -> tuple[list[int], list[int]]:
    """Every element's mask or that of any of its ancestors, and how many those are."""
    depth = [0] * len(parent)
    for number in range(1, len(parent)):
        above = parent[number]
        masks[number] |= masks[above]
        depth[number] = depth[above] + 1
    return masks, depth


def levels_to(parent: list[int], best: int, element: Integers) -> Integers:
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
