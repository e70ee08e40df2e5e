"""What limits would remove, counted over records; bounded however many records there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transforms.text.quality import RULE_SETS, Rule, c4_lines
from transforms.text.quality.decide import knows

LINE_SETS = frozenset({"c4", "c4-datatrove"})
"""Rule sets that read the text; the others read stored signals alone."""

_STEPS = (0.5, 0.8, 1.25, 2.0)
"""Other limits that are tried, as parts of a limit."""
_WHOLE = frozenset({"words", "chars", "lines", "stop_words"})
_EXCERPT_CHARS = 160


@dataclass(slots=True)
class Amount:
    """Some pages and their words."""

    pages: int = 0
    words: int = 0

    def add(self, words: NDArray[np.int64]) -> None:
        """Adds pages by their words."""
        self.pages += len(words)
        self.words += int(words.sum())

    def merge(self, other: "Amount") -> None:
        """Adds what another holds."""
        self.pages += other.pages
        self.words += other.words


@dataclass(frozen=True, slots=True, order=True)
class Example:
    """A page near a limit.

    Attributes:
      distance: of its value from the limit; least first.
      id, url: of the page.
      value: what was measured.
      words: of the page.
      text: its beginning.
    """

    distance: float
    id: str
    url: str
    value: float
    words: int
    text: str


@dataclass(slots=True)
class RuleTally:
    """What one limit would remove.

    Attributes:
      rule: the rule.
      limit: that it is tried with.
      alone: pages that fail it.
      first: pages that it would be the reason for: they fail no earlier rule of the set.
      abstained: pages whose language the rule knows too little of.
      others: other limits, and the pages that would fail them.
      removed, kept: the pages nearest to the limit on either side.
    """

    rule: Rule
    limit: float
    alone: Amount = field(default_factory=Amount)
    first: Amount = field(default_factory=Amount)
    abstained: int = 0
    others: dict[float, Amount] = field(default_factory=dict)
    removed: list[Example] = field(default_factory=list)
    kept: list[Example] = field(default_factory=list)

    def merge(self, other: "RuleTally", examples: int) -> None:
        """Adds what another holds."""
        self.alone.merge(other.alone)
        self.first.merge(other.first)
        self.abstained += other.abstained
        for limit, amount in other.others.items():
            self.others[limit].merge(amount)
        self.removed = sorted(self.removed + other.removed)[:examples]
        self.kept = sorted(self.kept + other.kept)[:examples]


@dataclass(slots=True)
class SetTally:
    """What one rule set would remove.

    Attributes:
      name: of the rule set.
      rules: by name, in order.
      dropped: pages that fail any rule.
      languages: code to pages and dropped pages.
      lines: of C4, the reason to the lines that go and their words, on pages that stay.
    """

    name: str
    rules: dict[str, RuleTally]
    dropped: Amount = field(default_factory=Amount)
    languages: dict[str, list[int]] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What the chosen rule sets would remove.

    Attributes:
      examples: pages kept of each side of each limit.
      overrides: limits that differ from the reference.
      sets: one of each rule set, in order.
      total: all pages.
      dropped: pages that fail any rule of any set.
      without: pages without signals, which are not judged.
    """

    examples: int
    overrides: dict[str, float]
    sets: list[SetTally]
    total: Amount = field(default_factory=Amount)
    dropped: Amount = field(default_factory=Amount)
    without: int = 0

    def merge(self, other: "Tally") -> None:
        """Adds what another, of the same rule sets and limits, holds."""
        self.total.merge(other.total)
        self.dropped.merge(other.dropped)
        self.without += other.without
        for mine, theirs in zip(self.sets, other.sets, strict=True):
            mine.dropped.merge(theirs.dropped)
            for name, rule in mine.rules.items():
                rule.merge(theirs.rules[name], self.examples)
            for known, more in ((mine.languages, theirs.languages), (mine.lines, theirs.lines)):
                for key, numbers in more.items():
                    known[key] = [
                        a + b for a, b in zip(known.get(key, [0, 0]), numbers, strict=True)
                    ]


def new_tally(names: Sequence[str], overrides: dict[str, float], examples: int) -> Tally:
    """Makes an empty tally.

    Args:
      names: of rule sets.
      overrides: limits by `rule_set.rule` that differ from the reference.
      examples: pages to keep of each side of each limit.
    """
    sets = []
    for name in names:
        rules = {}
        for rule in RULE_SETS[name].rules:
            limit = overrides.get(f"{name}.{rule.name}", rule.limit)
            others = {} if name in LINE_SETS else {o: Amount() for o in other_limits(rule, limit)}
            if rule.signal:
                rules[rule.name] = RuleTally(rule, limit, others=others)
        sets.append(SetTally(name, rules))
    return Tally(examples, overrides, sets)


def other_limits(rule: Rule, limit: float) -> list[float]:
    """Gives limits around one, that are worth a look."""
    found = {limit * step for step in _STEPS}
    if rule.signal in _WHOLE:
        found = {float(round(value)) for value in found}
    if rule.signal.endswith("_share"):
        found = {min(value, 1.0) for value in found}
    return sorted({round(value, 10) for value in found} - {limit})


def add_records(tally: Tally, records: Sequence[dict[str, Any]]) -> None:
    """Adds some records of documents/, those of one batch."""
    with_signals = [r for r in records if "signals" in r["metadata"]]
    tally.without += len(records) - len(with_signals)
    if not with_signals:
        return
    words = np.array([r["metadata"]["signals"]["words"] for r in with_signals], np.int64)
    tally.total.add(words)
    anything = np.zeros(len(words), np.bool_)
    batch = _Batch(with_signals, words)
    for one in tally.sets:
        judge = _add_lines if one.name in LINE_SETS else _add_signals
        failed = judge(one, batch, tally)
        one.dropped.add(words[failed])
        anything |= failed
        for language, gone in zip(batch.languages, failed.tolist(), strict=True):
            numbers = one.languages.setdefault(language, [0, 0])
            numbers[0] += 1
            numbers[1] += gone
    tally.dropped.add(words[anything])


class _Batch:
    """Records, and what of them is looked at more than once."""

    def __init__(self, records: Sequence[dict[str, Any]], words: NDArray[np.int64]) -> None:
        self.records = records
        self.words = words
        self.languages = [str(r["metadata"]["language"]) for r in records]
        self._ids = np.array([str(r["id"]) for r in records])

    def values(self, signal: str) -> NDArray[np.float64]:
        """Gives one signal of every record."""
        return np.array([r["metadata"]["signals"][signal] for r in self.records], np.float64)

    def known(self, rule: Rule) -> NDArray[np.bool_]:
        """Says of every record whether a rule knows its language well enough."""
        answers = {language: knows(language, rule.needs) for language in set(self.languages)}
        return np.array([answers[language] for language in self.languages])

    def nearest(
        self, among: NDArray[np.bool_], values: NDArray[np.float64], limit: float, most: int
    ) -> list[Example]:
        """Gives the records whose values are nearest to a limit."""
        at = np.flatnonzero(among)
        distance = np.round(np.abs(values[at] - limit), 12)
        order = np.lexsort((self._ids[at], distance))[:most]
        return [
            Example(
                float(distance[i]),
                str(self.records[at[i]]["id"]),
                str(self.records[at[i]]["metadata"]["url"]),
                float(values[at[i]]),
                int(self.words[at[i]]),
                str(self.records[at[i]]["text"])[:_EXCERPT_CHARS],
            )
            for i in order
        ]


def _add_signals(one: SetTally, batch: _Batch, tally: Tally) -> NDArray[np.bool_]:
    """Judges by stored signals; returns which pages fail."""
    failed = np.zeros(len(batch.words), np.bool_)
    for found in one.rules.values():
        known = batch.known(found.rule)
        values = batch.values(found.rule.signal)
        fails = known & _beyond(found.rule, values, found.limit)
        found.abstained += int((~known).sum())
        found.alone.add(batch.words[fails])
        found.first.add(batch.words[fails & ~failed])
        for limit, amount in found.others.items():
            amount.add(batch.words[known & _beyond(found.rule, values, limit)])
        _add_examples(found, batch, tally, (fails, known & ~fails, values))
        failed |= fails
    return failed


def _add_examples(
    found: RuleTally,
    batch: _Batch,
    tally: Tally,
    sides: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float64]],
) -> None:
    fails, passes, values = sides
    most = tally.examples
    removed = batch.nearest(fails, values, found.limit, most)
    found.removed = sorted(found.removed + removed)[:most]
    kept = batch.nearest(passes, values, found.limit, most)
    found.kept = sorted(found.kept + kept)[:most]


def _beyond(rule: Rule, values: NDArray[np.float64], limit: float) -> NDArray[np.bool_]:
    return values < limit if rule.name.startswith("min_") else values > limit


def _add_lines(one: SetTally, batch: _Batch, tally: Tally) -> NDArray[np.bool_]:
    """Judges by the text, as C4 does; returns which pages fail."""
    pages = [str(record["text"]).split("\n") for record in batch.records]
    outcome = c4_lines(pages, batch.languages, one.name, tally.overrides)
    reasons = [page.verdict.rule if page.verdict else "" for page in outcome]
    for page, paragraphs in zip(outcome, pages, strict=True):
        if page.verdict is None:
            for number, removal in page.removals.items():
                lines = one.lines.setdefault(removal.rule, [0, 0])
                lines[0] += 1
                lines[1] += len(paragraphs[number].split())
    for name, found in one.rules.items():
        fails = np.array([reason == name for reason in reasons])
        values = np.array(
            [
                page.verdict.value
                if page.verdict and page.verdict.rule == name
                else _met(page, name)
                for page in outcome
            ],
            np.float64,
        )
        found.first.add(batch.words[fails])
        found.alone.add(batch.words[fails])
        passes = np.array([reason == "" for reason in reasons])
        _add_examples(found, batch, tally, (fails, passes, values))
    return np.array([reason != "" for reason in reasons])


def _met(page: Any, name: str) -> float:
    """A page's value where it is not the reason: a line that stays is one sentence at least."""
    return float(len(page.lines)) if name == "min_sentences" else 0.0
