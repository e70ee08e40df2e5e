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

_SAMPLE_BYTES = 64 << 10
_WIDE_SAMPLE_BYTES = 8 << 10
_LEAD_BYTES = 256
_HIGH = re.compile(rb"[\x80-\xff]")
_ROWS = re.compile(rb"[\x80-\xff]{3,}")
_C1 = re.compile(rb"[\x80-\x9f]")
_ASCII = bytes(range(128))
_FALLBACK = "cp1252"
_UTF16 = ("utf-16-le", "utf-16-be")
_USUAL = re.compile("[\t\n\r -~\u3000-\u3003\uff01\uff0c\uff1a\uff1b\uff1f]")
_NOT_LATIN = {
    *("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949", "euc_tw", "johab"),
    *("cp1251", "koi8-r", "koi8-u", "iso8859-5", "mac-cyrillic", "cp866", "cp855"),
    *("cp1253", "iso8859-7", "cp1255", "iso8859-8", "cp1256", "iso8859-6", "cp874"),
}
_JIS_ESCAPES = (b"\x1b$B", b"\x1b$@")

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
    "iso-8859-8-i": "iso8859-8",
}
"""Labels of the web that Python does not know, or knows as something narrower."""

_NO_CHARSETS = {
    *("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"),
    *("mbcs", "oem"),
}
"""What Python takes for codecs and no page is written in."""

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
        wide = _wide_encoding(data[:_WIDE_SAMPLE_BYTES])
        if wide:
            return _clean(data.decode(wide, "replace"))
        data = data.replace(b"\0", b"")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _clean(_legacy(data, charset, html))
    if "\x1b" in text:
        return _clean(_escaped(data, text))
    return text


def _clean(text: str) -> str:
    return text.replace("\0", "").removeprefix("\ufeff")


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, or "": what makes most sense of the NUL bytes.

    Text of any language has spaces, line ends, digits or its script's full stops; with the bytes
    of each unit in the wrong order there are hardly any, and strange characters all over.
    """
    units = len(sample) // 4
    lanes = [sample[lane : units * 4 : 4].count(0) for lane in range(4)]
    if units and min(lanes[2], lanes[0]) < lanes[3] == units and lanes[2] * 10 >= units * 9:
        return "utf-32-le"
    if units and min(lanes[1], lanes[3]) < lanes[0] == units and lanes[1] * 10 >= units * 9:
        return "utf-32-be"
    best, other = sorted(
        ((*_sense(sample[: len(sample) // 2 * 2], name), name) for name in _UTF16), reverse=True
    )
    sense, strange, name = best
    length = max(1, len(sample) // 2)
    if sense >= 2 and sense >= 3 * other[0] and sense * 100 >= length and -strange * 20 <= length:
        return name
    return ""


def _sense(sample: bytes, encoding: str) -> tuple[int, int]:
    """How many characters any text has, and minus how many no text has."""
    text = sample.decode(encoding, "replace")
    strange = sum(not (c.isprintable() or c.isspace()) for c in text)
    return len(_USUAL.findall(text)), -strange


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
        # Servers declare Latin-1 by default, also for what is written in other alphabets: there
        # the bytes beyond ASCII stand in rows, in Latin script most of them stand alone.
        high = len(data.translate(None, _ASCII))
        if sum(map(len, _ROWS.findall(data))) * 2 > high:
            better = _guess(data)
            if better in _NOT_LATIN and _errors(data, better) * 100 <= high:
                encoding = better
    text = data.decode(encoding, "replace")
    errors = text.count("\ufffd")
    return text if errors * 20 <= len(data.translate(None, _ASCII)) else None


def _errors(data: bytes, encoding: str) -> int:
    return data.decode(encoding, "replace").count("\ufffd")


def _detected(data: bytes) -> str:
    encoding = _guess(data)
    if not encoding or encoding.startswith("utf"):
        encoding = _FALLBACK
    return data.decode(encoding, "replace")


def _guess(data: bytes) -> str:
    """Python's codec for what the bytes look like, or ""."""
    from resiliparse.parse.encoding import detect_encoding  # only where it is needed

    first = _HIGH.search(data)
    start = max(0, first.start() - _LEAD_BYTES) if first else 0
    sample = data[start : start + _SAMPLE_BYTES]
    found = python_codec(detect_encoding(sample, html5_compatible=False) or "")
    if found == "cp1250" and not _C1.search(sample):
        # Central European text without a single byte of 80-9F, where windows-1250 has its
        # quotation marks, dashes and letters.
        return "iso8859-2"
    return found


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
    if not codec._is_text_encoding or codec.name in _NO_CHARSETS:  # noqa: SLF001 - hex and zlib
        return ""
    return _WIDER.get(codec.name, codec.name)


def _escaped(data: bytes, text: str) -> str:
    """ASCII bytes that may be ISO-2022-JP, which says so by escape sequences."""
    if data.isascii() and any(mark in data for mark in _JIS_ESCAPES):
        japanese = data.decode("iso2022_jp", "replace")
        if "\ufffd" not in japanese:
            return japanese
    return text
