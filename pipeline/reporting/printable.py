"""Untrusted text made safe to look at: nothing in it moves a cursor or turns the line round."""

import unicodedata
from typing import Final

_SEEN: Final = frozenset(
    "\u00ad\u200c\u200d"  # soft hyphen and the joiners that scripts and pictures need
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that belong to ordinary text."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SPACES: Final = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")


def _is_unsafe(character: str) -> bool:
    if character in _SEEN:
        return False
    return unicodedata.category(character) in _UNSEEN or ord(character) & 0xFFFE == 0xFFFE


def visible(value: object, max_chars: int = 300) -> str:
    """Returns a value as one line in which every control character can be seen.

    Control, direction and other invisible characters, lone surrogates and noncharacters become
    `<U+XXXX>`; tabs and line ends become spaces. Ordinary text comes back as it is, so for HTML the
    result still has to be escaped.

    Args:
      value: text, or anything that `str` can show.
      max_chars: longer values, in code points before the replacement, are cut and end in "...".
    """
    text = value if isinstance(value, str) else str(value)
    cut = len(text) > max_chars
    if cut:
        text = text[: max(0, max_chars - 3)].rstrip()
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            " " if c in _SPACES else f"<U+{ord(c):04X}>" if _is_unsafe(c) else c for c in text
        )
    return text + "..." if cut else text
