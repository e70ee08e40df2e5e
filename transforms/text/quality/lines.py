"""What the rules measure on the lines of pages, for a batch at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transforms.text.quality import charclass as cc
from transforms.text.quality.characters import BULLETS, ELLIPSES
from transforms.text.quality.hashing import PrefixHash, WordSet
from transforms.text.quality.segments import Tokens

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Columns = dict[str, NDArray[np.generic]]

SHORT_LINE_CHARS = 30
_BLOCKS = re.compile(r"\n{2,}")
_INDEX_BITS = 24
_CODE_WORDS = (
    "def import class function var const public private static return if(for( // /* */ > >>> $ } ) "
    "# include <? </ @ try else elif"
)
_CODE_STARTS = WordSet(_CODE_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a batch: from, to, page number, whether there is more than white space."""

    start: Ints
    end: Ints
    page: Ints
    full: Bools


def line_columns(
    texts: Sequence[str],
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint16],
    hashes: PrefixHash,
    tokens: Tokens,
) -> Columns:
    """Measures the lines of each page.

    Args:
      texts: the pages, one paragraph a line; joined with line feeds they are the text.
      codes: code points of the joined text.
      classes: their `charclass` values.
      hashes: of the same code points.
      tokens: of the joined text.
    """
    pages = len(texts)
    sizes = np.array([len(text) for text in texts])
    page_end = np.cumsum(sizes + 1)
    end = np.append(np.flatnonzero(codes == 10), len(codes))
    start = np.append(0, end[:-1] + 1)
    page = np.searchsorted(page_end, start, side="right")
    length = end - start
    first = np.searchsorted(tokens.start, start)
    last = np.append(first[1:], len(tokens.start)) - 1
    full = last >= first
    filled = page[full]
    count = np.bincount(filled, minlength=pages)
    opening = tokens.start[first[full]]
    closing = tokens.end[last[full]] - 1
    ends = codes[closing]
    marked = (classes[end[full] - 1] & cc.TERMINAL) != 0
    begins = codes[opening]
    bullets = (begins == ord(BULLETS[0])) | (begins == ord(BULLETS[1]))
    dotted = (ends == 0x2026) | (
        (ends == 46)
        & (codes[np.maximum(closing - 1, 0)] == 46)
        & (codes[np.maximum(closing - 2, 0)] == 46)
        & (closing > 1)
    )
    started = _CODE_STARTS.find(hashes.between(opening, tokens.end[first[full]])) >= 0
    code = (ends == ord("{")) | (ends == ord("}")) | (ends == ord(";")) | started

    def per_page(mask: Bools, parts: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.bincount(filled[mask], minlength=pages) / np.maximum(1, parts)

    rows = np.bincount(page, minlength=pages)
    ends_open = np.array([not text or text[-1] == "\n" for text in texts])
    printed = rows - ends_open
    columns: Columns = {
        "lines": count,
        "bullet_line_share": per_page(bullets, printed),
        "ellipsis_line_share": per_page(dotted, printed),
        "end_mark_line_share": per_page(marked, count),
        "short_line_share": per_page(length[full] <= SHORT_LINE_CHARS, count),
        "code_line_share": per_page(code, count),
        "table_line_share": per_page(_tables(codes, start)[full], count),
    }
    columns |= _repeated_lines(texts, _Lines(start, end, page, full), rows, hashes)
    columns |= _lengths(filled, length[full], count)
    _correct_breaks(texts, codes, classes, page_end, columns)
    return columns


def _tables(codes: NDArray[np.uint32], start: Ints) -> Bools:
    """Lines with two tabs or two upright bars, at least."""
    found = np.zeros(len(start), np.bool_)
    for mark in (9, 124):
        at = np.flatnonzero(codes == mark)
        if len(at):
            line = np.searchsorted(start, at, side="right") - 1
            found |= np.bincount(line, minlength=len(start)) > 1
    return found


def _repeated_lines(texts: Sequence[str], lines: _Lines, rows: Ints, hashes: PrefixHash) -> Columns:
    """Lines that repeat an earlier one of their page, with and without those of spaces only."""
    pages = len(texts)
    start, end, page = lines.start, lines.end, lines.page
    length = end - start
    solid = np.flatnonzero(length > 0)
    again = solid[_repeats(hashes.between(start[solid], end[solid]), page[solid])]
    words = again[lines.full[again]]
    sizes = np.array([len(text) for text in texts])
    opens = np.array([text[:1] == "\n" for text in texts], np.int64)
    closes = np.array([text[-1:] == "\n" for text in texts], np.int64)
    parts = np.bincount(page[solid], minlength=pages) + opens + closes + (sizes == 0)
    repeated = np.bincount(page[again], minlength=pages) + (opens & closes)
    chars = np.bincount(page[again], weights=length[again], minlength=pages)
    word_chars = np.bincount(page[words], weights=length[words], minlength=pages)
    blocks = [_blocks(text) if "\n\n" in text else (0.0, 0.0) for text in texts]
    return {
        "dup_char_share": word_chars / np.maximum(1, sizes - rows + 1),
        "dup_line_share": repeated / np.maximum(1, parts),
        "dup_line_char_share": chars / np.maximum(1, sizes),
        "dup_block_share": np.array([share for share, _ in blocks]),
        "dup_block_char_share": np.array([share for _, share in blocks]),
    }


def _repeats(hashes: NDArray[np.uint64], page: Ints) -> Ints:
    """Returns which items repeat an earlier one of their page."""
    if len(hashes) >= 1 << _INDEX_BITS:
        order = np.argsort(hashes, kind="stable")
        kinds = hashes[order]
    else:
        low = np.uint64((1 << _INDEX_BITS) - 1)
        keys = (hashes & ~low) | np.arange(len(hashes), dtype=np.uint64)
        keys.sort()
        order = (keys & low).astype(np.int64)
        kinds = keys >> np.uint64(_INDEX_BITS)
    same = (kinds[1:] == kinds[:-1]) & (page[order[1:]] == page[order[:-1]])
    return order[1:][same]


def _blocks(text: str) -> tuple[float, float]:
    """Shares of blocks, parted by blank lines, that repeat an earlier one: in number, in chars."""
    blocks = _BLOCKS.split(text.strip())
    kinds = set(blocks)
    if len(kinds) == len(blocks):
        return 0.0, 0.0
    chars = sum(map(len, blocks)) - sum(map(len, kinds))
    return (len(blocks) - len(kinds)) / len(blocks), chars / len(text)


def _lengths(page: Ints, length: Ints, count: Ints) -> Columns:
    """Nearest-rank percentiles of line lengths, 0 for a page without lines."""
    keys = (page << 32) | length
    keys.sort()
    first = np.cumsum(count) - count
    columns: Columns = {}
    for percent in (10, 50, 90):
        rank = np.maximum(0, -(-count * percent // 100) - 1)
        value = np.zeros(len(count), np.int64)
        there = count > 0
        value[there] = keys[(first + rank)[there]] & 0xFFFFFFFF
        columns[f"line_chars_p{percent}"] = value
    return columns


def _correct_breaks(
    texts: Sequence[str],
    codes: NDArray[np.uint32],
    classes: NDArray[np.uint16],
    page_end: Ints,
    columns: Mapping[str, NDArray[np.generic]],
) -> None:
    """Counts again where a page has line breaks other than line feeds, which some rules see."""
    space = np.flatnonzero((classes & cc.SPACE) != 0)
    kind = codes[space]
    odd = space[(kind - np.uint32(11) <= 19) | ((kind | 1) == 0x2029) | (kind == 0x85)]
    for number in np.unique(np.searchsorted(page_end, odd, side="right")).tolist():
        lines = texts[number].splitlines()
        bullets = sum(line.lstrip().startswith(BULLETS) for line in lines)
        dotted = sum(line.rstrip().endswith(ELLIPSES) for line in lines)
        columns["bullet_line_share"][number] = bullets / max(1, len(lines))
        columns["ellipsis_line_share"][number] = dotted / max(1, len(lines))
