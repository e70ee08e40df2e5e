"""ReadArrivals numbers and reads what arrived; SpillBatches puts pages and rows into work files."""

import dataclasses
import os
import threading
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import apache_beam as beam
import numpy as np
import orjson
import zstandard
from apache_beam.coders import VarIntCoder
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from pipeline.duplicates.runs import ROW_TYPES, RowKind
from pipeline.inputs.listing import list_arrived
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.read_pages import batch_shard
from pipeline.inputs.shards import InputError, Shard
from pipeline.outputs.counts import Counts
from pipeline.spill_shards import count_batch
from pipeline.spilled_pages import decode_batch, encode_batch
from pipeline.storage import read_bytes, write_bytes
from pipeline.watch.elements import RANGES, Arrival, RowPart, Spilled, WasRead
from pipeline.watch.past import date_of
from pipeline.watch.settings import WatchSettings
from transforms.records import Failure, Page, PageBatch, RawBatch
from transforms.text.rows import MAX_PAGES, PAGE_BITS, Rows, page_of, shard_of, sort_rows

_PAGES_A_BATCH = 1 << 16
"""More numbers than a batch can need."""


class Arrived(NamedTuple):
    """Outputs of ReadArrivals.

    Attributes:
      batches: of raw pages.
      reads: one for each arrival, behind its batches.
    """

    batches: PCollection[RawBatch]
    reads: PCollection[WasRead]


class ReadArrivals(beam.PTransform[Any, Any]):
    """Reads each arrival, one after the other, and numbers its pages through the stream.

    PCollection[tuple[int, Arrival]] -> Arrived. The number of a page is the order in which
    duplicates are decided, and pages keep it as their address (shard and page of a `RawBatch`) in
    all rows.

    Args:
      settings: of the stream.
      options: how pages are read.
      first_page: number of the first page.
    """

    def __init__(self, settings: WatchSettings, options: ReadOptions, first_page: int) -> None:
        super().__init__()
        self._fn = _ReadFn(settings, options, first_page)

    def expand(self, arrivals: PCollection[tuple[int, Arrival]]) -> Arrived:
        """One step with a state, so that one key's elements come one after the other."""
        out = arrivals | "Read" >> beam.ParDo(self._fn).with_outputs("reads", main="batches")
        return Arrived(out.batches, out.reads)


class _Numbering:
    """The numbers of pages, one for the whole process.

    They were in a state at first. Under load Prism splits the bundle of a step with a state and
    may run its parts side by side, both from the same state; two batches then had one number.

    Args:
      first_page: the first number.
    """

    def __init__(self, first_page: int) -> None:
        self.lock = threading.Lock()
        self.next_page = first_page
        self.read = 0


_NUMBERINGS: dict[str, _Numbering] = {}
_NUMBERINGS_LOCK = threading.Lock()


def _numbering(work: str, first_page: int) -> _Numbering:
    with _NUMBERINGS_LOCK:
        return _NUMBERINGS.setdefault(work, _Numbering(first_page))


class _ReadFn(beam.DoFn):
    ARRIVALS = ReadModifyWriteStateSpec("arrivals", VarIntCoder())

    def __init__(self, settings: WatchSettings, options: ReadOptions, first_page: int) -> None:
        self._settings = settings
        self._options = options
        self._first_page = first_page

    def process(
        self,
        item: tuple[int, Arrival],
        arrivals: Any = beam.DoFn.StateParam(ARRIVALS),
    ) -> Iterable[RawBatch | TaggedOutput[Literal["reads"], WasRead]]:
        arrivals.write(item[1].number)  # the state makes this a step of its own, for one key
        numbering = _numbering(self._settings.work, self._first_page)
        with numbering.lock:
            yield from self._read(item[1], numbering)

    def _read(
        self, arrival: Arrival, numbering: "_Numbering"
    ) -> Iterable[RawBatch | TaggedOutput[Literal["reads"], WasRead]]:
        page = numbering.next_page
        skipped: dict[str, int] = {}
        for batch in _batches(arrival, self._options):
            for reason, count in batch.skipped.items():
                skipped[reason] = skipped.get(reason, 0) + count
            page = _next_start(page)
            yield dataclasses.replace(
                batch,
                shard=page >> PAGE_BITS,
                first_page=page & (MAX_PAGES - 1),
                number=arrival.tick_ms,
                skipped={},
            )
            page += max(len(batch.pages), 1)
            numbering.next_page = page
        _forget_messages(arrival)
        numbering.read += 1
        write_bytes(self._settings.read_file, str(numbering.read).encode("ascii"))
        yield TaggedOutput(
            "reads",
            WasRead(
                tick_ms=arrival.tick_ms,
                arrival=arrival.number,
                at_ms=arrival.at_ms,
                keys=arrival.keys,
                end_page=page,
                skipped=skipped,
                changed=_changed(arrival),
            ),
        )


def _batches(arrival: Arrival, options: ReadOptions) -> Iterator[RawBatch]:
    """Reads an arrival; a last batch without anything in it is left out."""
    for batch in batch_shard(Shard(0, "", arrival.pieces, 0), options):
        if batch.pages or batch.failures or batch.skipped:
            yield batch


def _forget_messages(arrival: Arrival) -> None:
    """Deletes files that were made for the reader alone."""
    for piece in arrival.pieces:
        if piece.file.format == "messages":
            os.remove(piece.file.path)


def _next_start(page: int) -> int:
    """Gives the next number at which a batch may begin: none crosses the bound of a shard."""
    left = MAX_PAGES - (page & (MAX_PAGES - 1))
    return page + left if left < _PAGES_A_BATCH else page


def _changed(arrival: Arrival) -> tuple[str, ...]:
    """Gives the files that are not what they were when they were listed."""
    changed = []
    for file in {piece.file for piece in arrival.pieces}:
        if "://" in file.path or file.format == "messages":
            continue  # what is read is of one generation
        try:
            now = list_arrived([file.path], file.format)[0]
        except (InputError, OSError):
            continue
        if now and (now[0].size, now[0].token) != (file.size, file.token):
            changed.append(file.path)
    return tuple(sorted(changed))


class SpilledBatches(NamedTuple):
    """Outputs of SpillBatches.

    Attributes:
      batches: pointers to the pages.
      rows: pointers to their rows, by partition.
    """

    batches: PCollection[Spilled]
    rows: PCollection[tuple[str, RowPart]]


class SpillBatches(beam.PTransform[Any, Any]):
    """Writes pages and rows of each batch to the work folder, ordered by arrival.

    PCollection[PageBatch] -> SpilledBatches.

    Args:
      settings: of the stream.
      run: its number behind those of its history.
    """

    def __init__(self, settings: WatchSettings, run: int) -> None:
        super().__init__()
        self._fn = _SpillFn(settings, run)

    def expand(self, batches: PCollection[PageBatch]) -> SpilledBatches:
        """Batch by batch."""
        out = batches | "Spill" >> beam.ParDo(self._fn).with_outputs("rows", main="batches")
        return SpilledBatches(out.batches, out.rows)


class _SpillFn(beam.DoFn):
    def __init__(self, settings: WatchSettings, run: int) -> None:
        self._settings = settings
        self._run = run

    def setup(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=1)

    def process(
        self, batch: PageBatch
    ) -> Iterable[Spilled | TaggedOutput[Literal["rows"], tuple[str, RowPart]]]:
        first = batch.shard << PAGE_BITS | batch.first_page
        path = self._settings.batch(first)
        ids = [(page.id, page.url) for page in batch.pages]
        write_bytes(f"{path}.pages", self._compressor.compress(encode_batch(batch)))
        counts = Counts()
        count_batch(counts, batch)
        write_bytes(f"{path}.ids", orjson.dumps((counts.n, ids)))
        exact = by_arrival(np.frombuffer(batch.exact, ROW_TYPES["exact"]), self._run)
        near = by_arrival(np.frombuffer(batch.near, ROW_TYPES["near"]), self._run)
        rows: dict[RowKind, Rows] = {"exact": exact, "near": near}
        total = 0
        for kind, some in rows.items():
            if not len(some):
                continue
            write_bytes(f"{path}.{kind}", some.tobytes())
            bounds = np.searchsorted(some["key"] >> np.uint64(64 - 2), np.arange(RANGES + 1))
            for number, (start, end) in enumerate(pairwise(bounds.tolist())):
                if end > start:
                    total += end - start
                    part = RowPart(batch.number, f"{path}.{kind}", start, end - start)
                    yield TaggedOutput("rows", (f"{kind}-{number}", part))
        yield Spilled(batch.number, first, path, total)


def by_arrival(rows: Rows, run: int) -> Rows:
    """Sorts rows by key, and gives them the order of arrival in place of their pages' dates.

    Args:
      rows: whose addresses hold the numbers of their pages.
      run: the stream's number behind those of its history.
    """
    ordered = rows.copy()
    pages = shard_of(rows["address"]) << np.uint64(PAGE_BITS) | page_of(rows["address"])
    ordered["date"] = np.uint64(date_of(run, 0)) | pages
    return sort_rows(ordered)


def read_batch(path: str) -> tuple[list[tuple[int, Page]], list[Failure]]:
    """Reads the pages and failures of a spilled batch; pages are numbered within their shard."""
    return decode_batch(zstandard.ZstdDecompressor().decompress(read_bytes(f"{path}.pages")))


def read_batch_facts(path: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Gives what was counted when a batch was spilled, and id and URL of each of its pages."""
    counted, ids = orjson.loads(read_bytes(f"{path}.ids"))
    return counted, [(page_id, url) for page_id, url in ids]
