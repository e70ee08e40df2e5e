"""How the reader says that a piece of input became no page."""

from transforms.records import MAX_RAW_BYTES, Failure, Reason

_MAX_DETAIL = 300


def printable(text: str) -> str:
    """Text in which control characters and lone surrogates are percent-encoded (as UTF-8 bytes).

    Used for paths: all else stays as it is, so that a path can be read and searched for.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else _escaped(character) for character in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        return f"%{code - 0xDC00:02X}"
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def failure(
    reason: Reason,
    detail: str,
    path: str,
    *,
    offset: int = 0,
    url: str = "",
    raw: bytes = b"",
    raw_length: int | None = None,
) -> Failure:
    """A `Failure` of the reader, with detail and raw bytes cut to their limits.

    Args:
      reason: one of the closed set in `transforms.records`.
      detail: for people; line breaks become spaces, other control characters go.
      path: the input file.
      offset: as in `RawPage.offset`.
      url: the page's, where it is known.
      raw: what was rejected, as much of it as is at hand.
      raw_length: bytes rejected, -1 where unknown; by default the length of `raw`.
    """
    words = " ".join(detail.split())
    line = "".join(character for character in words if character.isprintable())
    if len(line) > _MAX_DETAIL:
        line = line[: _MAX_DETAIL - 1] + "…"
    return Failure(
        stage="read",
        reason=reason,
        detail=line,
        file=printable(path),
        offset=offset,
        url=printable(url),
        raw=bytes(raw[:MAX_RAW_BYTES]),
        raw_length=len(raw) if raw_length is None else raw_length,
    )
