"""Near-duplicates among any texts, without a pipeline: rows, search and chains in one call."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from transforms.text.dedup_defaults import DEFAULT_MAX_PIVOTS, DEFAULT_RADIUS_BITS
from transforms.text.duplicates import (
    EXACT,
    choose_matches,
    find_exact,
    find_near,
)
from transforms.text.normal import read_forms
from transforms.text.page_duplicates import follow, pick
from transforms.text.rows import EXACT_ROW, NEAR_KEYS, NEAR_ROW, Rows, exact_rows, near_rows
from transforms.text.shingles import Hashes, ShingleHasher

DEFAULT_MIN_WORDS = 10
"""Shorter texts are left alone; see `count_words`."""


_TEXTS_AT_ONCE = 512
"""Texts whose forms and sketches are in memory at a time."""


class Duplicate(NamedTuple):
    """Why a text goes.

    Attributes:
      keeper: place of the text that stays in its stead.
      distance: bits, 0..64, in which its fingerprint differs from that of the text it was matched
        with: the keeper, or one that goes for the keeper itself.
      kind: `exact` where it has the same words, else `near`.
    """

    keeper: int
    distance: int
    kind: Literal["exact", "near"]


def text_rows(
    texts: Sequence[str],
    orders: Hashes,
    ties: Hashes,
    addresses: Hashes,
    hasher: ShingleHasher,
    min_words: int = DEFAULT_MIN_WORDS,
) -> tuple[Rows, Rows]:
    """Makes exact and near rows of those texts that take part in deduplication.

    Args:
      texts: any strings.
      orders: shape (n,); of two duplicates the one with the lower order stays.
      ties: shape (n,); decides between equal orders.
      addresses: shape (n,); what matches will name the texts by.
      hasher: keeps shingles between calls.
      min_words: texts with fewer words get no rows; those of figures get no near rows.
    """
    # Room for all that may come: what stays empty takes no memory.
    exact = np.empty(len(texts), EXACT_ROW)
    near = np.empty(len(texts) * NEAR_KEYS, NEAR_ROW)
    exact_end = near_end = 0
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        part = slice(start, start + _TEXTS_AT_ONCE)
        forms = read_forms(texts[part], min_words)
        order, tie, address = orders[part], ties[part], addresses[part]
        of_all, has_form = exact_rows(forms.exact, order, tie, address)
        some = forms.long & has_form & ~forms.numbers
        words = pick(forms.words, some)
        rows = near_rows(words, order[some], tie[some], address[some], hasher)
        near[near_end : near_end + len(rows)] = rows
        near_end += len(rows)
        rows = of_all[forms.long & has_form]
        exact[exact_end : exact_end + len(rows)] = rows
        exact_end += len(rows)
    return exact[:exact_end], near[:near_end]


def drop_near_duplicates(
    texts: Sequence[str],
    orders: Sequence[int] | None = None,
    *,
    radius_bits: int = DEFAULT_RADIUS_BITS,
    min_words: int = DEFAULT_MIN_WORDS,
    max_pivots: int = DEFAULT_MAX_PIVOTS,
    keep_number_variants: bool = False,
) -> list[Duplicate | None]:
    """Finds the texts that repeat, or nearly repeat, an earlier one.

    Takes about 500 bytes of memory a text besides the texts themselves.

    Args:
      texts: any strings.
      orders: of two duplicates the one with the lower order stays, of equal ones the first in
        `texts`; by default the first. 0..2**64 - 1.
      radius_bits: most bits of 64 that differ, 0..64; see `is_near`.
      min_words: shorter texts are left alone, at least 1.
      max_pivots: see `find_near`.
      keep_number_variants: texts that differ in digits alone are no duplicates.

    Returns:
      For each text None where it stays, else why it goes.

    Raises:
      ValueError: for a value out of range, or another number of orders than of texts.
    """
    if orders is not None and len(orders) != len(texts):
        raise ValueError(f"there are {len(texts)} texts, but {len(orders)} orders")
    if min_words < 1:
        raise ValueError(f"min_words is {min_words}; it must be at least 1")
    places = np.arange(len(texts), dtype=np.uint64)
    order = places if orders is None else np.array(orders, np.uint64)
    exact, near = text_rows(texts, order, places, places, ShingleHasher(), min_words)
    matches = choose_matches(
        np.concatenate(
            [
                find_exact(exact).matches,
                find_near(
                    near,
                    radius_bits,
                    max_pivots=max_pivots,
                    keep_number_variants=keep_number_variants,
                ).matches,
            ]
        )
    )
    ends = follow(matches["address"], matches["keeper"], matches["keeper"])
    found: list[Duplicate | None] = [None] * len(texts)
    for match, keeper in zip(matches, ends.tolist(), strict=True):
        kind: Literal["exact", "near"] = "exact" if match["kind"] == EXACT else "near"
        found[int(match["address"])] = Duplicate(keeper, int(match["distance"]), kind)
    return found
