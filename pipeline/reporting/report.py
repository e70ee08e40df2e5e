"""Writes `report.html`: one file for people, from the figures of `run.json`.

It needs no network and no script. Whatever comes from pages is escaped, held in place by `<bdi>`,
and stripped of what cannot be seen; a content security policy forbids the rest.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from string import Template
from typing import Any, Final

from pipeline.reporting.printable import visible
from pipeline.reporting.report_compare import render_compare
from pipeline.reporting.report_flow import render_flow
from pipeline.reporting.report_markup import foreign, page, table, template
from pipeline.reporting.report_pages import (
    render_dates,
    render_hosts,
    render_languages,
    render_pages,
)
from pipeline.reporting.report_removals import (
    render_duplicates,
    render_removals,
    render_templates,
)
from pipeline.reporting.report_signals import render_signals
from pipeline.reporting.run_facts import RunFacts, counted, duration, mapping, read_facts, share
from pipeline.reporting.wording import group_name

MAX_OPTIONS: Final = 200


def _tiles(facts: RunFacts) -> str:
    removed, paragraphs = sum(facts.removed.values()), facts.paragraphs_in
    gone = sum(facts.pages_dropped.values()) + sum(facts.pages_rejected.values())
    tiles = [
        (
            "Pages written",
            f"{facts.pages_written:,}",
            f"of {facts.pages_read:,} read, {gone:,} dropped or rejected",
        ),
        (
            "Paragraphs kept",
            share(facts.paragraphs_kept, paragraphs),
            f"{facts.paragraphs_kept:,} of {paragraphs:,}",
        ),
        ("Removed", share(removed, paragraphs), f"{removed:,}, each with a receipt"),
        (
            "Characters kept",
            share(facts.characters_kept, facts.characters_in),
            f"{facts.characters_kept:,} of {facts.characters_in:,}",
        ),
    ]
    if facts.seconds is not None:
        pace = f"{facts.pages_read / facts.seconds:,.0f} pages a second" if facts.seconds else ""
        tiles.append(("Time", duration(facts.seconds), pace))
    body = "".join(
        f'<div><dt>{name}</dt><dd class="figure">{figure}</dd><dd class="note">{note}</dd></div>'
        for name, figure, note in tiles
    )
    return f'<dl class="tiles">{body}</dl>'


def _overview(_: Mapping[str, Any], facts: RunFacts) -> str:
    return _tiles(facts) + "<h3>Where the paragraphs went, step by step</h3>" + render_flow(facts)


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Nested options as dotted names."""
    flat: list[tuple[str, object]] = []
    for name, entry in value.items():
        if isinstance(entry, Mapping) and entry and prefix.count(".") < 4:
            flat.extend(_flat(entry, f"{prefix}{name}."))
        else:
            flat.append((f"{prefix}{name}", entry))
    return flat


def _details(run: Mapping[str, Any], facts: RunFacts) -> str:
    named = (
        ("pagesieve", facts.version),
        ("Rules version", run.get("rules_version")),
        ("Engine", run.get("engine")),
        ("Started", run.get("started")),
        ("Finished", run.get("finished")),
        ("Content digest", run.get("digest")),
        *((f"Input: {name}", entry) for name, entry in _flat(mapping(run.get("input")))),
        *((f"Duplicates: {name}", entry) for name, entry in _flat(mapping(run.get("duplicates")))),
        *((f"Version: {name}", entry) for name, entry in _flat(mapping(run.get("versions")))),
    )
    options = _flat(mapping(run.get("options")))[:MAX_OPTIONS]
    parts: list[str] = []
    for caption, entries in (("About this run", named), ("Options", options)):
        body = [
            (
                ("", foreign(name, 100)),
                ("wide", foreign(f"{entry:,}" if type(entry) is int else entry, 300, "mono")),
            )
            for name, entry in entries
            if entry not in (None, "")
        ]
        if body:
            parts.append(table(caption, ("Name", "Value"), body))
    return "".join(parts)


_SECTIONS: Final = (
    ("overview", "Overview", _overview),
    ("rules", "What each rule removed", render_removals),
    ("duplicates", "Duplicates", render_duplicates),
    ("templates", "Site templates", render_templates),
    ("pages", "Pages not written", render_pages),
    ("signals", "Quality", render_signals),
    ("languages", "Languages", render_languages),
    ("dates", "Dates", render_dates),
    ("hosts", "Hosts", render_hosts),
    ("details", "Details", _details),
)


def _verdict(facts: RunFacts) -> str:
    if not facts.adds_up:
        lost = facts.unaccounted
        by_paragraphs = f"{abs(lost):,} paragraphs are {'missing' if lost > 0 else 'too many'}"
        said = [visible(line, 200) for line in facts.broken[:5]] or (
            [by_paragraphs] if lost else []
        )
        why = f": {escape('; '.join(said))}" if said else ""
        wrong = f"<strong>The counts do not add up</strong>{why}. Do not use this output."
        return f'<p class="verdict bad">{wrong}</p>'
    right = (
        "<strong>Everything is accounted for.</strong> Paragraphs in = kept + removed"
        " + gone with dropped pages + rejected."
    )
    capped = (
        f" {counted(facts.not_compared, 'comparison')} left out by the cap;"
        " some near-duplicates may have stayed."
        if facts.not_compared
        else ""
    )
    return f'<p class="verdict">{right}{capped}</p>'


def _lead(facts: RunFacts) -> str:
    kept = share(facts.paragraphs_kept, facts.paragraphs_in)
    groups = [
        f"{escape(group_name(group).lower())} ({count:,})"
        for group, count in facts.removed_by_group.items()
    ]
    biggest = f" Most of what was removed: {', '.join(groups[:3])}." if groups else ""
    return (
        f"<strong>{facts.paragraphs_kept:,} of {counted(facts.paragraphs_in, 'paragraph')}</strong>"
        f" ({kept}) on {counted(facts.pages_read, 'page')} were kept.{biggest}"
    )


def _moment(value: object) -> str:
    """A time for people, to the second; what is no ISO time comes back as it is."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        return foreign(value, 40)
    zone = " UTC" if moment.utcoffset() == timedelta(0) else moment.strftime(" %z").rstrip()
    return escape(moment.strftime("%Y-%m-%d %H:%M:%S") + zone)


def render_report(run: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> str:
    """Returns the report as one HTML page.

    Args:
      run: the dict of `run.json`. What is missing or of another type is left out; lists and texts
        are cut, so that the page stays below a few megabytes whatever the run was.
      other: that of another run; a section says what changed since.
    """
    facts = read_facts(run)
    drawn = [(anchor, title, draw(run, facts)) for anchor, title, draw in _SECTIONS]
    if other is not None:
        drawn.insert(1, ("compare", "What changed", render_compare(run, other)))
    shown = [(anchor, title, body) for anchor, title, body in drawn if body]
    name = visible(facts.name, 120)
    when = [_moment(run[key]) for key in ("started", "finished") if run.get(key)]
    body = Template(template("report.html")).substitute(
        heading=foreign(name) if name else "Report of a run",
        when=" to ".join(when),
        lead=_lead(facts),
        verdict=_verdict(facts),
        contents="\n".join(
            f'<li><a href="#{anchor}">{title}</a></li>' for anchor, title, _ in shown
        ),
        sections="\n".join(
            f'<section id="{anchor}" aria-labelledby="{anchor}-title">'
            f'<h2 id="{anchor}-title">{title}</h2>\n{body}\n</section>'
            for anchor, title, body in shown
        ),
        version=escape(visible(facts.version, 40)),
    )
    return page(f"pagesieve: {name or 'report'}", "Skip to the results", body)
