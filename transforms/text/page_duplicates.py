"""Duplicates within a page, found without any shuffle."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from transforms.text.duplicates import EXACT, choose_matches, find_exact, find_near
from transforms.text.rows import Rows, page_of

_FOLD = np.uint64(0x9E3779B97F4A7C15)

TEMPLATE_RULE = "template.line"
EXACT_RULE = "duplicate.exact"
NEAR_RULE = "duplicate.near"


def rule_of(kind: int) -> str:
    """Names the rule that removes a match of this kind."""
    return EXACT_RULE if kind == EXACT else NEAR_RULE


def evidence_of(kind: int, distance: int) -> str:
    """Says in words what the verdict was."""
    if kind == EXACT:
        return "same words as an earlier paragraph"
    return f"{distance} of 64 bits differ from an earlier paragraph"


def find_within_pages(
    exact: Rows, near: Rows, radius_bits: int, *, max_pivots: int, keep_number_variants: bool
) -> npt.NDArray[np.void]:
    """Finds the paragraphs that repeat an earlier one of their own page.

    Args:
      exact: exact rows of whole pages of one shard.
      near: their near rows.
      radius_bits: see `find_near`.
      max_pivots: see `find_near`.
      keep_number_variants: see `find_near`.

    Returns:
      Array of `MATCH`, sorted by address; keepers are paragraphs that stay.
    """
    found = [
        find_exact(_apart(exact)).matches,
        find_near(
            _apart(near),
            radius_bits,
            max_pivots=max_pivots,
            keep_number_variants=keep_number_variants,
        ).matches,
    ]
    matches = choose_matches(np.concatenate(found))
    matches["keeper"] = follow(matches["address"], matches["keeper"], matches["keeper"])
    return matches


def follow(
    gone: npt.NDArray[np.uint64], by: npt.NDArray[np.uint64], start: npt.NDArray[np.uint64]
) -> npt.NDArray[np.uint64]:
    """Follows links from paragraphs that go to those that they repeat, until one has no link.

    Args:
      gone: sorted addresses of paragraphs that go.
      by: for each of them, the earlier one that it repeats.
      start: addresses to start from.

    Returns:
      Where each chain ends: links lead to earlier paragraphs only, so they do end.
    """
    at = start.copy()
    if not len(gone):
        return at
    while True:
        place = np.minimum(np.searchsorted(gone, at), len(gone) - 1)
        linked = gone[place] == at
        if not linked.any():
            return at
        at[linked] = by[place[linked]]


def _apart(rows: Rows) -> Rows:
    """Gives the rows keys that no two pages share."""
    rows = rows.copy()
    rows["key"] ^= (page_of(rows["address"]) + np.uint64(1)) * _FOLD
    return rows


def pick(texts: Sequence[str], chosen: npt.NDArray[np.bool_]) -> list[str]:
    """Takes the texts at the chosen places."""
    return [text for text, yes in zip(texts, chosen, strict=True) if yes]
