"""The model: a small network over whole numbers, the same result on every machine.

Features and weights are integers held in float64, and every sum stays below 2**53, so the order
in which a linear algebra library adds does not matter: there is nothing to round.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from transforms.text.html.features import Matrix, build
from transforms.text.html.tree import Integers, Tree

HIDDEN_SHIFT = 2.0**-6
"""Hidden units are rounded down to this coarser scale, which leaves room for the second layer."""

CHROME = -16.0
"""Log odds of units that are chrome beyond doubt, which the network does not see."""

PRODUCTS_AT_ONCE = 250_000
"""Larger matrices would be spread over threads by OpenBLAS, which costs more than it gains."""

ROWS_AT_ONCE = 512
"""So many rows stay in the processor's cache from one operation to the next."""

SCORE_STEPS = 1 << 22
"""The score counts this many steps a unit of log odds."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the network, whole numbers.

    Attributes:
      bits: the bits among its features, of `features.ALL_BITS`.
      low, high: bounds to which each feature is clipped.
      first: one row a feature, one column a hidden unit, `2**16` steps a unit.
      first_bias: one a hidden unit.
      second: one a hidden unit, `2**12` steps a unit.
      second_bias: a number in `SCORE_STEPS`.
    """

    bits: Integers
    low: Matrix
    high: Matrix
    first: Matrix
    first_bias: Matrix
    second: Matrix
    second_bias: float


@lru_cache(maxsize=1)
def load_weights() -> Weights:
    """The weights that come with the package; read once a process."""
    with (
        files("transforms.text.html").joinpath("weights.npz").open("rb") as stored,
        np.load(stored, allow_pickle=False) as arrays,
    ):
        return Weights(
            bits=arrays["bits"].astype(np.int64),
            low=arrays["low"].astype(np.float64),
            high=arrays["high"].astype(np.float64),
            first=arrays["first"].astype(np.float64),
            first_bias=arrays["first_bias"].astype(np.float64),
            second=arrays["second"].astype(np.float64),
            second_bias=float(arrays["second_bias"]),
        )


def scores(features: Matrix, weights: Weights) -> npt.NDArray[np.float64]:
    """How much each unit looks like content.

    Args:
      features: whole numbers, one row a unit (see `features.build`).
      weights: as trained by `benchmarks/train_html_model.py`.

    Returns:
      Log odds, one a unit: above 0 content is likelier. Exact multiples of `1 / SCORE_STEPS`.
    """
    found = np.empty(len(features))
    for at in range(0, len(features), ROWS_AT_ONCE):
        part = slice(at, at + ROWS_AT_ONCE)
        found[part] = _totals(features[part], weights)
    found /= SCORE_STEPS
    return found


def _totals(features: Matrix, weights: Weights) -> npt.NDArray[np.float64]:
    columns = np.maximum(features.T, weights.low[:, None])
    np.minimum(columns, weights.high[:, None], out=columns)
    count, first = columns.shape[1], weights.first.T
    hidden = np.empty((len(first), count))
    step = max(1, PRODUCTS_AT_ONCE // first.size)
    for at in range(0, count, step):
        part = slice(at, at + step)
        hidden[:, part] = first @ columns[:, part]
    hidden += weights.first_bias[:, None]
    np.maximum(hidden, 0.0, out=hidden)
    hidden *= HIDDEN_SHIFT
    np.floor(hidden, out=hidden)
    totals: npt.NDArray[np.float64] = weights.second @ hidden + weights.second_bias
    return totals


def judge(trees: Sequence[Tree], weights: Weights) -> list[list[float]]:
    """How much each unit of pages looks like content, log odds.

    Args:
      trees: pages with at least one unit each, at least one page.
      weights: of the network.
    """
    rows, units = build(trees, weights.bits)
    logits = np.full(sum(len(tree.lines) for tree in trees), CHROME)
    if len(units):
        logits[units] = scores(rows, weights)
    every: list[float] = logits.tolist()
    ends = itertools.accumulate(len(tree.lines) for tree in trees)
    return [every[end - len(tree.lines) : end] for tree, end in zip(trees, ends, strict=True)]
