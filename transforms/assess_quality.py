"""AssessQuality: pages get quality signals, and go when they fail rules the user turned on."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from transforms.records import Page, PageBatch, Removal

if TYPE_CHECKING:
    from transforms.text.quality import WordLists

_LINE_RULES = ("c4", "c4-datatrove")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRules:
    """What is measured, and what a page has to pass.

    Attributes:
      signals: every record gets its signals.
      filters: names of rule sets, in the order in which a page has to pass them.
      limits: limits by `rule_set.rule` that differ from those of the reference.
      blocked_hosts: lower-case hosts whose pages go, with those of their subdomains.
      adult_words, boilerplate_phrases: see `WordLists`.
    """

    signals: bool = True
    filters: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    blocked_hosts: frozenset[str] = frozenset()
    adult_words: frozenset[str] = frozenset()
    boilerplate_phrases: frozenset[str] = frozenset()


def check_filters(filters: Sequence[str], limits: Mapping[str, float]) -> None:
    """Checks names of rule sets and limits.

    Raises:
      ValueError: for an unknown one, with those that there are.
    """
    from transforms.text.quality import judge

    judge([], [], [], filters, limits)


def word_lists_of(rules: QualityRules) -> "WordLists | None":
    """Prepares the search for the user's words; None where there are none."""
    from transforms.text.quality import WordLists

    if not rules.adult_words and not rules.boilerplate_phrases:
        return None
    return WordLists(rules.adult_words, rules.boilerplate_phrases)


def assess_pages(
    pages: Sequence[Page], rules: QualityRules, word_lists: "WordLists | None" = None
) -> list[Page]:
    """Measures pages by what is kept of them, and drops those that fail.

    C4 judges lines before pages: lines that it refuses are removed.

    Args:
      pages: as they come; those that are dropped already stay so.
      rules: what is measured, and what a page has to pass.
      word_lists: what `word_lists_of(rules)` made.
    """
    from transforms.text.quality import host_blocked, signals

    if rules.blocked_hosts:
        pages = [
            dataclasses.replace(page, dropped=Removal("page.blocked_host", "its host is blocked"))
            if page.dropped is None and host_blocked(page.url, rules.blocked_hosts)
            else page
            for page in pages
        ]
    if not rules.signals and not rules.filters:
        return list(pages)
    languages = [page.language for page in pages]
    measured = signals([page.kept_texts() for page in pages], languages, word_lists)
    assessed = drop_failing(pages, measured, rules)
    if not rules.signals:
        return assessed
    return [
        dataclasses.replace(page, extra=page.extra | {"signals": _stored(values)})
        for page, values in zip(assessed, measured, strict=True)
    ]


def drop_failing(
    pages: Sequence[Page], measured: Sequence[Mapping[str, float]], rules: QualityRules
) -> list[Page]:
    """Drops the pages that fail filters, and of the others the lines that C4 refuses.

    Args:
      pages: as they were measured.
      measured: their signals.
      rules: its filters and limits are looked at.
    """
    from transforms.text.quality import c4_lines, judge

    if not rules.filters:
        return list(pages)
    kept = [page.kept_numbers() for page in pages]
    texts = [page.kept_texts() for page in pages]
    languages = [page.language for page in pages]
    verdicts = judge(texts, languages, measured, rules.filters, rules.limits)
    assessed = [
        dataclasses.replace(
            page,
            dropped=Removal(
                f"page.{verdict.rule_set}.{verdict.rule}",
                f"{verdict.value:.6g} against a limit of {verdict.threshold:.6g}",
            ),
        )
        if page.dropped is None and verdict is not None
        else page
        for page, verdict in zip(pages, verdicts, strict=True)
    ]
    for rule_set in (name for name in rules.filters if name in _LINE_RULES):
        cleaned = c4_lines(texts, languages, rule_set, rules.limits)
        for i, (numbers, found) in enumerate(zip(kept, cleaned, strict=True)):
            removals = {numbers[n]: removal for n, removal in found.removals.items()}
            assessed[i] = dataclasses.replace(assessed[i], removals=removals | assessed[i].removals)
    return assessed


def _stored(values: Mapping[str, float]) -> dict[str, float]:
    """Rounds signals for the record: the ones that rules look at so little that it shows nowhere.

    A share of N things differs from a limit of two decimals by 1/(100 N) at least, so what is
    stored gives the same verdicts as what was measured for N up to a hundred million.
    """
    judged = rule_signals()
    return {
        name: round(value, 10 if name in judged else 4) if value % 1 else value
        for name, value in values.items()
    }


@cache
def rule_signals() -> frozenset[str]:
    """Gives the signals that any rule looks at."""
    from transforms.text.quality import RULE_SETS

    return frozenset(rule.signal for one in RULE_SETS.values() for rule in one.rules)


class AssessQuality(beam.PTransform[Any, Any]):
    """Measures the quality of pages, and drops those that fail.

    PCollection[PageBatch] -> PCollection[PageBatch]. Every page stays in its batch; one that fails
    is marked as dropped, with the first rule that it fails.

    Args:
      rules: what is measured, and what a page has to pass.

    Raises:
      ValueError: at construction, for an unknown rule set or limit.
    """

    def __init__(self, rules: QualityRules) -> None:
        super().__init__()
        check_filters(rules.filters, rules.limits)
        self._rules = rules

    def expand(self, batches: PCollection[PageBatch]) -> PCollection[PageBatch]:
        """Applies `assess_pages` to each batch."""
        return batches | "Assess" >> beam.ParDo(_AssessFn(self._rules))


class _AssessFn(beam.DoFn):
    def __init__(self, rules: QualityRules) -> None:
        self._rules = rules

    def setup(self) -> None:
        self._word_lists = word_lists_of(self._rules)

    def process(self, batch: PageBatch) -> Iterable[PageBatch]:
        pages = assess_pages(batch.pages, self._rules, self._word_lists)
        yield dataclasses.replace(batch, pages=tuple(pages))
