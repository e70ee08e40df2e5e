"""The language of a page: langdetect's answers, seeded, with what it needs to be right.

langdetect 1.0.9 (and langdetect-rs, which gives the same results) is sure and wrong about short
lines, and takes traditional Chinese for Korean; see docs/languages.md for the figures.
"""

import importlib
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Engine = Literal["langdetect-rs", "langdetect"]

UNDETERMINED = "und"

# fmt: off
LANGUAGES = frozenset((
    "af", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa", "fi",
    "fr", "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv", "mk", "ml",
    "mr", "ne", "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so", "sq", "sv", "sw",
    "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "zh-cn", "zh-tw", "und",
))
# fmt: on
"""All codes that a page can be labelled with."""

_SAMPLE_CHARS = 4000
_LONG_CHARS = 50
_LEAST_LETTERS = 10

_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
_LETTER = re.compile(r"[^\W\d_]")
_ENOUGH_LETTERS = re.compile(rf"(?:[\W\d_]*+[^\W\d_]){{{_LEAST_LETTERS}}}")
_UNKNOWN_SCRIPT = re.compile(
    r"[\u0530-\u058f\u0700-\u07ff\u0b00-\u0b7f\u0d80-\u0dff\u0e80-\u10ff\u1200-\u139f\u13a0-\u18af"
    r"\u1c90-\u1cbf\u2d00-\u2ddf\uab70-\uabbf]"
)
"""Armenian, Syriac, Thaana, Oriya, Sinhala, Lao, Tibetan, Burmese, Georgian, Ethiopic, Cherokee,
Khmer, Mongolian and their kin: langdetect has no language that is written in them."""


class Language(NamedTuple):
    """A language and how sure the detector is of it.

    Attributes:
      code: lower-case ISO 639-1 code, `zh-cn` or `zh-tw` for Chinese, `und` where there is too
        little text.
      score: 0..1, the detector's probability; 0 for `und`.
    """

    code: str
    score: float


class LanguageDetector:
    """Detects languages with a fixed seed: the answer depends on the text alone.

    Args:
      engine: the Rust or the Python implementation; the results are the same, bit for bit.
    """

    def __init__(self, engine: Engine = "langdetect-rs") -> None:
        name = "langdetect" if engine == "langdetect" else "langdetect_rs"
        module: Any = importlib.import_module(name)
        module.DetectorFactory.seed = 0
        self._detect = module.detect_langs
        self._error = module.LangDetectException

    def detect(self, texts: Sequence[str]) -> list[Language]:
        """Gives the most probable language of each text.

        Texts with fewer than 10 letters are `und`, and so are those mostly in a script of which
        langdetect knows no language: it calls Georgian Estonian, with a score of 1. Korean without
        any Hangul is Chinese.
        """
        return [self._detect_one(text) for text in texts]

    def detect_pages(self, pages: Sequence[Sequence[str]]) -> list[Language]:
        """Gives the language of each page from its paragraphs; see `sample`."""
        return self.detect([sample(paragraphs) for paragraphs in pages])

    def _detect_one(self, text: str) -> Language:
        begin = text[:_SAMPLE_CHARS]
        if not _ENOUGH_LETTERS.match(begin):
            return Language(UNDETERMINED, 0.0)
        unknown = 0 if text.isascii() else len(_UNKNOWN_SCRIPT.findall(begin))
        if unknown and 2 * unknown > len(_LETTER.findall(begin)):
            return Language(UNDETERMINED, 0.0)
        try:
            best = self._detect(text)[0]
        except self._error:
            return Language(UNDETERMINED, 0.0)
        code = str(best.lang).lower()
        if code == "ko" and not _HANGUL.search(text):
            code = "zh-tw"
        return Language(code, round(float(best.prob), 6))


def sample(paragraphs: Sequence[str], most_chars: int = _SAMPLE_CHARS) -> str:
    """Takes the text that stands for a page: its paragraphs of 50 characters or more.

    Where there is none, all. Of a long page every paragraph gives the same share of its beginning,
    so that the whole page is heard.

    Args:
      paragraphs: of one page.
      most_chars: about how many characters to take.
    """
    long = [p for p in paragraphs if len(p) >= _LONG_CHARS] or list(paragraphs)
    total = sum(map(len, long))
    if total <= most_chars:
        return "\n".join(long)
    share = most_chars / total
    if len(long) > most_chars // _LONG_CHARS:
        step = -(-len(long) * _LONG_CHARS // most_chars)
        long, share = long[::step], share * step
    return "\n".join(p[: max(_LONG_CHARS, int(len(p) * share))] for p in long)
