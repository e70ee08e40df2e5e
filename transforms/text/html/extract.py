"""Decides block by block what of a page stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transforms.text.html.blocks import Block
from transforms.text.html.comments import Comment, collect, in_comments, is_body
from transforms.text.html.decide import find_containers, keep_units
from transforms.text.html.dom import parse
from transforms.text.html.model import judge, load_weights
from transforms.text.html.reasons import Reasons
from transforms.text.html.systems import System, compile_systems

Comments = Literal["remove", "keep", "separate"]
"""What happens to readers' comments; see `extract_page`."""

_KEPT = ("", "")


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
    if comments not in {"remove", "keep", "separate"}:
        raise ValueError(f"comments is remove, keep or separate, not {comments!r}")
    patterns = compile_systems(systems)
    tree = parse(html)
    if not tree.lines:
        return Extract(tree.title, [])
    containers = find_containers(tree, patterns)
    logits = judge(tree, load_weights())
    keep = keep_units(tree, logits, containers)
    if comments == "keep":
        for unit, element in enumerate(tree.element):
            if not keep[unit] and in_comments(containers, element):
                keep[unit] = is_body(tree, unit)
    reason_of = Reasons(tree, containers).of
    labels = [
        _KEPT if stays else reason_of(unit, logit)
        for unit, (stays, logit) in enumerate(zip(keep, logits, strict=True))
    ]
    blocks = [
        Block(line, rule, evidence)
        for lines, (rule, evidence) in zip(tree.lines, labels, strict=True)
        for line in lines
    ]
    found = collect(tree, containers) if comments == "separate" else ()
    return Extract(tree.title, blocks, found, containers.forum)
