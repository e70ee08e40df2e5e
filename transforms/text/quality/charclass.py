"""One number per character that says which rules look at it; numpy only.

The table covers every code point; it is built at the first use (about 15 ms).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from transforms.text.quality.characters import (
    LOWER,
    PUNCTUATION,
    SENTENCE_MARKS,
    TERMINAL_MARKS,
    UNCASED,
)
from transforms.text.quality.characters import UPPER as UPPER_LETTERS
from transforms.text.quality.tokens import CURRENCY, PREFIXES, SINGLE
from transforms.text.unicode_categories import KNOWN, category_letters

SPACE, LETTER, DIGIT, UPPER = 1, 2, 4, 8
PUNCT = 16  # punctuation in the sense of the Gopher rules
HEAD = 32  # a token of its own at the start of a piece
TAIL = 64  # a token of its own at the end of a piece
CASELESS = 128  # a letter or vowel sign of a script without case
TERMINAL = 256  # ends a sentence, in FineWeb's sense
MARK = 512  # ends a sentence, in the sense of `c4-datatrove`
CATEGORY_P = 1024  # category P: goes with the sentence before it
HYPHEN = 2048
ICON = 4096  # a token of its own everywhere
COIN = 8192  # a currency sign: a token of its own after a digit
RARE = 16384  # the piece is split by the exact procedure; so are marks beside such a letter
NUMERAL = 32768  # a digit of any script

_ASTRAL = KNOWN
"""Code points from here on are ideographs, and from `_LAST` on no letters."""
_LAST = 0x33480


@cache
def table() -> NDArray[np.uint16]:
    """Returns the classes of all code points, as sums of the numbers above."""
    classes = np.zeros(0x110000, np.uint16)
    known = classes[:_ASTRAL]
    major, minor = category_letters().T
    known[major == ord("L")] = LETTER
    known[(major == ord("L")) & ((minor == ord("u")) | (minor == ord("t")))] |= UPPER
    known[major == ord("P")] = CATEGORY_P
    known[(major == ord("N")) & (minor == ord("d"))] = NUMERAL
    known[(major == ord("S")) & (minor == ord("o"))] = ICON | HEAD | TAIL
    blank = np.flatnonzero((major == ord("Z")) | ((major == ord("C")) & (minor == ord("c"))))
    known[[code for code in blank.tolist() if chr(code).isspace()]] |= SPACE
    letters = np.fromiter(map(str.isalpha, map(chr, range(_ASTRAL, _LAST))), np.bool_)
    classes[_ASTRAL:_LAST][letters] = LETTER | CASELESS
    for chars, value in (
        ("0123456789", DIGIT),
        (PUNCTUATION, PUNCT),
        (PREFIXES, HEAD),
        (SINGLE, TAIL),
        (TERMINAL_MARKS, TERMINAL),
        (SENTENCE_MARKS, MARK),
        ("-–—~", HYPHEN),
        ("…", ICON),
        (CURRENCY, COIN),
        ("+^\\°<¬¯٪", RARE),
    ):
        classes[[ord(c) for c in chars]] |= value
    for first, last in _ranges(UNCASED):
        classes[first : last + 1] |= CASELESS
    cased = np.zeros(len(classes), np.bool_)
    cased[[ord(c) for c in LOWER + UPPER_LETTERS]] = True
    classes[((classes & LETTER) != 0) & ((classes & CASELESS) == 0) & ~cased] |= RARE
    classes.flags.writeable = False
    return classes


def _ranges(spans: str) -> list[tuple[int, int]]:
    return [(ord(spans[i]), ord(spans[i + 2])) for i in range(0, len(spans), 3)]
