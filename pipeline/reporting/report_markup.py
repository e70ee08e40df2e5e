"""The pieces of HTML that the sections of the report are made of."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from pipeline.reporting.printable import visible

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


def bar_cell(part: int, whole: int, style: str) -> Cell:
    """Returns a bar for the eye; the figure stands in a cell of its own."""
    percent = min(100.0, 100 * part / whole) if whole > 0 else 0.0
    filled = f'<i class="{style}" style="width:{percent:.2f}%"></i>'
    return ("", f'<span class="bar" aria-hidden="true">{filled}</span>')


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


def stylesheet() -> str:
    """Returns the report's style sheet, for other pages that look like it."""
    return template("report.html").partition("<style>")[2].partition("</style>")[0].strip()
