"""CommitWindows: stages every tick, and commits every window, in their order."""

import os
from collections.abc import Iterable
from typing import Any

import apache_beam as beam
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

from pipeline.job import now
from pipeline.outputs.write_page import OutputOptions
from pipeline.storage import join
from pipeline.watch.commit import commit_window
from pipeline.watch.elements import Decided, Spilled, WasRead
from pipeline.watch.manifest import StreamManifest, load
from pipeline.watch.past import HistoryStart, Past
from pipeline.watch.settings import WatchSettings
from pipeline.watch.stage import StagedTick, stage_tick

Part = Spilled | WasRead | Decided

_AFTER_MS = 1
"""A tick is staged so long after its end, when all partitions have decided it."""


class CommitWindows(beam.PTransform[Any, Any]):
    """Writes pages once all verdicts of their tick are there, and commits windows.

    PCollection[tuple[int, Part]] -> PCollection[int]: the number of each window, when it is
    committed. All elements have the key 0, so windows are committed one after the other.

    Args:
      settings: of the stream.
      history: what the stream started from.
      start: the manifest of the stream as it started.
      versions: of the program and its rules, for run.json.
    """

    def __init__(
        self,
        settings: WatchSettings,
        history: HistoryStart,
        start: StreamManifest,
        versions: dict[str, str],
    ) -> None:
        super().__init__()
        self._fn = _CommitFn(settings, history, start, versions)

    def expand(self, parts: PCollection[tuple[int, Part]]) -> PCollection[int]:
        """One stateful step."""
        return parts | "Commit" >> beam.ParDo(self._fn)


class _CommitFn(beam.DoFn):
    PENDING = BagStateSpec("pending", FastPrimitivesCoder())
    STAGED = BagStateSpec("staged", FastPrimitivesCoder())
    NEXT = ReadModifyWriteStateSpec("next", VarIntCoder())
    DUE = TimerSpec("due", TimeDomain.WATERMARK)

    def __init__(
        self,
        settings: WatchSettings,
        history: HistoryStart,
        start: StreamManifest,
        versions: dict[str, str],
    ) -> None:
        self._settings = settings
        self._history = history
        self._start = start
        self._versions = versions

    def process(
        self,
        item: tuple[int, Part],
        pending: Any = beam.DoFn.StateParam(PENDING),
        due_ms: Any = beam.DoFn.StateParam(NEXT),
        due: Any = beam.DoFn.TimerParam(DUE),
    ) -> None:
        part = item[1]
        pending.add(part)
        wanted, before = part.tick_ms + _AFTER_MS, due_ms.read()
        if before is None or wanted < before:
            due_ms.write(wanted)
            due.set(Timestamp(micros=wanted * 1000))

    @on_timer(DUE)
    def advance(
        self,
        pending: Any = beam.DoFn.StateParam(PENDING),
        staged: Any = beam.DoFn.StateParam(STAGED),
        due_ms: Any = beam.DoFn.StateParam(NEXT),
        due: Any = beam.DoFn.TimerParam(DUE),
    ) -> Iterable[int]:
        """Stages the ticks that have ended, and commits the window that has."""
        time_ms = due_ms.read() - _AFTER_MS
        parts, ticks = list(pending.read()), list(staged.read())
        now_due = sorted({part.tick_ms for part in parts if part.tick_ms <= time_ms})
        for tick_ms in now_due:
            if ticks and self._window_of(tick_ms) > self._window_of(ticks[0].tick_ms):
                yield self._commit(ticks)
                ticks = []
            ticks.append(self._stage([p for p in parts if p.tick_ms == tick_ms], ticks))
        if ticks and self._window_of(ticks[0].tick_ms) <= time_ms:
            yield self._commit(ticks)
            ticks = []
        parts = [part for part in parts if part.tick_ms > time_ms]
        pending.clear()
        staged.clear()
        for part in parts:
            pending.add(part)
        for tick in ticks:
            staged.add(tick)
        moments = [part.tick_ms for part in parts]
        if ticks:
            moments.append(self._window_of(ticks[0].tick_ms))
        due_ms.clear()
        if moments:
            wanted = min(moments) + _AFTER_MS
            due_ms.write(wanted)
            due.set(Timestamp(micros=wanted * 1000))

    def _window_of(self, tick_ms: int) -> int:
        window_ms = self._settings.window_ms
        return -(-tick_ms // window_ms) * window_ms

    def _manifest(self) -> StreamManifest:
        return load(self._settings.memory) or self._start

    def _stage(self, parts: list[Part], before: list[StagedTick]) -> StagedTick:
        settings, manifest = self._settings, self._manifest()
        config = settings.config
        segments = [(join(settings.memory, s.folder), s) for s in manifest.segments]
        segments += [(tick.folder, tick.segment) for tick in before]
        first_page = before[-1].segment.end_page if before else manifest.next_page
        batches = [part for part in parts if isinstance(part, Spilled)]
        staged = stage_tick(
            settings.tick(parts[0].tick_ms),
            first_page,
            batches,
            [part for part in parts if isinstance(part, WasRead)],
            [part for part in parts if isinstance(part, Decided)],
            Past(self._history, segments),
            OutputOptions(
                format=config.format,
                removed=config.removed,
                added=config.added or now(),
                run=config.run_name,
                source=config.source,
            ),
        )
        for batch in batches:
            for end in ("pages", "ids", "exact", "near"):
                path = f"{batch.path}.{end}"
                if os.path.exists(path):
                    os.remove(path)
        return staged

    def _commit(self, ticks: list[StagedTick]) -> int:
        manifest = self._manifest()
        number = manifest.next_window
        commit_window(self._settings, manifest, ticks, self._versions)
        return number
