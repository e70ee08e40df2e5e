"""FingerprintParagraphs: kept paragraphs get the rows by which duplicates are found."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import numpy as np
from apache_beam.pvalue import PCollection

from transforms.records import Keeper, Page, PageBatch, Removal
from transforms.text.dedup_defaults import DEFAULT_MAX_PIVOTS, DEFAULT_RADIUS_BITS
from transforms.text.normal import read_forms
from transforms.text.page_duplicates import evidence_of, find_within_pages, pick, rule_of
from transforms.text.rows import (
    EXACT_ROW,
    NEAR_ROW,
    Rows,
    exact_rows,
    near_rows,
    order_of_date,
    pack_address,
    page_of,
    paragraph_of,
)
from transforms.text.shingles import ShingleHasher
from transforms.text.templates import content_hashes, have_words, host_hash, line_rows
from transforms.text.verdict import check_radius


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupRules:
    """What counts as a duplicate, and where copies are looked for.

    Attributes:
      scope: `corpus` compares all paragraphs, `page` those of one page, `none` nothing.
      near: near-duplicates go as well.
      radius_bits, max_pivots, keep_number_variants: see `find_near`.
      min_words: shorter paragraphs are short; see `count_words`.
      short: where exact copies of short paragraphs go: `keep` (nowhere), `page`, `corpus`.
      run: number of this run in its history; 0 without one.
      template_pages: a line of a site's template stands on so many of its pages at least; 0 looks
        for none.
      template_share: and on this share of them, 0..1.
    """

    scope: Literal["corpus", "page", "none"] = "corpus"
    near: bool = True
    radius_bits: int = DEFAULT_RADIUS_BITS
    max_pivots: int = DEFAULT_MAX_PIVOTS
    keep_number_variants: bool = False
    min_words: int = 10
    short: Literal["keep", "page", "corpus"] = "keep"
    run: int = 0
    template_pages: int = 5
    template_share: float = 0.3

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
          ValueError: for a radius outside 0..64, or fewer than one pivot or word.
        """
        check_radius(self.radius_bits)
        if self.max_pivots < 1:
            raise ValueError(f"max_pivots is {self.max_pivots}; it must be at least 1")
        if self.min_words < 1:
            raise ValueError(f"min_words is {self.min_words}; it must be at least 1")


def fingerprint_pages(
    shard: int, first_page: int, pages: list[Page], rules: DedupRules, hasher: ShingleHasher
) -> tuple[list[Page], Rows, Rows, Rows]:
    """Makes the rows of all kept paragraphs of some pages, and finds duplicates within a page.

    Args:
      shard: number of the pages' shard.
      first_page: number of the first page in its shard.
      pages: consecutive pages.
      rules: what counts as a duplicate.
      hasher: keeps shingles between calls.

    Returns:
      The pages, with what repeats within a page removed where the scope is the page; and the exact,
      near and line rows to compare across pages, in the order of the text.
    """
    exact, near, short, lines = _rows(shard, first_page, pages, rules, hasher)
    within = []
    across = rules.scope == "corpus"
    if rules.scope == "page":
        within.append((exact, near))
    if rules.scope != "none" and rules.short != "keep":
        if across and rules.short == "corpus":
            exact = np.concatenate([exact, short])
        else:
            within.append((short, np.empty(0, NEAR_ROW)))
    for some_exact, some_near in within:
        matches = find_within_pages(
            some_exact,
            some_near,
            rules.radius_bits,
            max_pivots=rules.max_pivots,
            keep_number_variants=rules.keep_number_variants,
        )
        pages = _remove(pages, first_page, matches)
    if not across:
        return pages, np.empty(0, EXACT_ROW), np.empty(0, NEAR_ROW), lines
    return pages, exact, near, lines


def _rows(
    shard: int, first_page: int, pages: list[Page], rules: DedupRules, hasher: ShingleHasher
) -> tuple[Rows, Rows, Rows, Rows]:
    """Makes exact and near rows of long paragraphs, exact rows of short ones, and line rows."""
    texts: list[str] = []
    some_pages: list[Page] = []
    counts: list[int] = []
    numbers: list[int] = []
    paragraphs: list[int] = []
    for number, page in enumerate(pages, first_page):
        if page.dropped is not None or rules.scope == "none":
            continue
        kept = page.kept_numbers()
        texts += map(page.paragraphs.__getitem__, kept)
        paragraphs += kept
        numbers.append(number)
        some_pages.append(page)
        counts.append(len(kept))
    if not texts:
        nothing = np.empty(0, EXACT_ROW)
        return nothing, np.empty(0, NEAR_ROW), nothing, nothing
    orders = np.array([order_of_date(page.date, rules.run) for page in some_pages], np.uint64)
    hashes = np.array([int(page.id[3:], 16) for page in some_pages], np.uint64)
    owner = np.repeat(np.arange(len(counts)), counts)
    date, page_hash = orders[owner], hashes[owner]
    address = pack_address(shard, np.array(numbers)[owner], np.array(paragraphs, np.intp))
    forms = read_forms(texts, rules.min_words)
    exact, has_form = exact_rows(forms.exact, date, page_hash, address)
    long, short = np.flatnonzero(forms.long & has_form), np.flatnonzero(~forms.long & has_form)
    near = np.empty(0, NEAR_ROW)
    if rules.near:
        some = forms.long & has_form & ~forms.numbers
        near = near_rows(
            pick(forms.words, some),
            date[some],
            page_hash[some],
            address[some],
            hasher,
            np.where(forms.digits, np.uint64(0), exact["key"])[some],
        )
    lines = np.empty(0, EXACT_ROW)
    if rules.scope == "corpus" and rules.template_pages:
        compared = forms.long | (rules.short == "corpus")
        chosen = np.concatenate([long, short])
        chosen = chosen[have_words(texts)[chosen]]
        hosts = np.array([host_hash(page.url) for page in some_pages], np.uint64)
        chars = np.fromiter(map(len, texts), np.int64, len(texts))
        contents = content_hashes(chars, exact["key"], counts)
        place = owner[chosen]
        lines = line_rows(exact[chosen], compared[chosen], hosts[place], contents[place])
    return exact[long], near, exact[short], lines


def _remove(pages: list[Page], first_page: int, matches: Rows) -> list[Page]:
    removals: dict[int, dict[int, Removal]] = {}
    for match in matches:
        page = int(page_of(match["address"])) - first_page
        keeper = Keeper(pages[page].id, pages[page].url, int(paragraph_of(match["keeper"])))
        kind, distance = int(match["kind"]), int(match["distance"])
        removals.setdefault(page, {})[int(paragraph_of(match["address"]))] = Removal(
            rule_of(kind), evidence_of(kind, distance), keeper, distance
        )
    return [
        dataclasses.replace(page, removals=page.removals | removals[n]) if n in removals else page
        for n, page in enumerate(pages)
    ]


class FingerprintParagraphs(beam.PTransform[Any, Any]):
    """Adds to each batch the fingerprint rows of its kept paragraphs.

    PCollection[PageBatch] -> PCollection[PageBatch]. With the scope `page` duplicates within a page
    are marked as removed here; with `corpus` nothing is removed yet.

    Args:
      rules: what counts as a duplicate.
    """

    def __init__(self, rules: DedupRules) -> None:
        super().__init__()
        self._rules = rules

    def expand(self, batches: PCollection[PageBatch]) -> PCollection[PageBatch]:
        """Applies `fingerprint_pages` to each batch."""
        return batches | "Fingerprint" >> beam.ParDo(_FingerprintFn(self._rules))


class _FingerprintFn(beam.DoFn):
    def __init__(self, rules: DedupRules) -> None:
        self._rules = rules

    def setup(self) -> None:
        self._hasher = ShingleHasher()

    def process(self, batch: PageBatch) -> Iterable[PageBatch]:
        pages, exact, near, lines = fingerprint_pages(
            batch.shard, batch.first_page, list(batch.pages), self._rules, self._hasher
        )
        yield dataclasses.replace(
            batch,
            pages=tuple(pages),
            exact=exact.tobytes(),
            near=near.tobytes(),
            lines=lines.tobytes(),
        )
