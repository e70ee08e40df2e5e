"""Names the rule under which a unit is removed, and says what speaks for it."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np

from transforms.text import kernel
from transforms.text.html.decide import Containers
from transforms.text.html.known import KNOWN, system_of, system_of_section
from transforms.text.html.model import CHROME
from transforms.text.html.tree import Tree, closest
from transforms.text.html.vocabulary import BIT as HINT
from transforms.text.html.vocabulary import TAG_BIT
from transforms.text.html.words import BIT as WORD
from transforms.text.html.words import BY_WORD, words_mask

MAX_NAME_CHARS = 100
"""Longer ids and class names are cut in evidence."""

_BY_HINT = (
    ("cookies", HINT["cookie"]),
    ("newsletter", HINT["newsletter"]),
    ("comments", HINT["comment"]),
    ("share", HINT["share"]),
    ("login", HINT["login"]),
    ("related", HINT["related"]),
    ("navigation", HINT["navigation"] | TAG_BIT["nav"]),
    ("footer", HINT["footer"] | TAG_BIT["footer"]),
    ("meta", HINT["meta"] | HINT["author"] | HINT["tag"]),
)
_ANY_HINT = 0
for _, _bits in _BY_HINT:
    _ANY_HINT |= _bits
_BY_WORD = (
    ("cookies", WORD["cookie"]),
    ("newsletter", WORD["newsletter"]),
    ("comments", WORD["comment"]),
    ("share", WORD["share"]),
    ("login", WORD["login"]),
    ("related", WORD["related"]),
    ("footer", WORD["legal"]),
    ("navigation", WORD["navigation"]),
    ("meta", WORD["date"] | WORD["author"] | WORD["tag"]),
)
Reason = tuple[str, str]
"""Rule, `group.name`, and evidence, one printable line."""

_SCORES = tuple(f"score {percent / 100:.2f}" for percent in range(101))
_STEPS = tuple(math.log((2 * k - 1) / (201 - 2 * k)) for k in range(1, 101))
"""Log odds from which a score is rounded up to so many percent."""
_HINT_RULES = tuple((f"{group}.hints", bits) for group, bits in _BY_HINT)
_TAGS = tuple((name, TAG_BIT[name]) for name in ("nav", "footer", "aside", "header", "form"))
_WORD_RULES = tuple((f"{group}.words", bits) for group, bits in _BY_WORD)
_CONSTANTS = (
    _ANY_HINT, KNOWN, _HINT_RULES, _TAGS, BY_WORD, _WORD_RULES, _SCORES, array("d", _STEPS), CHROME,
)  # fmt: skip
"""What `_reasons.c` needs to know of all this."""
_READ: dict[tuple[tuple[str, str], int], Reason] = {}
"""What class and id, and what an element hints at, give: no page says otherwise."""
_MAX_READ = 1 << 14
_MAX_READ_CHARS = 300
_MAX_WORDS_CHARS = 60
"""Longer lines are not named after single words."""


class Reasons:
    """Rules and evidence of a page's removed units.

    Args:
      tree: the page.
      containers: what its elements are inside of.
    """

    def __init__(self, tree: Tree, containers: Containers) -> None:
        self._tree = tree
        self._containers = containers
        self._by_named: dict[int, Reason] = {}

    def _find_named(self) -> list[int]:
        """For each element the closest one, itself included, whose names speak for a rule; or -1.

        Elements that hold more than half of the page's lines lend no name.
        """
        parent, mask, first, last, _ = self._tree.elements
        comment = np.array(self._containers.comment)
        marked = (mask & _ANY_HINT) != 0
        for element in np.flatnonzero(~marked & ((mask & KNOWN) != 0)).tolist():
            marked[element] = bool(system_of(self._tree, element))
        marked &= last - first <= len(self._tree.lines) // 2
        if comment.max() >= 0:
            marked |= comment == np.arange(len(comment))
        named = closest(marked, parent)
        return np.where(comment >= 0, comment, named).tolist()

    def label(self, keep: Sequence[bool], logits: Sequence[float]) -> dict[int, Reason]:
        """Rule and evidence of every unit that goes, by its number, ascending.

        Args:
          keep: whether each unit stays.
          logits: its score, log odds.
        """
        if (compiled := kernel.compiled) is not None:
            tree, inside = self._tree, self._containers
            functions = partial(system_of, tree), self._rule_of_section
            return compiled.name_reasons(
                list(keep), list(logits), tree.lines, tree.name, tree.elements, tree.units,
                inside.comment, inside.system, inside.rules, _CONSTANTS, functions,
            )  # fmt: skip
        found: dict[int, Reason] = {}
        sure: dict[int, Reason] = {}  # by the named element: what all its chrome goes under
        elements, named = self._tree.element, self._find_named()
        system, rules = self._containers.system, self._containers.rules
        for unit, stays in enumerate(keep):
            if stays:
                continue
            element, logit = elements[unit], logits[unit]
            if rules and system[element] >= 0:
                found[unit] = rules[system[element]]
                continue
            near = named[element]
            if near >= 0 and logit <= CHROME and near in sure:
                found[unit] = sure[near]
                continue
            score = _SCORES[bisect_right(_STEPS, logit)]
            if near >= 0:
                rule, place = self._by_names(near)
                found[unit] = reason = rule, f"{place}, {score}"
                if logit <= CHROME:
                    sure[near] = reason
            else:
                found[unit] = self._by_content(unit, logit, score)
        return found

    def _by_content(self, unit: int, logit: float, score: str) -> Reason:
        """Rule and evidence that a unit without a named element around it gives."""
        tree = self._tree
        inline = tree.inline[unit] & _ANY_HINT
        if inline:
            return _rule_of_hints(inline), f"inside the line, {score}"
        line = tree.lines[unit][0]
        if len(line) <= _MAX_WORDS_CHARS:
            rule = _rule_of_words(words_mask(line))
            if rule:
                return rule, f"words of a short line, {score}"
        if logit <= CHROME:
            return "navigation.links", "nothing but links around"
        return "boilerplate.model", score

    def _by_names(self, element: int) -> Reason:
        """Rule and place that the names of an element give."""
        found = self._by_named.get(element)
        if found is None:
            found = self._by_named[element] = self._read_names(element)
        return found

    def _read_names(self, element: int) -> Reason:
        tree = self._tree
        if self._containers.comment[element] >= 0:
            return self._rule_of_section(element), f"in {selector(tree, element)}"
        names, mask = tree.name[element], tree.mask[element]
        found = _READ.get((names, mask))
        if found is None:
            rule = system_of(tree, element) or _rule_of_hints(mask & _ANY_HINT)
            found = rule, f"in {selector(tree, element)}"
            if len(names[0]) + len(names[1]) <= _MAX_READ_CHARS:
                if len(_READ) >= _MAX_READ:
                    _READ.clear()
                _READ[names, mask] = found
        return found

    def _rule_of_section(self, element: int) -> str:
        return system_of_section(self._tree, element) or "comments.container"


@lru_cache(maxsize=1 << 9)
def _rule_of_hints(mask: int) -> str:
    return next(rule for rule, bits in _HINT_RULES if mask & bits)


@lru_cache(maxsize=1 << 12)
def _rule_of_words(mask: int) -> str:
    return next((rule for rule, bits in _WORD_RULES if mask & bits), "")


def selector(tree: Tree, element: int) -> str:
    """The element's id or first class as a CSS selector, its tag's kind where it has neither."""
    class_names, identifier = tree.name[element]
    for mark, names in (("#", identifier), (".", class_names)):
        first = names[:MAX_NAME_CHARS].split(None, 1)
        if first:
            name = first[0]
            if not name.isprintable():
                name = "".join(c if c.isprintable() else "?" for c in name)
            return mark + name
    for name, bit in _TAGS:
        if tree.mask[element] & bit:
            return name
    return "a block without a name"
