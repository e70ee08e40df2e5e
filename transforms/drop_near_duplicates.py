"""DropNearDuplicates: near-duplicates among the keyed texts of anyone's pipeline."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import xxhash
from apache_beam.pvalue import AsDict, PCollection

from transforms.text.dedup_defaults import DEFAULT_MAX_PIVOTS, DEFAULT_RADIUS_BITS
from transforms.text.duplicates import EXACT, Found, find_exact, find_near
from transforms.text.rows import EXACT_ROW, NEAR_ROW, Rows
from transforms.text.shingles import ShingleHasher
from transforms.text.text_duplicates import DEFAULT_MIN_WORDS, text_rows
from transforms.text.verdict import check_radius


class Removed(NamedTuple):
    """A text that goes.

    Attributes:
      key: of the text.
      keeper: key of the text that stays in its stead.
      distance: bits, 0..64, to the text it was matched with; see `Duplicate`.
      kind: `exact` or `near`.
    """

    key: str
    keeper: str
    distance: int
    kind: str


class Deduplicated(NamedTuple):
    """Outputs of DropNearDuplicates.

    Attributes:
      kept: the texts that stay, with their keys.
      removed: why each of the others goes.
    """

    kept: PCollection[tuple[str, str]]
    removed: PCollection[Removed]


_Row = tuple[str, bytes]
_Verdict = tuple[int, bytes, str, int]
"""(kind, keeper's order, its key, distance): the least one counts."""


class DropNearDuplicates(beam.PTransform[Any, Any]):
    """Keeps one of all texts that are the same or nearly the same.

    PCollection[tuple[str, str]] -> Deduplicated. Elements are (key, text), each key once. What
    stays does not depend on the order of elements, on bundles or on workers. Through the grouping
    go fixed-width rows with their keys, never the texts; the keys of removed texts reach every
    worker (about 300 bytes each), and the rows of one hash key have to fit in memory.

    Args:
      order: gives the order of an element: of two duplicates the lower one stays, of equal ones
        that whose key has the lower hash. 0..2**64 - 1; all 0 by default.
      radius_bits: most bits of 64 that differ, 0..64.
      min_words: shorter texts are left alone, at least 1.
      max_pivots: see `find_near`.
      keep_number_variants: texts that differ in digits alone are no duplicates.

    Raises:
      ValueError: at construction, for a value out of range.
    """

    def __init__(
        self,
        order: Callable[[str, str], int] | None = None,
        *,
        radius_bits: int = DEFAULT_RADIUS_BITS,
        min_words: int = DEFAULT_MIN_WORDS,
        max_pivots: int = DEFAULT_MAX_PIVOTS,
        keep_number_variants: bool = False,
    ) -> None:
        super().__init__()
        check_radius(radius_bits)
        if min_words < 1 or max_pivots < 1:
            raise ValueError("min_words and max_pivots must be at least 1")
        self._order = order
        self._min_words = min_words
        self._search = _SearchFn(radius_bits, max_pivots, keep_number_variants)

    def expand(self, texts: PCollection[tuple[str, str]]) -> Deduplicated:
        """Makes rows, groups them, and takes out what goes."""
        verdicts = (
            texts
            | "Batch" >> beam.BatchElements(min_batch_size=16, max_batch_size=512)
            | "Fingerprint" >> beam.ParDo(_FingerprintFn(self._order, self._min_words))
            | "GroupByHash" >> beam.GroupByKey()
            | "Search" >> beam.ParDo(self._search)
            | "Choose" >> beam.CombinePerKey(min)
        )
        gone = AsDict(verdicts)
        return Deduplicated(
            texts | "Keep" >> beam.Filter(_stays, gone),
            verdicts | "Follow" >> beam.Map(_follow, gone),
        )


class _FingerprintFn(beam.DoFn):
    def __init__(self, order: Callable[[str, str], int] | None, min_words: int) -> None:
        self._order = order
        self._min_words = min_words

    def setup(self) -> None:
        self._hasher = ShingleHasher()

    def process(self, batch: list[tuple[str, str]]) -> Iterable[tuple[bytes, _Row]]:
        keys, texts = [key for key, _ in batch], [text for _, text in batch]
        orders = np.array([self._order(*one) if self._order else 0 for one in batch], np.uint64)
        ties = np.array([_hash(key) for key in keys], np.uint64)
        places = np.arange(len(batch), dtype=np.uint64)
        both = text_rows(texts, orders, ties, places, self._hasher, self._min_words)
        for kind, rows in zip((b"e", b"n"), both, strict=True):
            for row in rows:
                yield (
                    kind + int(row["key"]).to_bytes(8, "big"),
                    (
                        keys[int(row["address"])],
                        row.tobytes(),
                    ),
                )


class _SearchFn(beam.DoFn):
    def __init__(self, radius_bits: int, max_pivots: int, keep_number_variants: bool) -> None:
        self._radius_bits = radius_bits
        self._max_pivots = max_pivots
        self._keep_number_variants = keep_number_variants

    def process(self, group: tuple[bytes, Iterable[_Row]]) -> Iterable[tuple[str, _Verdict]]:
        name, members = group
        some = sorted(members)
        if len(some) < 2:
            return
        exact = name[:1] == b"e"
        rows = np.frombuffer(b"".join(row for _, row in some), EXACT_ROW if exact else NEAR_ROW)
        rows = rows.copy()
        rows["address"] = np.arange(len(rows))
        found = find_exact(rows) if exact else self._find_near(rows)
        for match in found.matches:
            key, keeper = (some[int(match[field])][0] for field in ("address", "keeper"))
            # As bytes: Beam's integers have 64 bits with a sign.
            parts = (
                int(match[field]).to_bytes(8, "big") for field in ("keeper_date", "keeper_hash")
            )
            yield key, (int(match["kind"]), b"".join(parts), keeper, int(match["distance"]))

    def _find_near(self, rows: Rows) -> Found:
        return find_near(
            rows,
            self._radius_bits,
            max_pivots=self._max_pivots,
            keep_number_variants=self._keep_number_variants,
        )


def _hash(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogatepass"))


def _stays(text: tuple[str, str], gone: dict[str, _Verdict]) -> bool:
    return text[0] not in gone


def _follow(verdict: tuple[str, _Verdict], gone: dict[str, _Verdict]) -> Removed:
    key, (kind, _, keeper, distance) = verdict
    while keeper in gone:
        keeper = gone[keeper][2]
    return Removed(key, keeper, distance, "exact" if kind == EXACT else "near")
