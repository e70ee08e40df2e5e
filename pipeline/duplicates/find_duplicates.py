"""FindDuplicates: from the rows on storage to the keeper of each paragraph that goes.

Only pointers and small counts are shuffled; rows, matches, questions and answers lie in the work
folder.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import apache_beam as beam
import numpy as np
from apache_beam.pvalue import AsSingleton, PCollection, TaggedOutput

from pipeline.duplicates.earlier_rows import Reading, RowHistory, write_rows
from pipeline.duplicates.keepers import ROUNDS, answer, as_slices, choose
from pipeline.duplicates.partitions import Bounds, partition_bounds, search_partition
from pipeline.duplicates.runs import BINS, KINDS, slices_of
from pipeline.duplicates.search_lines import search_lines
from pipeline.outputs.counts import Counts
from pipeline.reporting.progress import Progress
from pipeline.spill_shards import Spilled
from pipeline.storage import read_bytes
from pipeline.work import WorkFolder
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.rows import Rows
from transforms.text.templates import HOST, sum_hosts

Pointer = tuple[str, int, int]


class Duplicates(NamedTuple):
    """Outputs of FindDuplicates.

    Attributes:
      answers: (shard, pointer to answers about its keepers), of each round.
      counts: `duplicates.*` counters.
    """

    answers: tuple[PCollection[tuple[int, Pointer]], ...]
    counts: PCollection[Counts]


class FindDuplicates(beam.PTransform[Any, Any]):
    """Finds exact and near-duplicate paragraphs across all shards.

    Spilled -> Duplicates. What is found does not depend on the partitions, the workers or the
    order of anything.

    Args:
      rules: what counts as a duplicate.
      work: where the rows are, and where all that is found goes.
      memory_bytes: what a search may take on one worker.
      least_partitions: so many of each kind of rows at least, to occupy all workers.
      progress_folder: see `Progress`.
      history: rows of earlier runs, where the run has a history.
    """

    def __init__(
        self,
        rules: DedupRules,
        work: WorkFolder,
        memory_bytes: int,
        least_partitions: int = 1,
        progress_folder: str = "",
        history: RowHistory | None = None,
    ) -> None:
        super().__init__()
        self._history = history
        self._rules = rules
        self._work = work
        self._memory_bytes = memory_bytes
        self._least_partitions = least_partitions
        self._progress_folder = progress_folder

    def expand(self, spilled: Spilled) -> Duplicates:
        """Builds the search, then the rounds of questions and answers."""
        bounds = (
            spilled.totals
            | "SumTotals" >> beam.CombineGlobally(_sum_totals).without_defaults()
            | "Bound" >> beam.Map(_bound, self._memory_bytes, self._least_partitions)
        )
        hosts = (
            spilled.shards
            | "ReadHosts" >> beam.Map(_read_hosts, self._work)
            | "SumHosts" >> beam.CombineGlobally(_sum_hosts).without_defaults()
            | "LargeHosts" >> beam.Map(_large_hosts, self._rules.template_pages)
        )
        found = (
            spilled.shards
            | "Assign"
            >> beam.ParDo(_AssignFn(self._work, self._progress_folder), AsSingleton(bounds))
            | "GroupByPartition" >> beam.GroupByKey()
            | "Search"
            >> beam.ParDo(
                _SearchFn(
                    self._rules,
                    self._work,
                    self._memory_bytes,
                    self._progress_folder,
                    self._history,
                ),
                AsSingleton(hosts),
            ).with_outputs("counts", main="matches")
        )
        questions = (
            found.matches
            | "GroupByShard" >> beam.GroupByKey()
            | "Choose" >> beam.ParDo(_ChooseFn(self._work, self._progress_folder))
        )
        answers = []
        for asked in range(ROUNDS):
            replies = (
                questions
                | f"GroupByKeeper{asked}" >> beam.GroupByKey()
                | f"Answer{asked}"
                >> beam.ParDo(_AnswerFn(self._work, self._progress_folder, asked)).with_outputs(
                    "questions", main="answers"
                )
            )
            answers.append(replies.answers)
            questions = replies.questions
        return Duplicates(tuple(answers), found.counts)


def _sum_totals(totals: Iterable[np.ndarray]) -> np.ndarray:
    summed = np.zeros((len(KINDS), BINS), np.uint64)
    for one in totals:
        summed += one
    return summed


def _read_hosts(shard: int, work: WorkFolder) -> np.ndarray:
    return np.frombuffer(read_bytes(work.shard(shard, "hosts")), HOST)


def _sum_hosts(parts: Iterable[np.ndarray]) -> np.ndarray:
    return sum_hosts(list(parts))


def _large_hosts(hosts: np.ndarray, min_pages: int) -> np.ndarray:
    return hosts[hosts["pages"] >= max(min_pages, 1)]


def _bound(totals: np.ndarray, memory_bytes: int, least_partitions: int) -> Bounds:
    return partition_bounds(totals, memory_bytes, least_partitions)


class _StepFn(beam.DoFn):
    """A step that reads files of the work folder, and gives a sign of life for each element."""

    def __init__(self, work: WorkFolder, progress_folder: str) -> None:
        self._work = work
        self._progress_folder = progress_folder

    def setup(self) -> None:
        self._progress = Progress(self._progress_folder)


class _AssignFn(_StepFn):
    def process(self, shard: int, bounds: Bounds) -> Iterable[tuple[str, Pointer]]:
        for partition, rows in slices_of(self._work, shard, bounds):
            yield partition, (rows.path, rows.first, rows.count)
        self._progress.add(steps=1)


class _SearchFn(_StepFn):
    def __init__(
        self,
        rules: DedupRules,
        work: WorkFolder,
        memory_bytes: int,
        progress_folder: str,
        history: RowHistory | None,
    ) -> None:
        super().__init__(work, progress_folder)
        self._history = history
        self._rules = rules
        self._memory_bytes = memory_bytes

    def process(
        self, item: tuple[str, Iterable[Pointer]], hosts: np.ndarray
    ) -> Iterable[tuple[int, Pointer] | TaggedOutput[Literal["counts"], Counts]]:
        partition, pointers = item
        fresh: list[Rows] = []
        before = self._history.reading if self._history else Reading(0, 0)
        kind = next(kind for kind in KINDS if partition.startswith(kind))
        slices, path = as_slices(pointers), self._work.matches(partition)
        if kind == "line":
            result = search_lines(
                slices,
                hosts,
                self._rules,
                self._memory_bytes,
                path,
                self._history,
                fresh.append if self._work.remembered else None,
            )
        else:
            result = search_partition(
                kind,
                slices,
                self._rules,
                self._memory_bytes,
                path,
                self._history,
                fresh.append if self._work.remembered else None,
            )
        remembered = sum(map(len, fresh))
        if remembered:
            write_rows(self._work.remembered_rows(partition), np.concatenate(fresh))
        self._progress.add(searched=result.rows)
        self._progress.tell()
        for shard, path, first, count in result.slices:
            yield shard, (path, first, count)
        counts = Counter(
            {
                f"duplicates.{kind}_rows": result.rows,
                f"duplicates.{kind}_compared": result.compared,
                f"duplicates.{kind}_capped": result.capped,
                f"history.{kind}_added": remembered,
            }
        )
        if remembered:
            counts[f"history.parts:{partition}"] = remembered
        if self._history:
            after = self._history.reading
            counts["history.requests"] = after.requests - before.requests
            counts["history.bytes_read"] = after.bytes - before.bytes
        yield TaggedOutput("counts", Counts(counts))


class _ChooseFn(_StepFn):
    def process(self, item: tuple[int, Iterable[Pointer]]) -> Iterable[tuple[int, Pointer]]:
        shard, pointers = item
        for asked, path, first, count in choose(self._work, shard, as_slices(pointers)):
            yield asked, (path, first, count)
        self._progress.add(steps=1)


class _AnswerFn(_StepFn):
    def __init__(self, work: WorkFolder, progress_folder: str, asked: int) -> None:
        super().__init__(work, progress_folder)
        self._asked = asked

    def process(
        self, item: tuple[int, Iterable[Pointer]]
    ) -> Iterable[tuple[int, Pointer] | TaggedOutput[Literal["questions"], tuple[int, Pointer]]]:
        shard, pointers = item
        replies = answer(self._work, shard, as_slices(pointers), self._asked)
        for asking, path, first, size in replies.answers:
            yield asking, (path, first, size)
        for asked, path, first, count in replies.questions:
            yield TaggedOutput("questions", (asked, (path, first, count)))
        self._progress.add(steps=1)
