"""The fast extractor: resiliparse's own idea of the main text."""

from functools import partial

from resiliparse.extract.html2text import extract_plain_text

from transforms.text.errors import ParserFailed
from transforms.text.html.blocks import Block, clean_line
from transforms.text.html.limits import checked_bytes

_extract = partial(
    extract_plain_text,
    preserve_formatting=True,
    main_content=True,
    list_bullets=False,
    alt_texts=False,
    comments=False,
    post_meta=False,
)


def extract_fast(html: str) -> list[Block]:
    """Turn a page into the lines of its main text, by resiliparse's rules alone.

    What is not main text is not returned, so there is nothing to give a reason for: every block
    is kept. Less work than `extract_blocks`, and clearly less exact.

    Args:
      html: the decoded page; any text, at most `limits.MAX_CHARS` characters.

    Returns:
      One block a line, in reading order. Rows of tables and items of lists are lines.

    Raises:
      TooLarge, TooDeep: the page is beyond the bounds of `limits`.
      ParserFailed: the parser gave up.
    """
    encoded = checked_bytes(html)
    try:
        text = _main_text(html, encoded)
    except Exception as error:
        # The binding declares no common ancestor for what it raises.
        raise ParserFailed(f"resiliparse: {error}"[:300]) from error
    lines = (clean_line(line) for line in text.split("\n"))
    return [Block(line) for line in lines if line]


def _main_text(html: str, encoded: bytes) -> str:
    try:
        return str(_extract(html))
    except TypeError:  # what resiliparse has for lone surrogates
        return str(_extract(encoded.decode()))
