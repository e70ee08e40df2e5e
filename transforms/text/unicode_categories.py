"""The general categories of all characters below the ideographs beyond the basic plane, at once."""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

KNOWN = 0x20000
"""So many code points, from 0; what stands behind them are ideographs or no letters."""


@cache
def categories() -> str:
    """Gives two characters a code point: `LuLl…`. Takes a hundredth of a second, once."""
    return "".join(map(unicodedata.category, map(chr, range(KNOWN))))


def category_letters() -> npt.NDArray[np.uint8]:
    """Gives the same as numbers, shape (`KNOWN`, 2)."""
    return np.frombuffer(categories().encode("ascii"), np.uint8).reshape(KNOWN, 2)


def of_category(name: str) -> str:
    """Gives the characters of a category, such as `So`."""
    text = categories()
    found = []
    at = text.find(name)  # the first of the two is upper case: no other place is found
    while at >= 0:
        found.append(chr(at // 2))
        at = text.find(name, at + 2)
    return "".join(found)
