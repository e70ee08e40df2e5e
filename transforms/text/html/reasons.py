"""Names the rule under which a unit is removed, and says what speaks for it."""

import math

from transforms.text.html.decide import Containers
from transforms.text.html.dom import Tree
from transforms.text.html.hints import BIT as HINT
from transforms.text.html.hints import TAG_BIT
from transforms.text.html.words import BIT as WORD
from transforms.text.html.words import words_mask

MAX_NAME_CHARS = 100
"""Longer ids and class names are cut in evidence."""

_LEVELS = 6
"""How many ancestors may lend their name to a rule."""

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
        self._by_element: dict[int, tuple[str, str]] = {}

    def of(self, unit: int, logit: float) -> tuple[str, str]:
        """Rule and evidence of a removed unit.

        Args:
          unit: number of the unit.
          logit: its score, log odds.

        Returns:
          `group.name` and one printable line.
        """
        tree = self._tree
        element = tree.element[unit]
        system = self._containers.system[element]
        if system >= 0:
            return self._containers.rules[system]
        score = f"score {1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))):.2f}"
        found = self._by_element.get(element)
        if found is None:
            found = self._by_element[element] = self._by_names(element)
        rule, place = found
        if rule:
            return rule, f"{place}, {score}"
        inline = tree.inline[unit]
        for group, bits in _BY_HINT if inline & _ANY_HINT else ():
            if inline & bits:
                return f"{group}.hints", f"inside the line, {score}"
        line = tree.lines[unit][0]
        if len(line) <= _MAX_WORDS_CHARS:
            words = words_mask(line)
            for group, bits in _BY_WORD:
                if words & bits:
                    return f"{group}.words", f"words of a short line, {score}"
        return "boilerplate.model", score

    def _by_names(self, element: int) -> tuple[str, str]:
        """Rule and place that the names of an element and those above it give; "" for none."""
        tree = self._tree
        comment = self._containers.comment[element]
        if comment >= 0:
            return "comments.container", f"in {selector(tree, comment)}"
        at = element
        for _ in range(_LEVELS):
            if tree.last[at] - tree.first[at] > len(tree.lines) // 2:
                break
            mask = tree.mask[at]
            for group, bits in _BY_HINT if mask & _ANY_HINT else ():
                if mask & bits:
                    return f"{group}.hints", f"in {selector(tree, at)}"
            at = tree.parent[at]
        return "", ""


def selector(tree: Tree, element: int) -> str:
    """The element's id or first class as a CSS selector, its tag's kind where it has neither."""
    class_names, identifier = tree.name[element]
    for mark, names in (("#", identifier), (".", class_names)):
        first = names[:MAX_NAME_CHARS].split(None, 1)
        if first:
            return mark + "".join(c if c.isprintable() else "?" for c in first[0])
    for name in ("nav", "footer", "aside", "header", "form"):
        if tree.mask[element] & TAG_BIT[name]:
            return name
    return "a block without a name"
