"""MergeSegments: keeps the segments of a stream few, beside the stream and never in its way.

A merge writes a new segment, and then a note that says which ones it stands for. The next window
that is committed takes it over. A note that a killed process left is thrown away.
"""

import contextlib
import dataclasses
import os
import uuid
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.coders import VarIntCoder
from apache_beam.pvalue import PCollection
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from pipeline.storage import join, read_bytes, write_bytes
from pipeline.watch.manifest import (
    Segment,
    load,
    remembered_from,
    segment_of,
)
from pipeline.watch.past import date_of
from pipeline.watch.segments import GivenUpError, merge
from pipeline.watch.settings import WatchSettings

FAN = 8
"""So many segments of one tier become one of the next."""

_NOTE = "merged.json"


class MergeSegments(beam.PTransform[Any, Any]):
    """Merges segments when there are enough of one tier.

    PCollection[tuple[int, int]] -> PCollection[int]. The input is the number of each window that
    was committed, all under one key; the output is how many segments each merge has put together.

    Args:
      settings: of the stream.
    """

    def __init__(self, settings: WatchSettings) -> None:
        super().__init__()
        self._fn = _MergeFn(settings)

    def expand(self, windows: PCollection[tuple[int, int]]) -> PCollection[int]:
        """One step with a state, so that it stands alone: the commit does not wait for it."""
        return windows | "Merge" >> beam.ParDo(self._fn)


class _MergeFn(beam.DoFn):
    LAST = ReadModifyWriteStateSpec("last", VarIntCoder())

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings

    def process(
        self, window: tuple[int, int], last: Any = beam.DoFn.StateParam(LAST)
    ) -> Sequence[int]:
        last.write(window[1])
        with contextlib.suppress(GivenUpError):
            merged = merge_some(self._settings)
            return (merged,) if merged else ()
        return ()


def merge_some(settings: WatchSettings) -> int:
    """Merges segments if there are enough of one tier, and leaves a note.

    Returns:
      How many were merged; 0 where there is nothing to do, or a merge is not taken over yet.

    Raises:
      GivenUpError: when the stream was asked to end meanwhile.
    """
    note = join(settings.memory, _NOTE)
    # In this order: a note is deleted after the manifest that takes it over is stored, so where
    # there is none the manifest is not one from before that.
    if os.path.exists(note) or os.path.exists(settings.stop_file):
        return 0
    manifest = load(settings.memory)
    some = due(manifest.segments) if manifest else ()
    if manifest is None or not some:
        return 0
    name = f"segments/{some[-1].end_page:016d}-{uuid.uuid4().hex[:8]}"
    try:
        merged = merge(
            [(join(settings.memory, segment.folder), segment) for segment in some],
            join(settings.memory, name),
            settings.config.max_pivots + 1,
            date_of(manifest.run, remembered_from(settings, manifest, manifest.end_ms)),
            some[0].tier + 1,
            give_up=lambda: os.path.exists(settings.stop_file),
        )
    except FileNotFoundError:
        manifest = load(settings.memory)
        if manifest and set(some) <= set(manifest.segments):
            raise
        return 0  # what they remembered fell behind the horizon meanwhile
    values = {
        "segment": dataclasses.asdict(dataclasses.replace(merged, folder=name)),
        "replaces": [segment.folder for segment in some],
    }
    write_bytes(note, orjson.dumps(values))
    return len(some)


def due(segments: Sequence[Segment]) -> Sequence[Segment]:
    """Gives the segments to merge next: of the lowest tier that has enough in a row."""
    found: Sequence[Segment] = ()
    for start in range(len(segments) - FAN + 1):
        some = segments[start : start + FAN]
        if len({segment.tier for segment in some}) == 1 and (
            not found or some[0].tier < found[0].tier
        ):
            found = some
    return found


def take_over(
    settings: WatchSettings, segments: tuple[Segment, ...]
) -> tuple[tuple[Segment, ...], bool]:
    """Puts a merged segment in the place of those that it stands for, if there is one.

    Returns:
      The segments, and whether there was one: then its note is to be forgotten after the commit.
    """
    note = join(settings.memory, _NOTE)
    if not os.path.exists(note):
        return segments, False
    values = orjson.loads(read_bytes(note))
    names, replaces = [segment.folder for segment in segments], values["replaces"]
    start = names.index(replaces[0]) if replaces[0] in names else 0
    if names[start : start + len(replaces)] != replaces:  # of segments that are no more
        return segments, True
    for name in replaces:  # they may still be being read; their age says when they can go
        os.utime(join(settings.memory, name))
    after = segments[start + len(replaces) :]
    return (*segments[:start], segment_of(values["segment"]), *after), True


def forget_note(settings: WatchSettings) -> None:
    """Deletes the note of a merge that was taken over, or that a killed process left."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(join(settings.memory, _NOTE))
