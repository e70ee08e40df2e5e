"""Measures the signals that page rules look at, for a batch of pages at once."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from transforms.text import kernel
from transforms.text.quality import charclass as cc
from transforms.text.quality import languages as tongues
from transforms.text.quality.characters import ELLIPSES
from transforms.text.quality.hashing import Hashes, PrefixHash, WordSet
from transforms.text.quality.lines import line_columns
from transforms.text.quality.ngrams import DUPLICATE, TOP, ngram_chars
from transforms.text.quality.segments import Tokens, tokenize
from transforms.text.quality.word_lists import WordLists

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GROUP_CHARS = 400_000
_LONGEST_WORD = 256
_KINDS = frozenset({"en", "de"})

_STOP_WORDS = {code: WordSet(words) for code, words in tongues.STOP_WORDS.items()}


def signals(
    pages: Sequence[Sequence[str]],
    languages: Sequence[str],
    word_lists: WordLists | None = None,
) -> list[dict[str, float]]:
    """Returns the signals of each page: always the same names, finite numbers.

    `docs/quality.md` lists them with their units. A page is its paragraphs joined with line feeds.
    Every `*_share` lies in 0..1. `stop_words` is 0 for a language without a list;
    `knows_stop_words`, `knows_spaces` and `knows_end_marks` (0 or 1) say which rules abstain.

    Args:
      pages: the paragraphs of each page.
      languages: ISO 639-1 code of each page (`zh-cn` is read as `zh`), or `und`.
      word_lists: the user's own; without them the signals about them are 0.

    Raises:
      ValueError: if there are not as many languages as pages.
    """
    if len(pages) != len(languages):
        raise ValueError(f"{len(pages)} pages but {len(languages)} languages")
    codes = [tongues.base(language) for language in languages]
    kinds = [code if code in _KINDS else "" for code in codes]
    order = sorted(range(len(pages)), key=kinds.__getitem__)
    texts = ["\n".join(pages[i]) for i in order]
    found: list[dict[str, float]] = [{}] * len(pages)
    for group in _groups(texts):
        numbers = order[group]
        rows = _measure(texts[group], [codes[i] for i in numbers], [kinds[i] for i in numbers])
        for i, text, row in zip(numbers, texts[group], rows, strict=True):
            adult, phrases = word_lists.counts(text) if word_lists else (0, 0)
            row["adult_words_per_word"] = adult / max(1, row["words"])
            row["boilerplate_phrases"] = phrases
            found[i] = row
    return found


def _groups(texts: Sequence[str]) -> Iterator[slice]:
    """Parts of a batch that are small enough for the processor's cache."""
    first = size = 0
    for i, text in enumerate(texts):
        if size and size + len(text) > _GROUP_CHARS:
            yield slice(first, i)
            first, size = i, 0
        size += len(text) + 1
    if size:
        yield slice(first, len(texts))


def _measure(
    texts: Sequence[str], languages: Sequence[str], kinds: Sequence[str]
) -> list[dict[str, float]]:
    joined = "\n".join(texts)
    page_chars = np.fromiter(map(len, texts), np.int64, len(texts))
    points, classes, kinds_of_chars = _classify(joined, page_chars)
    hashes = PrefixHash(points)
    page_end = np.cumsum(page_chars + 1)
    tokens = _tokenize(joined, points, classes, hashes, _stretches(kinds, page_end.tolist()))
    last_token = np.searchsorted(tokens.start, page_end)
    page_tokens = np.diff(last_token, prepend=0)
    lengths = tokens.end - tokens.start
    words = hashes.between(tokens.start, tokens.end)
    columns = _char_columns(kinds_of_chars, page_chars)
    columns |= _token_columns(classes, tokens.start, lengths, page_tokens)
    columns["stop_words"] = _stop_words(words, page_tokens, languages)
    grams = ngram_chars(words, lengths, page_tokens)
    per_page = np.maximum(1, page_chars)
    for n in TOP:
        columns[f"top_{n}_gram_chars_per_char"] = grams[f"top_{n}"] / per_page
    for n in range(2, 11):
        possible = np.maximum(1, page_tokens - n + 1)
        columns[f"repeated_{n}_gram_share"] = grams[f"repeats_{n}"] / possible
    for n in DUPLICATE:
        columns[f"dup_{n}_gram_char_share"] = grams[f"dup_{n}"] / per_page
    columns |= line_columns(texts, points, classes, hashes, tokens)
    for name, marks in (
        ("hashes_per_token", ("#",)),
        ("ellipses_per_token", ELLIPSES),
        ("newlines_per_token", ("\n",)),
    ):
        counts = np.array([sum(map(text.count, marks)) for text in texts])
        columns[name] = counts / np.maximum(1, page_tokens)
    for name, known in (
        ("knows_stop_words", tongues.STOP_WORDS.keys()),
        ("knows_spaces", set(languages) - tongues.WITHOUT_SPACES),
        ("knows_end_marks", set(languages) - tongues.WITHOUT_END_MARKS),
    ):
        columns[name] = np.array([int(code in known) for code in languages])
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def _stretches(kinds: Sequence[str], page_end: Sequence[int]) -> list[tuple[str, int, int]]:
    """Returns kind, start and end of the pages of each kind, which stand together."""
    found: list[tuple[str, int, int]] = []
    for kind, numbers in groupby(range(len(kinds)), key=kinds.__getitem__):
        *_, last = numbers
        found.append((kind, found[-1][2] + 1 if found else 0, page_end[last] - 1))
    return found


def _tokenize(
    text: str,
    points: NDArray[np.uint32],
    classes: NDArray[np.uint16],
    hashes: PrefixHash,
    stretches: Sequence[tuple[str, int, int]],
) -> Tokens:
    """Splits each stretch of a text by the rules of its kind."""
    parts = []
    for kind, first, last in stretches:
        here = slice(first, last)
        rest = hashes.from_place(first)
        part = tokenize(text[here], points[here], classes[here], rest, kind)
        parts.append(Tokens(part.start + first, part.end + first))
    if len(parts) == 1:
        return parts[0]
    return Tokens(
        np.concatenate([part.start for part in parts]), np.concatenate([part.end for part in parts])
    )


def _classify(
    joined: str, page_chars: Ints
) -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[np.int64]]:
    """Reads a text of pages: code points, their classes, and characters by page and kind.

    Kinds are letters, digits of any script, capital letters, and all characters but symbols.
    """
    counts = np.empty((len(page_chars), 4), np.int64)
    if kernel.compiled is not None:
        codes, kinds = kernel.compiled.classify(joined, cc.table(), page_chars, counts)
        return np.frombuffer(codes, np.uint32), np.frombuffer(kinds, np.uint16), counts
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    classes = cc.table()[points]
    ends = np.cumsum(page_chars + 1) - 1
    pages = list(zip((ends - page_chars).tolist(), ends.tolist(), strict=True))
    for kind, mask in enumerate(
        (
            cc.LETTER | cc.CASELESS,
            cc.DIGIT | cc.NUMERAL,
            cc.UPPER,
            cc.LETTER | cc.CASELESS | cc.NUMERAL | cc.SPACE,
        )
    ):
        there = (classes & mask) != 0
        counts[:, kind] = [np.count_nonzero(there[a:b]) for a, b in pages]
    return points, classes, counts


def _char_columns(counts: Ints, page_chars: Ints) -> dict[str, NDArray[np.generic]]:
    """Gives characters of some kinds as shares of a page's characters."""
    letters, digits, capitals, others = (counts / np.maximum(1, page_chars)[:, None]).T
    return {
        "chars": page_chars,
        "letter_char_share": letters,
        "digit_char_share": digits,
        "upper_char_share": capitals,
        "symbol_char_share": np.where(page_chars > 0, 1 - others, 0.0),
    }


def _token_columns(
    classes: NDArray[np.uint16], start: Ints, lengths: Ints, page_tokens: Ints
) -> dict[str, NDArray[np.generic]]:
    """Counts words: tokens that are not punctuation only."""
    pages = len(page_tokens)
    if kernel.compiled is not None:
        found = np.empty((pages, 4), np.int64)
        kernel.compiled.measure_words(classes, start, start + lengths, page_tokens, found)
        words, chars, twice, with_letter = found.T
        return {
            "tokens": page_tokens,
            "words": words,
            "mean_word_chars": chars / np.maximum(1, words),
            "median_word_chars": twice / 2,
            "alpha_token_share": with_letter / np.maximum(1, page_tokens),
        }
    page = np.repeat(np.arange(pages), page_tokens)
    opening = classes[start]
    alpha = (opening & cc.LETTER) != 0
    plain = (opening & cc.PUNCT) == 0
    doubt = np.flatnonzero((lengths > 1) & ~alpha)
    if len(doubt):
        bounds = np.empty(2 * len(doubt), np.int64)
        bounds[::2], bounds[1::2] = start[doubt], start[doubt] + lengths[doubt]
        if bounds[-1] == len(classes):
            bounds = bounds[:-1]
        alpha[doubt] = (np.bitwise_or.reduceat(classes, bounds)[::2] & cc.LETTER) != 0
        plain[doubt] = (np.bitwise_and.reduceat(classes, bounds)[::2] & cc.PUNCT) == 0
    where = page[plain]
    sizes = lengths[plain]
    words = np.bincount(where, minlength=pages)
    count = np.maximum(1, words)
    return {
        "tokens": page_tokens,
        "words": words,
        "mean_word_chars": np.bincount(where, weights=sizes, minlength=pages) / count,
        "median_word_chars": _medians(where, sizes, words),
        "alpha_token_share": np.bincount(page[alpha], minlength=pages) / np.maximum(1, page_tokens),
    }


def _medians(page: Ints, sizes: Ints, words: Ints) -> Floats:
    """Median word length per page; lengths of 255 and more count as 255."""
    cells = page * _LONGEST_WORD + np.minimum(sizes, _LONGEST_WORD - 1)
    table = np.bincount(cells, minlength=len(words) * _LONGEST_WORD)
    table = np.cumsum(table.reshape(len(words), _LONGEST_WORD), axis=1)
    low = (table < (words[:, None] + 1) // 2).sum(axis=1)
    high = (table < words[:, None] // 2 + 1).sum(axis=1)
    return np.where(words > 0, (low + high) / 2, 0.0)


def _stop_words(words: Hashes, page_tokens: Ints, languages: Sequence[str]) -> Ints:
    """Counts how many different words of its language's list each page holds."""
    ends = np.cumsum(page_tokens)
    counts = np.zeros(len(page_tokens), np.int64)
    for code in sorted(set(languages) & _STOP_WORDS.keys()):
        table = _STOP_WORDS[code]
        if kernel.compiled is not None:
            spoken = bytes(language == code for language in languages)
            known = (table.hashes, table.seen)
            kernel.compiled.count_known(words, page_tokens, spoken, *known, counts)
            continue
        chosen = np.flatnonzero([language == code for language in languages])
        if len(chosen) == len(languages):
            parts, page = words, np.repeat(chosen, page_tokens)
        else:
            spans = [slice(ends[i] - page_tokens[i], ends[i]) for i in chosen]
            parts = np.concatenate([words[span] for span in spans])
            page = np.repeat(chosen, page_tokens[chosen])
        number = table.find(parts)
        hit = number >= 0
        there = np.zeros((len(page_tokens), len(table.words)), np.bool_)
        there[page[hit], number[hit]] = True
        counts += there.sum(axis=1)
    return counts
