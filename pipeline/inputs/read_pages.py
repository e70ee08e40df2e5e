"""ReadPages: shards become batches of raw pages."""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipeline.inputs.options import ReadOptions
from pipeline.inputs.plan import Shard
from pipeline.inputs.reached import reached
from pipeline.inputs.read import read_shard
from pipeline.reporting.progress import Progress
from pipeline.storage import exists
from pipeline.work import WorkFolder
from transforms.batch_coder import register_batch_coder
from transforms.records import Failure, RawBatch, RawPage

BATCH_PAGES = 64
BATCH_CHARS = 4 << 20
"""A batch ends with the page that brings it to either. Steps do much of their work once a batch:
with half as many characters one held a dozen web pages."""


ALREADY_DONE = -1
"""As a batch's number: the files of this shard are complete from an earlier attempt."""


def batch_shard(shard: Shard, options: ReadOptions) -> Iterator[RawBatch]:
    """Reads a shard in batches of bounded size; the last one, which may be empty, says so."""
    pages: list[RawPage] = []
    failures: list[Failure] = []
    skipped: dict[str, int] = {}
    number = first = chars = 0
    for item in read_shard(shard, options, skipped):
        if isinstance(item, Failure):
            failures.append(item)
            chars += len(item.raw)
        else:
            pages.append(item)
            chars += len(item.content)
        if len(pages) + len(failures) >= BATCH_PAGES or chars >= BATCH_CHARS:
            yield RawBatch(shard.number, number, False, tuple(pages), tuple(failures), {}, first)
            number, first = number + 1, first + len(pages)
            pages, failures, chars = [], [], 0
    yield RawBatch(shard.number, number, True, tuple(pages), tuple(failures), dict(skipped), first)


class ReadPages(beam.PTransform[Any, Any]):
    """Reads the pages of each shard, in batches.

    PCollection[Shard] -> PCollection[RawBatch]. A shard whose first step was completed by an
    earlier attempt gives one empty batch with the number `ALREADY_DONE`.

    Args:
      options: how pages are read.
      work: where completed shards are known.
      progress_folder: see `Progress`.
    """

    def __init__(self, options: ReadOptions, work: WorkFolder, progress_folder: str = "") -> None:
        super().__init__()
        self._fn = _ReadFn(options, work, progress_folder)

    def expand(self, shards: PCollection[Shard]) -> PCollection[RawBatch]:
        """Applies `batch_shard` to each shard that is not done."""
        register_batch_coder()
        return shards | "Read" >> beam.ParDo(self._fn)


class _ReadFn(beam.DoFn):
    def __init__(self, options: ReadOptions, work: WorkFolder, progress_folder: str) -> None:
        self._options = options
        self._work = work
        self._progress_folder = progress_folder

    def setup(self) -> None:
        self._progress = Progress(self._progress_folder)

    def process(self, shard: Shard) -> Iterable[RawBatch]:
        if exists(self._work.shard(shard.number, "done")):
            yield RawBatch(shard.number, ALREADY_DONE, True, ())
            self._progress.add(bytes=shard.size, shards=1)
        else:
            told = 0.0
            for batch in batch_shard(shard, self._options):
                yield batch
                so_far = shard.size * _reached(shard, batch)
                if so_far > told:
                    self._progress.add(bytes=so_far - told)
                    told = so_far
            self._progress.add(bytes=shard.size - told, shards=1)
        self._progress.tell()


def _reached(shard: Shard, batch: RawBatch) -> float:
    if batch.pages:
        return reached(shard, batch.pages[-1].file, batch.pages[-1].offset)
    if batch.failures:
        return reached(shard, batch.failures[-1].file, batch.failures[-1].offset)
    return 0.0
