"""The report's section on what changed since another run."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from pipeline.reporting.report_markup import Cell, code_name, count_cell, foreign, table
from pipeline.reporting.run_facts import RunFacts, counts, mapping, read_facts, share
from pipeline.reporting.wording import group_name, group_of, language_name, rule_meaning

MAX_ROWS: Final = 60


def render_compare(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Returns what changed from `other` to `run`, as HTML: figures, rules, languages, settings.

    Shares are of all paragraphs, or pages, of their own run, so that runs of different size can be
    compared.
    """
    now, then = read_facts(run), read_facts(other)
    return "".join(
        (
            f"<p>Compared with {foreign(then.name or 'a run without a name', 120)}.</p>",
            _figures(now, then),
            _rules(now, then),
            _languages(run, other),
            _settings(run, other),
        )
    )


def _figures(now: RunFacts, then: RunFacts) -> str:
    rows = [
        _shares(
            "Pages written",
            (then.pages_written, then.pages_read),
            (now.pages_written, now.pages_read),
        ),
        _shares(
            "Pages dropped",
            (sum(then.pages_dropped.values()), then.pages_read),
            (sum(now.pages_dropped.values()), now.pages_read),
        ),
        _shares(
            "Pages rejected",
            (sum(then.pages_rejected.values()), then.pages_read),
            (sum(now.pages_rejected.values()), now.pages_read),
        ),
        _shares(
            "Paragraphs kept",
            (then.paragraphs_kept, then.paragraphs_in),
            (now.paragraphs_kept, now.paragraphs_in),
        ),
        _shares(
            "Paragraphs removed",
            (sum(then.removed.values()), then.paragraphs_in),
            (sum(now.removed.values()), now.paragraphs_in),
        ),
    ]
    return table("How much was kept, then and now", _HEADS, rows)


_HEADS: Final = ("", "#Then", "#Share", "#Now", "#Share", "#Change, in points")


def _shares(label: str, then: tuple[int, int], now: tuple[int, int], html: str = "") -> list[Cell]:
    return [
        ("", html or escape(label)),
        count_cell(then[0]),
        ("n", share(*then)),
        count_cell(now[0]),
        ("n", share(*now)),
        ("n", _points(then, now)),
    ]


def _points(then: tuple[int, int], now: tuple[int, int]) -> str:
    if not then[1] or not now[1]:
        return "-"
    points = 100 * (now[0] / now[1] - then[0] / then[1])
    return f"{points:+.1f}" if abs(points) >= 0.05 else "0"


def _rules(now: RunFacts, then: RunFacts) -> str:
    def drift(rule: str) -> float:
        return abs(
            now.removed.get(rule, 0) / max(now.paragraphs_in, 1)
            - then.removed.get(rule, 0) / max(then.paragraphs_in, 1)
        )

    rules = sorted(now.removed.keys() | then.removed.keys(), key=lambda rule: (-drift(rule), rule))
    rows = [
        _shares(
            rule,
            (then.removed.get(rule, 0), then.paragraphs_in),
            (now.removed.get(rule, 0), now.paragraphs_in),
            f"{code_name(rule)}<br><small>"
            f"{escape(rule_meaning(rule) or group_name(group_of(rule)))}</small>",
        )
        for rule in rules[:MAX_ROWS]
        if drift(rule)
    ]
    if not rows:
        return "<p>Every rule removed the same share.</p>"
    return table("Rules, those that changed most first", ("Rule", *_HEADS[1:]), rows)


def _languages(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    now, then = counts(run.get("languages")), counts(other.get("languages"))
    all_now, all_then = sum(now.values()), sum(then.values())

    def drift(code: str) -> float:
        return abs(now.get(code, 0) / max(all_now, 1) - then.get(code, 0) / max(all_then, 1))

    order = sorted(now.keys() | then.keys(), key=lambda code: (-drift(code), code))
    rows = [
        _shares(
            code,
            (then.get(code, 0), all_then),
            (now.get(code, 0), all_now),
            foreign(language_name(code), 40),
        )
        for code in order[:MAX_ROWS]
        if drift(code)
    ]
    if not rows:
        return "<p>The languages' shares are the same.</p>"
    return table("Languages, those that changed most first", ("Language", *_HEADS[1:]), rows)


def _settings(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    rows: list[list[Cell]] = [
        [("", foreign(name, 60, "mono")), ("wide", foreign(then)), ("wide", foreign(now))]
        for name, then, now in changed_settings(other, run)
    ]
    if not rows:
        return "<p>Options and versions are the same.</p>"
    return table("Options and versions that differ", ("", "Then", "Now"), rows[:MAX_ROWS])


def changed_settings(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Returns name, earlier and later value of each option and version that differs.

    Options that name the run, or its time, always differ and are left out.
    """
    found = []
    for group in ("versions", "options"):
        then, now = mapping(before.get(group)), mapping(after.get(group))
        found += [
            (f"{group}.{name}", _value(then.get(name)), _value(now.get(name)))
            for name in sorted({*then, *now})
            if name not in ("added", "run_name") and then.get(name) != now.get(name)
        ]
    return found


def _value(value: object) -> str:
    if value is None:
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
