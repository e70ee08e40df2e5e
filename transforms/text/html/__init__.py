"""Turns a decoded HTML page into lines of text, each kept or removed with a reason."""

from transforms.text.html.blocks import Block
from transforms.text.html.comments import Comment
from transforms.text.html.extract import Extract, extract_blocks, extract_page, extract_pages
from transforms.text.html.fast import extract_fast
from transforms.text.html.limits import Encoded
from transforms.text.html.systems import System, from_selectors

__all__ = [
    "Block",
    "Comment",
    "Encoded",
    "Extract",
    "System",
    "extract_blocks",
    "extract_fast",
    "extract_page",
    "extract_pages",
    "from_selectors",
]
