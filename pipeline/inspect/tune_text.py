"""What limits would remove, for a terminal."""

from collections.abc import Iterator
from typing import Any, Final

from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import counted, share

_URL_CHARS: Final = 70
_TEXT_CHARS: Final = 50
_LANGUAGES: Final = 8


def render(told: dict[str, Any]) -> str:
    """Writes it for people; nothing that pages say does anything on a terminal."""
    return "\n".join(_lines(told))


def _lines(told: dict[str, Any]) -> Iterator[str]:
    pages, words = told["pages"], told["words"]
    yield f"{visible(told['output'], 300)}: {counted(pages, 'page')}, {counted(words, 'word')}"
    if told["pages_without_signals"]:
        yield f"  {counted(told['pages_without_signals'], 'page')} without signals not judged"
    if told["pages_dropped_before"]:
        dropped = counted(told["pages_dropped_before"], "page")
        yield f"  {dropped} that the run itself dropped cannot be judged: they have no record"
    yield f"  all rule sets below together would drop {_of(told['would_drop'], told)}"
    for one in told["rule_sets"]:
        yield ""
        yield from _set(one, told)


def _set(one: dict[str, Any], told: dict[str, Any]) -> Iterator[str]:
    yield f"{one['name']} ({one['source']}) would drop {_of(one['would_drop'], told)}"
    hit = [(code, n) for code, n in one["languages"].items() if n["would_drop"]]
    if hit:
        named = [
            f"{visible(code, 10)} {n['would_drop']:,} of {n['pages']:,}"
            for code, n in hit[:_LANGUAGES]
        ]
        more = [f"{len(hit) - _LANGUAGES} more"] if len(hit) > _LANGUAGES else []
        yield f"  by language: {', '.join(named + more)}"
    yield from _table(one, told)
    for rule, numbers in one.get("lines", {}).items():
        lines = counted(numbers["lines"], "line")
        yield f"  {rule}: {lines} of pages that stay, {counted(numbers['words'], 'word')}"
    for rule in one["rules"]:
        yield from _examples(rule)


def _table(one: dict[str, Any], told: dict[str, Any]) -> Iterator[str]:
    head = ("rule", "limit", "pages", "", "words", "", "first", "other limits: pages")
    rows = [head]
    for rule in one["rules"]:
        drop = rule["would_drop"]
        others = ", ".join(f"{_number(o['limit'])}: {o['pages']:,}" for o in rule["other_limits"])
        rows.append(
            (
                rule["name"],
                _number(rule["limit"]),
                f"{drop['pages']:,}",
                share(drop["pages"], told["pages"]),
                f"{drop['words']:,}",
                share(drop["words"], told["words"]),
                f"{rule['as_first_reason']['pages']:,}",
                others,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        first, *middle, last = row
        cells = [f"{first:<{widths[0]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(middle, widths[1:-1], strict=True)]
        yield f"  {'  '.join([*cells, last])}".rstrip()


def _examples(rule: dict[str, Any]) -> Iterator[str]:
    sides = rule["examples"]
    if not sides["dropped"]:
        return
    for side in ("dropped", "kept"):
        if sides[side]:
            yield f"  {rule['name']} {_number(rule['limit'])}, nearest {side}:"
        for example in sides[side]:
            text = visible(" ".join(example["text"].split()), _TEXT_CHARS)
            url = visible(example["url"], _URL_CHARS)
            yield f"    {_number(example['value']):>9}  {example['words']:>7,} words  {url}  {text}"


def _of(amount: dict[str, int], told: dict[str, Any]) -> str:
    pages = f"{amount['pages']:,} ({share(amount['pages'], told['pages'])}) of the pages"
    return f"{pages}, {amount['words']:,} ({share(amount['words'], told['words'])}) of the words"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
