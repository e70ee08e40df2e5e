"""Splits a piece of text without spaces into word tokens, as the references count words.

datatrove, which most published filters run on, counts words with spaCy's rule-based tokenizer:
exceptions first, then marks are taken off both ends, then what is left is cut at marks inside.
This is that procedure in regular expressions, without the library; `docs/quality.md` gives the
measured agreement. Marks at the ends of pieces beyond `LONG` characters are split only a few times,
and addresses that long are not recognised, so that the time stays linear in the text.
"""

import re
from collections.abc import Mapping

from transforms.text.quality.characters import ICONS, LOWER, UNCASED, UPPER, spans
from transforms.text.quality.exceptions import exceptions as known_exceptions
from transforms.text.quality.exceptions import units

LONG = 2048
"""Characters; a longer piece is no word of any language."""

_LONG_STEPS = 8
_DIGITS = frozenset("0123456789")
_MARKS = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_CURRENCY = "$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿"
_SMALL = spans(LOWER)
_LOWER = f"{_SMALL}{UNCASED}"
_UPPER = f"{spans(UPPER)}{UNCASED}"
_LETTERS = f"{spans(LOWER + UPPER)}{UNCASED}"
_ANY = f"[{_LETTERS}]"
_AFTER = f"(?<=[{_LETTERS}"

SINGLE = frozenset(f"—–{_MARKS}{_QUOTES}{ICONS}")
"""Characters that are tokens of their own at either end of a piece."""
PREFIXES = SINGLE | frozenset(f"§%={_CURRENCY}")
"""Characters that are tokens of their own at the start of a piece."""
CURRENCY = frozenset(_CURRENCY)

_LONGEST_UNIT = max(map(len, units()))
_UNIT = re.compile(rf"(?<=[0-9])(?:\+|US\$|[CA]\$|{'|'.join(units())})\Z").search
_BEFORE_STOP = SINGLE.difference(ICONS, "–—") | frozenset(f"%²+-…0123456789{LOWER}")
_CASELESS = re.compile(f"[{UNCASED}]").match
# `re` is fast on a class of characters of the basic plane only, so the others stand apart
_PLANE0 = spans("".join(c for c in ICONS if c < "\U00010000"))
_PLANE1 = spans("".join(c for c in ICONS if c >= "\U00010000"))
_ICON = f"[{_PLANE0}]|(?=[\U00010000-\U0001ffff])[{_PLANE1}]"
_INFIX = re.compile(
    rf"\.\.+|…|{_ICON}|(?<=[0-9])[+\-*^](?=[0-9-])"
    rf"|(?<=[{_LOWER}{re.escape(_QUOTES)}])\.(?=[{_UPPER}{re.escape(_QUOTES)}])"
    rf"|{_AFTER}0-9])(?:(?<![0-9]),|——|---|--|[-–—~:<>=/])(?={_ANY})"
).match
_INFIX_DE = re.compile(
    rf"\.\.+|…|{_ICON}|(?<=[{_LOWER}])\.(?=[{_UPPER}])|(?<=[0-9])-(?=[0-9])"
    rf"|{_AFTER}])(?:[,!?:<>=)\[\]({re.escape(_QUOTES.replace(chr(39), ''))}]|--)(?={_ANY})"
    rf"|{_AFTER}0-9])/(?=[0-9]|{_ANY})"
).match
_TRIGGER_DE = re.compile(
    rf"[.…,!?:<>=/\-()\[\]{re.escape(_QUOTES)}{_PLANE0}]|[\U00010000-\U0001ffff]"
).search
_TRIGGER = re.compile(rf"[.…+*^,\-–—~:<>=/{_PLANE0}]|[\U00010000-\U0001ffff]").search
_HOST = r"[A-Za-z0-9\u00a1-\uffff]"
_ADDRESS = re.compile(
    r"(?:[\w+.-]{2,}://)?(?:\S+@)?"
    rf"(?:(?:{_HOST}(?:[_A-Za-z0-9\u00a1-\uffff-]{{0,62}}{_HOST})?\.)+[{_SMALL}]{{2,63}}|\d{{1,3}}(?:\.\d{{1,3}}){{3}})"
    r"(?::\d{2,5})?(?:[/?#]\S*)?"
).fullmatch


class Splitter:
    """Splits pieces of text without white space into tokens; one object per kind of language.

    Args:
      kind: "en" or "de" for the rules and exceptions of English or German, anything else for the
        rules of English with the exceptions of every language only.
      exceptions: other ones than those of the kind, each with its tokens.
    """

    def __init__(
        self, kind: str = "", exceptions: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        table = known_exceptions(kind) if exceptions is None else exceptions
        self.kind = kind
        self._german = kind == "de"
        self._exceptions: Mapping[str, tuple[str, ...]] = table
        self._sequences: dict[str, list[tuple[list[str], tuple[str, ...]]]] = {}
        for word, parts in table.items():
            plain = self._cut(word, {})
            if len(plain) > 1:
                self._sequences.setdefault(plain[0], []).append((plain, parts))

    def exceptions(self) -> tuple[str, ...]:
        """Returns the words that are split, or kept whole, in a way of their own."""
        return tuple(self._exceptions)

    def split(self, piece: str) -> tuple[str, ...] | list[str]:
        """Returns the tokens of one piece; joined, they are the piece."""
        known = self._exceptions.get(piece)
        if known is not None:
            return known
        if piece.isalpha():
            return (piece,)
        tokens = self._cut(piece, self._exceptions)
        if len(tokens) > 1 and not self._sequences.keys().isdisjoint(tokens):
            return self._rejoin(tokens)
        return tokens

    def _cut(self, piece: str, exceptions: Mapping[str, tuple[str, ...]]) -> list[str]:
        head: list[str] = []
        tail: list[str] = []
        steps = _LONG_STEPS if len(piece) > LONG else len(piece) + 1
        while piece and piece not in exceptions and steps:
            steps -= 1
            before = _prefix_length(piece)
            if before and piece[before:] in exceptions:
                head.append(piece[:before])
                piece = piece[before:]
                break
            after = _suffix_length(piece[before:] if before else piece, german=self._german)
            if after and piece[:-after] in exceptions:
                tail.append(piece[-after:])
                piece = piece[:-after]
                break
            if not before and not after:
                break
            if before:
                head.append(piece[:before])
            if after and before + after <= len(piece):
                tail.append(piece[-after:])
                piece = piece[before:-after]
            else:
                piece = piece[before:]
        if piece in exceptions:
            head += exceptions[piece]
        elif piece:
            head += _cut_inside(piece, german=self._german)
        tail.reverse()
        return head + tail

    def _rejoin(self, tokens: list[str]) -> list[str]:
        """Puts exceptions back together that were cut apart, longest first."""
        matches = []
        for i, token in enumerate(tokens):
            for plain, parts in self._sequences.get(token, ()):
                if tokens[i : i + len(plain)] == plain:
                    matches.append((len(plain), i, parts))
        if not matches:
            return tokens
        taken: set[int] = set()
        chosen: dict[int, tuple[int, tuple[str, ...]]] = {}
        for length, i, parts in sorted(matches, reverse=True):
            if i not in taken and i + length - 1 not in taken:
                chosen[i] = (length, parts)
            taken.update(range(i, i + length))
        joined: list[str] = []
        i = 0
        while i < len(tokens):
            length, parts = chosen.get(i, (1, (tokens[i],)))
            joined += parts
            i += length
        return joined


def _prefix_length(piece: str) -> int:
    """Characters at the start that are a token of their own; 0 for none."""
    first = piece[0]
    if first in PREFIXES:
        return 1
    if first == ".":
        dots = len(piece) - len(piece.lstrip("."))
        return dots if dots > 1 else 0
    if first == "+":
        return 0 if piece[1:2] in _DIGITS else 1
    if first in "UCA":
        return 3 if piece.startswith("US$") else 2 if piece.startswith(("C$", "A$")) else 0
    return 0


def _suffix_length(piece: str, *, german: bool) -> int:
    """Characters at the end that are a token of their own; 0 for none."""
    last = piece[-1:]
    if last in SINGLE and not (german and last in "—–"):
        return 2 if piece.endswith("……") else 1
    if last == ".":
        dots = len(piece) - len(piece.rstrip("."))
        if dots > 1:
            return dots
        return int(_is_full_stop(piece) and not (german and piece[-2:-1] in _DIGITS))
    if (german and last == "/") or (last in CURRENCY and piece[-2:-1] in _DIGITS):
        return 1
    if not german and piece.endswith(("'s", "'S", "’s", "’S")):
        return 2
    found = _UNIT(piece, max(0, len(piece) - _LONGEST_UNIT))
    return found.end() - found.start() if found else 0


def _is_full_stop(piece: str) -> bool:
    """Whether the full stop at the end is a token: not after a single capital letter."""
    before = piece[-2:-1]
    if before.isupper() or before.istitle():
        earlier = piece[-3:-2]
        return (
            earlier.isupper()
            or earlier.istitle()
            or bool(_CASELESS(earlier))
            or (earlier == "°" and before in "FCK")
        )
    return before in _BEFORE_STOP or bool(_CASELESS(before))


def _cut_inside(piece: str, *, german: bool) -> list[str]:
    if piece.isalnum():
        return [piece]
    marks: list[tuple[int, int]] = []
    find, check = (_TRIGGER_DE, _INFIX_DE) if german else (_TRIGGER, _INFIX)
    candidate = find(piece)
    while candidate:
        mark = check(piece, candidate.start())
        if mark:
            marks.append(mark.span())
        candidate = find(piece, (mark or candidate).end())
    if not marks or (len(piece) <= LONG and "." in piece and _ADDRESS(piece)):
        return [piece]
    tokens: list[str] = []
    start = 0
    for first, last in marks:
        if first == 0:
            continue
        if first > start:
            tokens.append(piece[start:first])
        tokens.append(piece[first:last])
        start = last
    if start < len(piece):
        tokens.append(piece[start:])
    return tokens
