"""Bounds that keep hostile HTML linear, checked before it is parsed.

Parsers of the HTML standard walk the stack of open elements at many tags, so time grows with the
square of the nesting depth: 10,000 levels take 0.1-0.4 s, 100,000 take 10 s to minutes. Attributes
of one tag are compared with each other: 10,000 take 0.14 s, 100,000 take 14 s. The checks below
depend on the text alone, never on a clock, so a page is rejected everywhere or nowhere.
"""

import re
from collections import Counter

import numpy as np
import numpy.typing as npt

from transforms.text import kernel
from transforms.text.errors import TooDeep, TooLarge

MAX_CHARS = 20_000_000
"""A page with more characters (code points) is rejected."""

MAX_DEPTH = 10_000
"""Elements may be nested this deep."""

MAX_TAG_CHARS = 100_000
"""A tag with many attributes may be this long (code points); 1,000 attributes are always fine."""

_CHUNK = 1 << 16
_FEW_TAGS = MAX_DEPTH
_FEW_ATTRIBUTES = 20_000
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_LONG_TAG = re.compile(r"<[a-zA-Z](?:[^\"'>]|\"[^\"]*\"|'[^']*')*+>?")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_NEVER_NEST = frozenset(
    (  # noqa: SIM905
        "area base br col embed hr img input link meta param source track wbr p li option optgroup"
        " dd dt tr td th tbody thead tfoot colgroup caption rp rt html head body script style"
    ).split()
)
"""Void elements, elements that end where the next of their kind starts, and raw text."""


def checked_bytes(html: str) -> bytes:
    """Reject a page that would take a parser more than linear time, else encode it.

    Args:
      html: the decoded page.

    Returns:
      The page in UTF-8; lone surrogates are replaced by question marks.

    Raises:
      TooLarge: more than `MAX_CHARS` characters.
      TooDeep: an upper estimate of the nesting exceeds `MAX_DEPTH`, or a tag of more than
        `MAX_TAG_CHARS` characters holds more than 1,000 attributes.
    """
    if len(html) > MAX_CHARS:
        raise TooLarge(f"{len(html)} characters of HTML, more than {MAX_CHARS}")
    encoded = html.encode("utf-8", "replace")
    _, equals, deepest = measure_markup(encoded)
    if deepest > MAX_DEPTH:
        raise TooDeep(f"elements are nested more than {MAX_DEPTH} levels deep")
    if len(html) > MAX_TAG_CHARS:
        many = equals > _FEW_ATTRIBUTES
        if (many or _has_long_stretch(html)) and _has_monster_tag(html):
            raise TooDeep(f"a tag of more than {MAX_TAG_CHARS} characters is full of attributes")
    return encoded


def measure_markup(encoded: bytes) -> tuple[int, int, int]:
    """Count "<" and "=", and give the largest number of elements that can be open at once.

    The last is 0 where there are too few tags for many.

    Args:
      encoded: the page.
    """
    if kernel.compiled is not None:
        return kernel.compiled.measure_markup(encoded, _NEVER_NEST, _FEW_TAGS)
    characters = np.frombuffer(encoded, dtype=np.uint8)
    tags = _count(characters, "<")
    return tags, _count(characters, "="), _open_at_most(encoded) if tags > _FEW_TAGS else 0


def _count(characters: npt.NDArray[np.uint8], character: str) -> int:
    """Occurrences of an ASCII character; several times faster than `bytes.count`."""
    wanted = ord(character)
    return sum(
        int(np.count_nonzero(characters[at : at + _CHUNK] == wanted))
        for at in range(0, len(characters), _CHUNK)
    )


def _open_at_most(encoded: bytes) -> int:
    """The largest number of elements that can be open at once."""
    open_by_name: Counter[bytes] = Counter()
    depth = deepest = 0
    for slash, name in _TAG.findall(encoded):
        name = name.lower()  # noqa: PLW2901
        if name.decode() in _NEVER_NEST:
            continue
        if not slash:
            open_by_name[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif open_by_name[name]:
            open_by_name[name] -= 1
            depth -= 1
    return deepest


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


def _has_monster_tag(html: str) -> bool:
    """Whether a single tag is long and has more than 1,000 attributes."""
    for found in _LONG_TAG.finditer(html):
        tag = found.group()
        if len(tag) > MAX_TAG_CHARS and len(_VALUE.sub("", tag).split()) > 1000:
            return True
    return False
