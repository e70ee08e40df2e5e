"""What the rules measure on the lines of a page; plain Python on the lines of each page."""

import re
from collections.abc import Sequence

from transforms.text.quality.characters import BULLETS, ELLIPSES, TERMINAL_MARKS

SHORT_LINE_CHARS = 30
_BLOCKS = re.compile(r"\n{2,}")
_CODE_ENDS = frozenset("{};")
_CODE_STARTS = (
    "def ",
    "import ",
    "#include",
    "<?",
    "$ ",
    ">>> ",
    "public ",
    "private ",
    "function ",
    "var ",
    "const ",
    "//",
    "/*",
    "#!",
    "}",
)


def line_signals(text: str) -> dict[str, float]:
    """Measures the lines of one page.

    Args:
      text: the page, one paragraph a line; blank lines part blocks.
    """
    rows = text.split("\n")
    if "\n\n" in text or not text.strip():
        lines = [row for row in rows if row.strip()]
    else:
        lines = [row for row in rows if row and not row.isspace()]
    printed = text.splitlines()
    lengths = sorted(map(len, lines))
    count = len(lines)
    solid = len(text) - text.count("\n")
    few = _spaced(text, rows)
    dup_rows, dup_row_chars = _duplicates(few)
    dup_chars = dup_row_chars if few is rows and len(lines) == len(rows) else _duplicates(lines)[1]
    blocks = _BLOCKS.split(text.strip()) if "\n\n" in text else [text]
    dup_blocks, dup_block_chars = _duplicates(blocks)
    marked = sum(map(TERMINAL_MARKS.__contains__, [line[-1:] for line in lines]))
    short = sum(length <= SHORT_LINE_CHARS for length in lengths)
    bullets = sum([row.lstrip().startswith(BULLETS) for row in printed])
    dotted = 0
    if "..." in text or "…" in text:
        dotted = sum([row.rstrip().endswith(ELLIPSES) for row in printed])
    code = sum([line[-1:] in _CODE_ENDS or line.startswith(_CODE_STARTS) for line in lines])
    tables = 0
    if "\t" in text or "|" in text:
        tables = sum([line.count("\t") > 1 or line.count("|") > 1 for line in lines])
    return {
        "lines": count,
        "bullet_line_share": bullets / max(1, len(printed)),
        "ellipsis_line_share": dotted / max(1, len(printed)),
        "end_mark_line_share": marked / max(1, count),
        "short_line_share": short / max(1, count),
        "dup_char_share": dup_chars / max(1, solid),
        "dup_line_share": dup_rows / max(1, len(few)),
        "dup_line_char_share": dup_row_chars / max(1, len(text)),
        "dup_block_share": dup_blocks / max(1, len(blocks)),
        "dup_block_char_share": dup_block_chars / max(1, len(text)),
        "code_line_share": code / max(1, count),
        "table_line_share": tables / max(1, count),
        "line_chars_p10": _percentile(lengths, 10),
        "line_chars_p50": _percentile(lengths, 50),
        "line_chars_p90": _percentile(lengths, 90),
    }


def _spaced(text: str, rows: list[str]) -> list[str]:
    """The page split at runs of line feeds: one empty line at most, at either end."""
    if "\n\n" not in text:
        return rows
    inner = [row for row in rows if row]
    if not rows[0]:
        inner.insert(0, "")
    if not rows[-1]:
        inner.append("")
    return inner


def _duplicates(items: Sequence[str]) -> tuple[int, int]:
    """Returns how many items repeat an earlier one, and their characters."""
    seen = set(items)
    if len(seen) == len(items):
        return 0, 0
    total = sum(map(len, items)) - sum(map(len, seen))
    return len(items) - len(seen), total


def _percentile(ordered: Sequence[int], percent: int) -> int:
    """Nearest rank; 0 for none."""
    if not ordered:
        return 0
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
