"""From scores and phrases to removals: the gate, company, comment sections and receipts."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from transforms.records import Removal
from transforms.text.widgets.context import Layout
from transforms.text.widgets.model import SCORE_UNIT
from transforms.text.widgets.phrasebook import BOOK, OPENS, PACES, STRONG, WEAK
from transforms.text.widgets.signals import DENSE_WEIGHT, Ints, Signals, count_letters
from transforms.text.widgets.systems import GROUPS

GOES: Final = int(1.9 * SCORE_UNIT)
"""Log-odds from which a line goes by its context alone; chosen in cross-validation."""
GOES_IN_SECTION: Final = int(0.3 * SCORE_UNIT)
"""The same inside a comment section that a heading opens and by-lines pace."""
GOES_ATTACHED: Final = int(3.0 * SCORE_UNIT)
"""The same for a paragraph that follows a paragraph which stays."""
IS_COMMENT: Final = 0
"""Log-odds from which a line that goes is called part of a comment."""

_NEAR: Final = 3
_COMPANY: Final = 2
_PROSE_LETTERS: Final = 90
_COMMENTS: Final = GROUPS.index("comments")
_MAX_EVIDENCE: Final = 200
_MIN_WEAK: Final = 3
_MIN_SHORT: Final = 8
_SHORT_LETTERS: Final = 30
_SECTION_GAP: Final = 12
"""A section ends where so many lines pass without a by-line or another comment phrase."""


def has_chrome(signals: Signals, layout: Layout) -> npt.NDArray[np.bool_]:
    """The gate: whether each page shows any sign of chrome. Where it does not, all stays.

    A sign is one phrase of a comment widget that stands for itself, or another with a second
    phrase on the page, or several that need company, or a crowd of lines too short for sentences.
    """
    pages = len(layout.lengths)

    def tally(flags: npt.NDArray[np.bool_]) -> Ints:
        return np.bincount(layout.owner[flags], minlength=pages)

    says = (signals.role == STRONG) | (signals.role == OPENS)
    said = tally(says)
    comments = tally(says & (signals.group == _COMMENTS))
    weak = tally((signals.role == WEAK) | (signals.role == PACES))
    short = tally(signals.letters < _SHORT_LETTERS)
    company = (said > 0) & (said + weak >= _COMPANY)
    return (comments > 0) | company | (weak >= _MIN_WEAK) | (short >= _MIN_SHORT)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the lines of one page, as plain lists.

    Attributes:
      phrases: number of each line's phrase, -1 for none.
      roles: role of that phrase, 0 for none.
      comments: whether the phrase is of the comments group.
      prose: whether the line is long enough for running text, and no phrase.
      paced: whether it paces comments: a by-line of the table, or a short line with a date.
      remove, comment: scores, see `model.score`.
    """

    phrases: list[int]
    roles: list[int]
    comments: list[bool]
    prose: list[bool]
    paced: list[bool]
    remove: list[int]
    comment: list[int]

    @classmethod
    def of(cls, signals: Signals, scores: Ints, start: int, stop: int) -> "Evidence":
        """Cuts the lines from `start` to `stop` out of a batch."""
        part = slice(start, stop)
        role = signals.role[part]
        letters = signals.letters[part]
        return cls(
            phrases=signals.phrases[part].tolist(),
            roles=role.tolist(),
            comments=(signals.group[part] == _COMMENTS).tolist(),
            prose=((letters >= _PROSE_LETTERS) & (role == 0)).tolist(),
            paced=((role == PACES) | (signals.dated[part] > 0) & (letters < 60)).tolist(),
            remove=scores[part, 0].tolist(),
            comment=scores[part, 1].tolist(),
        )

    @classmethod
    def of_phrases(cls, lines: Sequence[str], phrases: list[int]) -> "Evidence":
        """What `read_phrases` looks at, of the lines of a page and the numbers of their phrases."""
        roles = [BOOK.phrases[number].role if number >= 0 else 0 for number in phrases]
        prose = [False] * len(lines)
        long = [n for n, line in enumerate(lines) if len(line) * DENSE_WEIGHT >= _PROSE_LETTERS]
        letters = count_letters([lines[n] for n in long]).tolist()
        for n, count in zip(long, letters, strict=True):
            prose[n] = count >= _PROSE_LETTERS and not roles[n]
        return cls(
            phrases=phrases,
            roles=roles,
            comments=[
                number >= 0 and BOOK.phrases[number].system.group == GROUPS[_COMMENTS]
                for number in phrases
            ],
            prose=prose,
            paced=[],
            remove=[],
            comment=[],
        )


def read_page(lines: Sequence[str], evidence: Evidence) -> dict[int, Removal]:
    """Decides on the lines of one page that passed the gate."""
    section = _sections(evidence)
    removals: dict[int, Removal] = {}
    company = _company(evidence)
    prose = evidence.prose
    for i, (role, remove) in enumerate(zip(evidence.roles, evidence.remove, strict=True)):
        opener = section.get(i, -1)
        if opener >= 0:
            least = GOES_IN_SECTION
        elif i and prose[i] and prose[i - 1] and i - 1 not in removals:
            least = GOES_ATTACHED
        else:
            least = GOES
        goes = company[i] > 0 or remove >= least
        if goes and company[i] >= 0:
            removals[i] = _receipt(lines, evidence, i, role, opener)
    return removals


def read_phrases(evidence: Evidence) -> dict[int, Removal]:
    """Decides on the lines of one page by their phrases and the company these keep, nothing else.

    The scores are not looked at. In their place, a heading or a phrase of a comment section that is
    known whole goes alone where no paragraph follows: it is what is left of a section that is gone.
    """
    verdicts = _company(evidence)
    last = max((i for i, is_prose in enumerate(evidence.prose) if is_prose), default=-1)
    if last < 0:  # a page of short paragraphs
        last = max((i for i, role in enumerate(evidence.roles) if not role), default=-1)
    found = {}
    for i, (role, is_comment) in enumerate(zip(evidence.roles, evidence.comments, strict=True)):
        heading = is_comment and role in (STRONG, OPENS) and 0 <= last < i
        if verdicts[i] > 0 or (heading and not BOOK.phrases[evidence.phrases[i]].slotted):
            found[i] = _phrase_receipt(evidence.phrases[i])
    return found


def _company(evidence: Evidence) -> list[int]:
    """For each line: 1 it goes by its phrase and its company, -1 it stays, 0 the score decides.

    A phrase that stands for itself goes with another phrase near it; one of a comment widget also
    goes alone after the last prose. A phrase that stands alone between paragraphs is what an essay
    says about such things: it stays.
    """
    roles = evidence.roles
    verdicts = [0] * len(roles)
    if not any(roles):
        return verdicts
    prose = [i for i, is_prose in enumerate(evidence.prose) if is_prose]
    first_prose, last_prose = (prose[0], prose[-1]) if prose else (len(roles), -1)
    for i, role in enumerate(roles):
        if not role:
            continue
        low, high = max(0, i - _NEAR), min(len(roles), i + _NEAR + 1)
        near = [roles[j] for j in range(low, high) if j != i and roles[j]]
        said = sum(other in (STRONG, OPENS) for other in near)
        alone = evidence.comments[i] and not BOOK.phrases[evidence.phrases[i]].slotted
        if (
            (role == STRONG and (near or (alone and 0 <= last_prose < i)))
            or (role in (OPENS, PACES) and evidence.comments[i] and STRONG in near)
            or (role == WEAK and said >= _COMPANY)
        ):
            verdicts[i] = 1
        elif not near and first_prose < i < last_prose:
            neighbours = evidence.prose[i - 1 : i] + evidence.prose[i + 1 : i + 2]
            if neighbours and all(neighbours):
                verdicts[i] = -1
    return verdicts


def _sections(evidence: Evidence) -> dict[int, int]:
    """Lines inside comment sections -> the line of the heading that opens theirs."""
    inside: dict[int, int] = {}
    roles, comments, paced = evidence.roles, evidence.comments, evidence.paced
    i = 0
    while i < len(roles):
        if not (comments[i] and roles[i] in (OPENS, STRONG)):
            i += 1
            continue
        last = i
        paces = 0
        for j in range(i + 1, len(roles)):
            if j - last > _SECTION_GAP:
                break
            if paced[j] or (comments[j] and roles[j]):
                paces += paced[j]
                last = j
        if paces >= 2:
            for j in range(i + 1, min(last + 2, len(roles))):
                inside[j] = i
        i = max(last, i) + 1
    return inside


def _receipt(lines: Sequence[str], evidence: Evidence, i: int, role: int, opener: int) -> Removal:
    if role and (role != PACES or opener < 0):
        return _phrase_receipt(evidence.phrases[i])
    if opener >= 0:
        return _section_receipt(opener, lines[opener][:_MAX_EVIDENCE])
    tenths = evidence.remove[i] * 10 // SCORE_UNIT
    if evidence.comment[i] >= IS_COMMENT:
        return _score_receipt("comments.section", "reads like a comment here", tenths)
    if evidence.paced[i]:
        return _score_receipt("meta.byline", "short line with a date", tenths)
    return _score_receipt("boilerplate.context", "stands among chrome", tenths)


@functools.cache
def _phrase_receipt(number: int) -> Removal:
    phrase = BOOK.phrases[number]
    return Removal(phrase.system.rule, _printable(f"{phrase.language}: {phrase.text}"))


@functools.lru_cache(maxsize=8)
def _section_receipt(opener: int, heading: str) -> Removal:
    return Removal("comments.section", _printable(f"after line {opener}: {heading}"))


@functools.cache  # scores are capped: a few hundred entries at most
def _score_receipt(rule: str, what: str, tenths: int) -> Removal:
    return Removal(rule, f"{what}, score {tenths / 10:.1f}")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:_MAX_EVIDENCE])
