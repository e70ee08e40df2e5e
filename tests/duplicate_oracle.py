"""What the search for duplicates must find, in plain Python, and random rows to search."""

import functools
import math
import random
from array import array
from fractions import Fraction
from itertools import groupby

import numpy as np
from hypothesis import strategies as st

from transforms.text.duplicates import EXACT, NEAR
from transforms.text.rows import EXACT_ROW, NEAR_ROW, pack_address

_RANDOM = random.Random(4)
_ODD = int("01" * 64, 2)
_CONTENT = ["simhash", "minima", "shingles", "digitless", "beginning"]
_BASES = [(_RANDOM.getrandbits(64), [_RANDOM.randrange(4) for _ in range(64)]) for _ in range(3)]


def order(row):
    return int(row["date"]), int(row["page_hash"]), int(row["address"]) % 2**20, int(row["address"])


def fields(row):
    return [word >> shift & 3 for word in row["minima"].tolist() for shift in range(0, 64, 2)]


def in_common(one, other):
    """How many of the 64 fields of 2 bits are equal."""
    (low, high), (its_low, its_high) = one["minima"], other["minima"]
    differ = int(low) ^ int(its_low) | (int(high) ^ int(its_high)) << 64
    return 64 - ((differ | differ >> 1) & _ODD).bit_count()


def distance(one, other):
    return (int(one["simhash"]) ^ int(other["simhash"])).bit_count()


def levels(row):
    """Level to its field: the eight highest beginnings that the text reaches."""
    return _levels(int(row["shingles"]), int(row["beginning"]))


@functools.cache
def _levels(shingles, beginning):
    top = max(k for k in range(64) if 2**k < (shingles + 1) ** 4)
    kept = range(top, max(top - 8, -1), -1)
    return {level: beginning >> level % 8 * 4 & 15 for level in kept}


def goes_on(one, other):
    mine, its = levels(one), levels(other)
    both = mine.keys() & its.keys()
    return bool(both) and all(mine[level] == its[level] for level in both)


@functools.cache
def _likeness(common):
    return (Fraction(common, 64) - Fraction(1, 4)) / Fraction(3, 4)


@functools.cache
def _most_bits(common, slack, radius):
    """The largest d with d + 20 (1 - J) <= radius - slack."""
    return math.floor(radius - slack - 20 * (1 - _likeness(common)))


@functools.cache
def _least_sum(common, share):
    """How many times the shorter one's shingles both must have, to share so much of them."""
    likeness = _likeness(common)
    return share * (1 + likeness) / likeness if likeness > 0 else math.inf


_SHORT, _MIDDLE, _LONG = Fraction(3), Fraction(5, 3), Fraction(4, 3)
_SEVENTY, _EIGHTY_FIVE = Fraction(70, 100), Fraction(85, 100)


def near(later, earlier, radius=24, keep_number_variants=False):
    """The verdict as docs/duplicates.md states it, in fractions."""
    d = distance(later, earlier)
    if d > radius:
        return False
    common = in_common(later, earlier)
    same_digitless = later["digitless"] == earlier["digitless"]
    if keep_number_variants and same_digitless:
        return False
    if d == 0 and common == 64:
        return True
    mine, other = int(later["shingles"]), int(earlier["shingles"])
    longer, shorter = max(mine, other), min(mine, other)
    slack = _SHORT if longer < 130 else _MIDDLE if longer < 500 else _LONG
    if d <= _most_bits(common, slack, radius):
        return True
    shared_70, shared_85 = (
        mine + other >= _least_sum(common, share) * shorter for share in (_SEVENTY, _EIGHTY_FIVE)
    )
    if shared_70 and 2 * mine <= 5 * other and goes_on(later, earlier):
        return True
    likeness = _likeness(common)
    if longer >= 130 and likeness >= Fraction(45, 100) and shared_85 and mine <= 2 * other:
        return True
    return bool(same_digitless) and likeness >= Fraction(375, 1000)


def _keys(rows):
    ordered = sorted(rows, key=lambda row: (int(row["key"]), *order(row)))
    for _, group in groupby(ordered, key=lambda row: int(row["key"])):
        yield list(group)


def exact_matches(rows):
    """{(address, keeper, kind, distance)}."""
    return {
        (int(row["address"]), int(group[0]["address"]), EXACT, 0)
        for group in _keys(rows)
        for row in group[1:]
        if row["check"] == group[0]["check"]
    }


def _plain(rows):
    """The rows as dictionaries of Python numbers, which are read twenty times as fast."""
    columns = {name: rows[name].tolist() for name in rows.dtype.names if name != "minima"}
    columns["minima"] = [array("Q", words) for words in rows["minima"].tolist()]
    columns["text"] = _numbers_of_texts(rows)
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _numbers_of_texts(rows):
    """One number for all rows that are equal in all that is known of their texts."""
    known = np.ascontiguousarray(rows[_CONTENT]).astype(
        [(name, rows.dtype[name]) for name in _CONTENT]
    )
    if not len(known):
        return []
    texts = known.view(np.dtype((np.void, known.dtype.itemsize)))
    return np.unique(texts, return_inverse=True)[1].ravel().tolist()


def near_matches(rows, radius=24, max_pivots=256, keep_number_variants=False):
    """{(address, keeper, kind, distance)}, and how many rows the cap left out.

    Every pair under a key is looked at, in the order that decides, until one is near.
    """
    matches, capped, verdicts = set(), 0, {}

    def is_near(later, earlier):
        pair = later["text"], earlier["text"]
        if pair not in verdicts:
            verdicts[pair] = near(later, earlier, radius, keep_number_variants)
        return verdicts[pair]

    for group in _keys(_plain(rows)):
        seen, pivots = set(), []
        for row in group:
            simhash = row["simhash"]
            found = next(
                (
                    pivot
                    for pivot, its in pivots[:max_pivots]
                    if (simhash ^ its).bit_count() <= radius and is_near(row, pivot)
                ),
                None,
            )
            if found is not None:
                bits = (simhash ^ found["simhash"]).bit_count()
                matches.add((row["address"], found["address"], NEAR, bits))
            elif len(pivots) > max_pivots:
                capped += 1
            if row["text"] not in seen:
                seen.add(row["text"])
                pivots.append((row, simhash))
    return matches, capped


def removals(exact, near, radius=24, max_pivots=256):
    """{address: (kind, keeper that stays, distance)} of what goes, and what the cap left out."""
    places = {int(row["address"]): order(row) for row in exact}
    near_ones, capped = near_matches(near, radius, max_pivots)
    found = {}
    for address, *match in exact_matches(exact) | near_ones:
        found.setdefault(address, []).append(match)
    best = {
        address: min(matches, key=lambda match: (match[1], places[match[0]]))
        for address, matches in found.items()
    }
    ends = {}
    for address in sorted(best, key=places.get):
        keeper = best[address][0]
        ends[address] = ends.get(keeper, keeper)
    return {a: (kind, ends[a], distance) for a, (_, kind, distance) in best.items()}, capped


def as_set(matches):
    return {
        (int(m["address"]), int(m["keeper"]), int(m["kind"]), int(m["distance"])) for m in matches
    }


def near_row(
    key=1,
    simhash=0,
    minima=None,
    date=0,
    page_hash=0,
    address=0,
    shingles=100,
    digitless=0,
    beginning=0,
):
    row = np.zeros(1, NEAR_ROW)
    minima = [0] * 64 if minima is None else minima
    words = [
        sum(field << 2 * n for n, field in enumerate(half)) for half in (minima[:32], minima[32:])
    ]
    row["key"], row["simhash"], row["minima"] = key, simhash, words
    row["date"], row["page_hash"], row["address"] = date, page_hash, address
    row["shingles"], row["digitless"], row["beginning"] = shingles, digitless, beginning
    return row


_SMALL = st.integers(0, 2)


@st.composite
def exact_rows_lists(draw, most=40):
    """Exact rows with few keys, few dates and unique addresses, in any order."""
    drawn = draw(st.lists(st.tuples(_SMALL, _SMALL, _SMALL, _SMALL, st.booleans()), max_size=most))
    rows = np.zeros(len(drawn), EXACT_ROW)
    for place, (key, date, page_hash, paragraph, other) in enumerate(drawn):
        rows[place] = (
            key << 62 | key,
            int(key == 2 and other),
            date,
            page_hash,
            pack_address(place % 5, place, np.array([paragraph]))[0],
        )
    return rows


@st.composite
def near_rows_lists(draw, most=40):
    """Near rows around three texts: from copies to strangers, some of them equal."""
    row = st.tuples(
        _SMALL,
        _SMALL,
        st.sampled_from([0, 0, 1, 2, 6, 11, 13, 16, 24, 25]),
        st.sampled_from([0, 0, 3, 9, 11, 14, 20, 25, 26, 27, 33]),
        st.sampled_from([60, 60, 100, 107, 129, 130, 240, 499, 500, 1100]),
        _SMALL,
        _SMALL,
        st.integers(0, 1),
        st.integers(0, 3),
        st.sampled_from([0, 0, 1, 0xF0000, 2**32 - 1]),
    )
    drawn = draw(st.lists(row, max_size=most))
    rows = [np.zeros(0, NEAR_ROW)]
    for place, one in enumerate(drawn):
        key, base, bits, changed, shingles, date, page_hash, number, seed, beginning = one
        dice = random.Random(seed)
        simhash, minima = _BASES[base]
        for bit in dice.sample(range(64), bits):
            simhash ^= 1 << bit
        minima = list(minima)
        for n in dice.sample(range(64), changed):
            minima[n] ^= 1
        address = pack_address(place % 5, place, np.array([place % 3]))[0]
        of_page = (date, page_hash, address)
        rows.append(near_row(key << 62, simhash, minima, *of_page, shingles, number, beginning))
    return np.concatenate(rows)
