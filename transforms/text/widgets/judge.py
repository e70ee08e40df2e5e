"""The judge: from the lines of a page to the lines that go."""

from collections.abc import Sequence
from typing import Final

from transforms.records import Removal
from transforms.text.widgets.phrasebook import BOOK, OPENS, PACES, STRONG, WEAK, normalise

RULES_VERSION: Final = "1"
"""Changes with every change of what goes; written into each run's `run.json`."""

_NEAR: Final = 3
_PROSE_CHARS: Final = 90


def find_widgets(pages: Sequence[Sequence[str]]) -> list[dict[int, Removal]]:
    """Finds the lines of each page that widgets wrote.

    Pages -> for each page, line number (from 0) -> why that line goes. Same length, same order;
    a page depends on nothing but its own lines.

    Args:
      pages: for each page its lines, one paragraph a line.
    """
    return [_judge(lines) for lines in pages]


def _judge(lines: Sequence[str]) -> dict[int, Removal]:
    numbers = BOOK.look_up(normalise(lines))
    roles = [BOOK.phrases[number].role if number >= 0 else 0 for number in numbers]
    prose = [i for i, line in enumerate(lines) if len(line) >= _PROSE_CHARS and not roles[i]]
    last_prose = prose[-1] if prose else -1
    removals: dict[int, Removal] = {}
    for i, role in enumerate(roles):
        if not role:
            continue
        near = [
            roles[j]
            for j in range(max(0, i - _NEAR), min(len(lines), i + _NEAR + 1))
            if j != i and roles[j]
        ]
        if role == STRONG:
            goes = bool(near) or (0 <= last_prose < i)
        elif role in (OPENS, WEAK):
            goes = STRONG in near or len(near) >= 2
        else:
            goes = role == PACES and (STRONG in near or OPENS in near or len(near) >= 2)
        if goes:
            phrase = BOOK.phrases[numbers[i]]
            removals[i] = Removal(phrase.system.rule, f"{phrase.language}: {phrase.text}"[:200])
    return removals
