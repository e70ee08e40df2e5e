"""From scores to decisions: what stays, and what speaks against the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transforms.text.html.blocks import clean_line
from transforms.text.html.forum import forum_posts
from transforms.text.html.headings import find_headings
from transforms.text.html.known import KNOWN, is_comment_system
from transforms.text.html.systems import Systems, compile_systems
from transforms.text.html.tree import Tree
from transforms.text.html.vocabulary import BIT, TAG_BIT

KEEP_FROM = 0.1
"""Log odds from which a unit stays."""

KEEP_COMMENT_FROM = 4.0
"""Log odds from which a unit stays inside a container that is named after comments: an editor's
remark on a picture is called a comment too."""

KEEP_POST_FROM = -3.0
"""Log odds from which a unit inside a post of a discussion page stays."""

MAX_COMMENT_SHARE = 0.7
"""A container with more of the page's text than this share is the page's, whatever its name."""

_GUARDED = TAG_BIT["main"]
_NO_SYSTEMS = compile_systems(())


@dataclass(frozen=True, slots=True)
class Containers:
    """What each element of a page is inside of; -1 where it is not.

    Attributes:
      comment: number of the outermost container that is named after comments.
      post: number of the container of a post, on discussion pages.
      system: number of the outermost container that a widget system's rule names.
      rules: rule and evidence of each container in `system`.
    """

    comment: list[int]
    post: list[int]
    system: list[int]
    rules: dict[int, tuple[str, str]]

    @property
    def forum(self) -> bool:
        """Whether the page is a discussion whose posts are its content."""
        return max(self.post, default=-1) >= 0


def find_containers(tree: Tree, systems: Systems = _NO_SYSTEMS) -> Containers:
    """Find comment sections, posts and widgets by the names of elements.

    `html`, `body` and `main` are none of them, whatever their class or id.

    Args:
      tree: the page.
      systems: compiled patterns of widget systems.
    """
    count, bit = len(tree.parent), BIT["comment"]
    comment = [-1] * count
    named = np.flatnonzero(tree.elements[1] & (bit | KNOWN)).tolist()
    if named:
        prose = _prose_before(tree)
        limit = prose[-1] * MAX_COMMENT_SHARE
        inside = 0
        for element in named:
            if element < inside or element in {0, tree.body} or tree.mask[element] & _GUARDED:
                continue
            if not tree.mask[element] & bit and not is_comment_system(tree, element):
                continue
            last = min(tree.last[element], len(tree.lines))
            if prose[last] - prose[min(tree.first[element], last)] <= limit:
                inside = tree.end[element]
                comment[element:inside] = [element] * (inside - element)
    system = [-1] * count
    rules: dict[int, tuple[str, str]] = {}
    if systems.exact or systems.prefixes:
        inside = 0
        for element, names in enumerate(tree.name):
            if element < inside or element in {0, tree.body} or tree.mask[element] & _GUARDED:
                continue
            found = systems.find(*names)
            if found:
                inside = tree.end[element]
                system[element:inside] = [element] * (inside - element)
                rules[element] = (found[0], f"in {clean_line(found[1])[:100]}")
    return Containers(comment, forum_posts(tree), system, rules)


def _prose_before(tree: Tree) -> list[int]:
    """Characters of units with few links before each unit, and in all."""
    size, linked = tree.units[6], tree.units[1]
    ends = np.zeros(len(size) + 1, dtype=np.int64)
    np.cumsum(np.where(linked * 3 < size, size, 0), out=ends[1:])
    before: list[int] = ends.tolist()
    return before


def keep_units(
    tree: Tree,
    logits: Sequence[float],
    containers: Containers | None = None,
    *,
    threshold: float = KEEP_FROM,
) -> list[bool]:
    """Whether each unit stays: those that score high enough, and their headings.

    Args:
      tree: the page.
      logits: scores of its units.
      containers: as found by `find_containers`, which is called without systems if None.
      threshold: log odds from which a unit outside of all containers stays.
    """
    inside = containers or find_containers(tree)
    if max(inside.comment) < 0 and max(inside.post) < 0 and not inside.rules:
        keep = [logit >= threshold for logit in logits]
    else:
        keep = _keep_by_place(tree, logits, inside, threshold)
    for unit in find_headings(tree, keep, logits):
        element = tree.element[unit]
        if inside.comment[element] < 0 and inside.system[element] < 0:
            keep[unit] = True
    return keep


def _keep_by_place(
    tree: Tree, logits: Sequence[float], inside: Containers, threshold: float
) -> list[bool]:
    """Whether each unit stays on a page with containers, each with a threshold of its own."""
    keep = []
    for element, logit in zip(tree.element, logits, strict=True):
        if inside.system[element] >= 0:
            keep.append(False)
        elif inside.post[element] >= 0:
            keep.append(logit >= KEEP_POST_FROM)
        elif inside.comment[element] >= 0:
            keep.append(logit >= KEEP_COMMENT_FROM)
        else:
            keep.append(logit >= threshold)
    return keep
