"""Makes a corpus of pages with known repeats, the same for ever: for tests and measurements.

    python benchmarks/make_corpus.py OUT.jsonl --paragraphs 50000

Paragraphs are built of made-up words that are as frequent as words are (Zipf). About a tenth are
copies, another tenth near copies of an earlier one (one word or number changed, a sentence
appended), and some lines stand on very many pages.
"""

import argparse
import json
import random

_SYLLABLES = [
    *("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru"),
    *("sa", "te", "vi", "wo", "zu", "han", "ker", "lin", "mot", "ster"),
]
_FOOTER = "All opening hours of this made-up office are listed on the board beside the main door."


class CorpusMaker:
    """Makes pages one after the other.

    Args:
      seed: another one gives another corpus.
    """

    def __init__(self, seed=1):
        self._dice = random.Random(seed)
        self._words = [
            "".join(self._dice.choices(_SYLLABLES, k=self._dice.randint(1, 4)))
            for _ in range(20_000)
        ]
        self._weights = [1 / (n + 2) for n in range(len(self._words))]
        self._made = []

    def pages(self, paragraphs):
        """Yields pages as dictionaries until there are so many paragraphs."""
        number = made = 0
        while made < paragraphs:
            count = min(self._dice.randint(1, 12), paragraphs - made)
            lines = [self._paragraph() for _ in range(count)]
            if number % 3 == 0:
                lines[-1] = _FOOTER
            if number % 7 == 0:
                lines[-1] = f"Page {number} of the made-up archive was read {made} times last year."
            day = self._dice.randint(1, 28)
            yield {
                "url": f"https://site{number % 97}.example/{number}",
                "date": f"2024-{self._dice.randint(1, 12):02d}-{day:02d}T00:00:00Z",
                "text": "\n".join(lines),
            }
            number += 1
            made += count

    def _paragraph(self):
        dice, chance = self._dice, self._dice.random()
        if self._made and chance < 0.1:
            return dice.choice(self._made)
        if self._made and chance < 0.2:
            return self._edited(dice.choice(self._made))
        text = self._sentences(dice.choice([5, 12, 25, 40, 80, 150]))
        self._made.append(text)
        return text

    def _sentences(self, words):
        some = self._dice.choices(self._words, self._weights, k=words)
        if self._dice.random() < 0.3:
            some[self._dice.randrange(words)] = str(self._dice.randint(1, 3000))
        return " ".join(some).capitalize() + "."

    def _edited(self, text):
        words = text.split()
        kind = self._dice.randrange(3)
        if kind == 0:
            words[self._dice.randrange(len(words))] = self._dice.choice(self._words)
        elif kind == 1:
            words = [str(self._dice.randint(1, 3000)) if w.isdigit() else w for w in words]
        else:
            words.append(self._sentences(6))
        return " ".join(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="a JSON Lines file")
    parser.add_argument("--paragraphs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with open(options.out, "w", encoding="utf-8") as out:
        pages = CorpusMaker(options.seed).pages(options.paragraphs)
        out.writelines(json.dumps(page) + "\n" for page in pages)


if __name__ == "__main__":
    main()
