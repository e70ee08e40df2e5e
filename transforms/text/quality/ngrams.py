"""Repeated n-grams of words, for all pages of a batch at once, without collisions.

An n-gram is given a number by sorting pairs of numbers of (n-1)-grams; only those that repeat
within their page go on, so each n costs less than the one before.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)


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
    ends = np.cumsum(page_words)
    total = len(words)
    page = np.repeat(np.arange(pages), page_words)
    chars = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    found: dict[str, Ints] = {}
    at, number = _number_words(words, page)
    for n in range(2, 11):
        rank = np.full(total + 1, -1, np.int64)
        rank[at] = number
        at = at[rank[at + 1] >= 0]
        at = at[page[np.minimum(at + n - 1, total - 1)] == page[at]] if len(at) else at
        at = at[at + n <= ends[page[at]]]
        at, number, group_at, group_size = _number_pairs(at, rank)
        found[f"repeats_{n}"] = np.bincount(
            page[group_at], weights=group_size - 1, minlength=pages
        ).astype(np.int64)
        if n in TOP:
            found[f"top_{n}"] = _top(n, (group_at, group_size), page, chars, page_words)
        if n in DUPLICATE:
            where, copied = _duplicates(n, at, number, chars)
            found[f"dup_{n}"] = np.bincount(page[where], weights=copied, minlength=pages).astype(
                np.int64
            )
    return found


def _number_words(words: NDArray[np.uint64], page: Ints) -> tuple[Ints, Ints]:
    """Returns the places of words that repeat in their page, and a number for each word."""
    bits = max(1, len(words).bit_length())
    keys = (words >> np.uint64(bits)) << np.uint64(bits)
    keys |= np.arange(len(words), dtype=np.uint64)
    keys.sort()
    at = (keys & np.uint64((1 << bits) - 1)).astype(np.int64)
    kinds = keys >> np.uint64(bits)
    fresh = np.ones(len(at), np.bool_)
    fresh[1:] = (kinds[1:] != kinds[:-1]) | (page[at[1:]] != page[at[:-1]])
    places, numbers, _, _ = _repeated(at, fresh)
    return places, numbers


def _number_pairs(at: Ints, rank: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Numbers the pairs of neighbouring numbers; returns the repeated ones and their groups."""
    if not len(at):
        return at, at, at, at
    place_bits = len(rank).bit_length()
    rank_bits = int(rank.max() + 1).bit_length()
    pair = (rank[at] << rank_bits) | rank[at + 1]
    if place_bits + 2 * rank_bits < 63:
        keys = (pair << place_bits) | at
        keys.sort()
        at = keys & ((1 << place_bits) - 1)
        pair = keys >> place_bits
    else:
        order = np.argsort(pair, kind="stable")
        at, pair = at[order], pair[order]
    fresh = np.ones(len(at), np.bool_)
    fresh[1:] = pair[1:] != pair[:-1]
    return _repeated(at, fresh)


def _repeated(at: Ints, fresh: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints, Ints]:
    """From sorted places: those in groups of two and more, by group, and these groups."""
    group_first = np.flatnonzero(fresh)
    group_size = np.diff(np.append(group_first, len(at)))
    many = group_size > 1
    number = np.cumsum(many) - 1
    group = np.repeat(np.where(many, number, -1), group_size)
    kept = group >= 0
    return at[kept], group[kept], at[group_first[many]], group_size[many]


def _top(n: int, groups: tuple[Ints, Ints], page: Ints, chars: Ints, page_words: Ints) -> Ints:
    """Characters of the most frequent n-gram, spaces between its words, times its copies."""
    group_at, group_size = groups
    top = np.zeros(len(page_words), np.int64)
    enough = page_words >= n
    start = (np.cumsum(page_words) - page_words)[enough]
    top[enough] = chars[start + n] - chars[start] + n - 1
    order = np.lexsort((group_at, -group_size, page[group_at]))
    best = order[np.flatnonzero(np.diff(page[group_at[order]], prepend=-1))]
    at = group_at[best]
    top[page[at]] = (chars[at + n] - chars[at] + n - 1) * group_size[best]
    return top


def _duplicates(n: int, at: Ints, number: Ints, chars: Ints) -> tuple[Ints, Ints]:
    """Returns the places of repeated n-grams, left to right, and their characters.

    A copy is stepped over as a whole; what is stepped over is not remembered. So a place counts if
    the first one of its group was looked at, or else a later one that did not count.
    """
    keys = (at << 32) | number
    keys.sort()
    place, kind = keys >> 32, keys & 0xFFFFFFFF
    first = np.zeros(int(number.max(initial=-1)) + 1, np.int64)
    first[kind[::-1]] = place[::-1]
    origin = first[kind]
    later = np.flatnonzero(origin < place)
    place, origin = place[later], origin[later]
    fresh = np.ones(len(place), np.bool_)
    fresh[1:] = (np.diff(place) != 1) | (np.diff(origin) != 1)
    runs = np.flatnonzero(fresh)
    sizes = np.diff(np.append(runs, len(place)))
    copies: list[int] = []
    known: set[int] = set()
    free = 0
    for here, source, size in zip(
        place[runs].tolist(), origin[runs].tolist(), sizes.tolist(), strict=True
    ):
        skip = max(0, free - here)
        if skip < size:
            free = _copy_run(n, (here + skip, source + skip, size - skip), copies, known)
    where = np.array(copies, np.int64)
    return where, chars[where + n] - chars[where]


def _copy_run(n: int, run: tuple[int, int, int], copies: list[int], known: set[int]) -> int:
    """Adds the copies in a run of places whose first ones lie side by side too.

    Args:
      n: words of an n-gram.
      run: first place, the place where it stood first, how many places.
      copies: places that count so far, in order; added to.
      known: first places that were stepped over, of n-grams looked at later; added to.

    Returns:
      The first place that is not stepped over.
    """
    here, source, size = run
    end = here + size
    before = bisect_left(copies, source - n + 1)
    untouched = before == len(copies) or copies[before] > source + size - 2
    if untouched and source + size <= here:
        copies.extend(range(here, end, n))
        return copies[-1] + n
    free = here
    while here < end:
        before = bisect_left(copies, source)
        stepped = before and copies[before - 1] + n > source
        step = 1
        if not stepped or source in known:
            copies.append(here)
            step = n
            free = here + n
        else:
            known.add(source)
        here += step
        source += step
    return free
