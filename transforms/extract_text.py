"""ExtractText: decoded pages become paragraphs."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
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
from transforms.text import html, utf8
from transforms.text.errors import TextError
from transforms.text.rows import MAX_PARAGRAPHS

Extractor = Literal["blocks", "fast"]
Comments = Literal["drop", "separate"]

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def split_paragraphs(text: str) -> list[str]:
    """Splits text into its lines: one paragraph each, without outer white space, none blank.

    Every Unicode line break separates (`str.splitlines`). Control characters of ASCII become spaces
    and lone surrogates U+FFFD, so that each paragraph can be written as UTF-8. U+0080 to U+009F
    stay: they are what is left of wrongly decoded text, which can be mended later.
    """
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    lines = (line.strip() for line in _CONTROL.sub(" ", text).splitlines())
    return [line for line in lines if line]


def page_id(url: str, date: str, content: str) -> str:
    """Gives `ps:` and 16 hexadecimal digits that depend on nothing but the arguments."""
    return _page_id(url, date, utf8.encode(content, "surrogatepass"))


def _page_id(url: str, date: str, content: bytes) -> str:
    digest = xxhash.xxh3_64()
    for data in (*(part.encode("utf-8", "surrogatepass") for part in (url, date)), content):
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return f"ps:{digest.hexdigest()}"


def extract_page(
    raw: RawPage, extractor: Extractor = "blocks", comments: Comments = "drop"
) -> Page:
    """Turns one page into paragraphs; see `extract_pages`.

    Raises:
      TextError: when the page cannot be handled within the limits of size and depth.
    """
    (found,) = _extracts([raw], extractor, comments)
    if isinstance(found, TextError):
        raise found
    return found


def _extracts(
    pages: Sequence[RawPage], extractor: Extractor, comments: Comments
) -> Iterator[Page | TextError]:
    """Turns pages into paragraphs; HTML is looked at many pages at a time."""
    of_html = [raw for raw in pages if raw.kind == "html"]
    extracts: Iterator[html.Extract | TextError] = iter(())
    ids: deque[str] = deque()
    if of_html and extractor == "blocks":
        extracts = html.extract_pages(
            _encode(of_html, ids), comments="remove" if comments == "drop" else "separate"
        )
    for raw in pages:
        if raw.kind != "html":
            identifier = page_id(raw.url, raw.date, raw.content)
            yield _page(raw, identifier, split_paragraphs(raw.content), {}, {})
        elif extractor == "fast":
            try:
                lines = html.extract_fast(raw.content)
            except TextError as error:
                yield error
            else:
                encoded = raw.content.encode("utf-8", "surrogatepass")  # is there: it was parsed
                yield _page(raw, _page_id(raw.url, raw.date, encoded), lines, {}, {})
        else:
            found, identifier = next(extracts), ids.popleft()
            if isinstance(found, TextError):
                yield found
            else:
                yield _page_of_blocks(raw, identifier, found, comments)


def _encode(pages: Iterable[RawPage], ids: deque[str]) -> Iterator[str | html.Encoded]:
    """Gives pages to be extracted, and notes the id of each, for both of the same UTF-8."""
    for raw in pages:
        data = utf8.try_encode(raw.content)
        if data is None:
            ids.append(page_id(raw.url, raw.date, raw.content))
            yield raw.content
        else:
            ids.append(_page_id(raw.url, raw.date, data))
            yield html.Encoded(raw.content, data)


def _page_of_blocks(raw: RawPage, identifier: str, found: html.Extract, comments: Comments) -> Page:
    """A page of HTML: a block is a paragraph, because its text is one clean line."""
    extra: dict[str, object] = {}
    if title := " ".join(split_paragraphs(found.title)):
        extra["title"] = title
    if comments == "separate":
        extra["comments"] = [_comment(comment) for comment in found.comments]
    made = {reason: Removal(*reason) for reason in set(found.reasons.values())}
    removals = {number: made[reason] for number, reason in found.reasons.items()}
    return _page(raw, identifier, found.lines, removals, extra)


def _page(
    raw: RawPage,
    identifier: str,
    paragraphs: Sequence[str],
    removals: dict[int, Removal],
    extra: dict[str, object],
) -> Page:
    return Page(
        id=identifier,
        url=raw.url,
        date=raw.date,
        paragraphs=tuple(paragraphs),
        removals=removals,
        source=raw.file,
        given_id=raw.given_id,
        kind=raw.kind,
        extra=extra,
    )


def _comment(comment: html.Comment) -> dict[str, str]:
    parts = {"author": comment.author, "date": comment.date, "text": comment.text}
    return {name: "\n".join(split_paragraphs(value)) for name, value in parts.items() if value}


def extract_pages(
    pages: Sequence[RawPage], extractor: Extractor = "blocks", comments: Comments = "drop"
) -> list[Page | Failure]:
    """Extracts each page; one that cannot be handled becomes a `Failure` in its place.

    Boilerplate of HTML is marked as removed. The title of an HTML page goes into `extra`, with
    `comments="separate"` what its readers wrote as well: a list of author, date and text, as far as
    the page tells.
    """
    try:
        found: list[Page | TextError | Exception] = list(_extracts(pages, extractor, comments))
    except Exception:  # noqa: BLE001 - found out below whose it is
        found = [_one_by_one(raw, extractor, comments) for raw in pages]
    results: list[Page | Failure] = []
    for raw, page in zip(pages, found, strict=True):
        if isinstance(page, TextError):
            results.append(_failure(raw, page.reason, str(page)))
        elif isinstance(page, Exception):
            detail = f"{type(page).__name__}: {page}"[:300]
            results.append(_failure(raw, "failed", detail))
        elif not page.paragraphs:
            results.append(_failure(raw, "no_text", "the page has no visible text"))
        elif len(page.paragraphs) > MAX_PARAGRAPHS:
            detail = f"{len(page.paragraphs)} paragraphs, more than {MAX_PARAGRAPHS}"
            results.append(_failure(raw, "too_large", detail))
        else:
            results.append(page)
    return results


def _one_by_one(raw: RawPage, extractor: Extractor, comments: Comments) -> Page | Exception:
    try:
        return extract_page(raw, extractor, comments)
    except Exception as error:  # noqa: BLE001 - no page may end a run over millions of others
        return error


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
