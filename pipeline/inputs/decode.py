"""From bytes to text, whatever the encoding. Pure."""

import codecs
import functools
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_DECLARATION_BYTES = 4096
_DECLARATION = re.compile(
    rb"""<meta\b[^>]{0,400}?\bcharset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})"""
    rb"""|<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""",
    re.IGNORECASE,
)

_SAMPLE_BYTES = 128 << 10
_ASCII = bytes(range(128))
_FALLBACK = "cp1252"
_MULTIBYTE = {"cp932", "euc_jp", "gb18030", "big5hkscs", "cp949"}
_JIS_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J")

_ALIASES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-euc-jp": "euc_jp",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "windows-949": "cp949",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "unicode": "utf-16-le",
    "x-user-defined": "cp1252",
    "utf8mb4": "utf-8",
}
"""Labels of the web that Python does not know, or knows as something narrower."""

_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
}
"""Codecs and what browsers read in their place (WHATWG Encoding Standard, section 4.2)."""


def decode(data: bytes, *, charset: str = "", html: bool = False) -> str:
    """Text of a page; never fails, and holds neither NUL characters nor lone surrogates.

    In this order: byte order mark; UTF-16 and UTF-32 by where their NUL bytes stand; UTF-8 where
    the bytes are valid UTF-8, whatever is declared, since text in another encoding hardly ever is;
    UTF-8 with a few invalid bytes; the HTTP charset; the page's own declaration; detection;
    windows-1252. Bytes that the encoding does not know become U+FFFD.

    Args:
      data: the page's bytes.
      charset: as HTTP declares it, or "".
      html: whether a `<meta charset>` or an XML declaration is looked for.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _clean(data[len(mark) :].decode(encoding, "replace"))
    if b"\0" in data:
        wide = _wide_encoding(data[:_SAMPLE_BYTES])
        if wide:
            return _clean(data.decode(wide, "replace"))
        data = data.replace(b"\0", b"")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _clean(_legacy(data, charset, html))
    if "\x1b" in text:
        return _clean(_escaped(data, text, charset, html))
    return text


def _clean(text: str) -> str:
    return text.replace("\0", "").removeprefix("\ufeff")


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, by its NULs: one side of each character has them, or ""."""
    for width, names in ((4, ("utf-32-le", "utf-32-be")), (2, ("utf-16-le", "utf-16-be"))):
        units = len(sample) // width
        if units < 2:
            continue
        cut = sample[: units * width]
        counts = [cut[lane::width].count(0) for lane in range(width)]
        if width == 4:
            if counts[2] + counts[3] >= 1.8 * units and counts[0] < units // 2:
                return names[0]
            if counts[0] + counts[1] >= 1.8 * units and counts[3] < units // 2:
                return names[1]
            continue
        low, high = counts
        few = max(1, units // 100)
        for name, upper, lower in ((names[0], high, low), (names[1], low, high)):
            if upper >= few and lower * 20 <= upper and _reads_as(cut, name):
                return name
    return ""


def _reads_as(sample: bytes, encoding: str) -> bool:
    """Whether wide text holds what text holds: no unassigned or control characters to speak of."""
    text = sample.decode(encoding, "replace")
    strange = sum(not (c.isprintable() or c in "\t\r\n\f\u3000\u2028\u00a0") for c in text[:4096])
    return strange * 20 <= min(len(text), 4096)


def _legacy(data: bytes, charset: str, html: bool) -> str:
    """Text of bytes that are not valid UTF-8."""
    text = data.decode("utf-8", "replace")
    errors = text.count("\ufffd")
    if len(data.translate(None, _ASCII)) - errors >= 20 * errors:
        return text  # UTF-8 with a few bad bytes, or cut inside a character
    for declared in (charset, declared_charset(data) if html else ""):
        encoding = python_codec(declared)
        if encoding and not encoding.startswith("utf"):
            found = _decoded(data, encoding)
            if found is not None:
                return found
    return _detected(data)


def _decoded(data: bytes, encoding: str) -> str | None:
    """Text in a declared encoding, or None where the bytes speak against it."""
    if encoding == _FALLBACK:
        # Servers declare Latin-1 by default; what is written in East Asia shows it.
        better = python_codec(_guess(data))
        if better in _MULTIBYTE and _errors(data, better) == 0:
            encoding = better
    text = data.decode(encoding, "replace")
    errors = text.count("\ufffd")
    return text if errors * 20 <= len(data.translate(None, _ASCII)) else None


def _errors(data: bytes, encoding: str) -> int:
    return data.decode(encoding, "replace").count("\ufffd")


def _detected(data: bytes) -> str:
    encoding = python_codec(_guess(data))
    if not encoding or encoding.startswith("utf"):
        encoding = _FALLBACK
    return data.decode(encoding, "replace")


def _guess(data: bytes) -> str:
    from resiliparse.parse.encoding import detect_encoding  # only where it is needed

    return detect_encoding(data, max_len=_SAMPLE_BYTES) or ""


def declared_charset(data: bytes) -> str:
    """The charset that a page's own first 4 KiB declare, lower-cased, or ""."""
    match = _DECLARATION.search(data[:_DECLARATION_BYTES])
    if match is None:
        return ""
    return (match[1] or match[2]).decode("ascii").lower()


@functools.lru_cache(maxsize=256)
def python_codec(label: str) -> str:
    """Python's codec for a charset label as the web uses it, or "" where there is none.

    Labels mean what browsers take them for: Latin-1 and ASCII are windows-1252, GB2312 is
    GB18030, and so on.
    """
    name = label.strip().strip("\"'").lower()
    if not name:
        return ""
    name = _ALIASES.get(name, name)
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if not codec._is_text_encoding:  # noqa: SLF001 - hex, zlib and other transforms
        return ""
    return _WIDER.get(codec.name, codec.name)


def _escaped(data: bytes, text: str, charset: str, html: bool) -> str:
    """Pure ASCII that may be ISO-2022-JP, which says so by escape sequences."""
    if not data.isascii() or not any(mark in data for mark in _JIS_ESCAPES):
        return text
    declared = python_codec(charset) or (python_codec(declared_charset(data)) if html else "")
    if declared in ("", "iso2022_jp", _FALLBACK):
        japanese = data.decode("iso2022_jp", "replace")
        if "\ufffd" not in japanese:
            return japanese
    return text
