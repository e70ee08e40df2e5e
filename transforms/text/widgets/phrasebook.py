"""Whole lines that widgets write, found by one dictionary look-up a line.

The pattern language of the files in `languages/`:

  `Post a Comment`        the whole line, after `normalise`: case, width, spaces, and punctuation or
                          bullets at its ends do not count
  `{n} Comments`          `{n}` is a number: every run of digits counts as the same number
  `{name} says`           `{name}` is 1..40 characters, `{title}` 1..120, `{date}` 1..40 with
                          a number among them
  `~Reply`                a word that articles use as well: needs widget lines beside it
  `#Comments`             opens a section of readers' comments; needs company as well
  `@{name} says on {date}`  the line above one reader's comment: it paces such a section

A slot pattern needs two characters of its own at its start or at its end: they are its look-up key.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from transforms.text import kernel
from transforms.text.widgets.folding import LineFilter, folding_table
from transforms.text.widgets.systems import SYSTEMS, System

MAX_CHARS: Final = 240
"""Longer lines, in code points, are never looked up: widgets do not write them."""

STRONG, WEAK, OPENS, PACES = 1, 2, 3, 4
"""Roles of a phrase; 0 stands for a line that is none."""

_ROLES: Final = {"~": WEAK, "#": OPENS, "@": PACES}
_SLOTS: Final = {
    "{name}": ".{1,40}",
    "{title}": ".{1,120}",
    "{date}": "(?=.{0,39}0).{1,40}",
}
_SLOT: Final = re.compile(r"(\{name\}|\{title\}|\{date\})")
_KEY_CHARS: Final = (5, 2)
"""Slot patterns are found by their first or last characters, by as many as they have."""

# Linear: one class, no nesting. A number may hold separators: 1,234 and 10:30 are one number each.
_NUMBER: Final = re.compile(r"\d[\d.,:'’]*\d|\d")
_INVISIBLE: Final = [
    chr(code)
    for low, high in ((0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064))
    for code in range(low, high + 1)
] + ["\ufe0e", "\ufe0f", "\ufeff"]
_SPACES: Final = list("\t\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029\u1680")
_EDGES: Final = (
    " \t.,:;!?…·•*|/\\-–—_~+=#@&<>()[]{}\"'`´“”„‚‘’«»‹›→←↑↓↩↪►◄▶◀▸▾▼▲△▽■□●○◦★☆♥❤✓✔✕✖×"
    "。、・：；！？（）「」『』【】،؛؟۔।॥։"
)


def normalise(lines: Sequence[str]) -> list[str]:
    """Returns each line's look-up key; "" for one without letters or above `MAX_CHARS`.

    NFKC, case folding, one space for any run of spaces, `0` for every number, punctuation and
    bullets trimmed at both ends. Linear in the characters of lines up to `MAX_CHARS`.
    """
    short = [line if len(line) <= MAX_CHARS else "" for line in lines]
    joined = "\n".join(short)
    if joined.count("\n") != len(short) - 1:  # a line holds a line feed: not one paragraph
        joined = "\n".join(line.replace("\n", " ") for line in short)
    return [key.strip(_EDGES) for key in _fold(joined).split("\n")] if short else []


def _fold(text: str) -> str:
    """Folds everything but the ends of the lines; keeps the line feeds.

    Single characters are replaced one kind after the other: a search for one character is so much
    faster than any pattern that this costs less than half of one regular expression.
    """
    if not text.isascii():
        text = text.replace("\xa0", " ").replace("…", "...")
        if not unicodedata.is_normalized("NFKC", text):
            text = "\n".join(
                line
                if line.isascii() or unicodedata.is_normalized("NFKC", line)
                else unicodedata.normalize("NFKC", line)
                for line in text.split("\n")
            )
        for char in _INVISIBLE:
            if char in text:
                text = text.replace(char, "")
    for char in _SPACES:
        if char in text:
            text = text.replace(char, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return _NUMBER.sub("0", text.casefold())


class Phrase(NamedTuple):
    """One phrase of the table.

    Attributes:
      system: the row it belongs to.
      language: ISO 639-1 code of the file it stands in.
      text: as written there, without the sign of its role.
      role: `STRONG`, `WEAK`, `OPENS` or `PACES`.
    """

    system: System
    language: str
    text: str
    role: int

    @property
    def slotted(self) -> bool:
        """Whether part of the line is free: weaker evidence than a line that is known whole."""
        return _SLOT.search(self.text) is not None


class _Slotted(NamedTuple):
    literals: tuple[str, ...]
    slots: tuple[str, ...]
    number: int
    known: int


class Phrasebook:
    """All phrases of some systems, compiled for look-up. What it answers never changes."""

    def __init__(self, systems: Iterable[System]) -> None:
        """Compiles the phrases; where two are the same line, the first one stays.

        Of the phrases with slots that fit a line, the one that knows most of it is found.

        Raises:
          ValueError: a slot pattern has fewer than two characters at both ends, or a phrase has
            no characters of its own.
        """
        self.phrases: list[Phrase] = []
        self._exact: dict[str, int] = {}
        self._slotted: dict[tuple[int, str], list[_Slotted]] = {}
        self._ends: list[tuple[slice, dict[str, list[_Slotted]]]] = []
        self._filter: LineFilter | None = None
        whole: list[tuple[int, str]] = []
        for system in systems:
            for language, texts in system.phrases.items():
                for written in texts:
                    role = _ROLES.get(written[:1], STRONG)
                    text = written if role == STRONG else written[1:]
                    number = len(self.phrases)
                    self.phrases.append(Phrase(system, language, text, role))
                    plain = text.replace("{n}", "0")
                    if "{" in plain and len(parts := _SLOT.split(plain)) > 1:
                        self._add_slotted(number, parts)
                    else:
                        whole.append((number, plain))
        for (number, _), key in zip(whole, normalise([text for _, text in whole]), strict=True):
            if not key:
                raise ValueError(f"{self._name(number)} is empty")
            self._exact.setdefault(key, number)
        for candidates in self._slotted.values():
            candidates.sort(key=lambda slotted: -slotted.known)
        for chars in _KEY_CHARS:
            self._ends.append((slice(None, chars), self._part(chars)))
            self._ends.append((slice(-chars, None), self._part(-chars)))

    def _name(self, number: int) -> str:
        phrase = self.phrases[number]
        return f"phrase {phrase.text!r} ({phrase.system.rule}, {phrase.language})"

    def _add_slotted(self, number: int, parts: Sequence[str]) -> None:
        literals = _fold("\n".join(parts[0::2])).split("\n")
        literals[0] = literals[0].lstrip(_EDGES)
        literals[-1] = literals[-1].rstrip(_EDGES)
        slots = tuple(parts[1::2])
        slotted = _Slotted(tuple(literals), slots, number, sum(map(len, literals)))
        head, tail = literals[0], literals[-1]
        for chars in _KEY_CHARS:
            if len(head) >= chars:
                self._slotted.setdefault((chars, head[:chars]), []).append(slotted)
                return
            if len(tail) >= chars:
                self._slotted.setdefault((-chars, tail[-chars:]), []).append(slotted)
                return
        raise ValueError(f"{self._name(number)} has no key")

    def look_up(self, keys: Sequence[str]) -> list[int]:
        """Returns for each key (see `normalise`) the number of its phrase, -1 for none."""
        exact = self._exact
        ends = self._ends
        found = []
        for key in keys:
            number = exact.get(key, -1)
            if number < 0 and key:
                for end, patterns in ends:
                    candidates = patterns.get(key[end])
                    if candidates:
                        number = _first_match(candidates, key)
                        if number >= 0:
                            break
            found.append(number)
        return found

    def find(self, lines: Sequence[str]) -> list[int]:
        """Returns for each line the number of its phrase, -1 for none: `look_up` of its key."""
        if kernel.compiled is None:
            return self.look_up(normalise(lines))
        if self._filter is None:
            table = folding_table(_SPACES, _INVISIBLE, _EDGES)
            self._filter = LineFilter(table, self._exact, [part for _, part in self._ends])
        found = [-1] * len(lines)
        chosen = self._filter.candidates(lines)
        numbers = self.look_up(normalise([lines[n] for n in chosen]))
        for n, number in zip(chosen, numbers, strict=True):
            found[n] = number
        return found

    def _part(self, chars: int) -> dict[str, list[_Slotted]]:
        return {end: found for (size, end), found in self._slotted.items() if size == chars}


@functools.cache
def _compiled(literals: tuple[str, ...], slots: tuple[str, ...]) -> re.Pattern[str]:
    """Compiles a pattern when the first line reaches it: most are never reached."""
    free = [*map(_SLOTS.__getitem__, slots), ""]
    return re.compile("".join(map("".join, zip(map(re.escape, literals), free, strict=True))))


def _first_match(candidates: Sequence[_Slotted], key: str) -> int:
    for slotted in candidates:
        if (
            key.startswith(slotted.literals[0])
            and key.endswith(slotted.literals[-1])
            and _compiled(slotted.literals, slotted.slots).fullmatch(key)
        ):
            return slotted.number
    return -1


BOOK: Final = Phrasebook(SYSTEMS)
"""The phrases of all systems."""
