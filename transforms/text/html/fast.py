"""The fast extractor: resiliparse's own idea of the main text."""

from functools import partial

from resiliparse.extract.html2text import extract_plain_text

from transforms.text.errors import ParserFailed
from transforms.text.html.blocks import clean_lines
from transforms.text.html.limits import checked_text

_extract = partial(
    extract_plain_text,
    preserve_formatting=True,
    main_content=True,
    list_bullets=False,
    alt_texts=False,
    comments=False,
    post_meta=False,
)


def extract_fast(html: str) -> list[str]:
    """Turn a page into the lines of its main text, by resiliparse's rules alone.

    What is not main text is not returned, so there is nothing to give a reason for. Less work than
    `extract_blocks`, and clearly less exact.

    Args:
      html: the decoded page; any text, at most `limits.MAX_CHARS` characters.

    Returns:
      Lines as `Block.text` is, in reading order. Rows of tables and items of lists are lines.

    Raises:
      TooLarge, TooDeep: the page is beyond the bounds of `limits`.
      ParserFailed: the parser gave up.
    """
    checked = checked_text(html)
    try:
        text = str(_extract(checked))
    except Exception as error:
        # The binding declares no common ancestor for what it raises.
        raise ParserFailed(f"resiliparse: {error}"[:300]) from error
    return clean_lines(text)
