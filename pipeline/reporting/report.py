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
from pipeline.reporting.report_flow import render_flow, style_of
from pipeline.reporting.report_markup import (
    bar_cell,
    code_name,
    count_cell,
    foreign,
    table,
    template,
)
from pipeline.reporting.run_facts import (
    RunFacts,
    counted,
    counts,
    duration,
    mapping,
    number,
    read_facts,
    rows,
    share,
)
from pipeline.reporting.wording import (
    group_name,
    group_of,
    language_name,
    reason_meaning,
    rule_meaning,
)

MAX_RULES: Final = 100
MAX_SAMPLES: Final = 5
MAX_HOSTS: Final = 50
MAX_LANGUAGES: Final = 40
MAX_REJECTS: Final = 20
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
        ("Paragraphs removed", share(removed, paragraphs), f"{removed:,}, each with a receipt"),
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
    return _tiles(facts) + "<h3>Where the paragraphs went</h3>" + render_flow(facts)


def _removals(_: Mapping[str, Any], facts: RunFacts) -> str:
    if not facts.removed:
        return "<p>Nothing was removed.</p>"
    largest = max(facts.removed.values())
    body = [
        (
            ("", code_name(rule)),
            ("wide", escape(rule_meaning(rule) or group_name(group_of(rule)))),
            count_cell(count),
            ("n", share(count, facts.paragraphs_in)),
            bar_cell(count, largest, style_of(group_of(rule))),
        )
        for rule, count in list(facts.removed.items())[:MAX_RULES]
    ]
    heads = ("Rule", "What it removes", "#Paragraphs", "#Of all", "")
    return table("Rules that removed paragraphs", heads, body)


def _sample(sample: Mapping[str, Any]) -> str:
    lines = [f"On {foreign(sample.get('url', ''), 200, 'mono')}"]
    if sample.get("evidence"):
        lines.append(f"Because: {foreign(sample['evidence'], 240)}")
    keeper = mapping(sample.get("keeper"))
    if keeper:
        lines.append(f"The text stays on {foreign(keeper.get('url', ''), 200, 'mono')}")
    text = escape(visible(sample.get("text", ""), 500))
    quote = f'<blockquote lang="" dir="auto">{text}</blockquote>'
    return f"<li>{quote}{''.join(f'<p>{line}</p>' for line in lines)}</li>"


def _samples(run: Mapping[str, Any], facts: RunFacts) -> str:
    samples = mapping(run.get("samples"))
    order = sorted(samples, key=lambda rule: (-facts.removed.get(str(rule), 0), str(rule)))
    parts: list[str] = []
    for rule in order[:MAX_RULES]:
        found = rows(samples[rule])[:MAX_SAMPLES]
        if not found:
            continue
        total = facts.removed.get(str(rule), 0)
        of = f"{len(found):,} of {total:,}" if total > len(found) else f"{len(found):,}"
        parts.append(
            f"<details{'' if parts else ' open'}><summary>{foreign(rule, 60, 'mono')}"
            f' <span class="soft">{of} shown</span></summary>'
            f'<ul class="samples">{"".join(map(_sample, found))}</ul></details>'
        )
    return "".join(parts)


def _pages(run: Mapping[str, Any], facts: RunFacts) -> str:
    body = [
        (
            ("", word),
            ("", code_name(reason)),
            ("wide", escape(reason_meaning(reason))),
            count_cell(count),
        )
        for word, found in (
            ("Dropped", facts.pages_dropped),
            ("Rejected", facts.pages_rejected),
            ("Skipped", facts.pages_skipped),
        )
        for reason, count in list(found.items())[:MAX_RULES]
    ]
    parts: list[str] = []
    if body:
        parts.append(
            table("Pages that were not written", ("", "Reason", "Meaning", "#Pages"), body)
        )
    rejects = [
        (
            ("", foreign(reject.get("file", ""), 200, "mono")),
            count_cell(number(reject.get("offset"))),
            ("", code_name(str(reject.get("reason", "")))),
            ("wide", foreign(reject.get("detail", ""))),
        )
        for reject in rows(run.get("rejects"))[:MAX_REJECTS]
    ]
    if rejects:
        parts.append(
            table("Input that could not be read", ("File", "#Offset", "Reason", "Detail"), rejects)
        )
        parts.append(
            "<p>The bytes lie in <code>rejected/</code>; <code>pagesieve replay</code> cleans them"
            " again after a fix.</p>"
        )
    return "".join(parts) or "<p>Every page that was read was written.</p>"


def _languages(run: Mapping[str, Any], _: RunFacts) -> str:
    found = counts(run.get("languages"))
    if not found:
        return ""
    total, largest = sum(found.values()), max(found.values())
    body = [
        (
            ("", foreign(language_name(code), 40)),
            count_cell(count),
            ("n", share(count, total)),
            bar_cell(count, largest, "fill-other"),
        )
        for code, count in list(found.items())[:MAX_LANGUAGES]
    ]
    more = len(found) - MAX_LANGUAGES
    note = f"<p>{counted(more, 'more language')} not shown.</p>" if more > 0 else ""
    return table("Languages of the pages", ("Language", "#Pages", "#Share", ""), body) + note


def _hosts(run: Mapping[str, Any], _: RunFacts) -> str:
    hosts = mapping(run.get("hosts"))
    if not hosts:
        return ""
    found = [(str(host), mapping(figures)) for host, figures in hosts.items()]
    found.sort(key=lambda item: (-number(item[1].get("pages")), item[0]))
    body = []
    for host, figures in found[:MAX_HOSTS]:
        before, after = number(figures.get("in")), number(figures.get("kept"))
        body.append(
            (
                ("", foreign(host or "(files)", 100)),
                count_cell(number(figures.get("pages"))),
                count_cell(before),
                count_cell(after),
                ("n", share(after, before)),
                bar_cell(after, before, "fill-kept"),
            )
        )
    heads = ("Host", "#Pages", "#Paragraphs", "#Kept", "#Share kept", "")
    return table("Hosts with the most pages", heads, body)


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
    ("rules", "What was removed", _removals),
    ("samples", "Samples of what was removed", _samples),
    ("pages", "Pages not written", _pages),
    ("languages", "Languages", _languages),
    ("hosts", "Hosts", _hosts),
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
    return Template(template("report.html")).substitute(
        title=escape(f"pagesieve: {name}" if name else "pagesieve: report"),
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
