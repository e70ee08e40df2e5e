"""Cleaned records and receipts: what stands in documents/ and removed/.

The record is what dolma, datatrove, NeMo Curator and pandas read alike: string ids with a prefix,
no null, no `media`, no `attributes`, and every date inside `metadata`, `created` or `added`.
"""

import os
from collections import Counter
from typing import Any

from transforms.records import Failure, Page, Removal

ADDED_FIELDS = ("added",)
"""Fields that differ between runs of equal content; they are left out of the content digest."""


def make_record(
    page: Page, removals: dict[int, Removal], *, added: str, source: str
) -> dict[str, Any]:
    """Makes the cleaned record of a page; its `text` is empty where nothing stays.

    Args:
      page: all of its paragraphs.
      removals: paragraph number to removal, those of the page and duplicates.
      added: time stamp.
      source: name of the source; the base name of the input file where it is "".
    """
    kept = page.kept_texts(removals)
    record: dict[str, Any] = {
        "id": page.id,
        "text": "\n".join(kept),
        "source": source or os.path.basename(page.source) or "pagesieve",
        "added": added,
    }
    if page.date:
        record["created"] = page.date
    masked = [
        {"paragraph": n, "rule": mask.rule, "at": mask.at}
        for n, masks in sorted(page.masks.items())
        if n not in removals
        for mask in masks
    ]
    removed = Counter([removal.rule for removal in removals.values()])
    record["metadata"] = {
        "url": page.url,
        "date": page.date,
        "language": page.language,
        "language_score": page.language_score,
        "paragraphs_in": len(page.paragraphs),
        "paragraphs_out": len(kept),
        "removed": dict(sorted(removed.items())),
        **({"masked": masked} if masked else {}),
        **({"source_id": page.given_id} if page.given_id else {}),
        **page.extra,
    }
    return record


def make_receipt(page: Page, paragraph: int, removal: Removal, run: str) -> dict[str, Any]:
    """Makes the receipt of one removed paragraph."""
    return {
        "id": page.id,
        "url": page.url,
        "paragraph": paragraph,
        "text": page.paragraphs[paragraph],
        "rule": removal.rule,
        "evidence": removal.evidence,
        **origin_fields(removal),
        **masked_field(page, paragraph),
        "run": run,
    }


def origin_fields(removal: Removal) -> dict[str, Any]:
    """What the receipts of copies have."""
    fields: dict[str, Any] = {}
    if removal.keeper is not None:
        fields["keeper"] = {
            "id": removal.keeper.id,
            "url": removal.keeper.url,
            "paragraph": removal.keeper.paragraph,
        }
    if removal.distance is not None:
        fields["distance"] = removal.distance
    return fields


def masked_field(page: Page, paragraph: int) -> dict[str, Any]:
    """What the receipts of paragraphs have in which something was masked."""
    if paragraph not in page.masks:
        return {}
    return {"masked": [{"rule": mask.rule, "at": mask.at} for mask in page.masks[paragraph]]}


def make_reject(failure: Failure, run: str) -> dict[str, Any]:
    """Makes the line in rejected/ of what became no page; `raw` is base64."""
    import base64

    return {
        "file": failure.file,
        "offset": failure.offset,
        "url": failure.url,
        "stage": failure.stage,
        "reason": failure.reason,
        "detail": failure.detail,
        "raw": base64.b64encode(failure.raw).decode("ascii"),
        "raw_length": failure.raw_length,
        "run": run,
    }
