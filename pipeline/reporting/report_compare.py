"""The report's section on what changed since another run."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from pipeline.reporting.printable import visible
from pipeline.reporting.report_charts import Series, bars_side_by_side, figure
from pipeline.reporting.report_markup import Cell, code_name, count_cell, foreign, table
from pipeline.reporting.run_facts import RunFacts, counts, mapping, number, read_facts, rows, share
from pipeline.reporting.wording import group_name, group_of, language_name, rule_meaning

MAX_ROWS: Final = 60
MAX_BARS: Final = 8
_LEAST_DRIFT: Final = 0.0005  # less shows as 0 points


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
            _lines(run, other),
            _settings(run, other),
        )
    )


def _figures(now: RunFacts, then: RunFacts) -> str:
    body = [
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
    return table("How much was kept, then and now", _HEADS, body)


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

    every = sorted(now.removed.keys() | then.removed.keys(), key=lambda rule: (-drift(rule), rule))
    rules = [rule for rule in every if drift(rule) >= _LEAST_DRIFT]
    body = [
        _shares(
            rule,
            (then.removed.get(rule, 0), then.paragraphs_in),
            (now.removed.get(rule, 0), now.paragraphs_in),
            f"{code_name(rule)}<br><small>"
            f"{escape(rule_meaning(rule) or group_name(group_of(rule)))}</small>",
        )
        for rule in rules[:MAX_ROWS]
    ]
    if not body:
        return "<p>No rule removed another share than before.</p>"
    picture = _picture(
        "Share of all paragraphs that each rule removed, in percent",
        [
            (
                visible(rule, 30),
                _percent(then.removed.get(rule, 0), then.paragraphs_in),
                _percent(now.removed.get(rule, 0), now.paragraphs_in),
            )
            for rule in rules
        ],
    )
    return picture + table("Rules, those that changed most first", ("Rule", *_HEADS[1:]), body)


def _languages(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    now, then = counts(run.get("languages")), counts(other.get("languages"))
    all_now, all_then = sum(now.values()), sum(then.values())

    def drift(code: str) -> float:
        return abs(now.get(code, 0) / max(all_now, 1) - then.get(code, 0) / max(all_then, 1))

    every = sorted(now.keys() | then.keys(), key=lambda code: (-drift(code), code))
    order = [code for code in every if drift(code) >= _LEAST_DRIFT]
    body = [
        _shares(
            code,
            (then.get(code, 0), all_then),
            (now.get(code, 0), all_now),
            foreign(language_name(code), 40),
        )
        for code in order[:MAX_ROWS]
    ]
    if not body:
        return "<p>The languages' shares are the same.</p>"
    picture = _picture(
        "Share of the pages in each language, in percent",
        [
            (
                visible(language_name(code), 30),
                _percent(then.get(code, 0), all_then),
                _percent(now.get(code, 0), all_now),
            )
            for code in order
        ],
    )
    heads = ("Language", *_HEADS[1:])
    return picture + table("Languages, those that changed most first", heads, body)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _picture(caption: str, drawn: Sequence[tuple[str, float, float]]) -> str:
    """Draws then and now side by side, for the names that changed most."""
    some = drawn[:MAX_BARS]
    names = [name for name, _, _ in some]
    series = [
        Series(
            style,
            values,
            [f"{name}, {word}: {v:g} %" for name, v in zip(names, values, strict=True)],
        )
        for word, style, values in (
            ("then", "fill-then", [then for _, then, _ in some]),
            ("now", "fill-kept", [now for _, _, now in some]),
        )
    ]
    said = "; ".join(f"{name}: then {then:g}, now {now:g}" for name, then, now in some)
    key = '<b class="key fill-then"></b> then, <b class="key fill-kept"></b> now'
    return figure(bars_side_by_side(series, names), f"{caption}: {key}", f"{caption}. {said}.")


def _lines(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Says which template lines and which copied texts are among the largest now, but were not."""
    parts = []
    for key, caption, count, head in (
        ("templates", "New lines of site templates", "pages", "Host"),
        ("groups", "New texts with many copies", "copies", "Stays on"),
    ):
        if not isinstance(run.get(key), list) or not isinstance(other.get(key), list):
            continue
        before = {_line(one) for one in rows(other[key])}
        body = [
            (
                ("", foreign(_line(one)[0] or mapping(one.get("keeper")).get("url", ""), 100)),
                count_cell(number(one.get(count))),
                ("wide", f'<bdi lang="">{escape(visible(_line(one)[1], 200))}</bdi>'),
            )
            for one in rows(run[key])
            if _line(one) not in before
        ]
        if body:
            parts.append(table(caption, (head, f"#{count.capitalize()}", "Text"), body[:MAX_ROWS]))
    if not parts:
        return ""
    note = "<p>Looked for among the largest of both runs, as their run.json holds them.</p>"
    return "".join(parts) + note


def _line(one: Mapping[str, Any]) -> tuple[str, str]:
    """Tells a template line, or a text with copies, from others: its host, its text."""
    keeper, variants = mapping(one.get("keeper")), rows(one.get("variants"))
    first = variants[0].get("text", "") if variants else ""
    return str(one.get("host", "")), str(one.get("text") or keeper.get("text") or first)


def _settings(run: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    body: list[list[Cell]] = [
        [("", foreign(name, 60, "mono")), ("wide", foreign(then)), ("wide", foreign(now))]
        for name, then, now in changed_settings(other, run)
    ]
    if not body:
        return "<p>Options and versions are the same.</p>"
    return table("Options and versions that differ", ("", "Then", "Now"), body[:MAX_ROWS])


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
    if value in (None, [], ""):
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
