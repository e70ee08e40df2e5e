"""MaskPersonal: personal data in pages is replaced with its kind, and said where."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from transforms.records import Mask, Page, PageBatch, Removal
from transforms.text.quality.personal import KINDS, MASKS, Kind, mask_pii, mask_quote

_ALL = "pii"


def check_masks(names: Sequence[str]) -> tuple[Kind, ...]:
    """Settles what to mask.

    Args:
      names: `pii` for all, or kinds.

    Returns:
      The kinds, in one order.

    Raises:
      ValueError: for a name that is neither.
    """
    for name in names:
        if name != _ALL and name not in KINDS:
            raise ValueError(f"--mask: {name!r} is none of {_ALL}, {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if _ALL in names or kind in names)


def mask_pages(pages: Sequence[Page], kinds: Collection[Kind]) -> list[Page]:
    """Masks all paragraphs of pages, kept or removed, and what else of a page is written out.

    That is the evidence of removals, which quotes paragraphs, the title and readers' comments. The
    URL, the page's date and identifiers stay as they are.
    """
    if not kinds:
        return list(pages)
    texts = [paragraph for page in pages for paragraph in page.paragraphs]
    masked, found = mask_pii(texts, kinds)
    done = []
    position = 0
    for page in pages:
        here = slice(position, position + len(page.paragraphs))
        position = here.stop
        values = {
            number: [(kind, page.paragraphs[number][a:b]) for kind, a, b in some]
            for number, some in enumerate(found[here])
            if some
        }
        if values:
            page = dataclasses.replace(  # noqa: PLW2901
                page,
                paragraphs=tuple(masked[here]),
                masks={number: _places(some) for number, some in enumerate(found[here]) if some},
            )
        done.append(_mask_rest(page, values, kinds))
    return done


def _places(found: Sequence[tuple[Kind, int, int]]) -> tuple[Mask, ...]:
    """Says where the masks stand in the masked paragraph."""
    places = []
    shift = 0
    for kind, start, end in found:
        places.append(Mask(f"mask.{kind}", start + shift))
        shift += len(MASKS[kind]) - (end - start)
    return tuple(places)


def _mask_rest(
    page: Page, values: dict[int, list[tuple[Kind, str]]], kinds: Collection[Kind]
) -> Page:
    removals = {
        number: _mask_evidence(removal, values.get(number, []), kinds)
        for number, removal in page.removals.items()
    }
    extra = {name: _mask_value(value, kinds) for name, value in page.extra.items()}
    return dataclasses.replace(page, removals=removals, extra=extra)


def _mask_evidence(
    removal: Removal, found: Sequence[tuple[Kind, str]], kinds: Collection[Kind]
) -> Removal:
    evidence = mask_quote(removal.evidence, found, kinds)
    return removal if evidence == removal.evidence else removal._replace(evidence=evidence)


def _mask_value(value: object, kinds: Collection[Kind]) -> object:
    if isinstance(value, str):
        return mask_pii([value], kinds)[0][0]
    if isinstance(value, dict):
        return {name: _mask_value(one, kinds) for name, one in value.items()}
    if isinstance(value, list):
        return [_mask_value(one, kinds) for one in value]
    return value


class MaskPersonal(beam.PTransform[Any, Any]):
    """Masks personal data in pages.

    PCollection[PageBatch] -> PCollection[PageBatch]. No page and no paragraph is lost. What comes
    later sees the masked text alone: paragraphs that differ in masked values only are the same.

    Args:
      kinds: of `KINDS`; without any, batches pass as they are.

    Raises:
      ValueError: at construction, for an unknown kind.
    """

    def __init__(self, kinds: Sequence[str] = ()) -> None:
        super().__init__()
        self._kinds = check_masks(kinds)

    def expand(self, batches: PCollection[PageBatch]) -> PCollection[PageBatch]:
        """Applies `mask_pages` to each batch."""
        return batches | "Mask" >> beam.ParDo(_MaskFn(self._kinds))


class _MaskFn(beam.DoFn):
    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self._kinds = kinds

    def process(self, batch: PageBatch) -> Iterable[PageBatch]:
        yield dataclasses.replace(batch, pages=tuple(mask_pages(batch.pages, self._kinds)))
