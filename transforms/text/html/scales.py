"""Whole-number scales for lengths, shares and distances."""

from collections.abc import Sequence

import numpy as np

from transforms.text.html.tree import Integers

FULL = 256
"""A share of 1."""

LOG_STEPS = 64
"""Lengths are logarithmic: so many steps a factor of e."""

MAX_LEVELS = 12

_LOG_SIZE = 1 << 16
LOG = np.rint(LOG_STEPS * np.log1p(np.arange(_LOG_SIZE))).astype(np.int64)
"""What `log` gives for each count: none is nearer than a millionth to where rounding turns."""


def log(counts: Integers) -> Integers:
    """`LOG_STEPS * ln(1 + n)`, rounded; counts above 65,535 count as 65,535."""
    return LOG.take(counts, mode="clip")


def share(part: Integers, whole: Integers) -> Integers:
    """`FULL * part / whole`, rounded down, at most `FULL`; 0 where `whole` is 0."""
    return np.minimum(part * FULL // np.maximum(whole, 1), FULL)


def levels_to(parent: Sequence[int], end: Sequence[int], best: int) -> Integers:
    """For each element the levels from `best` up to its closest ancestor that holds it, 0..12.

    Args:
      parent: see `tree.Tree`.
      end: see `tree.Tree`.
      best: number of an element.
    """
    chain = [best]
    while len(chain) <= MAX_LEVELS and chain[-1]:
        chain.append(parent[chain[-1]])
    levels = np.full(len(parent), MAX_LEVELS, dtype=np.int64)
    for steps in range(len(chain) - 1, -1, -1):
        levels[chain[steps] : end[chain[steps]]] = steps
    return levels
