"""What the search for duplicates must find, in plain Python, and random rows to search."""

import functools
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
_BASES = [(_RANDOM.getrandbits(64), [_RANDOM.randrange(4) for _ in range(64)]) for _ in range(3)]


def order(row):
    return int(row["date"]), int(row["page_hash"]), int(row["address"]) % 2**20, int(row["address"])


def fields(row):
    return _unpack(*row["minima"].tolist())


@functools.cache
def _unpack(*words):
    return [word >> shift & 3 for word in words for shift in range(0, 64, 2)]


def in_common(one, other):
    """How many of the 64 fields of 2 bits are equal."""
    (low, high), (its_low, its_high) = one["minima"], other["minima"]
    differ = int(low) ^ int(its_low) | (int(high) ^ int(its_high)) << 64
    return 64 - ((differ | differ >> 1) & _ODD).bit_count()


def content(row):
    names = ("simhash", "shingles", "digitless", "beginning")
    return (*(int(row[name]) for name in names), *fields(row))


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
def _verdict(d, common, mine, other, radius, goes_on, same_digitless):
    likeness = (Fraction(common, 64) - Fraction(1, 4)) / Fraction(3, 4)
    longer, shorter = max(mine, other), min(mine, other)
    slack = Fraction(36 if longer < 130 else 20 if longer < 500 else 16, 12)
    if d == 0 and common == 64:
        return True
    if d + 20 * (1 - likeness) <= radius - slack:
        return True
    shared = likeness / (1 + likeness) * (mine + other)
    if goes_on and shared >= Fraction(70, 100) * shorter and mine <= Fraction(5, 2) * other:
        return True
    enough = Fraction(85, 100) * shorter
    if longer >= 130 and likeness >= Fraction(45, 100) and shared >= enough and mine <= 2 * other:
        return True
    return same_digitless and likeness >= Fraction(375, 1000)


def near(later, earlier, radius=24, keep_number_variants=False):
    """The verdict as docs/duplicates.md states it, in fractions."""
    d = distance(later, earlier)
    if d > radius:
        return False
    common = in_common(later, earlier)
    same_digitless = later["digitless"] == earlier["digitless"]
    if keep_number_variants and same_digitless:
        return False
    lengths = int(later["shingles"]), int(earlier["shingles"])
    return _verdict(d, common, *lengths, radius, goes_on(later, earlier), bool(same_digitless))


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
    minima = [array("Q", words) for words in rows["minima"].tolist()]
    return [
        dict(zip((*columns, "minima"), values, strict=True))
        for values in zip(*columns.values(), minima, strict=True)
    ]


def near_matches(rows, radius=24, max_pivots=256, keep_number_variants=False):
    """{(address, keeper, kind, distance)}, and how many rows the cap left out."""
    matches, capped = set(), 0
    for group in _keys(_plain(rows)):
        seen, pivots = set(), []
        for place, row in enumerate(group):
            found = next(
                (
                    group[pivot]
                    for pivot, simhash in pivots[:max_pivots]
                    if (simhash ^ row["simhash"]).bit_count() <= radius
                    and near(row, group[pivot], radius, keep_number_variants)
                ),
                None,
            )
            if found is not None:
                matches.add(
                    (int(row["address"]), int(found["address"]), NEAR, distance(row, found))
                )
            elif len(pivots) > max_pivots:
                capped += 1
            if content(row) not in seen:
                seen.add(content(row))
                pivots.append((place, row["simhash"]))
    return matches, capped


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
