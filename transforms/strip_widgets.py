"""StripWidgets: comment widgets and other boilerplate lines are marked as removed."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
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
    pages = [dataclasses.replace(page, removals=_settle(page.removals, rules)) for page in pages]
    lines = [page.kept_texts() for page in pages]
    found: list[dict[int, Removal]] = [{} for _ in pages]
    for judge, is_html in ((find_phrases, True), (find_widgets, False)):
        chosen = [n for n, page in enumerate(pages) if (page.kind == "html") == is_html]
        for n, widgets in zip(chosen, judge([lines[n] for n in chosen]), strict=True):
            found[n] = widgets
    for page, widgets in zip(pages, found, strict=True):
        if widgets:
            numbers = page.kept_numbers()
            page.removals.update(
                (numbers[i], removal) for i, removal in widgets.items() if removal.rule in rules
            )
    return pages


def _settle(removals: Mapping[int, Removal], rules: RuleSelection) -> dict[int, Removal]:
    """Copies removals, without those of rules that are switched off."""
    if rules.everything:
        return dict(removals)
    off = {rule for rule in {removal.rule for removal in removals.values()} if rule not in rules}
    if not off:
        return dict(removals)
    return {n: removal for n, removal in removals.items() if removal.rule not in off}


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
