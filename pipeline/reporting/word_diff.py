"""Which words differ between a removed paragraph and the one that stays. Pure."""

import re
from difflib import SequenceMatcher
from typing import Final, Literal, NamedTuple

MAX_WORDS: Final = 4000
"""Longer texts, in pieces, are not compared: the time grows with the square."""

_EACH: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
"""Scripts without spaces between words: each character is compared by itself."""

_MARKS: Final = (
    r"!-&(-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2018\u201a-\u2027\u2030-\u205e"
    r"\u3000-\u303f\uff01-\uff0f"
)
"""Punctuation but apostrophes, which stand inside words."""

_PIECE: Final = re.compile(rf"\s+|[{_EACH}]|[^\s{_EACH}{_MARKS}]+|.", re.DOTALL)

Mark = Literal["same", "here", "there"]


class Stretch(NamedTuple):
    """Some text of a comparison.

    Attributes:
      mark: in both texts, only in the first, or only in the second.
      text: the text.
    """

    mark: Mark
    text: str


def compare(here: str, there: str) -> list[Stretch] | None:
    """Compares two texts word by word.

    Args:
      here: the removed text.
      there: the text that stays.

    Returns:
      All of both texts, in order; None where they are too long to compare.
    """
    a, b = _PIECE.findall(here), _PIECE.findall(there)
    if max(len(a), len(b)) > MAX_WORDS:
        return None
    stretches: list[Stretch] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            stretches.append(Stretch("same", "".join(a[a1:a2])))
            continue
        if a2 > a1:
            stretches.append(Stretch("here", "".join(a[a1:a2])))
        if b2 > b1:
            stretches.append(Stretch("there", "".join(b[b1:b2])))
    return _smoothed(stretches)


def _smoothed(stretches: list[Stretch]) -> list[Stretch]:
    """Joins changes that only white space parts, so that a changed phrase reads as one."""
    joined: list[Stretch] = []
    here = there = ""
    for at, (mark, text) in enumerate(stretches):
        between = 0 < at < len(stretches) - 1 and (here or there) and text.isspace()
        if mark == "here":
            here += text
        elif mark == "there":
            there += text
        elif between:
            here, there = here + text, there + text
        else:
            joined += _change(here, there)
            here = there = ""
            joined.append(Stretch("same", text))
    return joined + _change(here, there)


def _change(here: str, there: str) -> list[Stretch]:
    changes = [Stretch("here", here)] if here else []
    return changes + ([Stretch("there", there)] if there else [])
