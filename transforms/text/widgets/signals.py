"""What one line shows by itself: counts of characters by class, shape, phrases, dates.

Nothing here knows a language but the phrase table and the names of the months; a script without
spaces counts by characters, so that its lines do not look like single words.
"""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from transforms.text.unicode_categories import category_letters
from transforms.text.widgets.months import MONTHS
from transforms.text.widgets.phrasebook import BOOK, normalise
from transforms.text.widgets.systems import GROUPS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HEAD_CHARS: Final = 240
"""Only so many characters of a line are counted; its length counts in full."""

CLASSES: Final = (
    "lower",
    "upper",
    "caseless",  # letters of scripts without case: Arabic, Devanagari, Hebrew, Hangul
    "dense",  # letters of scripts written without spaces: Han, kana, Thai, Lao, Khmer, Burmese
    "digit",
    "space",
    "end",  # of a sentence
    "comma",  # and what else stands inside sentences
    "colon",
    "divider",  # bars, bullets, arrows: what stands between the items of a menu
    "bracket",
    "quote",
    "mark",  # other signs
)
_INDEX: Final = {name: number for number, name in enumerate(CLASSES)}
_ENDS: Final = ".!?。！？．｡।॥؟۔።…‽⁈჻։៕။།"
_COMMAS: Final = ",;،؛、，；､"
_DIVIDERS: Final = "|/\\•·»«›‹→←↑↓▲▼►◄▶◀■□●○◦★☆✓✔✕×–—+>*#~_=¦‣"
_QUOTES: Final = "\"'“”„‚‘’「」『』`´"
_BY_CATEGORY: Final = (
    ("Lu", "upper"),
    ("Lt", "upper"),
    ("Ll", "lower"),
    ("Nd", "digit"),
    ("Ps", "bracket"),
    ("Pe", "bracket"),
)
_SIGNS: Final = (
    ("\t\n\r\v\f", "space"),
    (_QUOTES, "quote"),
    (_DIVIDERS, "divider"),
    (":：", "colon"),
    (_COMMAS, "comma"),
    (_ENDS, "end"),
)
_DENSE: Final = (
    (0x0E00, 0x0F00),
    (0x1000, 0x10A0),
    (0x1780, 0x1800),
    (0x3040, 0x3100),
    (0x3400, 0xA000),
    (0xF900, 0xFB00),
)
DENSE_WEIGHT: Final = 3
"""A character of a script without spaces says about as much as three letters of others."""


@functools.cache
def _classes() -> npt.NDArray[np.uint8]:
    """The class of each code point; beyond the basic plane: ideographs are dense, others marks."""
    table = np.full(0x110000, _INDEX["mark"], np.uint8)
    major, minor = category_letters()[:0x10000].T
    known = table[:0x10000]
    letters = (major == ord("L")) | (major == ord("M"))
    known[letters] = _INDEX["caseless"]
    for first, end in _DENSE:
        known[first:end][letters[first:end]] = _INDEX["dense"]
    known[major == ord("Z")] = _INDEX["space"]
    for (one, other), name in _BY_CATEGORY:
        known[(major == ord(one)) & (minor == ord(other))] = _INDEX[name]
    for signs, name in _SIGNS:  # a later one counts
        known[[ord(sign) for sign in signs]] = _INDEX[name]
    table[0x20000:0x40000] = _INDEX["dense"]
    table[0x10000:0x1D000] = _INDEX["caseless"]
    return table


@functools.cache
def _class_bytes() -> bytes:
    """The same table for look-ups of single characters, which bytes answer fastest."""
    return _classes().tobytes()


@dataclass(frozen=True, slots=True)
class Signals:
    """The lines of a batch of pages, one row a line.

    Attributes:
      counts: characters by class within the first `HEAD_CHARS`, shape (lines, classes).
      chars: length of each line in code points.
      letters: letters, with those of dense scripts weighed `DENSE_WEIGHT`, scaled to the full line.
      last, first: class of the last character that is no quote, bracket or space; of the first.
      phrases: number of the line's phrase in `BOOK`, -1 for none.
      role: role of that phrase, 0 for none.
      group: index of its group in `GROUPS`, -1 for none.
      cues: share of the line's words that widgets use, 0..1; 0 for long lines.
      dated: 1 where a short line holds a date or a time of day.
      repeats: how often a short line stands on its page, from 1; 1 for long lines.
      keys: look-up keys, see `phrasebook.normalise`.
    """

    counts: Floats
    chars: Ints
    letters: Floats
    first: Ints
    last: Ints
    phrases: Ints
    role: Ints
    group: Ints
    cues: Floats
    dated: Floats
    repeats: Floats
    keys: list[str]

    def of_lines(self, lines: slice) -> Self:
        """Gives the signals of some of the lines."""
        if lines.start == 0 and lines.stop >= len(self.keys):
            return self
        return type(self)(*(getattr(self, field.name)[lines] for field in fields(self)))


_SHORT_CHARS: Final = 120
_DATE: Final = re.compile(
    r"\d{1,4}[./\-]\d{1,2}[./\-]\d{1,4}|\d{1,2}[:.h]\d{2}(?!\d)|\d{1,4}年\d{1,2}月|\d{4}년"
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_TAIL_CHARS: Final = 4
_CLOSING: Final = " \t\"'”“’‘»«)]』」)"


@functools.cache
def vocabulary() -> frozenset[str]:
    """Words of the phrases that widgets write and that few languages use as ordinary words.

    A word counts where it stands in at least two rows of one language's phrases, or alone makes
    one; words of three letters and fewer never count, except in dense scripts.
    """
    rows: Counter[str] = Counter()
    alone: set[str] = set()
    keys = normalise([phrase.text for phrase in BOOK.phrases])
    words = zip(BOOK.phrases, map(_WORD.findall, keys), strict=True)
    for _, row in itertools.groupby(words, lambda pair: (pair[0].language, id(pair[0].system))):
        lists = [found for _, found in row]
        rows.update(set(itertools.chain.from_iterable(lists)))
        alone.update(found[0] for found in lists if len(found) == 1)
    return frozenset(
        word for word, number in rows.items() if len(word) > 3 and (number > 1 or word in alone)
    )


_GROUP: Final = {group: number for number, group in enumerate(GROUPS)}
_PHRASE_ROLE: Final = np.array([phrase.role for phrase in BOOK.phrases] + [0], np.int64)
_PHRASE_GROUP: Final = np.array(
    [_GROUP[phrase.system.group] for phrase in BOOK.phrases] + [-1], np.int64
)


def measure(pages: Sequence[Sequence[str]]) -> Signals:
    """Measures all lines of all pages, one after the other. Linear in their characters."""
    lines = list(itertools.chain.from_iterable(pages))
    keys = normalise(lines)
    phrases = np.array(BOOK.look_up(keys), np.int64)
    counts, first, last = _count(lines)
    chars = np.fromiter(map(len, lines), np.int64, len(lines))
    cues, dated = _read(lines, keys, counts[:, _INDEX["digit"]], chars)
    return Signals(
        counts=counts,
        chars=chars,
        letters=_letters(counts, chars),
        first=first,
        last=last,
        phrases=phrases,
        role=_PHRASE_ROLE[phrases],
        group=_PHRASE_GROUP[phrases],
        cues=cues,
        dated=dated,
        repeats=_repeats(pages, keys),
        keys=keys,
    )


def count_letters(lines: Sequence[str]) -> Floats:
    """Counts letters alone; see `Signals`."""
    counts, _, _ = _count_classes(lines)
    return _letters(counts.astype(np.float64), np.fromiter(map(len, lines), np.int64, len(lines)))


def _letters(counts: Floats, chars: Ints) -> Floats:
    dense = counts[:, _INDEX["dense"]] * DENSE_WEIGHT
    letters: Floats = counts[:, 0] + counts[:, 1] + counts[:, 2] + dense
    letters *= chars / np.maximum(np.minimum(chars, HEAD_CHARS), 1)
    return letters


def _count_classes(lines: Sequence[str]) -> tuple[Ints, npt.NDArray[np.uint8], Ints]:
    """Characters of the heads by class; the class of each; the length of each head."""
    width = len(CLASSES)
    heads = [line[:HEAD_CHARS] for line in lines]
    lengths = np.fromiter(map(len, heads), np.int64, len(heads))
    codes = np.frombuffer("".join(heads).encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = _classes()[codes]
    owner = np.repeat(np.arange(len(heads), dtype=np.int64) * width, lengths)
    counts = np.bincount(owner + classes, minlength=len(heads) * width).reshape(-1, width)
    return counts, classes, lengths


def _count(lines: Sequence[str]) -> tuple[Floats, Ints, Ints]:
    """Characters by class, class of the first and of the last character that says something."""
    counts, classes, lengths = _count_classes(lines)
    ends = np.cumsum(lengths)
    mark = _INDEX["mark"]
    first = np.full(len(lines), mark, np.int64)
    filled = lengths > 0
    first[filled] = classes[(ends - lengths)[filled]]
    # The tail of a long line is read by itself: the head stops before it.
    tails = [line[-_TAIL_CHARS:].rstrip(_CLOSING) for line in lines]
    table = _class_bytes()
    last = np.fromiter((table[ord(t[-1])] if t else mark for t in tails), np.int64, len(tails))
    return counts.astype(np.float64), first, last


def _read(
    lines: Sequence[str], keys: Sequence[str], digits: Floats, chars: Ints
) -> tuple[Floats, Floats]:
    """Reads the words of short lines: share that widgets use, and whether there is a date."""
    cues = [0.0] * len(lines)
    dated = [0.0] * len(lines)
    figures = digits.tolist()
    cue_words = vocabulary()
    for i in np.flatnonzero(chars <= _SHORT_CHARS).tolist():
        words = keys[i].split()
        if not cue_words.isdisjoint(words):
            cues[i] = len(cue_words.intersection(words)) / len(words)
        count = figures[i]
        if count and (
            _DATE.search(lines[i]) or (count > 1 and not MONTHS.isdisjoint(_bare(words)))
        ):
            dated[i] = 1.0
    return np.array(cues), np.array(dated)


def _bare(words: Sequence[str]) -> list[str]:
    return [word.strip(".,|()") for word in words]


def _repeats(pages: Sequence[Sequence[str]], keys: Sequence[str]) -> Floats:
    """How often each short line's key stands on its page."""
    repeats = np.ones(len(keys))
    start = 0
    for page in pages:
        stop = start + len(page)
        block = keys[start:stop]
        if len(set(block)) < len(block):
            tally: dict[str, int] = {}
            for key in block:
                tally[key] = tally.get(key, 0) + 1
            repeats[start:stop] = [
                tally[key] if 0 < len(key) <= _SHORT_CHARS else 1 for key in block
            ]
        start = stop
    return repeats
