"""Text to UTF-8, fast for long texts that are nearly ASCII."""

from typing import Literal

from transforms.text import kernel


def encode(text: str, errors: Literal["replace", "surrogatepass"]) -> bytes:
    """The text in UTF-8, as `str.encode` gives it.

    Args:
      text: any text.
      errors: what becomes of lone surrogates, see `str.encode`.
    """
    if kernel.compiled is not None:
        encoded = kernel.compiled.encode_utf8(text)
        if encoded is not None:
            return encoded
    return text.encode("utf-8", errors)
