"""What the terminal says at the end of a run, and the one line that monitors read."""

import json
import shlex
from collections.abc import Mapping
from typing import Any, Final

from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import (
    RunFacts,
    counted,
    duration,
    mapping,
    read_facts,
    rows,
    share,
)
from pipeline.reporting.wording import group_name, group_of, rule_meaning

LINE_PREFIX: Final = "pagesieve-summary "
_MAX_RULES: Final = 5
_LABEL_CHARS: Final = 12
_STYLES: Final = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "red": "31"}


def _styled(text: str, style: str, color: bool) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color else text


def _row(label: str, rest: str) -> str:
    return f"  {label:<{_LABEL_CHARS}}{rest}"


def _reasons(found: Mapping[str, int]) -> str:
    """Returns "12 (malformed 8, truncated 4)", or "0"."""
    total = f"{sum(found.values()):,}"
    named = [f"{visible(reason, 30)} {count:,}" for reason, count in found.items() if reason]
    if not named:
        return total
    more = [f"{len(named) - 3} more reasons"] if len(named) > 4 else []
    return f"{total} ({', '.join([*named[: 3 if more else 4], *more])})"


def _pages(facts: RunFacts) -> str:
    parts = [f"{facts.pages_read:,} read", f"{facts.pages_written:,} written"]
    for word, found in (
        ("dropped", facts.pages_dropped),
        ("rejected", facts.pages_rejected),
        ("skipped", facts.pages_skipped),
    ):
        if found:
            parts.append(f"{word} {_reasons(found)}")
    return ", ".join(parts)


def _paragraphs(facts: RunFacts) -> str:
    removed = sum(facts.removed.values())
    parts = [
        f"{facts.paragraphs_in:,} in",
        f"{facts.paragraphs_kept:,} kept ({share(facts.paragraphs_kept, facts.paragraphs_in)})",
        f"{removed:,} removed ({share(removed, facts.paragraphs_in)})",
    ]
    if facts.dropped:
        parts.append(f"{sum(facts.dropped.values()):,} gone with dropped pages")
    if facts.rejected:
        parts.append(f"{facts.rejected:,} rejected")
    return ", ".join(parts)


def _rules(facts: RunFacts, color: bool) -> list[str]:
    """The rules that removed most, a line each: count, share of all paragraphs, name, meaning."""
    lines = []
    biggest = list(facts.removed.items())[:_MAX_RULES]
    count_width = max((len(f"{count:,}") for _, count in biggest), default=0)
    rule_width = max((len(visible(rule, 28)) for rule, _ in biggest), default=0)
    for rule, count in biggest:
        figures = f"{count:>{count_width},}  {share(count, facts.paragraphs_in):>6}"
        name = f"{visible(rule, 28):<{rule_width}}"
        meaning = _styled(rule_meaning(rule) or group_name(group_of(rule)), "dim", color)
        lines.append(f"    {figures}  {name}  {meaning}")
    others = list(facts.removed.values())[_MAX_RULES:]
    if others:
        named = "1 more rule" if len(others) == 1 else f"{len(others)} more rules"
        figures = f"{sum(others):>{count_width},}  {share(sum(others), facts.paragraphs_in):>6}"
        lines.append(f"    {figures}  {named}")
    return lines


def _masked(run: Mapping[str, Any]) -> list[str]:
    """One line about masked personal data, where there was any."""
    places = mapping(mapping(run.get("masked")).get("places"))
    named = [
        f"{visible(rule, 28)} {n:,}" for rule, n in places.items() if isinstance(n, int) and n > 0
    ]
    return [_row("masked", ", ".join(named))] if named else []


def _reject(one: Mapping[str, Any]) -> str:
    why = visible(one.get("detail", ""), 80)
    return visible(one.get("file", "?"), 60) + (f" ({why})" if why else "")


def _warnings(run: Mapping[str, Any], facts: RunFacts) -> list[str]:
    warnings = []
    if not facts.adds_up:
        warnings.append("the counts do not add up: do not use this output, and report a bug")
    rejected = sum(facts.pages_rejected.values())
    if rejected:
        first = next(iter(rows(run.get("rejects"))), None)
        where = f"; the first: {_reject(first)}" if first else ""
        warnings.append(f"{counted(rejected, 'piece')} of input could not be read{where}")
    if facts.not_compared:
        warnings.append(
            f"{facts.not_compared:,} comparisons were left out by the cap:"
            " some near-duplicates may have stayed"
        )
    return warnings


def _sample_url(run: Mapping[str, Any]) -> str:
    """The page to look at next: one that lost a paragraph, a near-duplicate above all."""
    samples = mapping(run.get("samples"))
    for rule in sorted(samples, key=lambda rule: (rule != "duplicate.near", str(rule))):
        for sample in rows(samples[rule]):
            if sample.get("url"):
                return str(sample["url"])
    return ""


def _quoted(argument: str, placeholder: str) -> str:
    """An argument as a shell takes it; the placeholder for one that cannot be shown as it is."""
    plain = visible(argument, 200) == argument and argument and not argument.startswith("-")
    return shlex.quote(argument) if plain else placeholder


def render_summary(run: Mapping[str, Any], output: str, color: bool) -> str:
    """Returns the text for the end of a run: 6 to 20 lines, without a line feed at the end.

    Args:
      run: the dict of `run.json`; what is missing counts as nothing.
      output: where the output is, as the user named it.
      color: whether the terminal shows colours. Text from pages never brings its own.
    """
    facts = read_facts(run)
    took = "" if facts.seconds is None else f" in {duration(facts.seconds)}"
    title = f"pagesieve: {counted(facts.pages_read, 'page')} read{took}"
    lines = [
        _styled(title, "bold", color),
        _row("pages", _pages(facts)),
        _row("paragraphs", _styled(_paragraphs(facts), "green" if facts.adds_up else "red", color)),
        *_rules(facts, color),
        *_masked(run),
        *(_styled(_row("warning", warning), "yellow", color) for warning in _warnings(run, facts)),
        _row("output", visible(output, 400)),
        _row("report", visible(f"{output.rstrip('/')}/report.html", 400)),
    ]
    target = _quoted(output, "DIR")
    if facts.removed:
        page = _quoted(_sample_url(run), "URL")
        lines.append(_row("look next", f"pagesieve explain --output={target} {page}"))
    if facts.pages_rejected:
        lines.append(
            _row("" if facts.removed else "look next", f"pagesieve replay --output={target}")
        )
    return "\n".join(lines)


def summary_line(run: Mapping[str, Any]) -> str:
    """Returns one line for monitors: `pagesieve-summary ` and a JSON object in ASCII.

    Its keys stay the same from version to version; new ones may come.
    """
    facts = read_facts(run)
    seconds = None if facts.seconds is None else round(facts.seconds, 3)
    figures = {
        "run": visible(facts.name, 200),
        "version": visible(facts.version, 50),
        "seconds": seconds,
        "pages_read": facts.pages_read,
        "pages_written": facts.pages_written,
        "pages_dropped": sum(facts.pages_dropped.values()),
        "pages_rejected": sum(facts.pages_rejected.values()),
        "pages_skipped": sum(facts.pages_skipped.values()),
        "paragraphs_in": facts.paragraphs_in,
        "paragraphs_kept": facts.paragraphs_kept,
        "paragraphs_removed": sum(facts.removed.values()),
        "paragraphs_dropped": sum(facts.dropped.values()),
        "paragraphs_rejected": facts.rejected,
        "removed_by_group": {visible(g, 40): n for g, n in facts.removed_by_group.items()},
        "comparisons_left_out": facts.not_compared,
        "conservation_holds": facts.holds,
        "digest": visible(run.get("digest") or "", 128),
    }
    return LINE_PREFIX + json.dumps(figures, ensure_ascii=True, separators=(",", ":"))
