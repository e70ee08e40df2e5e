"""Repeated n-grams of words, for all pages of a batch at once, without collisions.

An n-gram is given a number by sorting pairs of numbers of (n-1)-grams; only those that repeat
within their page go on, so each n costs less than the one before. Words are equal where their
64-bit hashes are.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.text import kernel

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MAX_UINT16 = 0xFFFF
TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)
_COLUMNS = (
    *(f"repeats_{n}" for n in range(2, 11)),
    *(f"top_{n}" for n in TOP),
    *(f"dup_{n}" for n in DUPLICATE),
)


def ngram_chars(words: NDArray[np.uint64], lengths: Ints, page_words: Ints) -> dict[str, Ints]:
    """Measures the n-grams of each page.

    Args:
      words: a hash of each word, pages one after the other.
      lengths: characters of each word.
      page_words: how many words each page has.

    Returns:
      Per page: `top_N` (N in 2..4), the characters of all copies of the n-gram that occurs most
      often (the earliest of several), joined with one space; `dup_N` (N in 5..10), the characters
      of the n-grams that repeat an earlier one, read left to right, each word counted once;
      `repeats_N` (N in 2..10), how many n-grams repeat an earlier one.
    """
    pages = len(page_words)
    if kernel.compiled is not None:
        columns = np.zeros((pages, len(_COLUMNS)), np.int64)
        kernel.compiled.count_ngrams(words, lengths, page_words, columns)
        return dict(zip(_COLUMNS, columns.T, strict=True))
    total = len(words)
    page = np.repeat(np.arange(pages, dtype=np.int32), page_words)
    chars = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    found: dict[str, Ints] = {}
    rank = np.full(total + 1, -1, np.int64)
    groups = _number_words(words, page)
    for n in range(2, 11):
        rank[groups.at] = groups.number
        at = groups.at[rank[groups.at + 1] >= 0]
        if n == 2:  # longer ones lie within a page if both of their shorter ones do
            at = at[page[at] == page[at + 1]]
        pairs = _number_pairs(at, rank)
        rank[groups.at] = -1
        groups = pairs
        repeats = np.bincount(page[groups.at], minlength=pages)
        repeats -= np.bincount(page[groups.at[groups.first]], minlength=pages)
        found[f"repeats_{n}"] = repeats
        if n in TOP:
            found[f"top_{n}"] = _top(n, groups, page, chars, page_words)
        if n in DUPLICATE:
            where, copied = _duplicates(n, groups, page, chars)
            found[f"dup_{n}"] = np.bincount(page[where], weights=copied, minlength=pages).astype(
                np.int64
            )
    return found


class _Groups(NamedTuple):
    """N-grams that repeat within their page.

    Attributes:
      at: their places, by group and within one left to right.
      number: of each one's group.
      first: where each group starts in `at`.
    """

    at: Ints
    number: Ints
    first: Ints


def _number_words(words: NDArray[np.uint64], page: NDArray[np.int32]) -> _Groups:
    """Groups the words."""
    low, high = words.astype(np.uint16), (words >> np.uint64(16)).astype(np.uint16)
    at = _order(high, low)
    same = _equal_neighbours(words[at])
    if (same != (_equal_neighbours(high[at]) & _equal_neighbours(low[at]))).any():
        at = np.argsort(words, kind="stable")  # words that agree in these 32 bits
        same = _equal_neighbours(words[at])
    same &= _equal_neighbours(page[at])
    return _grouped(at, same)


def _number_pairs(at: Ints, rank: Ints) -> _Groups:
    """Groups the pairs of neighbouring numbers; `at` is ascending where the first are equal."""
    first, second = rank[at], rank[at + 1]
    if max(first.max(initial=0), second.max(initial=0)) <= _MAX_UINT16:
        order = _order(first.astype(np.uint16), second.astype(np.uint16))
    else:
        order = np.lexsort((second, first))
    first, second = first[order], second[order]
    return _grouped(at[order], _equal_neighbours(first) & _equal_neighbours(second))


def _order(first: NDArray[np.uint16], second: NDArray[np.uint16]) -> Ints:
    """Returns the stable order by two numbers; of 16 bits, for which numpy sorts by counting."""
    order = np.argsort(second, kind="stable")
    return order[np.argsort(first[order], kind="stable")]


def _equal_neighbours(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values[1:] == values[:-1]
    return found


def _grouped(at: Ints, same: NDArray[np.bool_]) -> _Groups:
    """From sorted places, and which equal the one before: those in groups of two or more."""
    if not len(at):
        return _Groups(at, at, at)
    later = np.empty(len(at), np.bool_)
    later[0] = False
    later[1:] = same
    kept = later.copy()
    kept[:-1] |= same
    opens = ~later[kept]
    return _Groups(at[kept], np.cumsum(opens) - 1, np.flatnonzero(opens))


def _top(n: int, groups: _Groups, page: NDArray[np.int32], chars: Ints, page_words: Ints) -> Ints:
    """Characters of the most frequent n-gram, spaces between its words, times its copies."""
    top = np.zeros(len(page_words), np.int64)
    enough = page_words >= n
    start = (np.cumsum(page_words) - page_words)[enough]
    top[enough] = chars[start + n] - chars[start] + n - 1
    if not len(groups.first):
        return top
    size = np.diff(np.append(groups.first, len(groups.at)))
    place = groups.at[groups.first]
    where = page[place].astype(np.int64)
    place_bits, size_bits = len(page).bit_length(), int(size.max()).bit_length()
    if place_bits + size_bits + len(page_words).bit_length() < 63:
        most = (1 << size_bits) - 1
        keys = (((where << size_bits) | (most - size)) << place_bits) | place
        keys.sort()
        best = np.flatnonzero(np.diff(keys >> (place_bits + size_bits), prepend=-1))
        at = keys[best] & ((1 << place_bits) - 1)
        copies = most - ((keys[best] >> place_bits) & most)
    else:
        order = np.lexsort((place, -size, where))
        best = order[np.flatnonzero(np.diff(where[order], prepend=-1))]
        at, copies = place[best], size[best]
    top[page[at]] = (chars[at + n] - chars[at] + n - 1) * copies
    return top


def _duplicates(n: int, groups: _Groups, page: NDArray[np.int32], chars: Ints) -> tuple[Ints, Ints]:
    """Returns the places of repeated n-grams, left to right, and their characters.

    A copy is stepped over as a whole; what is stepped over is not remembered. So a place counts if
    the first one of its group was looked at, or else a later one that did not count.
    """
    origin = np.full(len(page), -1, np.int64)
    origin[groups.at] = groups.at[groups.first][groups.number]
    origin[groups.at[groups.first]] = -1
    place = np.flatnonzero(origin >= 0)
    if not len(place):
        return place, place
    origin = origin[place]
    fresh = np.ones(len(place), np.bool_)
    fresh[1:] = (np.diff(place) != 1) | (np.diff(origin) != 1)
    runs = np.flatnonzero(fresh)
    here, source = place[runs], origin[runs]
    size = np.diff(np.append(runs, len(place)))
    where = _copies(n, here, source, size, len(page))
    return where, chars[where + n] - chars[where]


def _copies(n: int, here: Ints, source: Ints, size: Ints, total: int) -> Ints:
    """Returns the places that count, of runs of places whose first ones lie side by side too.

    Args:
      n: words of an n-gram.
      here: where each run starts, left to right.
      source: the place where its first n-gram stood first.
      size: how many places it has.
      total: words of the text.
    """
    copies: list[int] = []
    stepped = bytearray(total + n)  # 1 where a place was stepped over
    again: set[int] = set()  # first places that were, of n-grams looked at later
    free = 0
    for begin, origin, count in zip(here.tolist(), source.tolist(), size.tolist(), strict=True):
        end = begin + count
        place, first = begin, origin
        if free > begin:
            place, first = free, origin + free - begin
            if place >= end:
                continue
        if (
            end - place > n
            and origin + count <= begin
            and stepped.find(1, first, origin + count) < 0
        ):
            copies.extend(range(place, end, n))
            free = copies[-1] + n
            stepped[place + 1 : free] = b"\1" * (free - place - 1)
            continue
        while place < end:
            if stepped[first] and first not in again:
                again.add(first)
                place += 1
                first += 1
            else:
                copies.append(place)
                free = place + n
                stepped[place + 1 : free] = b"\1" * (n - 1)
                first += n
                place = free
    return np.array(copies, np.int64)
