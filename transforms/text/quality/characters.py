"""Character classes that the rules and the word splitter look at.

The sets are facts of Unicode (`Sentence_Terminal`, general categories) and of the references
(which characters count as punctuation). Ranges are written as hexadecimal code points.
"""

import unicodedata

from transforms.text.unicode_categories import of_category


def _characters(ranges: str) -> frozenset[str]:
    """Expands "21 3f-41" to the characters of these code points."""
    found: list[str] = []
    for item in ranges.split():
        first, _, last = item.partition("-")
        found.extend(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


TERMINAL_MARKS = _characters(
    "21 2e 3f 589 61d-61f 6d4 700-702 7f9 837 839 83d-83e 964-965 104a-104b 1362 1367-1368 166e "
    "1735-1736 17d4-17d6 17d9-17da 1803 1809 1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1b7d-1b7e "
    "1c3b-1c3c 1c7e-1c7f 203c-203d 2047-2049 2e2e 2e3c 2e53-2e54 3002 a4ff a60e-a60f a6f3 a6f7 "
    "a876-a877 a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f "
    "ff61 10a56-10a57 10f55-10f59 10f86-10f89 11047-11048 110be-110c1 11141-11143 111c5-111c6 "
    "111cd 111de-111df 11238-11239 1123b-1123c 112a9 1144b-1144c 115c2-115c3 115c9-115d7 "
    "11641-11642 1173c-1173e 11944 11946 11a42-11a43 11a9b-11a9c 11c41-11c42 11ef7-11ef8 "
    "11f43-11f44 16a6e-16a6f 16af5 16b37-16b38 16b44 16e98 1bc9f 1da88"
)
"""Marks that end a sentence in any script (Unicode's Sentence_Terminal): FineWeb's line rule."""

SENTENCE_MARKS = TERMINAL_MARKS - _characters(
    "61d-61e 837 839 83d-83e 17d4-17d6 17d9-17da 1b7d-1b7e 2e53-2e54 10f55-10f59 10f86-10f89 "
    "11944 11946 11ef7-11ef8 11f43-11f44 16e98"
)
"""The older set of the same property that the sentence count of `c4-datatrove` works with."""

PUNCTUATION = (
    frozenset(
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«´»–—’“”„…∶━►、。〈〉《》「」【】！％（），．：；？～"
    )
    | _characters("0-8 b-c d-1f 7f-9f 964")
    | {"\N{FULLWIDTH DIGIT ONE}"}  # the reference counts it as a mark, and no other digit
    | TERMINAL_MARKS
)
"""A word made of these only is not counted as a word by the Gopher rules.

Found by asking the reference about every character: `compare_marks` of
`benchmarks/conformance_datatrove.py` does it again.
"""

BULLETS = ("•", "-")
ELLIPSES = ("...", "…")

_CASED = "".join(map(chr, [*range(0x41, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x2000)]))
LOWER = "".join(c for c in _CASED if unicodedata.category(c) == "Ll")
UPPER = "".join(c for c in _CASED if unicodedata.category(c) in {"Lu", "Lt"})
UNCASED = (
    "\u0591-\u05f4\u0620-\u064a\u066e-\u06d5\u0750-\u077f\u0900-\u0963\u0966-\u09ff\u0b80-\u0cff"
    "\u0d80-\u0dff\u1100-\u137f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
)
"""Letters without case, as ranges for a character class of `re`; vowel signs included."""

ICONS = of_category("So")
"""Symbols of the category So: dingbats, arrows, emoji."""


def spans(characters: str) -> str:
    """Writes characters as ranges for a character class of `re`; none of them may mean more there.

    A class of ranges is compiled several times faster than one of characters.
    """
    found: list[str] = []
    first = last = -2
    for code in sorted(set(map(ord, characters))):
        if code != last + 1:
            found.append(_span(first, last))
            first = code
        last = code
    return "".join([*found, _span(first, last)])


def _span(first: int, last: int) -> str:
    if last - first < 2:
        return "".join(map(chr, range(max(first, 0), last + 1)))
    return f"{chr(first)}-{chr(last)}"
