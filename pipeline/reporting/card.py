"""Writes `card.md`: the data card of a run, which travels with the documents."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import (
    RunFacts,
    counted,
    counts,
    mapping,
    number,
    read_facts,
    share,
)
from pipeline.reporting.wording import (
    group_name,
    group_of,
    language_name,
    reason_meaning,
    rule_meaning,
)

_MOST_HOSTS: Final = 20
_MOST_RULES: Final = 60
_MOST_LANGUAGES: Final = 40
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|~$&!]|^[#+=-])")


def safe(value: object, max_chars: int = 120) -> str:
    """Returns untrusted text as Markdown that shows it as it is, on one line."""
    return _MARKUP.sub(r"\\\1", visible(value, max_chars)).strip()


def code(value: object, max_chars: int = 120) -> str:
    """Returns untrusted text as a Markdown code span."""
    text = visible(value, max_chars).replace("`", "'").replace("|", "\\|").strip()
    return f"`{text}`" if text else ""


def render_card(run: Mapping[str, Any]) -> str:
    """Returns the data card as Markdown.

    Args:
      run: the dict of `run.json`. What is missing or of another type is left out; nothing in it
        becomes markup.
    """
    facts = read_facts(run)
    parts = [
        f"# Data card: {safe(facts.name) or 'a run'}",
        _lead(facts, run),
        *_section("Source", _source(run, facts)),
        *_section("Dates", _years(run)),
        *_section("Languages", _languages(run)),
        *_section("What was removed", _removed(facts)),
        *_section("Pages that are not in it", _pages(facts)),
        *_section("How it was made", _making(run)),
        *_section("Known limits", _limits(run, facts)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: str) -> list[str]:
    return [f"## {title}", body] if body else []


def _lead(facts: RunFacts, run: Mapping[str, Any]) -> str:
    when = str(run.get("finished", ""))[:10]
    holds = (
        "Every paragraph that came in is accounted for."
        if facts.adds_up
        else "**The counts do not add up: do not use this data.**"
    )
    return (
        f"{counted(facts.pages_written, 'page')} of cleaned text, "
        f"{counted(facts.paragraphs_kept, 'paragraph')}, "
        f"{counted(facts.characters_kept, 'character')}"
        f"{f', made on {safe(when)}' if when else ''}. {holds}"
    )


def _source(run: Mapping[str, Any], facts: RunFacts) -> str:
    given, origin = mapping(run.get("input")), mapping(run.get("origin"))
    files, size = number(given.get("files")), number(given.get("bytes"))
    lines = [
        (
            f"{counted(facts.pages_read, 'page')} in {counted(files, 'file')} of {size:,} bytes; "
            f"digest of the input {code(given.get('digest', ''))}."
        )
    ]
    if origin:
        lines.append(
            f"Made by {code(origin.get('command', ''))} from run {code(origin.get('run', ''))}."
        )
    hosts = {str(host): mapping(values) for host, values in mapping(run.get("hosts")).items()}
    order = sorted(hosts, key=lambda host: (-number(hosts[host].get("pages")), host))
    rows = [
        (
            code(host),
            f"{number(hosts[host].get('pages')):,}",
            f"{number(hosts[host].get('kept')):,}",
        )
        for host in order[:_MOST_HOSTS]
    ]
    if rows:
        lines.append(_table(("Host", "Pages", "Paragraphs kept"), rows))
    if len(order) > _MOST_HOSTS:
        lines.append(f"The {_MOST_HOSTS} hosts with the most pages; `run.json` has more.")
    return "\n\n".join(lines)


def _years(run: Mapping[str, Any]) -> str:
    years = counts(run.get("years"))
    total = sum(years.values())
    rows = [
        (safe(year, 20), f"{years[year]:,}", share(years[year], total)) for year in sorted(years)
    ]
    if not rows:
        return ""
    months = sorted(counts(run.get("months")))
    span = (
        f"Pages with a date are from {safe(months[0], 20)} to {safe(months[-1], 20)}.\n\n"
        if months
        else ""
    )
    return span + _table(("Year of the page", "Pages", "Share"), rows)


def _languages(run: Mapping[str, Any]) -> str:
    found = counts(run.get("languages"))
    total = sum(found.values())
    rows = [
        (safe(language_name(name), 60), f"{count:,}", share(count, total))
        for name, count in list(found.items())[:_MOST_LANGUAGES]
    ]
    return _table(("Language of the page", "Pages", "Share"), rows) if rows else ""


def _removed(facts: RunFacts) -> str:
    if not facts.removed:
        return "Nothing."
    rows = [
        (
            code(rule, 60),
            safe(rule_meaning(rule) or group_name(group_of(rule)), 200),
            f"{count:,}",
            share(count, facts.paragraphs_in),
        )
        for rule, count in list(facts.removed.items())[:_MOST_RULES]
    ]
    total = sum(facts.removed.values())
    return (
        f"{total:,} of {counted(facts.paragraphs_in, 'paragraph')} "
        f"({share(total, facts.paragraphs_in)}), each with a receipt in `removed/` unless the run "
        "was made with `--removed=off`.\n\n"
        + _table(("Rule", "What it removes", "Paragraphs", "Of all"), rows)
    )


def _pages(facts: RunFacts) -> str:
    rows = [
        (word, code(reason, 60), safe(reason_meaning(reason), 200), f"{count:,}")
        for word, found in (
            ("dropped", facts.pages_dropped),
            ("rejected", facts.pages_rejected),
            ("skipped", facts.pages_skipped),
        )
        for reason, count in found.items()
    ]
    return _table(("", "Reason", "Meaning", "Pages"), rows) if rows else ""


def _making(run: Mapping[str, Any]) -> str:
    lines = [
        f"- {safe(name, 60)} {code(version, 60)}"
        for name, version in mapping(run.get("versions")).items()
    ]
    options = mapping(run.get("options"))
    given = [
        f"- {safe(name, 60)}: {code(_shown(value), 200)}"
        for name, value in options.items()
        if value not in ([], "")
    ]
    parts = ["Versions of what decides what comes out:", "\n".join(lines)] if lines else []
    parts += ["Options:", "\n".join(given)] if given else []
    digest = run.get("digest")
    if digest:
        parts.append(
            f"Digest of the content: {code(digest)}; the same input, options and versions give it "
            "again."
        )
    return "\n\n".join(parts)


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _limits(run: Mapping[str, Any], facts: RunFacts) -> str:
    options, languages = mapping(run.get("options")), counts(run.get("languages"))
    limits = [
        (
            "Which paragraphs are boilerplate is judged by rules and by trained models: some text "
            "is lost and some boilerplate stays. `removed/` shows the first, `pagesieve restore` "
            "undoes it rule by rule."
        ),
        (
            "A page has one language, that of most of its longer paragraphs; mixed pages are not "
            "split."
        ),
    ]
    if undetermined := languages.get("und", 0):
        limits.append(f"{counted(undetermined, 'page')} had too little text to tell the language.")
    scope = options.get("dedup")
    if scope == "corpus":
        limits.append(
            "Near-duplicates are found by fingerprints: paragraphs that were reworded more than "
            "lightly stay, and so do translations."
        )
    elif scope in ("page", "none"):
        within = "within a page only" if scope == "page" else "nowhere"
        limits.append(f"Duplicates were looked for {within}: the same text may stand many times.")
    filters = options.get("filters")
    if isinstance(filters, list) and filters:
        named = ", ".join(code(name, 40) for name in filters[:20])
        limits.append(
            f"Pages that fail {named} are not in it: rules by numbers, which drop some good pages "
            "and keep some bad ones."
        )
    places = counts(mapping(run.get("masked")).get("places"))
    if places:
        named = ", ".join(f"{code(rule, 40)} {count:,}" for rule, count in places.items())
        limits.append(
            f"Personal data was masked where it was recognised ({named}); names and what was not "
            "recognised are as they were."
        )
    if facts.not_compared:
        limits.append(
            f"{counted(facts.not_compared, 'comparison')} left out by a cap: some near-duplicates "
            "may have stayed."
        )
    if rejected := sum(facts.pages_rejected.values()):
        limits.append(f"{counted(rejected, 'piece')} of input could not be read; see `rejected/`.")
    limits.append(
        "Nothing was checked for licences, consent, personal data or truth unless an option above "
        "says so: that is the user's to do."
    )
    return "\n".join(f"- {limit}" for limit in limits)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
