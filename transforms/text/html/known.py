"""Widget systems that the class and id of elements give away: the names of rules in receipts.

The table is that of `transforms.text.widgets`. Here it names what goes; by itself it decides only
that a container of a comment system is a comment section.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from transforms.text.html.tree import Tree
from transforms.text.html.vocabulary import TAG_MASK
from transforms.text.widgets.systems import SYSTEMS

KNOWN: Final = 1 << 61
"""Bit of an element's mask, far above the hints: a part of its class or id is in the table."""

MARKED: Final = 1 << 60
"""Bit of an element that says itself that it is a comment, by `itemprop`."""

_NAMED_ONLY: Final = frozenset(
    (
        "comments.phpbb",
        "comments.vbulletin",
        "comments.reddit",
        "comments.schema",
        "comments.general",
    )
)
"""Their containers may hold the posts that are a page's content, or are no system's."""

_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]*)?((?:[#.][\w-]+)+)")
_PREFIX: Final = re.compile(r"""\[(id|class)\^=["']?([^"'\]]+)["']?\]""")


class _Pattern(NamedTuple):
    """Names that an element has to have, `#id` and `.class`, lower case; bits of its tag."""

    system: int
    number: int
    names: frozenset[str]
    tag: int


def _read_table() -> tuple[dict[str, list[_Pattern]], dict[str, list[tuple[str, _Pattern]]]]:
    """Patterns by one of their names; beginnings of ids and classes by their first characters."""
    exact: dict[str, list[_Pattern]] = {}
    prefixes: dict[str, list[tuple[str, _Pattern]]] = {}
    number = 0
    for system, row in enumerate(SYSTEMS):
        for selector in row.selectors:
            number += 1
            whole, prefix = _SELECTOR.fullmatch(selector), _PREFIX.fullmatch(selector)
            if prefix:
                mark = "#" if prefix[1] == "id" else "."
                start = mark + prefix[2].lower()
                pattern = _Pattern(system, number, frozenset(), 0)
                prefixes.setdefault(start[:_PREFIX_CHARS], []).append((start, pattern))
            elif whole and (not whole[1] or TAG_MASK.get(whole[1])):
                names = re.findall(r"[#.][\w-]+", whole[2].lower())
                tag = TAG_MASK[whole[1]] if whole[1] else 0
                pattern = _Pattern(system, number, frozenset(names), tag)
                exact.setdefault(names[-1], []).append(pattern)
    return exact, prefixes


_PREFIX_CHARS: Final = 6
_EXACT, _PREFIXES = _read_table()
CLASSES: Final = frozenset(name[1:] for name in _EXACT if name[0] == ".")
IDS: Final = frozenset(name[1:] for name in _EXACT if name[0] == "#")
CLASS_STARTS: Final = tuple(s[1:] for found in _PREFIXES.values() for s, _ in found if s[0] == ".")
ID_STARTS: Final = tuple(s[1:] for found in _PREFIXES.values() for s, _ in found if s[0] == "#")


def knows_class(name: str) -> bool:
    """Whether a class, lower case, is in the table."""
    return name in CLASSES or name.startswith(CLASS_STARTS)


def knows_id(identifier: str) -> bool:
    """Whether an id, lower case, is in the table."""
    return identifier in IDS or identifier.startswith(ID_STARTS)


def _patterns(tree: Tree, element: int) -> Iterator[_Pattern]:
    """All patterns that an element falls under."""
    class_names, identifier = tree.name[element]
    names = {f".{name}" for name in class_names.lower().split()}
    if identifier:
        names.add(f"#{identifier.lower()}")
    mask = tree.mask[element]
    for name in sorted(names):
        for pattern in _EXACT.get(name, ()):
            if pattern.names <= names and pattern.tag & mask == pattern.tag:
                yield pattern
        for start, pattern in _PREFIXES.get(name[:_PREFIX_CHARS], ()):
            if name.startswith(start):
                yield pattern


def system_of(tree: Tree, element: int) -> str:
    """The rule of the first system in the table that an element falls under, "" without one."""
    if not tree.mask[element] & KNOWN:
        return ""
    first = min((pattern.system for pattern in _patterns(tree, element)), default=-1)
    return SYSTEMS[first].rule if first >= 0 else ""


def is_comment_system(tree: Tree, element: int) -> bool:
    """Whether an element is the container of a comment system, which holds nothing else."""
    rules = {SYSTEMS[pattern.system].rule for pattern in _patterns(tree, element)}
    return any(rule.startswith("comments.") for rule in rules - _NAMED_ONLY)


def system_of_section(tree: Tree, container: int) -> str:
    """The comment system of a section: the one of which most is found inside.

    Args:
      tree: the page.
      container: number of the section's element.

    Returns:
      Its rule; of equals the first in the table; that of schema.org where the comments are marked
      as such and no system's names are found, "" where they are not.
    """
    found: dict[int, set[int]] = {}
    marked = 0
    for element in range(container, tree.end[container]):
        marked |= tree.mask[element] & MARKED
        if tree.mask[element] & KNOWN:
            for pattern in _patterns(tree, element):
                found.setdefault(pattern.system, set()).add(pattern.number)
    best, most = "comments.schema" if marked else "", 0
    for system in sorted(found):
        row = SYSTEMS[system]
        if row.group == "comments" and row.name != "general" and len(found[system]) > most:
            best, most = row.rule, len(found[system])
    return best
