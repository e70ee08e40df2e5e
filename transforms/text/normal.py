"""Normal forms of a paragraph: what two copies must have in common to count as the same."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from transforms.text import kernel

NORMAL_VERSION = "4"
"""Changes whenever a normal form, a key or a fingerprint changes: a history is bound to it."""

_NOT_WORD = re.compile(r"[^\w\n]+")
_NOT_WORD_NOR_MARK = re.compile(r"[^\w\n\x1f]+")
_NOT_WORD_BETWEEN_DIGITS = re.compile(r"(?<=\d)[^\w\n]+(?=\d)")
_MARK = "\x1f"
"""Stands between numbers in exact forms; no text that comes in keeps one."""

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+")

_DENSE = re.compile(
    r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_DENSE_CHARS_A_WORD = 2
_THAI = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_THAI_CHARS_A_WORD = 4


_Count = int | npt.NDArray[np.int64]


class Forms(NamedTuple):
    """What deduplication reads in texts.

    Attributes:
      exact: see `exact_form`.
      words: see `strip_to_words`.
      digits: shape (n,), whether `words` has a digit of any script.
      long: shape (n,), whether a text has enough words; see `has_words`.
      numbers: shape (n,); see `is_mostly_numbers`.
    """

    exact: list[str]
    words: list[str]
    digits: npt.NDArray[np.bool_]
    long: npt.NDArray[np.bool_]
    numbers: npt.NDArray[np.bool_]


def read_forms(texts: Sequence[str], min_words: int) -> Forms:
    """Reads all forms of texts at once.

    Args:
      texts: any strings.
      min_words: of a text that is long, at least 1.
    """
    if kernel.compiled is not None:
        some = list(texts)
        exact, words, flags, digits, characters = kernel.compiled.read_texts(some, min_words)
        found = np.frombuffer(flags, np.uint8)
        long = (found & 1) != 0
        for n in np.flatnonzero(~long & ((found & 4) != 0)).tolist():
            long[n] = has_words(some[n], min_words)  # scripts without spaces: their own measure
        of_digits, of_all = np.frombuffer(digits, np.int64), np.frombuffer(characters, np.int64)
        return Forms(exact, words, (found & 2) != 0, long, _mostly_digits(of_digits, of_all))
    exact = exact_form(texts)
    return Forms(
        exact,
        [form.replace(_MARK, "") for form in exact],
        np.array([_DIGITS.search(form) is not None for form in exact], bool),
        np.array([has_words(text, min_words) for text in texts], bool),
        np.array([is_mostly_numbers(text) for text in texts], bool),
    )


def strip_to_words(texts: Sequence[str]) -> list[str]:
    r"""Lower-cases each text and removes everything that is not a word character.

    The result is what the `simhash` package shingles: `lower()`, then all `[\w\u4e00-\u9fcc]+`
    joined without separators (the range is part of `\w` in every supported Python).

    Args:
      texts: any strings; a line feed counts as one more separator.

    Returns:
      As many strings, each without white space and punctuation, possibly empty.
    """
    if not texts:
        return []
    joined = "\n".join(t.replace("\n", " ") if "\n" in t else t for t in texts)
    return _NOT_WORD.sub("", joined.lower()).split("\n")


def exact_form(texts: Sequence[str]) -> list[str]:
    """Gives the form that exact duplicates share: case, punctuation and spacing do not count.

    As `strip_to_words`, but a mark keeps numbers apart: `1.5` is not `15`. Without the marks it is
    `strip_to_words` of the same text, so exact copies have equal fingerprints.

    Args:
      texts: any strings; a line feed counts as one more separator.

    Returns:
      As many strings, possibly empty.
    """
    if not texts:
        return []
    joined = "\n".join(t.replace("\n", " ") if "\n" in t else t for t in texts).lower()
    joined = _NOT_WORD_BETWEEN_DIGITS.sub(_MARK, joined.replace(_MARK, " "))
    return _NOT_WORD_NOR_MARK.sub("", joined).split("\n")


def drop_digits(words: Sequence[str]) -> list[str]:
    """Gives every run of digits the same form, so that texts that differ only in numbers are equal.

    Args:
      words: texts as `strip_to_words` gives them.
    """
    if kernel.compiled is not None:
        forms: list[str] = kernel.compiled.drop_digits(list(words))
        return forms
    return _DIGITS.sub("0", "\n".join(words)).split("\n") if words else []


def exact_hashes(forms: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Hashes each form to 128 bits (XXH3, seed 0).

    Returns:
      Shape (n, 2): a key to group by, and a check that makes a false match as good as impossible.
    """
    digest = xxhash.xxh3_128_digest
    try:
        data = b"".join(map(digest, map(str.encode, forms)))
    except UnicodeEncodeError:
        data = b"".join(digest(form.encode("utf-8", "surrogatepass")) for form in forms)
    return np.frombuffer(data, ">u8").astype(np.uint64).reshape(-1, 2)


def has_words(text: str, least: int) -> bool:
    """Says whether a text has at least `least` words; see `count_words`. Stops as soon as it does.

    Args:
      text: any string.
      least: at least 1.
    """
    if len(text) < least:
        return False
    if len(text.split(None, least - 1)) >= least:
        return True
    return not text.isascii() and count_words(text) >= least


def is_mostly_numbers(text: str) -> bool:
    """Says whether a quarter or more of a text's word characters are digits.

    Rows of results, prices or part numbers are alike in all but what they say: only exact copies
    of them are duplicates.
    """
    digits = sum(map(text.count, "0123456789"))
    return bool(_mostly_digits(digits, len(_NOT_WORD.sub("", text)) if digits else 0))


def _mostly_digits(digits: _Count, characters: _Count) -> Any:
    return (digits > 0) & (4 * digits >= characters)


def count_words(text: str) -> int:
    """Counts words; where a script writes none apart, characters stand in for them.

    What stands between white space is a word. Chinese and Japanese characters count as half a word
    each, those of Thai, Lao, Burmese and Khmer as a quarter (rounded up): about the mean length of
    their words.
    """
    words = len(text.split())
    if text.isascii():
        return words
    dense = len(_DENSE.findall(text))
    thai = len(_THAI.findall(text))
    if not dense and not thai:
        return words
    spaced = len(_WORD.findall(_THAI.sub(" ", _DENSE.sub(" ", text))))
    return spaced - (-dense // _DENSE_CHARS_A_WORD) - (-thai // _THAI_CHARS_A_WORD)
