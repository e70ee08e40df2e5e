"""The unit of extraction: one line of a page, kept or removed for a reason."""

import re
from typing import NamedTuple

from transforms.text import kernel

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class Block(NamedTuple):
    """A line of a page's visible text.

    Attributes:
      text: one line, whitespace squeezed, never blank, without control characters.
      rule: "" where the block is kept, else `group.name`, for example `comments.wordpress`.
      evidence: what the rule saw, one printable line of at most 200 characters; "" where kept.
    """

    text: str
    rule: str = ""
    evidence: str = ""


def clean_line(text: str) -> str:
    """Squeeze whitespace and take out control characters and lone surrogates.

    Args:
      text: any text.

    Returns:
      One line without leading or trailing space; "" where nothing visible is left.
    """
    line = " ".join(text.split())
    if not line.isprintable():
        line = " ".join(_CONTROLS.sub("", line).split())
    return line


def clean_lines(text: str) -> list[str]:
    """Cut a text at its line feeds, and clean each line; those without anything visible go."""
    if kernel.compiled is not None:
        return kernel.compiled.clean_lines(text)
    return [line for line in map(clean_line, text.split("\n")) if line]
