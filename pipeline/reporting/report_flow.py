"""The picture of where the paragraphs went: a stream that loses a branch at each step."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from html import escape
from typing import Final, NamedTuple

from pipeline.reporting.printable import visible
from pipeline.reporting.report_markup import style_of
from pipeline.reporting.run_facts import RunFacts, counted, share
from pipeline.reporting.wording import group_name

MAX_BRANCHES: Final = 6
"""Branches of a step with a label of their own; the smallest share the last one."""

_STREAM: Final = 62.0  # width of the whole stream, of 100
_THINNEST: Final = 0.35
_LOWEST_REM: Final = 5.5
_TALLER_REM: Final = 7.0
_LAST_GROUPS: Final = frozenset({"duplicate", "template"})
_LINE_GROUPS: Final = frozenset({"c4", "c4-datatrove", "quality"})
_LANGUAGE_REASONS: Final = frozenset({"language", "language_score"})
_LAST_REASONS: Final = frozenset({"duplicate", "seen", "empty", "short"})


class Branch(NamedTuple):
    """Paragraphs that left the stream for one reason."""

    name: str
    paragraphs: int
    style: str


class Step(NamedTuple):
    """A step, and what left the stream there.

    Attributes:
      name: of the step.
      note: what it does.
      branches: what left, the largest first.
      pages: pages that left as a whole.
      fate: what became of these.
    """

    name: str
    note: str
    branches: tuple[Branch, ...]
    pages: int = 0
    fate: str = "dropped"

    @property
    def paragraphs(self) -> int:
        """How many left."""
        return sum(branch.paragraphs for branch in self.branches)


def steps(facts: RunFacts) -> list[Step]:
    """Returns the steps at which any paragraph or page left, in the order of the pipeline."""
    groups, dropped = facts.removed_by_group, facts.dropped
    first = _groups(groups, groups.keys() - _LAST_GROUPS - _LINE_GROUPS)
    lines = _groups(groups, _LINE_GROUPS)
    copies = _groups(groups, _LAST_GROUPS)

    reasons = dropped.keys() | facts.pages_dropped.keys()
    others = reasons - _LANGUAGE_REASONS - _LAST_REASONS
    rejected = [Branch("rejected", facts.rejected, "fill-rejected")] if facts.rejected else []
    lost = max(0, facts.unaccounted)
    gone = [Branch("this must not happen", lost, "fill-rejected")] if lost else []
    found = [
        Step(
            "Reading",
            "input that could not be read or handled",
            tuple(rejected),
            sum(facts.pages_rejected.values()),
            "rejected",
        ),
        Step(
            "Boilerplate and widgets",
            "what is not the page's own text",
            _few(first),
        ),
        Step(
            "Language",
            "pages in other languages",
            _few(_pages(dropped, _LANGUAGE_REASONS)),
            _sum(facts.pages_dropped, _LANGUAGE_REASONS),
        ),
        Step(
            "Quality",
            "pages that fail the filters",
            _few([*lines, *_pages(dropped, others)]),
            _sum(facts.pages_dropped, others),
        ),
        Step(
            "Duplicates",
            "text that stands elsewhere, and lines of a site's template",
            _few([*copies, *_pages(dropped, _LAST_REASONS)]),
            _sum(facts.pages_dropped, _LAST_REASONS),
        ),
        Step("Unaccounted for", "neither kept nor removed", tuple(gone)),
    ]
    return [step for step in found if step.branches or step.pages]


def _groups(groups: Mapping[str, int], wanted: AbstractSet[str]) -> list[Branch]:
    return [
        Branch(group_name(group), count, style_of(group))
        for group, count in groups.items()
        if group in wanted
    ]


def _pages(dropped: Mapping[str, int], wanted: AbstractSet[str]) -> list[Branch]:
    return [
        Branch(f"pages: {reason}", count, "fill-dropped")
        for reason, count in dropped.items()
        if reason in wanted
    ]


def _sum(found: Mapping[str, int], wanted: AbstractSet[str]) -> int:
    return sum(count for name, count in found.items() if name in wanted)


def _few(branches: Sequence[Branch]) -> tuple[Branch, ...]:
    ordered = sorted(branches, key=lambda branch: -branch.paragraphs)
    if len(ordered) <= MAX_BRANCHES:
        return tuple(ordered)
    rest = ordered[MAX_BRANCHES - 1 :]
    total = sum(branch.paragraphs for branch in rest)
    names = f"{len(rest)} more kinds"
    return (*ordered[: MAX_BRANCHES - 1], Branch(names, total, "fill-other"))


def _picture(came: int, step: Step, total: int) -> str:
    """Draws the stream through one step: the main band goes on, the branches bend to the right."""
    wide = _STREAM * came / total
    stays = _STREAM * (came - step.paragraphs) / total
    parts = [
        f'<path class="fill-stream" d="M0 0H{stays:.2f}V100H0Z"/>' if stays > 0 else "",
    ]
    thick = [max(_THINNEST, _STREAM * b.paragraphs / total) for b in step.branches]
    scale = min(1.0, 76 / sum(thick)) if thick else 1.0
    right, bottom = wide, 12.0
    for branch, width in zip(step.branches, thick, strict=True):
        left = max(right - _STREAM * branch.paragraphs / total, 0.0)
        drawn = max(right - left, _THINNEST)
        top, bottom = bottom, bottom + max(width * scale, 1.5)
        parts.append(
            f'<path class="band {branch.style}" d="M{right - drawn:.2f} 0H{right:.2f}'
            f"C{right:.2f} {top:.2f} {right + 4:.2f} {top:.2f} 100 {top:.2f}V{bottom:.2f}"
            f"C{right - drawn:.2f} {bottom:.2f} {right - drawn:.2f} {bottom:.2f}"
            f' {right - drawn:.2f} 0Z"/>'
        )
        right = left
    return (
        '<svg aria-hidden="true" focusable="false" viewBox="0 0 100 100"'
        f' preserveAspectRatio="none">{"".join(parts)}</svg>'
    )


def _row(step: Step, came: int, total: int) -> str:
    branches = "".join(
        f'<li><i class="{branch.style}"></i>{escape(visible(branch.name, 60))}'
        f" <b>{branch.paragraphs:,}</b></li>"
        for branch in step.branches
    )
    listed = f"<ul>{branches}</ul>" if branches else ""
    pages = f"{counted(step.pages, 'page')} {step.fate}" if step.pages else ""
    gone_here = f"{share(step.paragraphs, came)} of what came here" if step.paragraphs else ""
    said = ", ".join(filter(None, (gone_here, pages)))
    gone = f"−{step.paragraphs:,}" if step.paragraphs else "0"
    height = _LOWEST_REM + _TALLER_REM * step.paragraphs / total if step.paragraphs else 0.0
    return (
        f'<li style="min-height:{height:.1f}rem">{_picture(came, step, total)}'
        f'<div><h4>{escape(step.name)} <span class="figure">{gone}</span></h4>'
        f"<p>{escape(step.note)}: {said}</p>"
        f"{listed}</div></li>"
    )


def render_flow(facts: RunFacts) -> str:
    """Returns the picture as HTML: the bands are decoration, the list beside them says it all."""
    found = steps(facts)
    total = facts.paragraphs_kept + sum(step.paragraphs for step in found)
    if not total:
        return "<p>No paragraphs came in.</p>"
    left, rows = total, []
    for step in found:
        rows.append(_row(step, left, total))
        left -= step.paragraphs
    width = f"width:{_STREAM:.2f}%"
    kept = f"width:{max(_THINNEST, _STREAM * left / total):.2f}%"
    read = counted(facts.pages_read, "page")
    written = counted(facts.pages_written, "page")
    return (
        f'<ol class="flow" aria-label="Where {counted(total, "paragraph")} went, step by step">'
        f'<li class="end"><div class="bar-end"><i class="fill-stream" style="{width}"></i></div>'
        f"<div><h4>{counted(total, 'paragraph')} came in</h4><p>on {read}</p></div></li>"
        f"{''.join(rows)}"
        f'<li class="end"><div class="bar-end"><i class="fill-kept" style="{kept}"></i></div>'
        f"<div><h4>{counted(left, 'paragraph')} kept</h4>"
        f"<p>{share(left, total)} of all, on {written}</p></div></li></ol>"
    )
