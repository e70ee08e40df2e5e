"""What came before: rows, links and ids of committed segments, and of the runs of a history."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import orjson
import zstandard

from pipeline.duplicates.earlier_rows import RowHistory
from pipeline.duplicates.keepers import read_chosen
from pipeline.duplicates.runs import RowKind
from pipeline.errors import UsageError
from pipeline.history.manifest import check_settings
from pipeline.history.manifest import load as load_history
from pipeline.storage import join, read_bytes
from pipeline.watch.elements import kind_of
from pipeline.watch.manifest import Segment, StreamManifest
from pipeline.watch.segments import read_ids, read_links
from pipeline.work import WorkFolder
from transforms.text.page_duplicates import follow
from transforms.text.rows import (
    DATE_BITS,
    MAX_RUNS,
    MAX_SHARDS,
    PAGE_BITS,
    PARAGRAPH_BITS,
    run_of,
    shard_of,
)

_SHARDS_IN_MEMORY = 8


def page_number(addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Gives the number, within the stream, of the page of each address."""
    return addresses >> np.uint64(PARAGRAPH_BITS)


def date_of(run: int, page: int) -> int:
    """Gives the order of a page in a stream: behind all runs of its history, as it arrived."""
    return run << DATE_BITS | page


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStart:
    """The runs of a history that a stream starts from.

    Attributes:
      parts: (path, rows) of each of its files of rows, by kind.
      runs: (number, time in milliseconds since 1970 when it was added) of each run.
      folders: (first shard, the shard after the last, folder) of each run.
      next_run: number behind them.
      next_shard: number behind all their shards.
    """

    parts: dict[RowKind, list[tuple[str, int]]] = field(default_factory=dict)
    runs: tuple[tuple[int, int], ...] = ()
    folders: tuple[tuple[int, int, str], ...] = ()
    next_run: int = 1
    next_shard: int = 0

    @property
    def first_page(self) -> int:
        """The number of a stream's first page, behind all pages of the history."""
        return self.next_shard << PAGE_BITS

    def runs_since(self, time_ms: int) -> list[int]:
        """Gives the numbers of the runs that were added at this time or later."""
        return [number for number, added_ms in self.runs if added_ms >= time_ms]

    def ids_of(self, address: int) -> tuple[str, str]:
        """Gives id and URL of the page of an address."""
        shard = int(shard_of(np.uint64(address)))  # type: ignore[arg-type]
        page = (address >> PARAGRAPH_BITS) & ((1 << PAGE_BITS) - 1)
        page_id, url = _ids_of_shard(self._work, shard)[page]
        return page_id, url

    def follow(self, addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Gives the paragraph that stays for each, which is mostly itself."""
        ends = addresses.copy()
        shards = shard_of(addresses)
        for shard in np.unique(shards).tolist():
            links = read_chosen(self._work, shard)
            here = shards == shard
            ends[here] = follow(links["address"], links["keeper"], addresses[here])
        return ends

    @property
    def _work(self) -> WorkFolder:
        return WorkFolder("", "", self.next_shard, past=self.folders)


@lru_cache(_SHARDS_IN_MEMORY)
def _ids_of_shard(work: WorkFolder, shard: int) -> list[tuple[str, str]]:
    ids: list[tuple[str, str]] = orjson.loads(
        zstandard.ZstdDecompressor().decompress(read_bytes(work.ids(shard)))
    )
    return ids


def open_history(
    history: str, settings: dict[str, object], before_run: int | None = None
) -> HistoryStart:
    """Opens the runs of a history.

    Args:
      history: the folder; "" for none.
      settings: of this stream, which have to be those of the history.
      before_run: leaves out this run and later ones, which were added since the stream began.

    Raises:
      UsageError: when it cannot be used.
    """
    if not history:
        return HistoryStart()
    manifest = load_history(history)
    if manifest is None:
        raise UsageError(
            f"--history {history} holds no history; clean a set of pages with it first"
        )
    check_settings(history, manifest, settings)
    next_run = manifest.next_run if before_run is None else before_run
    runs = [run for run in manifest.runs if run.number < next_run]
    next_shard = max((run.first_shard + run.shards for run in runs), default=0)
    if next_run >= MAX_RUNS or next_shard >= MAX_SHARDS:
        raise UsageError(f"the history {history} is full; begin a new one")
    parts: dict[RowKind, list[tuple[str, int]]] = {"exact": [], "near": []}
    for segment in manifest.segments:
        for kind, name, rows in segment.parts:
            path = join(history, segment.folder, name)
            parts["near" if kind == "near" else "exact"].append((path, rows))
    return HistoryStart(
        parts=parts,
        runs=tuple((run.number, _milliseconds(run.added)) for run in runs),
        folders=tuple(
            (run.first_shard, run.first_shard + run.shards, join(history, run.folder))
            for run in runs
        ),
        next_run=next_run,
        next_shard=next_shard,
    )


def _milliseconds(added: str) -> int:
    return int(datetime.datetime.fromisoformat(added).timestamp() * 1000)


class StreamRows(RowHistory):
    """Looks keys up in the rows of a history and of a stream.

    Args:
      parts: for each kind (path, rows) of each file.
      runs: numbers of the runs of the history that count.
      stream: number of the stream.
      first_page: earlier pages of the stream do not count.
      most_a_key: see `RowHistory`.
    """

    def __init__(
        self,
        parts: dict[RowKind, list[tuple[str, int]]],
        runs: Sequence[int],
        stream: int,
        first_page: int,
        most_a_key: int,
    ) -> None:
        super().__init__(parts, [*runs, stream], most_a_key)
        self._stream = np.uint64(stream)
        self._first_date = np.uint64(date_of(stream, first_page))

    def _counts(self, dates: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        of_stream = run_of(dates) == self._stream
        return super()._counts(dates) & (~of_stream | (dates >= self._first_date))


def rows_before(
    partition: str,
    history: HistoryStart,
    runs: Sequence[int],
    manifest: StreamManifest,
    memory: str,
    own: Sequence[tuple[str, int]],
    first_page: int,
    most_a_key: int,
) -> StreamRows:
    """Opens all earlier rows of a partition.

    Args:
      partition: of `PARTITIONS`.
      history: that the stream started from.
      runs: numbers of its runs that count.
      manifest: of the stream.
      memory: folder of the manifest's segments.
      own: (path, rows) of what is decided but not committed.
      first_page: earlier pages of the stream are forgotten.
      most_a_key: see `RowHistory`.
    """
    kind = kind_of(partition)
    committed = [
        (join(memory, segment.folder, f"{partition}.rows"), rows)
        for segment in manifest.segments
        for name, rows in segment.parts
        if name == partition
    ]
    parts = {kind: [*history.parts.get(kind, ()), *committed, *own]}
    return StreamRows(parts, runs, manifest.run, first_page, most_a_key)


class Past:
    """Finds the paragraphs that stay for others, and their pages.

    Args:
      history: that the stream started from.
      segments: (folder, segment) of the stream, in the order of their pages.
    """

    def __init__(self, history: HistoryStart, segments: Sequence[tuple[str, Segment]]) -> None:
        self._history = history
        self._segments = segments
        self._ends = np.array([segment.end_page for _, segment in segments], np.uint64)

    def follow(self, addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Gives the paragraph that stays for each earlier one, which is mostly itself."""
        ends = addresses.copy()
        places = self._places(addresses)
        for place in np.unique(places).tolist():
            here = places == place
            if place < 0:
                continue
            links = read_links(*self._segments[place])
            ends[here] = follow(links["address"], links["keeper"], addresses[here])
        old = self._places(ends) < 0
        ends[old] = self._history.follow(ends[old])
        return ends

    def ids_of(self, addresses: npt.NDArray[np.uint64]) -> dict[int, tuple[str, str]]:
        """Gives id and URL of the page of each address."""
        found: dict[int, tuple[str, str]] = {}
        places = self._places(addresses)
        for place in np.unique(places).tolist():
            here = addresses[places == place]
            if place < 0:
                found.update((a, self._history.ids_of(a)) for a in here.tolist())
                continue
            pages = page_number(here).tolist()
            folder, segment = self._segments[place]
            ids = read_ids(folder, segment, sorted(set(pages)))
            found.update(
                (address, ids[page]) for address, page in zip(here.tolist(), pages, strict=True)
            )
        return found

    def _places(self, addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Gives the place of each one's segment; -1 for the history."""
        pages = page_number(addresses)
        old = pages < np.uint64(self._history.first_page)
        places = np.searchsorted(self._ends, pages, "right").astype(np.int64)
        places[old] = -1
        return places
