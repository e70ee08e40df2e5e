"""The report's sections on pages: those that were not written, languages, dates, hosts."""

from collections.abc import Mapping
from typing import Any, Final

from pipeline.reporting.report_charts import Series, columns, figure
from pipeline.reporting.report_markup import (
    bar_cell,
    code_name,
    count_cell,
    foreign,
    table,
)
from pipeline.reporting.report_removals import MAX_RULES, folded, unfolding
from pipeline.reporting.report_signals import filter_meaning
from pipeline.reporting.run_facts import (
    RunFacts,
    counted,
    counts,
    mapping,
    number,
    rows,
    share,
)
from pipeline.reporting.wording import language_name, reason_meaning

MAX_HOSTS: Final = 50
MAX_LANGUAGES: Final = 40
MAX_REJECTS: Final = 20
MAX_SAMPLES: Final = 3
MAX_COLUMNS: Final = 48


def render_pages(run: Mapping[str, Any], facts: RunFacts) -> str:
    """Returns the pages that were dropped, rejected or skipped, by reason."""
    words = (
        ("dropped", facts.pages_dropped, "fill-dropped"),
        ("rejected", facts.pages_rejected, "fill-rejected"),
        ("skipped", facts.pages_skipped, "fill-other"),
    )
    largest = max((n for _, found, _ in words for n in found.values()), default=0)
    samples = mapping(run.get("samples"))
    parts = []
    for word, found, style in words:
        drawn = [
            unfolding(
                reason,
                reason_meaning(reason) or filter_meaning(reason),
                (count, facts.pages_read, largest),
                style,
                rows(samples.get(f"page.{reason}"))[:MAX_SAMPLES] if word == "dropped" else [],
            )
            for reason, count in list(found.items())[:MAX_RULES]
        ]
        if drawn:
            total = f"{counted(sum(found.values()), 'page')} {word}"
            parts.append(f"<h3>{total}</h3>{folded(drawn, 'More reasons')}")
    if not parts:
        return "<p>Every page that was read was written.</p>"
    rejects = [
        (
            ("", foreign(reject.get("file", ""), 200, "mono")),
            count_cell(number(reject.get("offset"))),
            ("short", code_name(str(reject.get("reason", "")))),
            ("wide", foreign(reject.get("detail", ""))),
        )
        for reject in rows(run.get("rejects"))[:MAX_REJECTS]
    ]
    if rejects:
        heads = ("File", "#Offset", "Reason", "Detail")
        parts.append(table("Input that could not be read", heads, rejects))
        parts.append(
            "<p>The bytes lie in <code>rejected/</code>; <code>pagesieve replay</code> cleans them"
            " again after a fix.</p>"
        )
    return "".join(parts)


def render_languages(run: Mapping[str, Any], _: RunFacts) -> str:
    """Returns the languages of the pages that were written."""
    found = counts(run.get("languages"))
    if not found:
        return ""
    total, largest = sum(found.values()), max(found.values())
    body = [
        (
            ("", foreign(language_name(code), 40)),
            count_cell(count),
            ("n", share(count, total)),
            bar_cell(count, largest, "fill-kept"),
        )
        for code, count in list(found.items())[:MAX_LANGUAGES]
    ]
    more = len(found) - MAX_LANGUAGES
    note = f"<p>{counted(more, 'more language')} not shown.</p>" if more > 0 else ""
    return table("Languages of the pages", ("Language", "#Pages", "#Share", ""), body) + note


def render_dates(run: Mapping[str, Any], _: RunFacts) -> str:
    """Returns the pages by month, or by year where there are too many months."""
    years = counts(run.get("years"))
    unknown = years.pop("unknown", 0)
    months = _between(counts(run.get("months")))
    if sum(months.values()) < sum(years.values()) or not 2 <= len(months) <= MAX_COLUMNS:
        shown, unit = dict(sorted(years.items())[-MAX_COLUMNS:]), "year"
    else:
        shown, unit = months, "month"
    if not shown:
        return ""
    total = sum(years.values()) + unknown
    dated = sum(years.values())
    lead = f"<p>{dated:,} of {counted(total, 'page')} that were written have a date.</p>"
    every = -(-len(shown) // 12)
    labels = [name if n % every == 0 else "" for n, name in enumerate(shown)]
    titles = [f"{name}: {counted(count, 'page')}" for name, count in shown.items()]
    most = max(shown, key=lambda name: (shown[name], name))
    said = (
        f"Pages by {unit}, {min(shown)} to {max(shown)}; the most in {most}:"
        f" {counted(shown[most], 'page')}. The table below has the figures."
    )
    picture = ""
    if len(shown) > 1 and all(name.isascii() and len(name) < 8 for name in shown):
        series = Series("fill-kept", list(shown.values()), titles)
        picture = figure(columns(series, labels), f"Pages by {unit}", said)
    body = [
        (("", foreign(name, 20)), count_cell(count), ("n", share(count, total)))
        for name, count in [*shown.items(), *([("no date", unknown)] if unknown else [])]
        if count
    ]
    figures = table(f"Pages by {unit}", (unit.capitalize(), "#Pages", "#Share"), body)
    return f"{lead}{picture}<details><summary>The figures</summary>{figures}</details>"


def _between(months: Mapping[str, int]) -> dict[str, int]:
    """Returns the months from the first to the last one, those without pages as well."""
    numbers = {}
    for name, count in months.items():
        year, _, month = name.partition("-")
        if year.isdecimal() and month.isdecimal() and len(name) == 7:
            numbers[int(year) * 12 + int(month) - 1] = count
    if not numbers or max(numbers) - min(numbers) >= 12 * 100:
        return {}
    return {
        f"{n // 12:04d}-{n % 12 + 1:02d}": numbers.get(n, 0)
        for n in range(min(numbers), max(numbers) + 1)
    }


def render_hosts(run: Mapping[str, Any], _: RunFacts) -> str:
    """Returns the hosts with the most pages."""
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
