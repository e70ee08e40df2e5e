from typing import Any

VERSION: int

def read_texts(
    texts: list[str], least: int, /
) -> tuple[list[str], list[str], bytes, bytes, bytes]: ...
def sketch(
    texts: list[str],
    factors: Any,
    lengths: Any,
    grams: Any,
    hashes: Any,
    simhashes: Any,
    least: Any,
    beginnings: Any,
    /,
) -> None: ...
