"""StripWidgets: comment widgets and other boilerplate lines are marked as removed."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from transforms.records import Page, PageBatch, Removal
from transforms.text.selection import RuleSelection
from transforms.text.widgets import GROUPS, find_phrases, find_widgets


def strip_pages(pages: Sequence[Page], rules: RuleSelection) -> list[Page]:
    """Marks widget lines among the paragraphs that are still kept.

    Lines of plain text are judged in context. Where there was a DOM it has judged already, and
    better: of the lines it left, only phrases of widgets go.

    A removal whose rule is switched off, also one of the extraction, is taken back.
    """
    settled = [
        {n: removal for n, removal in page.removals.items() if removal.rule in rules}
        for page in pages
    ]
    kept = [
        [n for n in range(len(page.paragraphs)) if n not in removals]
        for page, removals in zip(pages, settled, strict=True)
    ]
    lines = [
        [page.paragraphs[n] for n in numbers] for page, numbers in zip(pages, kept, strict=True)
    ]
    found: list[dict[int, Removal]] = [{} for _ in pages]
    for judge, is_html in ((find_phrases, True), (find_widgets, False)):
        chosen = [n for n, page in enumerate(pages) if (page.kind == "html") == is_html]
        for n, widgets in zip(chosen, judge([lines[n] for n in chosen]), strict=True):
            found[n] = widgets
    for numbers, removals, widgets in zip(kept, settled, found, strict=True):
        removals.update(
            (numbers[i], removal) for i, removal in widgets.items() if removal.rule in rules
        )
    return [
        dataclasses.replace(page, removals=removals)
        for page, removals in zip(pages, settled, strict=True)
    ]


def check_rules(tokens: Sequence[str]) -> tuple[str, ...]:
    """Checks a choice of rules.

    Raises:
      ValueError: for a name that is no rule and no group.
    """
    RuleSelection(tokens, (*GROUPS, "template"))
    return tuple(tokens)


class StripWidgets(beam.PTransform[Any, Any]):
    """Marks comment widgets and boilerplate lines as removed.

    PCollection[PageBatch] -> PCollection[PageBatch]. No page and no paragraph is lost: removed
    paragraphs stay in their page with the rule and its evidence.

    Args:
      rules: see `RuleSelection`.

    Raises:
      ValueError: at construction, for an unknown rule.
    """

    def __init__(self, rules: Sequence[str] = ("all",)) -> None:
        super().__init__()
        RuleSelection(rules)
        self._rules = tuple(rules)

    def expand(self, batches: PCollection[PageBatch]) -> PCollection[PageBatch]:
        """Applies `strip_pages` to each batch."""
        return batches | "Strip" >> beam.ParDo(_StripFn(self._rules))


class _StripFn(beam.DoFn):
    def __init__(self, rules: tuple[str, ...]) -> None:
        self._rules = RuleSelection(rules)

    def process(self, batch: PageBatch) -> Iterable[PageBatch]:
        yield dataclasses.replace(batch, pages=tuple(strip_pages(batch.pages, self._rules)))
