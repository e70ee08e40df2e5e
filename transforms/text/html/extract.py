"""Decides block by block what of a page stays."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from transforms.text.errors import TextError
from transforms.text.html.blocks import Block
from transforms.text.html.comments import Comment, collect, in_comments, is_body
from transforms.text.html.decide import find_containers, keep_units
from transforms.text.html.dom import parse
from transforms.text.html.limits import Encoded
from transforms.text.html.model import judge, load_weights
from transforms.text.html.reasons import Reason, Reasons
from transforms.text.html.systems import System, Systems, compile_systems
from transforms.text.html.tree import Tree

Comments = Literal["remove", "keep", "separate"]
"""What happens to readers' comments; see `extract_page`."""

PAGES_AT_ONCE = 16
UNITS_AT_ONCE = 1_000
"""So many pages are judged together, up to the one that brings them to so many units: beyond,
nothing is gained, and the features would no longer fit in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Extract:
    """What a page holds.

    Attributes:
      title: content of `<title>`, one line, "" without one.
      lines: all visible text in reading order, see `Block.text`.
      reasons: rule and evidence of each line that is removed, by its number, ascending.
      comments: readers' comments; filled for `comments="separate"` only.
      forum: whether the page is a discussion whose posts are its content.
    """

    title: str
    lines: list[str]
    reasons: dict[int, Reason]
    comments: tuple[Comment, ...] = ()
    forum: bool = False

    @property
    def blocks(self) -> list[Block]:
        """The lines, each kept or removed."""
        kept = "", ""
        return [Block(line, *self.reasons.get(n, kept)) for n, line in enumerate(self.lines)]


def extract_blocks(
    html: str, *, comments: Comments = "remove", systems: Sequence[System] = ()
) -> list[Block]:
    """Turn a page into blocks, each kept or removed with a reason; see `extract_page`."""
    return extract_page(html, comments=comments, systems=systems).blocks


def extract_page(
    html: str, *, comments: Comments = "remove", systems: Sequence[System] = ()
) -> Extract:
    """Turn a page into blocks, each kept or removed with a reason, and what else it tells.

    Args:
      html: the decoded page; any text.
      comments: "remove" removes readers' comments, "keep" leaves what readers wrote in the text
        and removes the widget around it, "separate" removes all and returns what readers wrote in
        `Extract.comments` as well.
      systems: widget systems; text inside a container that one of them names is removed under
        its rule. `html`, `body` and `main` are never such containers.

    Returns:
      All visible text in reading order. The same page gives the same result everywhere.

    Raises:
      TooLarge, TooDeep: the page is beyond the bounds of `limits`.
      ParserFailed: the parser gave up.
      ValueError: `comments` is none of the three, or a system's pattern is not one.
    """
    (found,) = extract_pages([html], comments=comments, systems=systems)
    if isinstance(found, TextError):
        raise found
    return found


def extract_pages(
    pages: Iterable[str | Encoded], *, comments: Comments = "remove", systems: Sequence[System] = ()
) -> Iterator[Extract | TextError]:
    """Turn pages into blocks, a third faster than one by one.

    Args:
      pages: decoded pages; a few at a time are read ahead.
      comments: see `extract_page`.
      systems: see `extract_page`.

    Yields:
      For each page, in their order, what `extract_page` returns or raises for it.

    Raises:
      ValueError: `comments` is none of the three, or a system's pattern is not one.
    """
    if comments not in {"remove", "keep", "separate"}:
        raise ValueError(f"comments is remove, keep or separate, not {comments!r}")
    return _extract(pages, comments, compile_systems(systems))


def _extract(
    pages: Iterable[str | Encoded], comments: Comments, patterns: Systems
) -> Iterator[Extract | TextError]:
    waiting: list[Tree | TextError] = []
    units = 0
    for html in pages:
        try:
            tree = parse(html)
        except TextError as error:
            waiting.append(error)
            continue
        waiting.append(tree)
        units += len(tree.lines)
        if len(waiting) >= PAGES_AT_ONCE or units >= UNITS_AT_ONCE:
            yield from _decide(waiting, comments, patterns)
            waiting, units = [], 0
    yield from _decide(waiting, comments, patterns)


def _decide(
    pages: list[Tree | TextError], comments: Comments, patterns: Systems
) -> Iterator[Extract | TextError]:
    trees = [tree for tree in pages if isinstance(tree, Tree) and tree.lines]
    logits = iter(judge(trees, load_weights()) if trees else ())
    for tree in pages:
        if isinstance(tree, TextError):
            yield tree
        elif not tree.lines:
            yield Extract(tree.title, [], {})
        else:
            yield _decide_page(tree, next(logits), comments, patterns)


def _decide_page(
    tree: Tree, logits: Sequence[float], comments: Comments, patterns: Systems
) -> Extract:
    containers = find_containers(tree, patterns)
    keep = keep_units(tree, logits, containers)
    if comments == "keep":
        for unit, element in enumerate(tree.element):
            if not keep[unit] and in_comments(containers, element):
                keep[unit] = is_body(tree, unit)
    reasons = Reasons(tree, containers).label(keep, logits)
    lines = list(itertools.chain.from_iterable(tree.lines))
    if len(lines) > len(tree.lines):
        reasons = _of_lines(tree, reasons)
    found = collect(tree, containers) if comments == "separate" else ()
    return Extract(tree.title, lines, reasons, found, containers.forum)


def _of_lines(tree: Tree, reasons: dict[int, Reason]) -> dict[int, Reason]:
    """Reasons by the number of each line, from reasons by the number of the unit."""
    ends = list(itertools.accumulate(map(len, tree.lines), initial=0))
    return {
        line: reason
        for unit, reason in reasons.items()
        for line in range(ends[unit], ends[unit + 1])
    }
