"""Counts the sentences of a line, in the two ways of the two C4 implementations."""

import re
import unicodedata
from functools import cache

from transforms.text.quality.characters import SENTENCE_MARKS
from transforms.text.quality.exceptions import exceptions
from transforms.text.quality.tokens import Splitter

LONGEST_LINE_CHARS = 100_000
"""Sentences are counted in this much of a line; it is far beyond any limit on their number."""

_SHORTENED = "cf dept ed eds est etc fig figs nr pp vol vols univ approx p.m a.m e.g i.e al vs v"
"""Typed from general knowledge; most others are among the words that keep their full stop."""
_END = re.compile(r"(?<![.?!])[.?!]++[\"'”’)\]]*+\s+(?=(\S))")
_LONGEST_ABBREVIATION_CHARS = 16


@cache
def _abbreviations() -> frozenset[str]:
    """Words that a full stop behind does not end, in lower case, without it."""
    kept = (word[:-1].lower() for word in exceptions("en") if word[-1] == "." and len(word) > 2)
    return frozenset(kept).union(_SHORTENED.split())


@cache
def _splitter(kind: str) -> Splitter:
    return Splitter(kind)


def count_marked(line: str, kind: str = "en") -> int:
    """Counts sentences as spaCy's rule does, which `c4-datatrove` uses.

    A sentence begins with the first token, other than punctuation, after a token that is one mark
    of the Unicode property Sentence_Terminal. Source: spaCy 3.8, Sentencizer.

    Args:
      line: one line.
      kind: the language, as for `Splitter`.
    """
    count = 0
    ended = True
    for piece in line[:LONGEST_LINE_CHARS].split():
        for token in _splitter(kind).split(piece):
            if token in SENTENCE_MARKS:
                count += count == 0
                ended = True
            elif ended and not (count and _is_punctuation(token)):
                count += 1
                ended = False
    return count


def _is_punctuation(token: str) -> bool:
    return not token.isalnum() and all(unicodedata.category(c)[0] == "P" for c in token)


def count_sentences(line: str) -> int:
    """Counts sentences of running English text, as a Punkt model does for `c4`.

    A sentence ends with a full stop, question or exclamation mark, and closing marks, before a
    space, unless a small letter follows or the full stop belongs to an initial or a known
    abbreviation. The reference uses a trained model; this is close, not equal: `docs/quality.md`.
    """
    text = line[:LONGEST_LINE_CHARS].strip()
    if not text:
        return 0
    count = 1
    for match in _END.finditer(text):
        start, following = match.start(), match.group(1)
        before = text[max(0, start - _LONGEST_ABBREVIATION_CHARS) : start].rpartition(" ")[2]
        if text[start] == "." and (following.islower() or _is_abbreviation(before, following)):
            continue
        count += 1
    return count


def _is_abbreviation(word: str, following: str) -> bool:
    bare = word.lstrip("\"'“‘([").lower()
    initial = len(bare) == 1 and bare.isalpha() and bare != "i"
    return (
        initial or bare in _abbreviations() or (following.isdigit() and bare in {"no", "p", "pp"})
    )
