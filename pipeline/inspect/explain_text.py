"""An explanation on a terminal, or as plain lines for a pipe."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, TextIO

from pipeline.inspect.explain import Explanation, Line
from pipeline.reporting.printable import visible
from pipeline.reporting.wording import group_name, group_of, reason_meaning, rule_meaning

MAX_CHARS: Final = 10_000
"""A longer paragraph is cut; --html and documents/ have more of it."""

_NUMBER_WIDTH: Final = 5
_INDENT: Final = _NUMBER_WIDTH + 2
_WIDEST: Final = 110

Span = tuple[str, str]
"""A style's name and text that is safe to print."""

_STYLES: Final = {
    "title": "bold",
    "kept": "green",
    "removed": "red",
    "gone": "dim",
    "soft": "dim",
    "note": "yellow",
    "here": "red",
    "there": "green",
    "": "",
}


def print_explanation(explanation: Explanation, stream: TextIO) -> None:
    """Prints an explanation: wrapped and in colour on a terminal, plain lines elsewhere.

    Nothing in it that comes from a page moves the cursor, sets a colour or turns a line round.
    """
    if not stream.isatty():
        for indent, spans in layout(explanation):
            print((" " * indent + "".join(text for _, text in spans)).rstrip(), file=stream)
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    color = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    console = Console(
        file=stream, width=width, no_color=not color, highlight=False, markup=False, emoji=False
    )
    for indent, spans in layout(explanation):
        if not spans:
            console.print()
            continue
        text = Text()
        for style, part in spans:
            text.append(part, style=_STYLES[style] if color else "")
        console.print(Padding(text, (0, 0, 0, indent), expand=False))


def layout(explanation: Explanation) -> Iterator[tuple[int, list[Span]]]:
    """Lays an explanation out; differing words stand as `[-here-]{+there+}`, colour or not.

    Args:
      explanation: what to show.

    Yields:
      Indent in columns and the spans of each line.
    """
    yield 0, [("title", visible(explanation.url, 2000))]
    yield 2, [("", visible(explanation.fate, 400))]
    facts = [explanation.id, *page_facts(explanation.record)]
    if any(facts):
        yield 2, [("soft", visible(", ".join(filter(None, facts)), 600))]
    if explanation.lines:
        yield 2, [("", _balance(explanation))]
    for note in explanation.notes:
        yield 2, [("note", f"note: {visible(note, 600)}")]
    for reject in explanation.rejects:
        yield 0, []
        yield from _reject(reject)
    if not explanation.lines:
        return
    if any(line.changes for line in explanation.lines):
        here, there = _word("here", "words"), _word("there", "words")
        yield 2, [here, ("soft", " only here, "), there, ("soft", " only where the text stays")]
    for line in explanation.lines:
        yield 0, []
        yield from _line(line, explanation.id)


def page_facts(record: dict[str, Any] | None) -> list[str]:
    """Gives what a record says of its page, besides its text; not yet safe to show."""
    if record is None:
        return []
    metadata = record["metadata"]
    return [
        f"date {metadata['date']}" if metadata.get("date") else "",
        f"language score {metadata.get('language_score', 0):.2f}",
        f"source {record.get('source', '')}",
        _masked(metadata.get("masked", ())),
    ]


def _masked(masks: Sequence[dict[str, Any]]) -> str:
    counts = Counter(str(mask["rule"]) for mask in masks)
    return f"masked: {', '.join(f'{rule} {n}' for rule, n in counts.items())}" if counts else ""


def _balance(explanation: Explanation) -> str:
    removed = explanation.removed
    gone = sum(removed.values())
    total = len(explanation.lines)
    text = f"{total} paragraph{'' if total == 1 else 's'}: {total - gone} kept, {gone} removed"
    if removed:
        text += f" ({', '.join(f'{visible(rule, 60)} {n}' for rule, n in removed.items())})"
    return text


def _reject(reject: dict[str, Any]) -> Iterator[tuple[int, list[Span]]]:
    reason = str(reject.get("reason", ""))
    meaning = reason_meaning(reason)
    said = f" ({meaning})" if meaning else ""
    yield 2, [("removed", f"rejected: {visible(reason, 40)}"), ("", visible(said, 200))]
    yield 4, [("", visible(reject.get("detail", ""), 400))]
    length = reject.get("raw_length", -1)
    size = f", {length:,} bytes" if isinstance(length, int) and length >= 0 else ""
    offset = visible(reject.get("offset", 0), 30)
    where = f"{visible(reject.get('file', ''), 1000)}, offset {offset}{size}"
    yield 4, [("soft", where)]
    yield 4, [("soft", "`pagesieve replay` cleans it again after a fix")]


def _line(line: Line, page_id: str) -> Iterator[tuple[int, list[Span]]]:
    number = "" if line.number < 0 else str(line.number)
    start = f"{number:>{_NUMBER_WIDTH}}  "
    if line.receipt is None:
        yield 0, [("kept", start + "kept")]
        yield _INDENT, [("", visible(line.text, MAX_CHARS))]
        return
    receipt = line.receipt
    rule = str(receipt["rule"])
    meaning = rule_meaning(rule) or group_name(group_of(rule)).lower()
    head = [("removed", f"{start}removed by {visible(rule, 60)}")]
    yield 0, [*head, ("soft", f"  {visible(meaning, 200)}")]
    if line.changes:
        left, spans = MAX_CHARS, []
        for mark, text in line.changes:
            spans.append(_word(mark, visible(text, max(left, 3))))
            left -= len(text)
            if left <= 0:
                break
        yield _INDENT, spans
    else:
        yield _INDENT, [("gone", visible(line.text, MAX_CHARS))]
    yield _INDENT, [("soft", f"because: {visible(receipt.get('evidence', ''), 300)}")]
    if receipt.get("keeper"):
        yield _INDENT, [("soft", visible(keeper_sentence(line, page_id), 2400))]


def keeper_sentence(line: Line, page_id: str) -> str:
    """Says where the text of a duplicate stays; not yet safe to show."""
    keeper = (line.receipt or {})["keeper"]
    where = f"paragraph {keeper['paragraph']}"
    where = f"{where} of this page" if keeper["id"] == page_id else f"{where} of {keeper['url']}"
    if line.keeper_text is None:
        return f"stays as {where}, which is not in this run's documents/ ({keeper['id']})"
    if line.keeper_text == line.text:
        return f"stays word for word as {where}"
    if line.changes is None:
        return f"stays as {where}; too long to compare word by word"
    return f"stays as {where}"


def _word(mark: str, text: str) -> Span:
    if mark == "same":
        return "gone", text
    return mark, f"[-{text}-]" if mark == "here" else f"{{+{text}+}}"
