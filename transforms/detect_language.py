"""DetectLanguage: each page gets its language; pages in other languages are dropped on request."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from transforms.records import Page, PageBatch, Removal
from transforms.text.language import Engine, Language, LanguageDetector


def label_page(page: Page, language: Language, languages: Sequence[str], min_score: float) -> Page:
    """Puts the language on a page, and drops it where the user does not want it."""
    dropped = page.dropped
    if dropped is None:
        seen = f"{language.code} {language.score:.2f}"
        if languages and not _wanted(language.code, languages):
            dropped = Removal("page.language", f"{seen} is not among {','.join(languages)}"[:200])
        elif language.score < min_score:
            dropped = Removal("page.language_score", f"{seen} is under {min_score}")
    return dataclasses.replace(
        page, language=language.code, language_score=language.score, dropped=dropped
    )


def _wanted(code: str, languages: Sequence[str]) -> bool:
    return code in languages or code.partition("-")[0] in languages


class DetectLanguage(beam.PTransform[Any, Any]):
    """Labels each page with its language.

    PCollection[PageBatch] -> PCollection[PageBatch]. Every page stays in its batch; one that is not
    wanted is marked as dropped.

    Args:
      languages: codes to keep (`zh` stands for both kinds of Chinese); empty: all.
      min_score: 0..1.
      engine: see `LanguageDetector`.
    """

    def __init__(
        self,
        languages: Sequence[str] = (),
        min_score: float = 0.0,
        engine: Engine = "langdetect-rs",
    ) -> None:
        super().__init__()
        if not 0 <= min_score <= 1:
            raise ValueError(f"min_score must be from 0 to 1, got {min_score}")
        self._fn = _DetectFn(tuple(languages), min_score, engine)

    def expand(self, batches: PCollection[PageBatch]) -> PCollection[PageBatch]:
        """Detects and labels batch by batch."""
        return batches | "Detect" >> beam.ParDo(self._fn)


class _DetectFn(beam.DoFn):
    def __init__(self, languages: tuple[str, ...], min_score: float, engine: Engine) -> None:
        self._languages = languages
        self._min_score = min_score
        self._engine = engine

    def setup(self) -> None:
        self._detector = LanguageDetector(self._engine)

    def process(self, batch: PageBatch) -> Iterable[PageBatch]:
        found = self._detector.detect_pages([page.kept_texts() for page in batch.pages])
        pages = (
            label_page(page, language, self._languages, self._min_score)
            for page, language in zip(batch.pages, found, strict=True)
        )
        yield dataclasses.replace(batch, pages=tuple(pages))
