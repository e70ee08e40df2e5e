"""What the compiled kernel knows of phrases: enough to tell most lines that are none.

A line of plain characters is folded there as `phrasebook.normalise` does, and its whole and its
ends are looked for among those of all phrases. Of others, and of those that are found, the phrase
book says what they are.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from transforms.text import kernel

_PLAIN: Final = (
    (0x01, 0x24F),  # Latin
    (0x370, 0x52F),  # Greek, Cyrillic
    (0x1680, 0x1680),
    (0x2010, 0x2064),  # punctuation
    (0x20A0, 0x20BF),  # currencies
    (0x2190, 0x27BF),  # arrows, bullets
)
_PARTS: Final = 3
_GONE: Final = 0xFFFF
_BYTES: Final = 1 << 17


def folding_table(
    spaces: Sequence[str], invisible: Sequence[str], edges: str
) -> npt.NDArray[np.uint16]:
    """Makes the table of plain characters: shape (n, 4), by code point.

    Up to three characters that each folds to, zeros behind, or 0xFFFF for one that goes; then 1 for
    one that goes from the ends of a line. A row of zeros: the character is not plain.
    """
    table = np.zeros((_PLAIN[-1][1] + 1, _PARTS + 1), np.uint16)
    for first, last in _PLAIN:
        for code in range(first, last + 1):
            char = chr(code)
            if char in invisible:
                table[code, 0] = _GONE
                continue
            folded = {"\xa0": " ", "…": "..."}.get(char, " " if char in spaces else char)
            if (
                char == "\n"
                or not unicodedata.is_normalized("NFKC", folded)
                or unicodedata.combining(char)
                or (char.isdecimal() and not char.isascii())
                or len(folded.casefold()) > _PARTS
            ):
                continue
            for part, one in enumerate(folded.casefold()):
                table[code, part] = ord(one)
    known = [ord(edge) for edge in edges if ord(edge) < len(table)]
    table[known, _PARTS] = 1
    return table


class LineFilter:
    """Tells lines that are no phrase."""

    def __init__(
        self,
        table: npt.NDArray[np.uint16],
        keys: Iterable[str],
        ends: Sequence[Iterable[str]],
    ) -> None:
        """Notes whole keys, and what stands at the ends of others.

        Args:
          table: see `folding_table`.
          keys: of phrases without slots.
          ends: of those with slots: their first five characters, last five, first two, last two.
        """
        self._table = table
        self._bits = np.zeros(_BYTES, np.uint8)
        for kind, some in enumerate((keys, *ends)):
            kernel.compiled.add_phrases(list(some), kind, self._bits)  # type: ignore[union-attr]

    def candidates(self, lines: Sequence[str]) -> list[int]:
        """Gives the numbers of the lines that may be a phrase, ascending."""
        some = list(lines)
        flags = kernel.compiled.may_be_phrases(some, self._table, self._bits)  # type: ignore[union-attr]
        found: list[int] = np.flatnonzero(np.frombuffer(flags, np.uint8)).tolist()
        return found
