"""What a line's surroundings show: the features of the model, all whole numbers.

Pages lie one after the other with `PAD` empty rows between them, so that no window reaches from
one page into the next. Every base signal is a multiple of 1/64, held as an integer: sums are exact,
whatever the order and the batch, and a page's features depend on nothing but its own lines.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from transforms.text.widgets.phrasebook import OPENS, PACES, STRONG, WEAK
from transforms.text.widgets.signals import CLASSES, Floats, Ints, Signals
from transforms.text.widgets.systems import GROUPS

Flags = npt.NDArray[np.bool_]

PAD: Final = 10
"""Empty rows before, between and after pages; no window is longer."""
UNIT: Final = 64
"""Features are integers in units of 1/64."""
_FAR: Final = 30
"""Distances in lines are capped here."""
_LETTERS_CAP: Final = 900.0
_BLOCK_LINES: Final = 16_384

_CLASS: Final = {name: number for number, name in enumerate(CLASSES)}
_COMMENTS: Final = GROUPS.index("comments")


class Layout:
    """Where each page's lines lie in the padded rows."""

    def __init__(self, lengths: Ints) -> None:
        """Lays out pages of the given numbers of lines."""
        self.lengths = lengths
        pages = len(lengths)
        self.starts = PAD + np.cumsum(np.concatenate([[0], lengths[:-1] + PAD])).astype(np.int64)
        self.rows = int(lengths.sum()) + PAD * (pages + 1)
        self.owner = np.repeat(np.arange(pages), lengths)
        begins = np.cumsum(lengths) - lengths
        self.number = np.arange(int(lengths.sum())) - begins[self.owner]
        self.at = self.starts[self.owner] + self.number

    def padded(self, values: Ints) -> Ints:
        """Spreads the values of the lines over the padded rows, 0 between pages."""
        out = np.zeros((self.rows, *values.shape[1:]), np.int64)
        out[self.at] = values
        return out

    def totals(self, values: Ints) -> Ints:
        """Sums the lines' values by page and gives each line its page's sum."""
        sums = np.zeros(len(self.lengths), np.int64)
        np.add.at(sums, self.owner, values)
        return sums[self.owner]

    def since(self, flags: Ints) -> Ints:
        """Lines since the last flagged line before each line of its page, capped at `_FAR`."""
        index = np.arange(self.rows)
        marked = np.where(self.padded(flags) > 0, index, -1)
        last = np.maximum.accumulate(marked)
        before = last[self.at - 1]
        gap = self.at - before
        return np.where(before >= self.starts[self.owner], np.minimum(gap, _FAR), _FAR)

    def until(self, flags: Ints) -> Ints:
        """Lines until the next flagged line after each line of its page, capped at `_FAR`."""
        index = np.arange(self.rows)
        marked = np.where(self.padded(flags) > 0, index, self.rows + _FAR)
        following = np.minimum.accumulate(marked[::-1])[::-1]
        after = following[self.at + 1]
        last = (self.starts + self.lengths)[self.owner]
        return np.where(after < last, np.minimum(after - self.at, _FAR), _FAR)


def _units(values: Floats | Ints | Flags) -> Ints:
    return np.rint(values * UNIT).astype(np.int64)


def _root(values: Floats | Ints, cap: float) -> Ints:
    return _units(np.sqrt(np.minimum(values, cap)))


def prose_units(signals: Signals) -> Ints:
    """How much of a line is running prose: 0 for a short or phrase-like line, up to 4 x UNIT."""
    is_end = signals.last == _CLASS["end"]
    inner = signals.counts[:, _CLASS["comma"]] + signals.counts[:, _CLASS["end"]] > 1
    weight = np.where(is_end, 1.0, np.where(inner, 0.5, 0.25))
    amount = np.clip(signals.letters - 40.0, 0.0, 360.0) / 90.0
    return _units(amount * weight * (signals.role == 0))


def segment(prose: Ints, layout: Layout) -> tuple[Ints, Ints]:
    """The densest prose of each page: its first and last line, as rows (last < first: none).

    The stretch of lines with the greatest sum of prose, where a line without prose costs 1/4.
    """
    gains = prose - UNIT // 4
    firsts = np.zeros(len(layout.lengths), np.int64)
    lasts = np.zeros(len(layout.lengths), np.int64) - 1
    line = 0
    for page, length in enumerate(layout.lengths.tolist()):
        if not length:
            continue
        total = np.cumsum(gains[line : line + length])
        floor = np.minimum(np.minimum.accumulate(np.concatenate([[0], total[:-1]])), total)
        last = int(np.argmax(total - floor))
        if total[last] > floor[last]:
            before = np.concatenate([[0], total[:last]])
            first = int(np.flatnonzero(before == floor[last])[-1])
            firsts[page], lasts[page] = first, last
        line += length
    return firsts, lasts


def own(signals: Signals) -> Ints:
    """Features of each line by itself, shape (lines, `OWN`)."""
    counts = signals.counts
    seen = np.maximum(counts.sum(axis=1), 1.0)
    spaces = counts[:, _CLASS["space"]]
    letters = signals.letters
    role = signals.role
    columns = [
        _root(letters, _LETTERS_CAP),
        *(_units(letters < bound) for bound in (12, 30, 60, 120)),
        _units(letters > 240),
        *(
            _units(counts[:, _CLASS[name]] / seen)
            for name in ("upper", "digit", "divider", "bracket", "mark", "space")
        ),
        _units(np.minimum(counts[:, _CLASS["comma"]], 6) / 2),
        _units(np.minimum(counts[:, _CLASS["end"]], 6) / 2),
        _units(np.minimum(counts[:, _CLASS["divider"]], 6) / 2),
        _units(np.minimum(counts[:, _CLASS["colon"]], 3)),
        _units(np.minimum(counts[:, _CLASS["digit"]], 8) / 2),
        _units(np.minimum(spaces, 24) / 8),
        _units(counts[:, _CLASS["quote"]] > 0),
        *(_units(signals.last == _CLASS[name]) for name in ("end", "colon", "digit", "divider")),
        *(_units(signals.first == _CLASS[name]) for name in ("upper", "lower", "digit", "divider")),
        *(_units(role == number) for number in (STRONG, WEAK, OPENS, PACES)),
        *(_units((signals.group == number) & (role > 0)) for number in range(len(GROUPS))),
        _units(signals.cues),
        _units(signals.dated),
        _units(np.minimum(signals.repeats - 1, 4) / 2),
        _units((role == 0) & (letters < 60) & (signals.last == _CLASS["end"])),
    ]
    return np.stack(columns, axis=1)


def _summed(rows: Ints) -> Ints:
    """Sums of all rows before each one, and of all."""
    return np.concatenate([np.zeros((1, rows.shape[1]), np.int64), np.cumsum(rows, axis=0)])


def _around(at: Ints, rows: Ints, total: Ints) -> Ints:
    """Neighbours and windows of the base signals: left, right, 3 and 8 lines either side.

    Args:
      at: padded rows of the lines.
      rows: the base signals, padded.
      total: their sums.
    """

    def window(low: int, high: int) -> Ints:
        return total[at + high + 1] - total[at + low]

    return np.concatenate(
        [rows[at - 1], rows[at + 1], window(-3, -1), window(1, 3), window(-9, -1), window(1, 9)],
        axis=1,
    )


def _position(signals: Signals, layout: Layout, prose: Ints) -> Ints:
    """Where a line stands: on its page, to the densest prose, to the headings around it."""
    number = layout.number
    length = layout.lengths[layout.owner]
    left = length - 1 - number
    firsts, lasts = segment(prose, layout)
    first, last = firsts[layout.owner], lasts[layout.owner]
    none = last < 0
    before = np.where(none, 0, np.maximum(first - number, 0))
    after = np.where(none, 0, np.maximum(number - last, 0))
    prose_all = layout.totals(prose)
    running = np.cumsum(prose)
    begins = np.cumsum(layout.lengths) - layout.lengths
    base = np.concatenate([[0], running])[begins][layout.owner]
    behind = running - base - prose
    share = np.maximum(prose_all, 1)
    comments = signals.group == _COMMENTS
    role = signals.role
    heading = comments & ((role == OPENS) | (role == STRONG))
    paces = comments & (role == PACES) | (signals.dated > 0) & (signals.letters < 60)
    other = (role > 0) & ~comments & (role != WEAK)
    said = (role == STRONG) | (role == OPENS)
    return np.stack(
        [
            _root(number, 400),
            _root(left, 400),
            _units(number / np.maximum(length - 1, 1)),
            _units(none),
            _units(before > 0),
            _units(after > 0),
            _root(before, 100),
            _root(after, 100),
            _units(behind / share),
            _units((prose_all - behind - prose) / share),
            *(_root(layout.since(_units(flags)), _FAR) for flags in (heading, paces, other)),
            *(_root(layout.until(_units(flags)), _FAR) for flags in (heading, paces, other)),
            *(_units(layout.since(_units(flags)) < _FAR) for flags in (heading, other)),
            _root(length, 900),
            _root(prose_all / UNIT, 400),
            _units(layout.totals(_units(said)) / UNIT / length),
            _units(layout.totals(_units(signals.letters < 30)) / UNIT / length),
            _root(layout.totals(_units(said)) / UNIT, 64),
            _root(layout.totals(_units(heading | (comments & (role == PACES)))) / UNIT, 64),
            _units(layout.totals(_units(signals.dated)) / UNIT / length),
        ],
        axis=1,
    )


def features(signals: Signals, layout: Layout) -> Iterator[Ints]:
    """All features of all lines, in units of 1/`UNIT`.

    They are 1.3 kB a line and a page may have a million, so they come in blocks of at most
    `_BLOCK_LINES` lines, each of shape (lines, features).
    """
    prose = prose_units(signals)
    role = signals.role
    comments = signals.group == _COMMENTS
    base = np.stack(
        [
            _root(signals.letters, _LETTERS_CAP),
            prose,
            _units(signals.letters < 30),
            _units(signals.last == _CLASS["end"]),
            _units((role > 0) & comments & (role != PACES)),
            _units((role > 0) & ~comments & (role != WEAK)),
            _units((role == PACES) | (role == OPENS)),
            _units(role == WEAK),
            _units(signals.cues),
            _units(signals.dated),
            _units(signals.repeats > 1),
            _units((signals.first == _CLASS["lower"]) | (signals.last == _CLASS["comma"])),
            _units(np.minimum(signals.counts[:, _CLASS["quote"]], 4) / 4),
        ],
        axis=1,
    )
    rows = layout.padded(base)
    total = _summed(rows)
    position = _position(signals, layout, prose)
    for start in range(0, len(prose), _BLOCK_LINES):
        block = slice(start, start + _BLOCK_LINES)
        alone = own(signals.of_lines(block))
        around = _around(layout.at[block], rows, total)
        yield np.concatenate([alone, prose[block, None], around, position[block]], axis=1)
