"""A page as it came in, put together again from its record and its receipts. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

PAGE_RULES: Final = "page."
"""Rules that drop a page as a whole begin so."""

Receipt = dict[str, Any]


@dataclass(slots=True)
class RebuiltPage:
    """A page: its record where it has one, and its receipts.

    Attributes:
      id, url: of the page.
      record: from documents/, or None where the page was dropped.
      receipts: paragraph number to receipt.
    """

    id: str
    url: str
    record: dict[str, Any] | None
    receipts: dict[int, Receipt] = field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, Any]:
        """The record's metadata; empty for a page without a record."""
        return self.record["metadata"] if self.record else {}

    @property
    def kept(self) -> list[str]:
        """The paragraphs that stayed, in order."""
        text = str(self.record["text"]) if self.record else ""
        return text.split("\n") if text else []

    @property
    def is_whole(self) -> bool:
        """Whether every paragraph is known: those kept and those with a receipt are all."""
        found = len(self.kept) + len(self.receipts)
        expected = self.metadata.get("paragraphs_in", found)
        return bool(found == expected and all(0 <= n < found for n in self.receipts))

    @property
    def dropped_by(self) -> Receipt | None:
        """A receipt that says why the page was dropped; None where nothing was left of it."""
        if self.record is not None:
            return None
        for receipt in self.receipts.values():
            if str(receipt["rule"]).startswith(PAGE_RULES):
                return receipt
        return None

    def paragraphs(self) -> Iterator[tuple[int, str, Receipt | None]]:
        """Yields number, text and receipt (None: kept) in the order of the page.

        Where receipts are missing, the kept paragraphs fill the numbers that are free, in order.
        """
        kept = iter(self.kept)
        number, left = 0, len(self.receipts)
        while True:
            receipt = self.receipts.get(number)
            if receipt is not None:
                left -= 1
                yield number, str(receipt["text"]), receipt
            else:
                text = next(kept, None)
                if text is not None:
                    yield number, text, None
                elif not left:
                    return
            number += 1

    def text_of(self, number: int) -> str | None:
        """Gives the text of one paragraph, kept or not; None where there is none."""
        for at, text, _ in self.paragraphs():
            if at == number:
                return text
        return None


def pages_of(
    records: Iterable[dict[str, Any]], receipts: Iterable[Receipt]
) -> Iterator[RebuiltPage]:
    """Puts the pages of one shard together.

    Records and receipts stand in the order of the pages; a page's receipts follow each other. A
    page that was read twice may have a record and be dropped as well, under one id: the dropped
    one has a receipt for each of its paragraphs.

    Args:
      records: of documents/, one shard.
      receipts: of removed/, the same shard.
    """
    runs = _Runs(receipts)
    for record in records:
        wanted = sum(record["metadata"]["removed"].values())
        if wanted and runs.has(str(record["id"])):
            yield from runs.before(str(record["id"]), int(record["metadata"]["paragraphs_in"]))
            taken = runs.take(wanted)
        else:
            taken = {}
        yield RebuiltPage(str(record["id"]), str(record["metadata"]["url"]), record, taken)
    yield from runs.rest()


class _Runs:
    """Receipts in order, one page's run after the other."""

    def __init__(self, receipts: Iterable[Receipt]) -> None:
        self._source = iter(receipts)
        self._ahead: list[Receipt] = []

    def has(self, page_id: str) -> bool:
        """Whether there are receipts at all; one page's are looked for in order."""
        return bool(page_id) and self._fill(1)

    def before(self, page_id: str, paragraphs: int) -> Iterator[RebuiltPage]:
        """Yields the dropped pages that stand before the receipts of a record's page."""
        while self._fill(1):
            run = self._run()
            if run[0]["id"] != page_id:
                yield self._dropped(len(run))
            elif len(run) >= paragraphs and run[paragraphs - 1]["paragraph"] == paragraphs - 1:
                yield self._dropped(paragraphs)
            else:
                return

    def take(self, count: int) -> dict[int, Receipt]:
        """Takes the next receipts."""
        self._fill(count)
        taken, self._ahead = self._ahead[:count], self._ahead[count:]
        return {int(receipt["paragraph"]): receipt for receipt in taken}

    def rest(self) -> Iterator[RebuiltPage]:
        """Yields the dropped pages behind the last record."""
        while self._fill(1):
            yield self._dropped(len(self._run()))

    def _fill(self, count: int) -> bool:
        self._ahead.extend(islice(self._source, max(0, count - len(self._ahead))))
        return len(self._ahead) >= count

    def _run(self) -> list[Receipt]:
        """Looks at the receipts of the next page: one id, ascending numbers."""
        size = 1
        while self._fill(size + 1):
            last, following = self._ahead[size - 1], self._ahead[size]
            if following["id"] != last["id"] or following["paragraph"] <= last["paragraph"]:
                break
            size += 1
        return self._ahead[:size]

    def _dropped(self, count: int) -> RebuiltPage:
        first = self._ahead[0]
        return RebuiltPage(str(first["id"]), str(first["url"]), None, self.take(count))
