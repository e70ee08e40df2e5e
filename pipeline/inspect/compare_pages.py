"""Which pages differ between two runs, from their digest tables. No text is read."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from pipeline.inspect.digest_tables import DigestTables, Rows

KINDS: Final = (
    "only_before",
    "only_after",
    "dropped_now",
    "written_now",
    "input_changed",
    "text_changed",
    "language_changed",
    "removals_changed",
)
"""What may differ about a page. `input_changed`: the same URL with other content or date;
`removals_changed`: other rules, or more or fewer removals, but the same text."""


@dataclass(slots=True)
class PageDifferences:
    """What differs.

    Attributes:
      same: pages that were written in both runs, alike in text, language and removals.
      counts: kind to number of pages; a page whose text and language changed counts in both.
      examples: kind to (shard, hash of the id) in the first run and in the second; None where the
        page is in one alone.
      rules: rule to paragraphs [more, fewer] that it removed from pages written in both.
      languages: (before, after) to number of pages.
    """

    same: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    examples: dict[str, list[tuple["Place | None", "Place | None"]]] = field(default_factory=dict)
    rules: dict[str, list[int]] = field(default_factory=dict)
    languages: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether anything differs."""
        return any(self.counts.values())


Place = tuple[int, int]
"""Shard and hash of the id."""


def compare_pages(tables: DigestTables, most_examples: int) -> PageDifferences:
    """Compares two runs.

    Args:
      tables: both runs.
      most_examples: of each kind, those with the least hashes.
    """
    found = PageDifferences()
    for (pages1, rules1), (pages2, rules2) in tables.partitions():
        one, two = _unique(pages1), _unique(pages2)
        at1, at2 = _matched(one["id"], two["id"])
        a, b = one[at1], two[at2]
        rest1, rest2 = np.delete(one, at1), np.delete(two, at2)
        _same_id(found, a, b, tables, most_examples)
        _other_id(found, rest1, rest2, most_examples)
        both = a["id"][(a["written"] == 1) & (b["written"] == 1)]
        _rules(found, rules1, rules2, both, tables)
    return found


def _unique(pages: Rows) -> Rows:
    """Keeps one row a page, that of the document where there is one."""
    order = np.lexsort((1 - pages["written"], pages["id"]))
    pages = pages[order]
    first = np.ones(len(pages), bool)
    first[1:] = pages["id"][1:] != pages["id"][:-1]
    return pages[first]


def _matched(
    one: npt.NDArray[np.uint64], two: npt.NDArray[np.uint64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    _, at1, at2 = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    return at1, at2


def _same_id(found: PageDifferences, a: Rows, b: Rows, tables: DigestTables, most: int) -> None:
    """Compares pages of the same content."""
    both = (a["written"] == 1) & (b["written"] == 1)
    language = both & (a["language"] != b["language"])
    masks = {
        "dropped_now": (a["written"] == 1) & (b["written"] == 0),
        "written_now": (a["written"] == 0) & (b["written"] == 1),
        "text_changed": both & (a["text"] != b["text"]),
        "language_changed": language,
        "removals_changed": both & (a["removed"] != b["removed"]) & (a["text"] == b["text"]),
    }
    for kind, mask in masks.items():
        _note(found, kind, a[mask], b[mask], most)
    changed = masks["text_changed"] | language | masks["removals_changed"]
    found.same += int((both & ~changed).sum())
    pairs = np.stack([a["language"][language], b["language"][language]], axis=1)
    for (before, after), count in zip(*np.unique(pairs, axis=0, return_counts=True), strict=True):
        key = tables.languages.name(int(before)), tables.languages.name(int(after))
        found.languages[key] = found.languages.get(key, 0) + int(count)


def _other_id(found: PageDifferences, one: Rows, two: Rows, most: int) -> None:
    """Compares what has no page of the same content on the other side, by URL."""
    one, two = one[one["written"] == 1], two[two["written"] == 1]
    urls1, first1 = np.unique(one["url"], return_index=True)
    urls2, first2 = np.unique(two["url"], return_index=True)
    _, at1, at2 = np.intersect1d(urls1, urls2, assume_unique=True, return_indices=True)
    first1, first2 = first1[at1], first2[at2]
    _note(found, "input_changed", one[first1], two[first2], most)
    _note(found, "only_before", np.delete(one, first1), None, most)
    _note(found, "only_after", None, np.delete(two, first2), most)


def _note(found: PageDifferences, kind: str, a: Rows | None, b: Rows | None, most: int) -> None:
    count = len(a) if a is not None else len(b) if b is not None else 0
    found.counts[kind] += count
    here = [(_place(a, n), _place(b, n)) for n in range(min(count, most))]
    examples = found.examples.setdefault(kind, [])
    examples.extend(here[: max(0, most - len(examples))])


def _place(rows: Rows | None, number: int) -> Place | None:
    return None if rows is None else (int(rows["shard"][number]), int(rows["id"][number]))


def _rules(found: PageDifferences, one: Rows, two: Rows, both: Rows, tables: DigestTables) -> None:
    """Adds up what each rule removes more, and fewer, from the pages that both runs wrote."""
    signed = []
    for rows, sign in ((one, -1), (two, 1)):
        of_both = rows[np.isin(rows["id"], both)]
        _, once = np.unique(of_both[["id", "rule"]], return_index=True)
        of_both = of_both[once]
        signed.append((of_both, sign * of_both["count"].astype(np.int64)))
    rows = np.concatenate([some for some, _ in signed])
    if not len(rows):
        return
    values = np.concatenate([some for _, some in signed])
    keys, inverse = np.unique(rows[["id", "rule"]], return_inverse=True)
    change = np.bincount(inverse.ravel(), values, len(keys)).astype(np.int64)
    for rule in np.unique(keys["rule"]).tolist():
        of_rule = change[keys["rule"] == rule]
        more, fewer = int(of_rule[of_rule > 0].sum()), int(-of_rule[of_rule < 0].sum())
        if more or fewer:
            total = found.rules.setdefault(tables.rules.name(rule), [0, 0])
            total[0] += more
            total[1] += fewer
