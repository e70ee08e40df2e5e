"""WatchPages: the whole streaming pipeline, in reading order."""

import dataclasses
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipeline.clean import dedup_rules, page_steps, read_options
from pipeline.watch.arrivals import ReadArrivals, SpillBatches
from pipeline.watch.commit_windows import CommitWindows, Part
from pipeline.watch.decide import DecideDuplicates
from pipeline.watch.manifest import StreamManifest
from pipeline.watch.merging import MergeSegments
from pipeline.watch.past import HistoryStart
from pipeline.watch.settings import WatchSettings
from pipeline.watch.source import WatchInbox


class WatchPages(beam.PTransform[Any, Any]):
    """Cleans pages as they arrive, and commits them by windows.

    PBegin -> PCollection[int]: the number of each window, when it is committed.

    Args:
      settings: of the stream.
      history: what it starts from.
      start: its manifest.
      versions: of the program and its rules.
    """

    def __init__(
        self,
        settings: WatchSettings,
        history: HistoryStart,
        start: StreamManifest,
        versions: dict[str, str],
    ) -> None:
        super().__init__()
        self._settings = settings
        self._history = history
        self._start = start
        self._versions = versions

    def expand(self, begin: beam.Pipeline) -> PCollection[int]:
        """Wires the steps; those that look at pages are the ones of a batch run."""
        settings, config = self._settings, self._settings.config
        # A template shows only in a whole set of pages; here, first seen stays.
        rules = dataclasses.replace(dedup_rules(config, self._start.run), template_pages=0)
        arrived = (
            begin
            | WatchInbox(settings)
            | ReadArrivals(settings, read_options(config), self._start.next_page)
        )
        batches = arrived.batches
        for step in page_steps(config, rules):
            batches = batches | step
        spilled = batches | SpillBatches(settings, self._start.run)
        decided = spilled.rows | DecideDuplicates(settings, rules, self._history, self._start)
        windows = (
            [
                spilled.batches | "KeyBatches" >> beam.Map(_under_one_key),
                arrived.reads | "KeyReads" >> beam.Map(_under_one_key),
                decided | "KeyDecided" >> beam.Map(_under_one_key),
            ]
            | "AllParts" >> beam.Flatten()
            | CommitWindows(settings, self._history, self._start, self._versions)
        )
        _ = windows | "KeyWindows" >> beam.Map(_window_under_one_key) | MergeSegments(settings)
        return windows


def _window_under_one_key(number: int) -> tuple[int, int]:
    return 0, number


def _under_one_key(part: Part) -> tuple[int, Part]:
    return 0, part
