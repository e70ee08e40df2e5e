"""The picture of where the paragraphs went: one band an outcome, as wide as its count."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import RunFacts, counted, share
from pipeline.reporting.wording import GROUPS, group_name

MAX_GROUPS: Final = 6
"""Groups of rules with a band of their own; the smallest share the last band."""

_SOURCE_PX: Final = 280.0
_SLOT_PX: Final = 56.0
_THINNEST_PX: Final = 1.5
_GAP_PX: Final = 8.0
_EDGE: Final = 2.0  # width of the two ends, of 100
_PX_PER_REM: Final = 16


class Outcome(NamedTuple):
    """Where some of the paragraphs went."""

    name: str
    note: str
    paragraphs: int
    style: str


def style_of(group: str) -> str:
    """Returns the colour class of a group of rules."""
    if group in {"comments", "duplicate"}:
        return f"fill-{group}"
    return (
        "fill-chrome" if group in GROUPS and group not in {"quality", "language"} else "fill-other"
    )


def outcomes(facts: RunFacts) -> list[Outcome]:
    """Returns every outcome that any paragraph had, kept first."""
    found = [Outcome("Kept", "written to documents/", facts.paragraphs_kept, "fill-kept")]
    groups = list(facts.removed_by_group.items())
    own = groups if len(groups) <= MAX_GROUPS else groups[: MAX_GROUPS - 1]
    for group, count in own:
        words = GROUPS.get(group)
        note = words.meaning if words else "removed"
        found.append(Outcome(group_name(group), note, count, style_of(group)))
    rest = groups[len(own) :]
    if rest:
        names = ", ".join(group_name(group).lower() for group, _ in rest[:4])
        note = names + (", ..." if len(rest) > 4 else "")
        total = sum(count for _, count in rest)
        found.append(Outcome("Other removals", note, total, "fill-other"))
    dropped = sum(facts.dropped.values())
    found.append(Outcome("Gone with their page", "pages dropped", dropped, "fill-dropped"))
    found.append(Outcome("Rejected", "could not be handled", facts.rejected, "fill-rejected"))
    lost = max(0, facts.unaccounted)
    found.append(Outcome("Unaccounted for", "this must not happen", lost, "fill-rejected"))
    return [outcome for outcome in found if outcome.paragraphs]


def _band(top: float, slot_middle: float, thickness: float, style: str) -> str:
    right_top = slot_middle - thickness / 2
    left, right, bend = _EDGE, 100 - _EDGE, 50
    size = f'width="{_EDGE}" height="{thickness:.2f}"'
    curve = (
        f"M{left} {top:.2f}C{bend} {top:.2f} {bend} {right_top:.2f} {right} {right_top:.2f}"
        f"V{right_top + thickness:.2f}"
        f"C{bend} {right_top + thickness:.2f} {bend} {top + thickness:.2f}"
        f" {left} {top + thickness:.2f}Z"
    )
    return (
        f'<path class="band {style}" d="{curve}"/>'
        f'<rect class="{style}" x="{right}" y="{right_top:.2f}" {size}/>'
        f'<rect class="{style}" x="0" y="{top:.2f}" {size}/>'
    )


def render_flow(facts: RunFacts) -> str:
    """Returns the picture as HTML: the bands are decoration, the list beside them says it all."""
    found: Sequence[Outcome] = outcomes(facts)
    total = sum(outcome.paragraphs for outcome in found)
    if not total:
        return "<p>No paragraphs came in.</p>"
    thick = [max(_THINNEST_PX, _SOURCE_PX * outcome.paragraphs / total) for outcome in found]
    slots = [max(_SLOT_PX, width + _GAP_PX) for width in thick]
    height = sum(slots)
    top, slot_top = (height - sum(thick)) / 2, 0.0
    bands, labels = [], []
    for outcome, thickness, slot in zip(found, thick, slots, strict=True):
        bands.append(_band(top, slot_top + slot / 2, thickness, outcome.style))
        labels.append(
            f'<li style="height:{slot / _PX_PER_REM:.3f}rem">'
            f"<div><b>{outcome.paragraphs:,}</b> {escape(visible(outcome.name, 30))}"
            f" <span>{share(outcome.paragraphs, total)}</span></div>"
            f"<span>{escape(visible(outcome.note, 80))}</span></li>"
        )
        top += thickness
        slot_top += slot
    noun = "paragraph" if total == 1 else "paragraphs"
    return (
        '<div class="flow">'
        f'<div class="source"><b>{total:,}</b><br>{noun} in</div>'
        f'<svg aria-hidden="true" focusable="false" viewBox="0 0 100 {height:.2f}"'
        f' preserveAspectRatio="none" style="height:{height / _PX_PER_REM:.3f}rem">'
        f"{''.join(bands)}</svg>"
        f'<ul aria-label="Where {counted(total, "paragraph")} went">{"".join(labels)}</ul></div>'
    )
