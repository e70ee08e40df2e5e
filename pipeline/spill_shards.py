"""SpillShards: pages go to a file of their shard, their fingerprint rows to sorted runs beside it.

Text travels no further between the steps: what is shuffled from here on are pointers.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import IO, Any, Literal, NamedTuple

import apache_beam as beam
import numpy as np
import zstandard
from apache_beam.pvalue import PCollection, TaggedOutput

from pipeline.duplicates.keepers import write_ids
from pipeline.duplicates.runs import RunWriter, read_totals
from pipeline.inputs.read_pages import ALREADY_DONE
from pipeline.outputs.counts import Counts
from pipeline.reporting.progress import Progress
from pipeline.spilled_pages import decode_batch, encode_batch
from pipeline.storage import abandon, open_for_reading, open_for_writing, write_bytes
from pipeline.work import WorkFolder
from transforms.records import Failure, Page, PageBatch
from transforms.text.templates import count_hosts, sum_hosts


class Spilled(NamedTuple):
    """Outputs of SpillShards.

    Attributes:
      shards: the number of each shard, once, when its files are complete.
      totals: rows by kind and bin of each shard, shape (3, BINS).
    """

    shards: PCollection[int]
    totals: PCollection[np.ndarray]


class ShardWriter:
    """Writes the files of one shard's first step; `done` comes last.

    Args:
      work: where they go.
      shard: number of the shard.
    """

    def __init__(self, work: WorkFolder, shard: int) -> None:
        self._work = work
        self.shard = shard
        self.next_batch = 0
        self._ids: list[tuple[str, str]] = []
        self._hosts: list[np.ndarray] = []
        self._counts = Counts()
        self._runs = RunWriter(work, shard)
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._context: AbstractContextManager[IO[bytes]] = open_for_writing(
            work.shard(shard, "pages")
        )
        self._pages = self._context.__enter__()
        self._aborted = False

    def add(self, batch: PageBatch) -> None:
        """Takes the next batch of the shard.

        Raises:
          RuntimeError: when the runner did not keep the batches of a shard together.
        """
        if batch.number != self.next_batch:
            raise RuntimeError(
                f"shard {batch.shard}: batch {batch.number} came where {self.next_batch} was due; "
                "this runner takes the steps of a shard apart"
            )
        self.next_batch += 1
        frame = self._compressor.compress(encode_batch(batch))
        self._pages.write(len(frame).to_bytes(8, "little") + frame)
        # Rows know a page by its number, and a page that failed has one too.
        self._ids.extend([("", "")] * (batch.first_page - len(self._ids)))
        self._ids.extend((page.id, page.url) for page in batch.pages)
        self._runs.add(batch.exact, batch.near, batch.lines)
        self._hosts.append(count_hosts([p.url for p in batch.pages if p.dropped is None]))
        self._count(batch)

    def close(self) -> np.ndarray:
        """Completes the shard and returns its totals.

        Raises:
          RuntimeError: when the shard was given up meanwhile.
        """
        totals = self._runs.close()
        self._context.__exit__(None, None, None)
        if self._aborted:  # then files may be missing whose blocks had ended already
            raise RuntimeError(f"shard {self.shard}: given up, as the worker ends")
        write_ids(self._work, self.shard, self._ids)
        write_bytes(self._work.shard(self.shard, "hosts"), sum_hosts(self._hosts).tobytes())
        write_bytes(self._work.shard(self.shard, "done"), self._counts.to_json())
        return totals

    def abort(self) -> None:
        """Gives the shard up without leaving files under their names.

        A worker that is told to end may call this while another of its threads is in `close`, which
        then fails, or is past its files and completes the shard.
        """
        self._aborted = True
        self._runs.abort()
        abandon(self._context)

    def _count(self, batch: PageBatch) -> None:
        count_batch(self._counts, batch)


def count_batch(counts: Counts, batch: PageBatch) -> None:
    """Counts what came in with a batch."""
    n = counts.n
    n["pages.read"] += batch.read + sum(f.stage == "read" for f in batch.failures)
    n["paragraphs.in"] += sum(len(page.paragraphs) for page in batch.pages)
    n["characters.in"] += sum(sum(map(len, page.paragraphs)) for page in batch.pages)
    for reason, count in batch.skipped.items():
        n[f"pages.skipped:{reason}"] += count


def read_pages(
    work: WorkFolder, shard: int
) -> Iterator[tuple[list[tuple[int, Page]], list[Failure]]]:
    """Reads back the batches of a shard, in their order: numbered pages, and failures."""
    decompressor = zstandard.ZstdDecompressor()
    with open_for_reading(work.shard(shard, "pages")) as handle:
        while size := handle.read(8):
            frame = handle.read(int.from_bytes(size, "little"))
            yield decode_batch(decompressor.decompress(frame))


def read_shard_counts(work: WorkFolder, shard: int) -> Counts:
    """Gives what was counted in a shard's first step."""
    with open_for_reading(work.shard(shard, "done")) as handle:
        return Counts.from_json(handle.read())


class SpillShards(beam.PTransform[Any, Any]):
    """Writes each shard's pages and fingerprint rows to the work folder.

    PCollection[PageBatch] -> Spilled. All batches of a shard must come in one
    bundle and in order, as they do when the runner fuses the steps before; anything else fails the
    run.

    Args:
      work: where the files go.
      progress_folder: see `Progress`.
    """

    def __init__(self, work: WorkFolder, progress_folder: str = "") -> None:
        super().__init__()
        self._fn = _SpillFn(work, progress_folder)

    def expand(self, batches: PCollection[PageBatch]) -> Spilled:
        """Spills batch by batch."""
        out = batches | "Spill" >> beam.ParDo(self._fn).with_outputs("totals", main="shards")
        return Spilled(out.shards, out.totals)


class _SpillFn(beam.DoFn):
    def __init__(self, work: WorkFolder, progress_folder: str) -> None:
        self._work = work
        self._progress_folder = progress_folder
        self._writer: ShardWriter | None = None

    def setup(self) -> None:
        self._progress = Progress(self._progress_folder)

    def process(
        self, batch: PageBatch
    ) -> Iterable[int | TaggedOutput[Literal["totals"], np.ndarray]]:
        if batch.number == ALREADY_DONE:
            yield batch.shard
            yield TaggedOutput("totals", read_totals(self._work, batch.shard))
            return
        if batch.number == 0:
            self._abandon()
            self._writer = ShardWriter(self._work, batch.shard)
        if self._writer is None or self._writer.shard != batch.shard:
            raise RuntimeError(f"shard {batch.shard}: its first batch came to another worker")
        self._writer.add(batch)
        self._progress.add(
            pages=batch.read,
            rejects=len(batch.failures),
            paragraphs=sum(len(page.paragraphs) for page in batch.pages),
            removed=sum(len(page.removals) for page in batch.pages),
            dropped=sum(page.dropped is not None for page in batch.pages),
        )
        if batch.last:
            totals = self._writer.close()
            self._writer = None
            self._progress.tell()
            yield batch.shard
            yield TaggedOutput("totals", totals)

    def finish_bundle(self) -> None:
        if self._writer is not None:
            self._abandon()
            raise RuntimeError("a bundle ended in the middle of a shard")

    def teardown(self) -> None:
        self._abandon()

    def _abandon(self) -> None:
        if self._writer is not None:
            self._writer.abort()
            self._writer = None
