"""Parses a page and cuts its visible text into units: what the model judges.

A unit is the text that one block-level element holds itself, up to the next start or end of a
block-level element or an empty line made of `<br><br>`. A single `<br>` starts a new line of the
same unit, so that poems and addresses stay readable and are judged whole. A table row whose cells
hold a line each is one unit, cells separated by " | ". The lines of `<pre>` stay lines.
"""

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, SelectolaxError

from transforms.text import kernel
from transforms.text.errors import ParserFailed, TooDeep, TooLarge
from transforms.text.html.hints import BY_ATTRIBUTE, COMPILED
from transforms.text.html.limits import MAX_DEPTH, MAX_LINES, MAX_UNITS, Encoded, checked_bytes
from transforms.text.html.markup import KINDS
from transforms.text.html.tree import Tree
from transforms.text.html.walk import TOO_DEEP, walk


def parse(html: str | Encoded) -> Tree:
    """Parse a page and cut it into units.

    Args:
      html: the decoded page; any text, lone surrogates and NUL included.

    Raises:
      TooLarge, TooDeep: the page is beyond the bounds of `limits`; those of its text are known once
        it is cut.
      ParserFailed: the parser gave up.
    """
    encoded = checked_bytes(html)
    try:
        markup = LexborHTMLParser(
            encoded,
            options=LexborDocumentOptions.WO_EVENTS,
            scripting=True,
        ).html
    except (SelectolaxError, RuntimeError, ValueError) as error:
        raise ParserFailed(f"lexbor: {error}"[:300]) from error
    tree = cut(markup) if markup else Tree()
    units, lines = len(tree.lines), int(tree.units[4].sum())
    if units > MAX_UNITS or lines > MAX_LINES:
        raise TooLarge(
            f"{units} pieces of text with {lines} lines, more than {MAX_UNITS} or {MAX_LINES}"
        )
    return tree


def cut(markup: str) -> Tree:
    """Cut a page into units.

    Args:
      markup: as lexbor writes it, see `markup`; other text without lone surrogates is
        cut somehow, in linear time.

    Raises:
      TooDeep: elements are nested more than `MAX_DEPTH` levels deep.
    """
    tree = Tree()
    if kernel.compiled is None:
        walk(markup, tree)
        return tree
    found = kernel.compiled.walk_html(markup, KINDS, BY_ATTRIBUTE, COMPILED, MAX_DEPTH)
    if found is None:
        raise TooDeep(TOO_DEEP)
    tree.title, tree.body, tree.name, lines, elements, units = found
    tree.set_columns(lines, elements, units)
    return tree
