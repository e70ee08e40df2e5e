"""Pages as they lie in the work folder between the steps: compact JSON arrays, field by field."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import orjson

from transforms.records import Failure, Keeper, Mask, Page, PageBatch, Removal


def encode_batch(batch: PageBatch) -> bytes:
    """Writes down the pages and failures of a batch."""
    rejected = [dataclasses.asdict(f) | {"raw": f.raw.hex()} for f in batch.failures]
    pages = [_flat(page) for page in batch.pages]
    return orjson.dumps((batch.first_page, pages, rejected), option=orjson.OPT_NON_STR_KEYS)


def decode_batch(data: bytes) -> tuple[list[tuple[int, Page]], list[Failure]]:
    """Reads what `encode_batch` wrote: numbered pages, and failures."""
    first, pages, failures = orjson.loads(data)
    return (
        [(number, _page(values)) for number, values in enumerate(pages, first)],
        [Failure(**f | {"raw": bytes.fromhex(f["raw"])}) for f in failures],
    )


def _flat(page: Page) -> tuple[Any, ...]:
    # Many lines go for one reason: it is written once, and lines name it by its place.
    places: dict[Removal, int] = {}
    which = [places.setdefault(removal, len(places)) for removal in page.removals.values()]
    return (
        page.id,
        page.url,
        page.date,
        page.paragraphs,
        page.language,
        page.language_score,
        page.source,
        page.given_id,
        page.extra,
        page.kind,
        None if page.dropped is None else _flat_removal(page.dropped),
        [(n, [(mask.rule, mask.at) for mask in masks]) for n, masks in page.masks.items()],
        [_flat_removal(removal) for removal in places],
        list(page.removals),
        which,
    )


def _flat_removal(removal: Removal) -> tuple[Any, ...]:
    keeper = removal.keeper
    if keeper is None and removal.distance is None:
        return removal.rule, removal.evidence
    place = None if keeper is None else (keeper.id, keeper.url, keeper.paragraph)
    return removal.rule, removal.evidence, place, removal.distance


def _page(values: Sequence[Any]) -> Page:
    (
        id_,
        url,
        date,
        paragraphs,
        language,
        score,
        source,
        given_id,
        extra,
        kind,
        dropped,
        masks,
        table,
        numbers,
        which,
    ) = values
    removals = [_removal(row) for row in table]
    return Page(
        id=id_,
        url=url,
        date=date,
        paragraphs=tuple(paragraphs),
        removals={n: removals[place] for n, place in zip(numbers, which, strict=True)},
        language=language,
        language_score=score,
        source=source,
        given_id=given_id,
        dropped=None if dropped is None else _removal(dropped),
        extra=extra,
        kind=kind,
        masks={n: tuple(Mask(*mask) for mask in some) for n, some in masks},
    )


def _removal(row: Sequence[Any]) -> Removal:
    if len(row) == 2:
        return Removal(row[0], row[1])
    rule, evidence, keeper, distance = row
    return Removal(rule, evidence, None if keeper is None else Keeper(*keeper), distance)
