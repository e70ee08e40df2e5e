"""Words that are split, or kept whole, in a way of their own, and units that stand after numbers.

`exceptions.json` holds what the reference's tokenizer (spaCy 3.8, which datatrove counts words
with) answered when it was asked about candidates from other sources: the Unicode CLDR, English
grammar, a corpus of documentation. `benchmarks/derive_exceptions.py` asks, and names the sources.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("exceptions.json")


@cache
def _stored() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return stored


@cache
def exceptions(kind: str) -> dict[str, tuple[str, ...]]:
    """Returns each exception of a kind of language with its tokens.

    Args:
      kind: "en", "de", or anything else for those of every language.
    """
    words = _stored()["words"]
    return {word: tuple(tokens.split(" ")) for word, tokens in words.get(kind, words[""]).items()}


def units() -> tuple[str, ...]:
    """Returns what is a token of its own after a digit at the end of a piece, longest first."""
    return tuple(sorted(_stored()["units"], key=lambda unit: (-len(unit), unit)))
