"""The markup that lexbor writes of a parsed page, and what each tag means for the text.

Every element that is not void has an end tag, every attribute a value in double quotes, and `<`,
`>`, `&` and U+00A0 are escaped in text: see "Serializing HTML fragments" in the HTML standard.
Where a hostile page has made text that is written without escapes (inside of `<svg><style>` it
may) look like markup, it is read as that, in linear time.
"""

import re
from typing import NamedTuple

from transforms.text.html.vocabulary import TAG_MASK

(
    INLINE, BOLD, LINK, BLOCK, CELL, ROW, PRE, BODY, ROOT, SKIP, BREAK, RULE, HEAD,
) = range(13)  # fmt: skip
"""Kinds of tags."""
VOID, RAW, SCRIPT, TITLE = 1, 2, 4, 8
"""Flags: without end tag; with text that is not escaped; that of a script, in which comments count;
the title."""

_BLOCKS = (
    "address article aside blockquote center details dialog dd dir div dl dt fieldset"
    " figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup legend li main menu"
    " nav ol p search section summary table tbody thead tfoot caption ul optgroup button"
)
_SKIPPED = (
    "script style noscript template svg math iframe object embed audio video canvas map select"
    " datalist textarea input noframes noembed applet progress meter base link meta rp"
)
_VOIDS = (
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track"
    " wbr"
)
_RAWS = "script style noscript iframe noembed noframes xmp"
"""Their text is not escaped. Nor is that of `<plaintext>`, which may hold anything, its own end tag
included: it is read as markup."""


class Kind(NamedTuple):
    """What to do at a tag.

    Attributes:
      kind: one of the kinds above.
      mask: what the tag hints at.
      flags: void, or how its raw text ends.
    """

    kind: int
    mask: int
    flags: int


def _kinds() -> dict[str, Kind]:
    names = dict.fromkeys(_BLOCKS.split(), BLOCK)
    names |= dict.fromkeys(_SKIPPED.split(), SKIP)
    names |= {"a": LINK, "br": BREAK, "hr": RULE, "pre": PRE, "tr": ROW, "td": CELL}
    names |= {"th": CELL, "b": BOLD, "strong": BOLD, "head": HEAD, "listing": PRE}
    names |= {"html": ROOT, "body": BODY}
    flags = dict.fromkeys(_VOIDS.split(), VOID) | dict.fromkeys(_RAWS.split(), RAW)
    flags |= {"script": RAW | SCRIPT, "title": TITLE}
    return {
        name: Kind(names.get(name, INLINE), TAG_MASK.get(name, 0), flags.get(name, 0))
        for name in {*names, *flags, *TAG_MASK}
    }


KINDS = _kinds()
OTHER = Kind(INLINE, 0, 0)

PART = re.compile(r'([^<]*+)<(/?)([a-zA-Z][^ >]*+)((?: [^ >][^ =>]*+="[^"]*+")*+)>')
"""Text, and the tag behind it: whether it is an end tag, its name, its attributes."""

_BROKEN = re.compile(r'<(?:/?[a-zA-Z][^ >]*+(?: [^ >][^ =>]*+="[^"]*+")*+)?')
ATTRIBUTE = re.compile(r' ([^ >][^ =>]*+)="([^"]*+)"')
_SCRIPT_STATE = re.compile(r"<!--(?!-?>)|-->|</?script(?=[\t\n\f\r />])", re.ASCII | re.IGNORECASE)
_REFERENCES = (
    ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", "\xa0"), ("&quot;", '"'), ("&amp;", "&"),
)  # fmt: skip


def unescape(text: str) -> str:
    """Put characters for the references that lexbor writes."""
    if "&" in text:
        for reference, character in _REFERENCES:
            text = text.replace(reference, character)
    return text


def text_without_tag(html: str, at: int) -> tuple[int, str]:
    """The text up to what begins with "<" and is no tag, and where that ends; or that, if text."""
    end = html.find("<", at)
    if end != at:
        end = end if end >= 0 else len(html)
        return end, unescape(html[at:end])
    if html.startswith("<!--", at):
        end = html.find("-->", at + 4)
        return (end + 3 if end >= 0 else len(html)), ""
    if html.startswith(("<!", "<?"), at):
        end = html.find(">", at)
        return (end + 1 if end >= 0 else len(html)), ""
    broken = _BROKEN.match(html, at)
    end = broken.end() if broken else at + 1
    return end, unescape(html[at:end])


def end_of_raw(html: str, at: int, name: str, *, comments: bool) -> tuple[int, bool]:
    """Where the end tag of an element begins whose text is written without escapes.

    Args:
      html: the page.
      at: where the text begins.
      name: of the element.
      comments: whether comments count, inside of which a script may have end tags. Once a page
        has ended inside of one they must not: each such search reads all of the rest.

    Returns:
      The place, and whether the page ended inside of a comment of a script.
    """
    end = html.find(f"</{name}>", at)
    if end < 0:
        return len(html), False
    if not comments or html.find("<!--", at, end) < 0:
        return end, False
    commented = nested = False  # "script data escaped" and "double escaped" of the HTML standard
    for found in _SCRIPT_STATE.finditer(html, at):
        part = found.group().lower()
        if part == "<!--":
            commented = True
        elif part == "-->":
            commented = nested = False
        elif part == "<script":
            nested = commented
        elif nested:
            nested = False
        else:
            return found.start(), False
    return end, True
