"""Finds and masks personal data with a plain form: e-mail, phone, IP and card numbers.

Patterns are typed for precision: a number is a phone number only with a country prefix (E.164), a
North American or French form, or a label before it; an IP address only if it is a public one; a
card number only if its check digit holds (Luhn, ISO/IEC 7812-1). Names and postal addresses are not
found.
"""

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
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

KINDS: tuple[Kind, ...] = tuple(MASKS)
"""All that can be masked."""

_LETTERS = r"A-Za-z\u00c0-\u024f\u0370-\u052f"
"""Latin, Greek and Cyrillic; other scripts write an address beside their words without a space."""
_LOCAL = re.compile(rf"(?<![{_LETTERS}0-9_.%+-])[{_LETTERS}0-9_%+-][{_LETTERS}0-9._%+-]{{0,63}}\Z")
_DOMAIN = re.compile(
    rf"(?:[{_LETTERS}0-9](?:[{_LETTERS}0-9-]{{0,62}})\.){{1,8}}[{_LETTERS}]{{2,24}}(?![{_LETTERS}0-9])"
)
_DIGITS = re.compile(r"[0-9][0-9 ./():–-]{4,}[0-9]")
_IPV4 = re.compile(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?\w)")
_IPV6_HINT = re.compile(r"::|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_CARD = re.compile(r"(?<![\w.,+-])[3-6][0-9]{3}(?:[ -]?[0-9]){8,14}[0-9](?![0-9-])")
_PHONE = re.compile(
    r"(?<![\w+])\+[1-9](?:[ ./()–-]{0,3}[0-9]){6,14}(?![0-9])"
    r"|(?<![\w.,/-])\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[.-][0-9]{4}(?![0-9-])"
    r"|(?<![\w.,/-])0[1-9](?:([ .])[0-9]{2})(?:\1[0-9]{2}){3}(?![0-9]|[ .,-][0-9])"
)
_LABELS = (
    "tel phone telephone mobile mob cell whatsapp fax "
    "telefon fon handy mobil telefoon gsm telefoni telefono cellulare cell telefone celular "
    "teléfono móvil tél téléphone portable puhelin telefonas tālrunis tlf telefonszám telefonu "
    "τηλ τηλέφωνο κινητό тел телефон моб факс"
)
_PREFIXED_LABELS = (
    "電話 电话 手机 手機 傳真 传真 携帯 전화 휴대폰 팩스 โทร โทรศัพท์ هاتف تلفن טלפון נייד"
)
_LABEL = re.compile(
    rf"(?:(?<![^\W\d_])(?:{'|'.join(_LABELS.split())})|{'|'.join(_PREFIXED_LABELS.split())})"
    r"(?:[ ]?(?:nr|no|n°|№|number|番号))?\.?[ ]?[:：]?[ \t]{0,3}\Z",
    re.IGNORECASE,
)
_LEAST_CUT = 4
"""Characters; a shorter part of a value tells nothing."""
_LABELLED = re.compile(r"\(?[0-9](?:[ ./()–-]{0,3}[0-9]){5,14}(?![0-9])")


def mask_pii(
    texts: Sequence[str], kinds: Collection[Kind] = KINDS
) -> tuple[list[str], list[list[Found]]]:
    """Replaces personal data with its kind, for example `<email>`.

    Args:
      texts: pages or paragraphs.
      kinds: what to mask; the others stay, also where they look like one of these.

    Returns:
      The masked texts, and for each text what was found: kind, start and end in the text as it was
      given, in characters, in order and without overlaps.
    """
    masked: list[str] = []
    everything: list[list[Found]] = []
    for text in texts:
        found = [one for one in _find(text) if one[0] in kinds]
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


def mask_quote(quote: str, found: Sequence[tuple[Kind, str]], kinds: Collection[Kind]) -> str:
    """Masks a piece quoted from a text, also where it cuts a value in two.

    Args:
      quote: a part of the text, as evidence holds it.
      found: kind and value of all that was masked in the text.
      kinds: what to mask.
    """
    for kind, value in found:
        low = quote.lower()
        inner = value.lower()
        if inner[:_LEAST_CUT] not in low and inner[-_LEAST_CUT:] not in low:
            continue
        if inner in low and len(low) == len(quote):
            quote = re.sub(re.escape(value), MASKS[kind], quote, flags=re.IGNORECASE)
        quote = _mask_cut(quote, inner, MASKS[kind])
    return mask_pii([quote], kinds)[0][0]


def _mask_cut(quote: str, inner: str, mask: str) -> str:
    """Masks the first part of a value at the end of a quote, and the last at its start."""
    sizes = range(min(len(inner), len(quote)), _LEAST_CUT - 1, -1)
    for size in sizes:
        if quote[-size:].lower() == inner[:size]:
            quote = quote[:-size] + mask
            break
    for size in sizes:
        if quote[:size].lower() == inner[-size:]:
            return mask + quote[size:]
    return quote


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
