"""The model: a small network over whole numbers, the same result on every machine.

Features and weights are integers held in float64, and every sum stays below 2**53, so the order
in which a linear algebra library adds does not matter: there is nothing to round.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from transforms.text.html.dom import Tree
from transforms.text.html.features import Matrix, build

HIDDEN_SHIFT = 2.0**-6
"""Hidden units are rounded down to this coarser scale, which leaves room for the second layer."""

CHROME = -16.0
"""Log odds of units that are chrome beyond doubt, which the network does not see."""

ROWS_AT_ONCE = 8
"""Larger products would be spread over threads by OpenBLAS, which costs more than it gains."""

SCORE_STEPS = 1 << 22
"""The score counts this many steps a unit of log odds."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the network, whole numbers.

    Attributes:
      low, high: bounds to which each feature is clipped.
      first: one row a feature, one column a hidden unit, `2**16` steps a unit.
      first_bias: one a hidden unit.
      second: one a hidden unit, `2**12` steps a unit.
      second_bias: a number in `SCORE_STEPS`.
    """

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
            low=arrays["low"].astype(np.float64),
            high=arrays["high"].astype(np.float64),
            first=arrays["first"].astype(np.float64),
            first_bias=arrays["first_bias"].astype(np.float64),
            second=arrays["second"].astype(np.float64),
            second_bias=float(arrays["second_bias"]),
        )


def scores(features: Matrix, weights: Weights) -> list[float]:
    """How much each unit looks like content.

    Args:
      features: whole numbers, one row a unit (see `features.build`).
      weights: as trained by `benchmarks/train_html_model.py`.

    Returns:
      Log odds, one a unit: above 0 content is likelier. Exact multiples of `1 / SCORE_STEPS`.
    """
    clipped = np.minimum(np.maximum(features, weights.low), weights.high)
    hidden = np.empty((len(clipped), len(weights.second)))
    for row in range(0, len(clipped), ROWS_AT_ONCE):
        rows = slice(row, row + ROWS_AT_ONCE)
        np.matmul(clipped[rows], weights.first, out=hidden[rows])
    hidden += weights.first_bias
    hidden = np.floor(np.maximum(hidden, 0.0) * HIDDEN_SHIFT)
    totals = hidden @ weights.second + weights.second_bias
    return (totals / SCORE_STEPS).tolist()


def judge(tree: Tree, weights: Weights) -> list[float]:
    """How much each unit of a page looks like content, log odds.

    Args:
      tree: a page with at least one unit.
      weights: of the network.
    """
    rows, units = build(tree)
    logits = [CHROME] * len(tree.lines)
    if len(units):
        for unit, score in zip(units.tolist(), scores(rows, weights), strict=True):
            logits[unit] = score
    return logits
