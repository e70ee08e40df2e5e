"""JSON as it is written and printed: nothing in it steers a terminal that shows it."""

import re
from typing import Any, Final

import orjson

_C1: Final = re.compile(rb"\xc2([\x80-\x9f])")
"""U+0080 to U+009F in UTF-8; xterm obeys them as it obeys ESC. JSON escapes the others itself."""


def escape_controls(data: bytes) -> bytes:
    r"""Writes the characters U+0080 to U+009F of JSON text as `\u0080` to `\u009f`.

    The text means the same; it is valid anywhere in a string (RFC 8259, section 7), and stands
    nowhere else.
    """
    if b"\xc2" not in data:
        return data
    return _C1.sub(lambda found: b"\\u00%02x" % found[1][0], data)


def pretty(value: Any) -> bytes:
    """Gives JSON for people, two spaces deep, with a line end."""
    return escape_controls(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
