"""DecideDuplicates: which paragraphs repeat an earlier one, from the state of each key range."""

from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.coders import FastPrimitivesCoder, VarIntCoder
from apache_beam.pvalue import PCollection
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.userstate import (
    BagStateSpec,
    ReadModifyWriteStateSpec,
    TimerSpec,
    on_timer,
)
from apache_beam.utils.timestamp import Timestamp

from pipeline.duplicates.earlier_rows import earliest, write_rows
from pipeline.duplicates.partitions import search_partition
from pipeline.duplicates.runs import ROW_TYPES, Slice
from pipeline.watch.elements import Decided, RowPart, kind_of
from pipeline.watch.manifest import StreamManifest, load, remembered_from
from pipeline.watch.past import HistoryStart, rows_before
from pipeline.watch.settings import WatchSettings
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.rows import Rows

_TRIES = 3


class DecideDuplicates(beam.PTransform[Any, Any]):
    """Searches the rows of each tick, range by range of the keys, in the order of arrival.

    PCollection[tuple[str, RowPart]] -> PCollection[Decided]. The state of a key range is what has
    come and is not decided (pointers to rows), and what is decided and not committed (files of
    rows); rows that are committed are looked up in the memory's segments. So a state holds some
    hundred bytes for each batch of an open window, however long the stream is.

    A paragraph goes when an earlier one lies within its radius, whether that one stays or goes, so
    ranges decide without knowing of each other. All rows of a tick are there when its timer fires:
    event time is the time of arrival.

    Args:
      settings: of the stream.
      rules: what counts as a duplicate.
      history: what the stream started from.
      start: the manifest of the stream as it started.
    """

    def __init__(
        self,
        settings: WatchSettings,
        rules: DedupRules,
        history: HistoryStart,
        start: StreamManifest,
    ) -> None:
        super().__init__()
        self._fn = _DecideFn(settings, rules, history, start)

    def expand(self, rows: PCollection[tuple[str, RowPart]]) -> PCollection[Decided]:
        """One stateful step."""
        return rows | "Decide" >> beam.ParDo(self._fn)


class _DecideFn(beam.DoFn):
    PENDING = BagStateSpec("pending", FastPrimitivesCoder())
    OWN = BagStateSpec("own", FastPrimitivesCoder())
    NEXT_TICK = ReadModifyWriteStateSpec("next_tick", VarIntCoder())
    TICK_ENDS = TimerSpec("tick_ends", TimeDomain.WATERMARK)

    def __init__(
        self,
        settings: WatchSettings,
        rules: DedupRules,
        history: HistoryStart,
        start: StreamManifest,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._history = history
        self._start = start

    def process(
        self,
        item: tuple[str, RowPart],
        pending: Any = beam.DoFn.StateParam(PENDING),
        next_tick: Any = beam.DoFn.StateParam(NEXT_TICK),
        tick_ends: Any = beam.DoFn.TimerParam(TICK_ENDS),
    ) -> None:
        part = item[1]
        pending.add(part)
        due = next_tick.read()
        if due is None or part.tick_ms < due:
            next_tick.write(part.tick_ms)
            tick_ends.set(Timestamp(micros=part.tick_ms * 1000))

    @on_timer(TICK_ENDS)
    def decide(
        self,
        partition: Any = beam.DoFn.KeyParam,
        pending: Any = beam.DoFn.StateParam(PENDING),
        own: Any = beam.DoFn.StateParam(OWN),
        next_tick: Any = beam.DoFn.StateParam(NEXT_TICK),
        tick_ends: Any = beam.DoFn.TimerParam(TICK_ENDS),
    ) -> Iterable[Decided]:
        """Decides the tick that has ended."""
        tick_ms = next_tick.read()
        parts = list(pending.read())
        pending.clear()
        rest = [part for part in parts if part.tick_ms != tick_ms]
        for part in rest:
            pending.add(part)
        next_tick.clear()
        if rest:
            soon = min(part.tick_ms for part in rest)
            next_tick.write(soon)
            tick_ends.set(Timestamp(micros=soon * 1000))
        now_due = [part for part in parts if part.tick_ms == tick_ms]
        decided, mine = self._decide(partition, now_due, list(own.read()))
        own.clear()
        for one in mine:
            own.add(one)
        if decided.row_count:
            own.add((tick_ms, decided.rows, decided.row_count))
        yield decided

    def _decide(
        self, partition: str, parts: list[RowPart], own: list[tuple[int, str, int]]
    ) -> tuple[Decided, list[tuple[int, str, int]]]:
        """Decides the rows of one tick; also gives what of `own` is not committed."""
        for attempt in range(_TRIES):
            manifest = load(self._settings.memory) or self._start
            mine = [one for one in own if one[0] > manifest.end_ms]
            files = [(path, rows) for _, path, rows in mine]
            try:
                decided = decide_tick(
                    self._settings, self._rules, self._history, manifest, partition, parts, files
                )
            except FileNotFoundError:
                # What this manifest names was merged and, much later, deleted in the meantime.
                if attempt == _TRIES - 1:
                    raise
                continue
            return decided, mine
        raise AssertionError  # the last round returns or raises


def decide_tick(
    settings: WatchSettings,
    rules: DedupRules,
    history: HistoryStart,
    manifest: StreamManifest,
    partition: str,
    parts: Sequence[RowPart],
    own: Sequence[tuple[str, int]],
) -> Decided:
    """Searches the rows of one partition that came in one tick.

    Args:
      settings: of the stream.
      rules: what counts as a duplicate.
      history: what the stream started from.
      manifest: what is committed.
      partition: of `PARTITIONS`.
      parts: all of the tick.
      own: (path, rows) of earlier ticks that are not committed.
    """
    tick_ms = parts[0].tick_ms
    most = rules.max_pivots + 1
    before = rows_before(
        partition,
        history,
        history.runs_since(tick_ms - settings.horizon_ms if settings.horizon_ms else 0),
        manifest,
        settings.memory,
        own,
        remembered_from(settings, manifest, tick_ms),
        most,
    )
    fresh: list[Rows] = []
    path = settings.tick(tick_ms, f"{partition}.matches")
    result = search_partition(
        kind_of(partition),
        [Slice(part.path, part.first, part.count) for part in parts],
        rules,
        settings.memory_bytes,
        path,
        before,
        fresh.append,
    )
    path_of_rows = ""
    # Of one key no look-up gives more than the first ones, and a tick is forgotten as a whole.
    rows = earliest(np.concatenate([np.empty(0, ROW_TYPES[kind_of(partition)]), *fresh]), most)
    if len(rows):
        path_of_rows = settings.tick(tick_ms, f"{partition}.rows")
        write_rows(path_of_rows, rows)
    return Decided(
        tick_ms=tick_ms,
        partition=partition,
        matches=path if result.slices else "",
        rows=path_of_rows,
        row_count=len(rows),
        searched=result.rows,
        compared=result.compared,
        capped=result.capped,
    )
