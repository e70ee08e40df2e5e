"""Names the rule under which a unit is removed, and says what speaks for it."""

import math

from transforms.text.html.decide import Containers
from transforms.text.html.dom import Tree
from transforms.text.html.hints import BIT as HINT
from transforms.text.html.hints import TAG_BIT
from transforms.text.html.words import BIT as WORD
from transforms.text.html.words import words_mask

MAX_EVIDENCE_CHARS = 200
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


def reason(tree: Tree, unit: int, logit: float, containers: Containers) -> tuple[str, str]:
    """Rule and evidence of a removed unit.

    Args:
      tree: the page.
      unit: number of the unit.
      logit: its score, log odds.
      containers: what its elements are inside of.

    Returns:
      `group.name` and one printable line of at most `MAX_EVIDENCE_CHARS` characters.
    """
    element = tree.element[unit]
    system = containers.system[element]
    if system >= 0:
        return containers.rules[system]
    score = f"score {1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))):.2f}"
    comment = containers.comment[element]
    if comment >= 0:
        return "comments.container", _evidence(f"in {selector(tree, comment)}, {score}")
    at = element
    mask = tree.inline[unit]
    for _ in range(_LEVELS):
        mask |= tree.mask[at]
        for group, bits in _BY_HINT:
            if mask & bits:
                return f"{group}.hints", _evidence(f"in {selector(tree, at)}, {score}")
        if at == tree.parent[at] or tree.last[at] - tree.first[at] > len(tree.lines) // 2:
            break
        at = tree.parent[at]
        mask = tree.mask[at]
    line = tree.lines[unit][0]
    if len(line) <= _MAX_WORDS_CHARS:
        words = words_mask(line)
        for group, bits in _BY_WORD:
            if words & bits:
                return f"{group}.words", _evidence(f"short line, {score}")
    return "boilerplate.model", score


def selector(tree: Tree, element: int) -> str:
    """The element's id or first class as a CSS selector, its tag's kind where it has neither."""
    class_names, identifier = tree.name[element]
    if identifier.strip():
        return "#" + identifier.split()[0]
    if class_names.strip():
        return "." + class_names.split()[0]
    for name in ("nav", "footer", "aside", "header", "form"):
        if tree.mask[element] & TAG_BIT[name]:
            return name
    return "a block without a name"


def _evidence(text: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown[:MAX_EVIDENCE_CHARS]
