"""WriteRecords: pages, and the keepers of their duplicates, become files of the output."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.pvalue import PCollection

from pipeline.duplicates.keepers import Keepers, read_chosen, remember_shard
from pipeline.outputs.counts import Counts
from pipeline.outputs.records import make_reject
from pipeline.outputs.sinks import LineSink, close_with, open_sink
from pipeline.outputs.write_page import OutputOptions, write_page
from pipeline.reporting.progress import Progress
from pipeline.spill_shards import read_pages, read_shard_counts
from pipeline.storage import exists, read_bytes, write_bytes
from pipeline.work import WorkFolder
from transforms.records import Failure, Removal
from transforms.text.duplicates import REMEMBERED, TEMPLATE
from transforms.text.page_duplicates import TEMPLATE_RULE, evidence_of, rule_of
from transforms.text.rows import page_of, paragraph_of

NO_ANSWER = ("", 0, 0)
"""Stands among the pointers to answers, so that a shard is named that has none."""

_FOUND_LATE = ("duplicate.", "template.")
"""Rules whose removals are known only here."""


class WriteRecords(beam.PTransform[Any, Any]):
    """Writes documents, receipts and rejects of each shard.

    PCollection[tuple[int, Iterable[pointer]]] -> PCollection[Counts]. The input names every shard
    once, with the answers about its keepers and any number of `NO_ANSWER`. Files depend on their
    shard alone. A shard that an earlier attempt wrote is not written again.

    Args:
      options: how the output looks.
      work: where the pages are, and the output goes.
      progress_folder: see `Progress`.
    """

    def __init__(self, options: OutputOptions, work: WorkFolder, progress_folder: str = "") -> None:
        super().__init__()
        self._fn = _WriteFn(options, work, progress_folder)

    def expand(
        self, shards: PCollection[tuple[int, Iterable[tuple[str, int, int]]]]
    ) -> PCollection[Counts]:
        """Writes shard by shard."""
        return shards | "Write" >> beam.ParDo(self._fn)


class _WriteFn(beam.DoFn):
    def __init__(self, options: OutputOptions, work: WorkFolder, progress_folder: str) -> None:
        self._options = options
        self._work = work
        self._progress_folder = progress_folder

    def setup(self) -> None:
        self._progress = Progress(self._progress_folder)

    def process(self, item: tuple[int, Iterable[tuple[str, int, int]]]) -> Iterable[Counts]:
        shard, answers = item
        done = self._work.written(shard)
        if exists(done):
            counts = Counts.from_json(read_bytes(done))
        else:
            counts = write_shard(
                self._work,
                shard,
                [pointer for pointer in answers if pointer != NO_ANSWER],
                self._options,
                lambda: self._progress.add(steps=1),
            )
            write_bytes(done, counts.to_json())
        copies = sum(
            count
            for rule, count in counts.group("paragraphs.removed").items()
            if rule.startswith(_FOUND_LATE)
        )
        self._progress.add(written=1, removed=copies)
        self._progress.tell()
        yield counts


def write_shard(
    work: WorkFolder,
    shard: int,
    answers: Sequence[tuple[str, int, int]],
    options: OutputOptions,
    on_batch: Callable[[], None] = lambda: None,
) -> Counts:
    """Writes the files of one shard.

    Args:
      work: where its pages are, and the output goes.
      shard: number of the shard.
      answers: pointers to the answers about its keepers.
      options: how the output looks.
      on_batch: called after each batch of pages.

    Returns:
      What was read and written.
    """
    counts = read_shard_counts(work, shard)
    duplicates = _Duplicates(work, shard, answers)
    if work.remembered:
        remember_shard(work, shard, answers)
    with ExitStack() as stack:
        documents = open_sink(work.part("documents", shard, options.format))
        removed = LineSink(work.part("removed", shard, "jsonl.gz"))
        rejected = LineSink(work.part("rejected", shard, "jsonl.gz"))
        for sink in (documents, removed, rejected):
            close_with(stack, sink)
        for pages, failures in read_pages(work, shard):
            for failure in failures:
                rejected.write(orjson.dumps(make_reject(failure, options.run)))
                count_reject(counts, failure)
            for number, page in pages:
                found, copies = duplicates.of_page(number)
                removals = page.removals | found if found else page.removals
                for lines in write_page(page, removals, options, documents, counts, copies):
                    if options.removed:
                        removed.write_lines(lines)
            on_batch()
        duplicates.check_all_used()
    return counts


_COLUMNS = ("address", "keeper", "keeper_date", "keeper_hash", "kind", "distance", "mark")


class _Duplicates:
    """The removals of a shard's duplicates, page by page."""

    def __init__(
        self, work: WorkFolder, shard: int, answers: Sequence[tuple[str, int, int]]
    ) -> None:
        chosen = read_chosen(work, shard)
        self._keepers = Keepers(answers)
        self._chosen = list(zip(*(chosen[name].tolist() for name in _COLUMNS), strict=True))
        self._pages: list[int] = page_of(chosen["address"]).tolist()
        self._paragraphs: list[int] = paragraph_of(chosen["address"]).tolist()
        self._next = 0

    def of_page(self, page: int) -> tuple[dict[int, Removal], dict[int, int]]:
        """Gives paragraph number to removal, and to the size of the group that it belongs to.

        Pages are asked for in ascending order.
        """
        removals: dict[int, Removal] = {}
        copies = dict(self._keepers.copies_on(page))
        while self._next < len(self._chosen) and self._pages[self._next] == page:
            address, keeps, on_pages, of_pages, kind, distance, mark = self._chosen[self._next]
            paragraph = self._paragraphs[self._next]
            self._next += 1
            if kind == TEMPLATE:
                copies[paragraph] = on_pages
                how = f"{on_pages} of {of_pages} pages of its host"
                removals[paragraph] = Removal(
                    TEMPLATE_RULE,
                    f"stood on {how} in an earlier run"
                    if mark & REMEMBERED
                    else f"stands on {how}",
                )
                continue
            keeper, found, stays, copies[paragraph] = self._keepers.of(address)
            evidence = evidence_of(kind, distance)
            if found != keeps:
                evidence += ", which repeats the one that is kept"
            if not stays:
                evidence += ", which goes as well"
            removals[paragraph] = Removal(rule_of(kind), evidence, keeper, distance)
        return removals, copies

    def check_all_used(self) -> None:
        """Makes sure that every match met its page.

        Raises:
          RuntimeError: when one did not: rows and pages are not of one numbering.
        """
        if self._next != len(self._chosen):
            raise RuntimeError(f"{len(self._chosen) - self._next} duplicates met no page")


def count_reject(counts: Counts, failure: Failure) -> None:
    """Counts a piece of input that became no page."""
    counts.n[f"pages.rejected:{failure.reason}"] += 1
    counts.rejects.append(
        {
            "file": failure.file,
            "offset": failure.offset,
            "reason": failure.reason,
            "detail": failure.detail,
        }
    )
    del counts.rejects[20:]
