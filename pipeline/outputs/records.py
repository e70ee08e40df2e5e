"""Cleaned records and receipts: what stands in documents/ and removed/.

The record is what dolma, datatrove, NeMo Curator and pandas read alike: string ids with a prefix,
no null, no `media`, no `attributes`, and every date inside `metadata`, `created` or `added`.
"""

import functools
import os
from collections import Counter
from typing import Any

import orjson

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
    kept = [p for n, p in enumerate(page.paragraphs) if n not in removals]
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
    removed = Counter(removal.rule for removal in removals.values())
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
        **_rarer_fields(page, paragraph, removal),
        "run": run,
    }


def _rarer_fields(page: Page, paragraph: int, removal: Removal) -> dict[str, Any]:
    """What only some receipts have."""
    fields: dict[str, Any] = {}
    if removal.keeper is not None:
        fields["keeper"] = {
            "id": removal.keeper.id,
            "url": removal.keeper.url,
            "paragraph": removal.keeper.paragraph,
        }
    if removal.distance is not None:
        fields["distance"] = removal.distance
    if paragraph in page.masks:
        masks = page.masks[paragraph]
        fields["masked"] = [{"rule": mask.rule, "at": mask.at} for mask in masks]
    return fields


class ReceiptLines:
    """Makes the receipts of one page as JSON: the bytes of `make_receipt`, at half the cost.

    Args:
      page: all of its paragraphs.
      run: name of the run.
    """

    def __init__(self, page: Page, run: str) -> None:
        self._page = page
        self._head = orjson.dumps({"id": page.id, "url": page.url})[:-1] + b',"paragraph":'
        self._run = b',"run":' + orjson.dumps(run) + b"}"

    def of(self, paragraph: int, removal: Removal) -> tuple[bytes, bytes]:
        """Gives a paragraph's receipt without the name of the run, and with it."""
        page = self._page
        text = orjson.dumps(page.paragraphs[paragraph])
        reason = _reason(removal.rule, removal.evidence)
        line = b'%b%d,"text":%b%b' % (self._head, paragraph, text, reason)
        if removal.keeper is not None or removal.distance is not None or paragraph in page.masks:
            line += b"," + orjson.dumps(_rarer_fields(page, paragraph, removal))[1:-1]
        return line + b"}", line + self._run


@functools.lru_cache(maxsize=1024)
def _reason(rule: str, evidence: str) -> bytes:
    return b"," + orjson.dumps({"rule": rule, "evidence": evidence})[1:-1]


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
