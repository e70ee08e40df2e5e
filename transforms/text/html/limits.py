"""Bounds that keep hostile HTML linear, checked before it is parsed.

Parsers of the HTML standard walk the stack of open elements at many tags, so time grows with the
square of the nesting depth: 10,000 levels take 0.1-0.4 s, 100,000 take 10 s to minutes. Attributes
of one tag are compared with each other: 10,000 take 0.14 s, 100,000 take 14 s. The checks below
depend on the text alone, never on a clock, so a page is rejected everywhere or nowhere.
"""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text import kernel, utf8
from transforms.text.errors import TooDeep, TooLarge

MAX_CHARS = 20_000_000
"""A page with more characters (code points) is rejected."""

MAX_TAGS = 1_000_000
"""A page with more "<" is rejected: each may become an element, which takes some 200 bytes."""

MAX_DEPTH = 10_000
"""Elements may be nested this deep."""

MAX_FORMATTED = 4_000_000
"""Formatting elements open at once times tags; so many elements a parser may have to make."""

MAX_WALKED = 300_000_000
"""Elements open at once times tags; so many steps a parser may have to walk."""

MAX_UNITS = 100_000
"""A page that is cut into more units of text is rejected: each takes some 4 kB to be judged."""

MAX_LINES = 1_000_000
"""One with more lines is rejected as well: those of `<pre>` and of `<br>` make a unit together."""

MAX_TAG_CHARS = 100_000
"""A tag with many attributes may be this long (code points); 1,000 attributes are always fine."""

_CHUNK = 1 << 16
_FEW_TAGS = 4_000
_MAX_LOOK = 10_000
_FEW_ATTRIBUTES = 20_000
_TAG = re.compile(rb"<(?:!--|(/?)([a-zA-Z][^\t\n\f\r />]*)(>?))")
_START_TAG = re.compile(rb"<[a-zA-Z](?:[^\"'>]|\"[^\"]*\"|'[^']*')*+>?")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_NEVER_NEST = frozenset("br embed hr img meta p li dd dt head body".split())  # noqa: SIM905
"""Void elements, and elements that end where the next of their kind starts."""

_NEST_IN_PICTURES = frozenset(
    (  # noqa: SIM905
        "area base col input link param source track wbr option tr td th tbody thead tfoot colgroup"
        " caption html script style"
    ).split()
)
"""These do so as well, or hold text alone, but not inside of `<svg>` and `<math>`. What is inside
only a parser can tell, so behind the first of them they count, three for one level: tables without
end tags stand on pages with icons."""

_FORMAT = frozenset("b big code em font i s small strike strong tt u".split())  # noqa: SIM905
"""Elements that a parser opens anew in every paragraph for as long as they are not closed."""

_SAME_FORMATS = 3
"""Of those that are the same it opens so many."""

_PICTURES = frozenset((b"svg", b"math"))


class Encoded(NamedTuple):
    """A decoded page without lone surrogates, and the same in UTF-8 where that is at hand."""

    text: str
    data: bytes


def checked_bytes(page: str | Encoded) -> bytes:
    """Reject a page that would take a parser more than linear time, else encode it.

    Args:
      page: the decoded page.

    Returns:
      The page in UTF-8; lone surrogates are replaced by question marks.

    Raises:
      TooLarge: more than `MAX_CHARS` characters or `MAX_TAGS` tags.
      TooDeep: an upper estimate of the nesting exceeds `MAX_DEPTH`, or a tag of more than
        `MAX_TAG_CHARS` characters holds more than 1,000 attributes, or open elements times tags
        exceed `MAX_WALKED`, or those that format text `MAX_FORMATTED`.
    """
    html = page.text if isinstance(page, Encoded) else page
    _check_size(html)
    encoded = page.data if isinstance(page, Encoded) else utf8.encode(page, "replace")
    _check_markup(html, encoded)
    return encoded


def checked_text(html: str) -> str:
    """Reject a page as `checked_bytes` does, else give it as text that can be written as UTF-8.

    Python keeps the UTF-8 with the text, so that a parser which asks for it has it made once.
    """
    _check_size(html)
    try:
        _check_markup(html, html)
    except UnicodeEncodeError:
        html = html.encode("utf-8", "replace").decode()
        _check_markup(html, html)
    return html


def _check_size(html: str) -> None:
    if len(html) > MAX_CHARS:
        raise TooLarge(f"{len(html)} characters of HTML, more than {MAX_CHARS}")


def _check_markup(html: str, encoded: bytes | str) -> None:
    """Reject a page by its tags; what was encoded may be given as text without lone surrogates."""
    tags, equals, deepest, formats = measure_markup(encoded)
    if tags > MAX_TAGS:
        raise TooLarge(f"{tags} tags of HTML, more than {MAX_TAGS}")
    if deepest > MAX_DEPTH:
        raise TooDeep(f"elements are nested more than {MAX_DEPTH} levels deep")
    if deepest * tags > MAX_WALKED or formats * tags > MAX_FORMATTED:
        raise TooDeep(f"{tags} tags with {deepest} elements open, {formats} of them to be repeated")
    if len(html) > MAX_TAG_CHARS:
        many = equals > _FEW_ATTRIBUTES
        if (many or _has_long_stretch(html)) and _has_monster_tag(_bytes_of(encoded)):
            raise TooDeep(f"a tag of more than {MAX_TAG_CHARS} characters is full of attributes")


def _bytes_of(encoded: bytes | str) -> bytes:
    return encoded if isinstance(encoded, bytes) else encoded.encode()


def measure_markup(encoded: bytes | str) -> tuple[int, int, int, int]:
    """Count "<" and "=", and estimate how many elements are open at once, and how many that format.

    End tags outside of comments are believed, and `/>` inside of pictures: a page can be made so
    that a parser does not. The last two are 0 where there are too few tags for many.

    Args:
      encoded: the page.

    Raises:
      UnicodeEncodeError: it is given as text, and holds lone surrogates.
    """
    if kernel.compiled is not None:
        return kernel.compiled.measure_markup(
            encoded, _NEVER_NEST, _NEST_IN_PICTURES, _FORMAT, _FEW_TAGS
        )
    encoded = _bytes_of(encoded)
    characters = np.frombuffer(encoded, dtype=np.uint8)
    tags = _count(characters, "<")
    deepest, formats = _open_at_most(encoded) if tags > _FEW_TAGS else (0, 0)
    return tags, _count(characters, "="), deepest, formats


def _count(characters: npt.NDArray[np.uint8], character: str) -> int:
    """Occurrences of an ASCII character; several times faster than `bytes.count`."""
    wanted = ord(character)
    return sum(
        int(np.count_nonzero(characters[at : at + _CHUNK] == wanted))
        for at in range(0, len(characters), _CHUNK)
    )


def _open_at_most(encoded: bytes) -> tuple[int, int]:  # noqa: C901, PLR0912
    """The largest numbers of elements, and of those that format text, that can be open at once."""
    opened: Counter[bytes] = Counter()
    styled: Counter[bytes] = Counter()  # those with attributes
    depth = deepest = 0  # in thirds of a level
    styles = most_styles = comment = in_pictures = 0
    no_comment = len(encoded)
    pictures = False
    for found in _TAG.finditer(encoded):
        slash, name, bracket = found.groups()
        if name is None:
            if comment <= found.start() < no_comment:
                comment = encoded.find(b"-->", found.start() + 2)
                if comment < 0:
                    comment, no_comment = 0, found.start()
            continue
        if slash and found.start(2) < comment:
            continue
        name = name.lower()
        if name in _PICTURES:
            pictures = pictures or not slash
            in_pictures = max(0, in_pictures + (-1 if slash else 1))
        elif in_pictures and not slash:
            end = found.end(2)
            end = encoded.find(b">", end, end + _MAX_LOOK)
            if end > 0 and encoded[end - 1 : end] == b"/":
                continue
        text = name.decode(errors="replace")
        if text in _NEVER_NEST:
            continue
        thirds = 1 if text in _NEST_IN_PICTURES else 3
        if thirds == 1 and not pictures:
            continue
        formats = text in _FORMAT
        if not slash:
            opened[name] += 1
            depth += thirds
            if formats and (not bracket or opened[name] - styled[name] <= _SAME_FORMATS):
                styles += 1
            styled[name] += not bracket
            deepest, most_styles = max(deepest, depth), max(most_styles, styles)
        elif opened[name]:
            others = opened[name] - styled[name]
            if formats and others <= _SAME_FORMATS:
                styles -= 1
            styled[name] -= not others
            opened[name] -= 1
            depth -= thirds
    return deepest // 3, most_styles


def _has_long_stretch(html: str) -> bool:
    """Whether `MAX_TAG_CHARS` characters follow each other without a ">"; a few jumps tell.

    Attribute values rarely hold ">", so this bounds the length of a tag; a tag that holds it
    inside quotes many times has as many "=" signs.
    """
    at = 0
    while len(html) - at > MAX_TAG_CHARS:
        found = html.rfind(">", at, at + MAX_TAG_CHARS)
        if found < 0:
            return True
        at = found + 1
    return False


def _has_monster_tag(encoded: bytes) -> bool:
    """Whether a single tag is long and has more than 1,000 attributes."""
    for found in long_tags(encoded, MAX_TAG_CHARS):
        tag = found.decode()
        if len(tag) > MAX_TAG_CHARS and len(_VALUE.sub("", tag).split()) > 1000:
            return True
    return False


def long_tags(encoded: bytes, least_bytes: int) -> list[bytes]:
    """The start tags that are longer, from "<" to ">" or to a quote that is not closed.

    Args:
      encoded: the page.
      least_bytes: tags of so many bytes are not yet long.
    """
    if kernel.compiled is not None:
        return kernel.compiled.long_tags(encoded, least_bytes)
    return [tag for tag in _START_TAG.findall(encoded) if len(tag) > least_bytes]
