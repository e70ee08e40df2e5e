"""Optional word lists of the user's own: adult words and boilerplate phrases."""

import json
import re
from dataclasses import dataclass, field

_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class WordLists:
    """Words and phrases to count; matching ignores case.

    Attributes:
      adult: words; one written without spaces between words (Chinese, Japanese, Thai ...) is found
        inside others too.
      boilerplate: phrases, found anywhere.
    """

    adult: frozenset[str] = frozenset()
    boilerplate: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepares the search for adult words."""
        spaced: list[str] = []
        inside: list[str] = []
        for word in sorted(self.adult, key=lambda word: (-len(word), word)):
            (inside if _WITHOUT_SPACES.search(word) else spaced).append(re.escape(word.lower()))
        parts = [rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)"] if spaced else []
        pattern = re.compile("|".join([*parts, *inside])) if parts or inside else None
        object.__setattr__(self, "pattern", pattern)

    def counts(self, text: str) -> tuple[int, int]:
        """Returns how many adult words and boilerplate phrases a text holds."""
        lower = text.lower()
        adult = sum(1 for _ in self.pattern.finditer(lower)) if self.pattern else 0
        return adult, sum(lower.count(phrase) for phrase in self.boilerplate)


def parse_word_lists(content: str) -> WordLists:
    """Reads word lists from JSON: `{"adult": [...], "boilerplate": [...]}`, either optional.

    Raises:
      ValueError: if it is not JSON of this form.
    """
    data = json.loads(content)
    if not isinstance(data, dict) or data.keys() - {"adult", "boilerplate"}:
        raise ValueError('word lists are an object with "adult" and "boilerplate"')
    for name, words in data.items():
        if not isinstance(words, list) or not all(isinstance(w, str) and w.strip() for w in words):
            raise ValueError(f"{name} must be a list of words")
    return WordLists(
        frozenset(word.strip().lower() for word in data.get("adult", [])),
        frozenset(phrase.strip().lower() for phrase in data.get("boilerplate", [])),
    )
