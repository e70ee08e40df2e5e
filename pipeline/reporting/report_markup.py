"""The pieces of HTML that the sections of the report are made of."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from pipeline.reporting.printable import visible
from pipeline.reporting.word_diff import Stretch, compare
from pipeline.reporting.wording import GROUPS

Cell = tuple[str, str]
"""The class of a table cell and its HTML."""


def foreign(value: object, max_chars: int = 300, style: str = "") -> str:
    """Returns untrusted text as HTML: visible, escaped, and unable to turn what is around it."""
    attribute = f' class="{style}"' if style else ""
    return f"<bdi{attribute}>{escape(visible(value, max_chars))}</bdi>"


def code_name(name: str) -> str:
    """Returns the name of a rule or a reason as HTML; a line may break after its dot."""
    return foreign(name, 60, "mono").replace(".", ".<wbr>")


def count_cell(value: int) -> Cell:
    """Returns a cell with a count."""
    return ("n", f"{value:,}")


def bar(part: int, whole: int, style: str) -> str:
    """Returns a bar for the eye; the figure has to stand beside it."""
    percent = min(100.0, 100 * part / whole) if whole > 0 else 0.0
    filled = f'<i class="{style}" style="width:{percent:.2f}%"></i>'
    return f'<span class="bar" aria-hidden="true">{filled}</span>'


def bar_cell(part: int, whole: int, style: str) -> Cell:
    """Returns a cell with a bar; the figure stands in a cell of its own."""
    return ("", bar(part, whole, style))


def style_of(group: str) -> str:
    """Returns the colour class of a group of rules."""
    if group in {"comments", "duplicate"}:
        return f"fill-{group}"
    return (
        "fill-chrome" if group in GROUPS and group not in {"quality", "language"} else "fill-other"
    )


def quote(inner: str) -> str:
    """Returns text of a page as a quotation, in a language and direction of its own.

    Args:
      inner: HTML.
    """
    return f'<blockquote lang="" dir="auto">{inner}</blockquote>'


def changes(here: str, there: str, max_chars: int = 500) -> str:
    """Returns a text as HTML, with the words marked in which it differs from another one."""
    stretches = compare(here[:max_chars], there[:max_chars]) if there else None
    return marked(stretches, max_chars) if stretches else escape(visible(here, max_chars))


def marked(stretches: Sequence[Stretch], max_chars: int) -> str:
    """Returns a comparison as HTML."""
    parts = []
    for mark, text in stretches:
        safe = escape(visible(text, max_chars))
        tag = {"here": "del", "there": "ins"}.get(mark)
        parts.append(f"<{tag}>{safe}</{tag}>" if tag else safe)
    return "".join(parts)


def table(caption: str, heads: Sequence[str], body: Iterable[Sequence[Cell]]) -> str:
    """Returns a table; the first cell of each row is its heading.

    Args:
      caption: what the table shows.
      heads: the columns' headings; "#" before one marks a column of numbers.
      body: rows of cells.
    """
    head = "".join(
        f'<th scope="col" class="n">{escape(name[1:])}</th>'
        if name.startswith("#")
        else f'<th scope="col">{escape(name)}</th>'
        for name in heads
    )
    lines = []
    for first, *others in body:
        cells = "".join(
            f'<td class="{style}">{content}</td>' if style else f"<td>{content}</td>"
            for style, content in others
        )
        lines.append(f'<tr><th scope="row">{first[1]}</th>{cells}</tr>')
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def template(name: str) -> str:
    """Returns a template's text."""
    return files("pipeline.reporting").joinpath(f"templates/{name}").read_text(encoding="utf-8")


def page(title: str, skip: str, body: str) -> str:
    """Returns a whole page: the head that all pages share, and what stands in it.

    Args:
      title: text.
      skip: text of the link that leads keyboards past the head, to the element `main`.
      body: HTML.
    """
    return Template(template("page.html")).substitute(
        title=escape(title), style=template("style.css").strip(), skip=escape(skip), body=body
    )
