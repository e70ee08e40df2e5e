"""Text to UTF-8, fast for long texts that are nearly ASCII."""

from typing import Literal

from transforms.text import kernel


def encode(text: str, errors: Literal["replace", "surrogatepass"]) -> bytes:
    """The text in UTF-8, as `str.encode` gives it.

    Args:
      text: any text.
      errors: what becomes of lone surrogates, see `str.encode`.
    """
    encoded = try_encode(text)
    return text.encode("utf-8", errors) if encoded is None else encoded


def try_encode(text: str) -> bytes | None:
    """The text in UTF-8; None where it holds a lone surrogate."""
    if kernel.compiled is not None:
        return kernel.compiled.encode_utf8(text)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None
