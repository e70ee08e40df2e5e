"""Finds and masks personal data with a plain form: e-mail, phone, IP and card numbers.

Patterns are typed for precision: a number is a phone number only with a country prefix, a North
American form or a label before it; an IP address only if it is a public one; a card number only if
its check digit holds (Luhn, ISO/IEC 7812-1). Names and postal addresses are not found.
"""

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

Kind = Literal["email", "ip", "card", "phone"]
Found = tuple[Kind, int, int]

MASKS: dict[Kind, str] = {
    "email": "<email>",
    "ip": "<ip>",
    "card": "<card>",
    "phone": "<phone>",
}
"""What stands in the text instead."""

_LOCAL = re.compile(r"(?<![\w.%+-])[A-Za-z0-9_%+-][A-Za-z0-9._%+-]{0,63}\Z")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])")
_DIGITS = re.compile(r"[0-9][0-9 ./():–-]{4,}[0-9]")
_IPV4 = re.compile(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?\w)")
_IPV6_HINT = re.compile(r"::|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_CARD = re.compile(r"(?<![\w.,+-])[3-6][0-9]{3}(?:[ -]?[0-9]){8,14}[0-9](?![0-9-])")
_PHONE = re.compile(
    r"(?<![\w+])\+[1-9](?:[ ./()–-]{0,3}[0-9]){6,14}(?![0-9])"
    r"|(?<![\w.,/-])\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[.-][0-9]{4}(?![0-9-])"
)
_LABEL = re.compile(
    r"(?<![^\W\d_])(?:tel|phone|telefon|fon|mobile?|handy|fax|tél)\.?:?[ \t]{0,3}\Z", re.IGNORECASE
)
_LABELLED = re.compile(r"\(?[0-9](?:[ ./)–-]{0,3}[0-9]){5,14}(?![0-9])")


def mask_pii(texts: Sequence[str]) -> tuple[list[str], list[list[Found]]]:
    """Replaces personal data with its kind, for example `<email>`.

    Args:
      texts: pages or paragraphs.

    Returns:
      The masked texts, and for each text what was found: kind, start and end in the text as it was
      given, in characters, in order and without overlaps.
    """
    masked: list[str] = []
    everything: list[list[Found]] = []
    for text in texts:
        found = _find(text)
        everything.append(found)
        if found:
            parts: list[str] = []
            position = 0
            for kind, start, end in found:
                parts += (text[position:start], MASKS[kind])
                position = end
            text = "".join([*parts, text[position:]])  # noqa: PLW2901
        masked.append(text)
    return masked, everything


def _find(text: str) -> list[Found]:
    taken: list[tuple[int, int, Kind]] = []
    for kind, start, end in _candidates(text):
        place = bisect_left(taken, (start, end, kind))
        free_before = place == 0 or taken[place - 1][1] <= start
        if free_before and (place == len(taken) or end <= taken[place][0]):
            taken.insert(place, (start, end, kind))
    return [(kind, start, end) for start, end, kind in taken]


def _candidates(text: str) -> Iterator[Found]:
    """Yields matches, the kind that wins an overlap first."""
    yield from _emails(text)
    regions = [(max(0, m.start() - 2), m.start(), m.end() + 3) for m in _DIGITS.finditer(text)]
    addresses = [_IPV6.finditer(text)] if _IPV6_HINT.search(text) else []
    addresses += [_IPV4.finditer(text, start, end) for start, _, end in regions]
    for match in chain.from_iterable(addresses):
        if _is_public(match.group()):
            yield ("ip", *match.span())
    for start, _, end in regions:
        for match in _CARD.finditer(text, start, end):
            if _passes_luhn(match.group()):
                yield ("card", *match.span())
    for start, digit, end in regions:
        for match in _PHONE.finditer(text, start, end):
            yield ("phone", *match.span())
        number = _labelled(text, digit, end)
        if number:
            yield ("phone", *number)


def _emails(text: str) -> Iterator[Found]:
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(0, at - 64), at)
        domain = _DOMAIN.match(text, at + 1) if local else None
        if local and domain:
            yield ("email", local.start(), domain.end())
        at = text.find("@", at + 1)


def _labelled(text: str, first: int, end: int) -> tuple[int, int] | None:
    """Returns the number after a label such as "Tel.:" that ends where digits begin."""
    if first and text[first - 1] == "(":
        first -= 1
    if not _LABEL.search(text, max(0, first - 16), first):
        return None
    match = _LABELLED.match(text, first, end)
    return match.span() if match else None


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _passes_luhn(number: str) -> bool:
    digits = [int(c) for c in number if c.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
