"""The report's section on quality: histograms of the signals, with the limits drawn in."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from pipeline.reporting.report_charts import Limit, Series, figure, histogram
from pipeline.reporting.run_facts import RunFacts, counted, mapping

SIGNALS: Final[dict[str, str]] = {
    "words": "words of a page",
    "chars": "characters of a page",
    "lines": "paragraphs of a page",
    "mean_word_chars": "characters of a word, on average",
    "stop_words": "different words of the language's most common ones",
    "alpha_token_share": "tokens with a letter in them",
    "digit_char_share": "characters that are digits",
    "end_mark_line_share": "paragraphs that end as sentences do",
    "short_line_share": "paragraphs of at most 30 characters",
    "bullet_line_share": "paragraphs that begin with a bullet",
    "ellipsis_line_share": "paragraphs that end in an ellipsis",
    "hashes_per_token": "hash signs for each token",
    "ellipses_per_token": "ellipses for each token",
    "newlines_per_token": "line ends for each token",
    "dup_char_share": "characters in repeated paragraphs",
    "dup_line_share": "paragraphs that repeat an earlier one",
    "dup_line_char_share": "characters in repeated paragraphs, of all",
    "dup_block_share": "blocks that repeat an earlier one",
    "dup_block_char_share": "characters in repeated blocks",
    **{
        f"top_{n}_gram_chars_per_char": f"characters in the most frequent {n} words"
        for n in (2, 3, 4)
    },
    **{
        f"dup_{n}_gram_char_share": f"characters in repeated runs of {n} words"
        for n in (5, 6, 7, 8, 9, 10)
    },
}

_ALWAYS: Final = (
    "words",
    "mean_word_chars",
    "alpha_token_share",
    "end_mark_line_share",
    "short_line_share",
    "dup_line_char_share",
)
_PUBLISHED: Final = ("gopher-quality", "gopher-repetition", "fineweb")
_MAX_BINS: Final = 40
_TICKS: Final = 6


class _Rule(NamedTuple):
    name: str
    limit: float
    least: bool
    applied: bool


def render_signals(run: Mapping[str, Any], facts: RunFacts) -> str:
    """Returns a histogram of each signal that says much, or that a filter looks at."""
    found, rules = mapping(run.get("signals")), _rules(run)
    applied = {name for name, some in rules.items() if any(rule.applied for rule in some)}
    figures = [
        _figure(name, mapping(found.get(name)), rules.get(name, []), facts)
        for name in SIGNALS
        if name in found and (name in _ALWAYS or name in applied)
    ]
    drawn = [one for one in figures if one]
    if not drawn:
        return ""
    used = (
        "A solid line is a limit of the filters that this run used."
        if applied
        else "This run used no filters; a dashed line is where a published rule would cut."
    )
    return (
        "<p>How the pages spread over each signal: those that were"
        ' <b class="key fill-kept"></b> written, and those that were'
        f' <b class="key fill-dropped"></b> dropped. {used} A page at a limit passes.</p>'
        f'<div class="charts">{"".join(drawn)}</div>'
    )


def filter_meaning(reason: str) -> str:
    """Returns in a few words what a filter's reason means; "" where it is none."""
    from transforms.text.quality.rules import RULE_SETS

    name, _, rule_name = reason.partition(".")
    rule_set = RULE_SETS.get(name)
    for rule in rule_set.rules if rule_set else ():
        if rule.name == rule_name and rule.signal in SIGNALS:
            side = "too few or too low" if rule_name.startswith("min_") else "too many or too high"
            return f"{SIGNALS[rule.signal]}: {side}"
    return ""


def _rules(run: Mapping[str, Any]) -> dict[str, list[_Rule]]:
    """Returns, by signal, the limits of the run's filters, else those of published ones."""
    from transforms.text.quality.rules import RULE_SETS

    options = mapping(run.get("options"))
    given, limits = options.get("filters"), options.get("limits")
    named = [str(one) for one in given] if isinstance(given, list) else []
    names = [one for one in named if one in RULE_SETS]
    pairs = limits.items() if isinstance(limits, Mapping) else limits
    moved = dict(_pairs(pairs)) if isinstance(pairs, Iterable) else {}
    found: dict[str, list[_Rule]] = {}
    for name in names or _PUBLISHED:
        for rule in RULE_SETS[name].rules:
            full = f"{name}.{rule.name}"
            limit = moved.get(full, rule.limit)
            least = rule.name.startswith("min_")
            found.setdefault(rule.signal, []).append(_Rule(full, limit, least, bool(names)))
    return found


def _pairs(pairs: Iterable[object]) -> Iterator[tuple[str, float]]:
    for pair in pairs:
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[1], (int, float)):
            yield str(pair[0]), float(pair[1])


def _figure(name: str, found: Mapping[str, Any], rules: Sequence[_Rule], facts: RunFacts) -> str:
    edges, kept, dropped = (_numbers(found.get(key)) for key in ("edges", "kept", "dropped"))
    if not 2 <= len(edges) == len(kept) == len(dropped) <= _MAX_BINS or not sum(kept + dropped):
        return ""
    every = [a + b for a, b in zip(kept, dropped, strict=True)]
    within = [rule for rule in rules if edges[0] < rule.limit < edges[-1]]
    first, last = _shown(edges, every, within)
    titles = [
        f"{_span(edges, n)}: {counted(int(every[n]), 'page')}, {int(dropped[n]):,} of them dropped"
        for n in range(first, last)
    ]
    series = [Series("fill-kept", kept[first:last], titles)]
    if sum(dropped):
        series.insert(0, Series("fill-dropped", every[first:last], titles))
    limits = [Limit(_at(edges, r.limit) - first, _says(r), r.applied) for r in within]
    step = -(-(last - first) // _TICKS)
    ticks = [(float(n - first), _short(edges[n])) for n in range(first, last, step)]
    most = max(range(len(every)), key=lambda n: every[n])
    said = (
        f"Histogram of {SIGNALS[name]}: {counted(int(sum(every)), 'page')}, most of them"
        f" ({int(every[most]):,}) {_span(edges, most)}"
        f"{''.join(f'; {_says(rule)}' for rule in within)}."
    )
    notes = []
    for rule in rules:
        gone = facts.pages_dropped.get(rule.name, 0)
        effect = f": {counted(gone, 'page')} dropped" if rule.applied else ""
        if rule.applied or rule in within:
            notes.append(f"<code>{escape(rule.name)}</code> {rule.limit:g}{effect}")
    caption = f"<b>{escape(name)}</b> <small>{escape(SIGNALS[name])}</small>"
    return figure(histogram(series, ticks, limits), caption, said, "<br>".join(notes))


def _numbers(value: object) -> list[float]:
    if not isinstance(value, list):
        return []
    return [
        float(one) if isinstance(one, (int, float)) and math.isfinite(one) else 0.0 for one in value
    ]


def _shown(
    edges: Sequence[float], every: Sequence[float], rules: Sequence[_Rule]
) -> tuple[int, int]:
    """Returns the first bin to draw, and the one after the last: all with pages, all limits."""
    marks = [n for n, count in enumerate(every) if count]
    marks += [int(_at(edges, rule.limit)) for rule in rules]
    first, last = min(marks), max(marks) + 1
    return (0 if edges[0] == 0 and first < 8 else first), min(max(last + 1, first + 8), len(edges))


def _at(edges: Sequence[float], value: float) -> float:
    """Returns where a value stands, in bins."""
    n = max(bisect_right(edges, value) - 1, 0)
    if n + 1 >= len(edges):
        return float(n)
    return n + (value - edges[n]) / (edges[n + 1] - edges[n])


def _says(rule: _Rule) -> str:
    used = "" if rule.applied else " (not used)"
    return f"{rule.name}: {'at least' if rule.least else 'at most'} {rule.limit:g}{used}"


def _span(edges: Sequence[float], n: int) -> str:
    if n + 1 == len(edges):
        return f"{edges[n]:g} and more"
    return f"{edges[n]:g} to below {edges[n + 1]:g}"


def _short(value: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
