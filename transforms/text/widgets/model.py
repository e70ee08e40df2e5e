"""The scores of lines in context: a small network, computed in whole numbers.

Features are integers, and so are the packaged weights; every sum stays below 2**53, so that the
floating-point products are exact: the same scores on every machine, whatever the batch, the order
of sums or the library underneath. `benchmarks/train_text_model.py` writes the weights.
"""

import functools
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from transforms.text.widgets.signals import Floats, Ints

FIRST_BITS: Final = 20
HIDDEN_BITS: Final = 10
SCORE_UNIT: Final = 1 << (2 * HIDDEN_BITS)
"""Scores are log-odds in units of 1/`SCORE_UNIT`."""
_SCORE_CAP: Final = 30 * SCORE_UNIT


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights in whole numbers, held as float64.

    Attributes:
      first: shape (features, hidden), units of 2**-`FIRST_BITS` per unit of feature.
      first_bias: shape (hidden,), the same units.
      second: shape (hidden, 2), units of 2**-`HIDDEN_BITS`: remove, comment.
      second_bias: shape (2,), units of 1/`SCORE_UNIT`.
    """

    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats


def quantise(
    first: Floats, first_bias: Floats, second: Floats, second_bias: Floats
) -> dict[str, npt.NDArray[np.int32]]:
    """Turns trained weights, per unit of feature, into the whole numbers that are packaged.

    Raises:
      ValueError: a weight does not fit, which means that training went wrong.
    """
    whole = {
        "first": first * (1 << FIRST_BITS),
        "first_bias": first_bias * (1 << FIRST_BITS),
        "second": second * (1 << HIDDEN_BITS),
        "second_bias": second_bias * SCORE_UNIT,
    }
    for name, values in whole.items():
        if np.abs(values).max(initial=0) >= 1 << 26:
            raise ValueError(f"the weights {name} are too large: {np.abs(values).max()}")
    return {name: np.rint(values).astype(np.int32) for name, values in whole.items()}


def as_weights(whole: dict[str, npt.NDArray[np.int32]]) -> Weights:
    """Makes weights ready for `score` from the arrays of `quantise`."""
    return Weights(**{name: values.astype(np.float64) for name, values in whole.items()})


@functools.cache
def packaged() -> Weights:
    """The weights that come with the project, read once a process."""
    path = files("transforms.text.widgets").joinpath("model.npz")
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return as_weights({name: arrays[name] for name in arrays.files})


def score(features: Ints, weights: Weights) -> Ints:
    """Returns for each line the log-odds that it goes and that it belongs to a reader's comment.

    (lines, features) in units of `context.UNIT` -> (lines, 2) in units of 1/`SCORE_UNIT`.
    """
    summed = features.astype(np.float64) @ weights.first + weights.first_bias
    hidden = np.floor(np.maximum(summed, 0.0) * 2.0 ** (HIDDEN_BITS - FIRST_BITS))
    result = hidden @ weights.second + weights.second_bias
    return np.clip(result, -_SCORE_CAP, _SCORE_CAP).astype(np.int64)
