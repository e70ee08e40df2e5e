"""ExtractText: decoded pages become paragraphs."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import apache_beam as beam
import xxhash
from apache_beam.pvalue import PCollection

from transforms.batch_coder import register_batch_coder
from transforms.records import (
    MAX_RAW_BYTES,
    Failure,
    Page,
    PageBatch,
    RawBatch,
    RawPage,
    Reason,
    Removal,
)
from transforms.text.errors import TextError
from transforms.text.html.comments import Comment
from transforms.text.rows import MAX_PARAGRAPHS

Extractor = Literal["blocks", "fast"]
Comments = Literal["drop", "separate"]

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f]")


def split_paragraphs(text: str) -> list[str]:
    """Splits text into its lines: one paragraph each, without outer white space, none blank.

    Every Unicode line break separates (`str.splitlines`). Control characters become spaces and lone
    surrogates U+FFFD, so that each paragraph can be written as UTF-8.
    """
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    lines = (line.strip() for line in _CONTROL.sub(" ", text).splitlines())
    return [line for line in lines if line]


def page_id(url: str, date: str, content: str) -> str:
    """Gives `ps:` and 16 hexadecimal digits that depend on nothing but the arguments."""
    digest = xxhash.xxh3_64()
    for part in (url, date, content):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return f"ps:{digest.hexdigest()}"


def extract_page(
    raw: RawPage, extractor: Extractor = "blocks", comments: Comments = "drop"
) -> Page:
    """Turns one page into paragraphs; boilerplate of HTML is marked as removed.

    The title of an HTML page goes into `extra`, with `comments="separate"` what its readers wrote
    as well: a list of author, date and text, as far as the page tells.

    Raises:
      TextError: when the page cannot be handled within the limits of size and depth.
    """
    removals: dict[int, Removal] = {}
    extra: dict[str, object] = {}
    if raw.kind == "html":
        from transforms.text import html

        if extractor == "fast":
            blocks = html.extract_fast(raw.content)
        else:
            mode: Literal["remove", "separate"] = "remove" if comments == "drop" else "separate"
            found = html.extract_page(raw.content, comments=mode)
            blocks = found.blocks
            if title := " ".join(split_paragraphs(found.title)):
                extra["title"] = title
            if comments == "separate":
                extra["comments"] = [_comment(comment) for comment in found.comments]
        paragraphs: list[str] = []
        for block in blocks:
            lines = split_paragraphs(block.text)
            if block.rule:
                removal = Removal(block.rule, block.evidence)
                removals.update((len(paragraphs) + i, removal) for i in range(len(lines)))
            paragraphs.extend(lines)
    else:
        paragraphs = split_paragraphs(raw.content)
    return Page(
        id=page_id(raw.url, raw.date, raw.content),
        url=raw.url,
        date=raw.date,
        paragraphs=tuple(paragraphs),
        removals=removals,
        source=raw.file,
        given_id=raw.given_id,
        kind=raw.kind,
        extra=extra,
    )


def _comment(comment: Comment) -> dict[str, str]:
    parts = {"author": comment.author, "date": comment.date, "text": comment.text}
    return {name: "\n".join(split_paragraphs(value)) for name, value in parts.items() if value}


def extract_pages(
    pages: Sequence[RawPage], extractor: Extractor = "blocks", comments: Comments = "drop"
) -> list[Page | Failure]:
    """Extracts each page; one that cannot be handled becomes a `Failure` in its place."""
    results: list[Page | Failure] = []
    for raw in pages:
        try:
            page = extract_page(raw, extractor, comments)
        except TextError as error:
            results.append(_failure(raw, error.reason, str(error)))
            continue
        except Exception as error:  # noqa: BLE001 - no page may end a run over millions of others
            detail = f"{type(error).__name__}: {error}"[:300]
            results.append(_failure(raw, "failed", detail))
            continue
        if not page.paragraphs:
            results.append(_failure(raw, "no_text", "the page has no visible text"))
        elif len(page.paragraphs) > MAX_PARAGRAPHS:
            detail = f"{len(page.paragraphs)} paragraphs, more than {MAX_PARAGRAPHS}"
            results.append(_failure(raw, "too_large", detail))
        else:
            results.append(page)
    return results


def _failure(raw: RawPage, reason: Reason, detail: str) -> Failure:
    data = raw.content.encode("utf-8", "surrogatepass")
    return Failure(
        stage="extract",
        reason=reason,
        detail=detail,
        file=raw.file,
        offset=raw.offset,
        url=raw.url,
        raw=data[:MAX_RAW_BYTES],
        raw_length=len(data),
    )


class ExtractText(beam.PTransform[Any, Any]):
    """Turns raw pages into paragraphs.

    PCollection[RawBatch] -> PCollection[PageBatch]. A page that cannot be handled moves to the
    failures of its batch: `len(raw.pages) == len(batch.pages) + (failures added)`.

    Args:
      extractor: `blocks` keeps and marks what is boilerplate; `fast` takes resiliparse's own main
        text and says nothing of the rest.
      comments: `separate` puts what readers wrote into the page's `extra`; it leaves the text
        either way.
    """

    def __init__(self, extractor: Extractor = "blocks", comments: Comments = "drop") -> None:
        super().__init__()
        self._fn = _ExtractFn(extractor, comments)

    def expand(self, batches: PCollection[RawBatch]) -> PCollection[PageBatch]:
        """Applies `extract_pages` to each batch."""
        register_batch_coder()
        return batches | "Extract" >> beam.ParDo(self._fn)


class _ExtractFn(beam.DoFn):
    def __init__(self, extractor: Extractor, comments: Comments = "drop") -> None:
        self._extractor: Extractor = extractor
        self._comments: Comments = comments

    def process(self, batch: RawBatch) -> Iterable[PageBatch]:
        results = extract_pages(batch.pages, self._extractor, self._comments)
        yield PageBatch(
            shard=batch.shard,
            number=batch.number,
            last=batch.last,
            pages=tuple(r for r in results if isinstance(r, Page)),
            failures=batch.failures + tuple(r for r in results if isinstance(r, Failure)),
            skipped=batch.skipped,
            first_page=batch.first_page,
            read=len(batch.pages),
        )
