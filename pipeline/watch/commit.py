"""The commit of a window: its files, what there is to remember, and one step that counts.

The step is the replacement of the manifest. What it names lies in the memory's segments before it;
the window's files are moved from `staged/` to their folders after it, or uploaded to a bucket, by
this process or, if it is killed in between, by the next one.
"""

import dataclasses
import datetime
import os
import shutil
import time
import uuid
from collections.abc import Sequence
from typing import IO

import orjson

from pipeline.config import CleanConfig
from pipeline.duplicates.earlier_rows import row_files
from pipeline.job import now
from pipeline.outputs.sinks import open_sink, read_lines
from pipeline.storage import join, open_for_reading, open_for_writing
from pipeline.watch.manifest import (
    Segment,
    StreamManifest,
    remembered_from,
    store,
    with_mark,
)
from pipeline.watch.merging import forget_note, take_over
from pipeline.watch.past import date_of
from pipeline.watch.publish import STAGED, publish
from pipeline.watch.segments import merge
from pipeline.watch.settings import WatchSettings
from pipeline.watch.stage import KINDS, StagedTick

_GRACE_S = 60.0


def commit_window(
    settings: WatchSettings,
    manifest: StreamManifest,
    ticks: Sequence[StagedTick],
    versions: dict[str, str],
) -> StreamManifest:
    """Commits what some ticks have come to, as one window.

    Args:
      settings: of the stream.
      manifest: what is committed so far.
      ticks: in their order, at least one.
      versions: for run.json.

    Returns:
      The new manifest, which is stored.
    """
    number = manifest.next_window
    most = settings.config.max_pivots + 1
    first_date = date_of(manifest.run, remembered_from(settings, manifest, ticks[-1].tick_ms))
    segment = _keep(settings, ticks, number, most, first_date)
    segments, merged = take_over(settings, manifest.segments)
    segments = without_forgotten(segments, first_date - date_of(manifest.run, 0))
    total = manifest.total()
    for tick in ticks:
        total.add(tick.counts())
    total.n["watch.windows"] += 1
    total.n["watch.pieces"] += segment.files
    staged = join(settings.memory, STAGED, f"{number:06d}")
    name = part_name(number, ticks[0].tick_ms - settings.tick_ms)
    for kind in KINDS:
        _write_part(settings.config, ticks, kind, join(staged, kind), name)
    written = now()
    manifest = dataclasses.replace(
        manifest,
        next_page=segment.end_page,
        next_window=number + 1,
        end_ms=ticks[-1].tick_ms,
        segments=(*segments, segment),
        marks=with_mark(manifest.marks, segment.first_page, ticks[-1].tick_ms),
        counts=orjson.loads(total.to_json()),
        written=written,
    )
    store(settings.memory, manifest)
    if merged:
        forget_note(settings)
    clear_strays(settings, manifest, _GRACE_S)
    publish(settings, manifest, versions)
    return manifest


def part_name(number: int, start_ms: int) -> str:
    """Names the files of a window, without an extension: its number and when it began, in UTC."""
    began = datetime.datetime.fromtimestamp(start_ms / 1000, datetime.UTC)
    return f"part-{number:06d}-{began:%Y%m%d%H%M%S}"


def _keep(
    settings: WatchSettings,
    ticks: Sequence[StagedTick],
    number: int,
    most_a_key: int,
    first_date: int,
) -> Segment:
    """Puts what the ticks have to remember into the memory, as one segment."""
    name = f"segments/{number:06d}-{uuid.uuid4().hex[:8]}"
    folder = join(settings.memory, name)
    if len(ticks) > 1:
        some = [(tick.folder, tick.segment) for tick in ticks]
        merged = merge(some, folder, most_a_key, first_date, 0)
        return dataclasses.replace(merged, folder=name)
    os.makedirs(folder)
    one = ticks[0]
    names = [file for part, _ in one.segment.parts for file in row_files(f"{part}.rows")]
    for file in (*names, "pages.ids", "pages.index", "links", "files"):
        # Under its old name it is being read, until all know of the new manifest.
        os.link(join(one.folder, file), join(folder, file))
    return dataclasses.replace(one.segment, folder=name)


def without_forgotten(segments: Sequence[Segment], first_page: int) -> tuple[Segment, ...]:
    """Leaves out the rows of segments all of whose pages are beyond the horizon.

    Their ids and links stay: what is within it may have repeated what they kept.
    """
    return tuple(
        dataclasses.replace(segment, parts=()) if segment.end_page <= first_page else segment
        for segment in segments
    )


def _write_part(
    config: CleanConfig, ticks: Sequence[StagedTick], kind: str, folder: str, name: str
) -> None:
    """Writes one file of a window from those of its ticks.

    Members of gzip follow one another; every reader takes them as one stream. Of frames of zstd
    many read but the first, so there the lines are compressed once more.
    """
    paths = [tick.lines(kind) for tick in ticks if os.path.exists(tick.lines(kind))]
    if not paths:
        return
    suffix = config.format if kind == "documents" else "jsonl.gz"
    path = join(folder, f"{name}.{suffix}")
    if len(paths) == 1 and paths[0].endswith(suffix):
        os.makedirs(folder, exist_ok=True)
        os.replace(paths[0], path)
        return
    if suffix != "jsonl.gz":
        sink = open_sink(path)
        for one in paths:
            with open_for_reading(one) as data, read_lines(one, data) as lines:
                for line in lines:
                    sink.write(line.rstrip(b"\n"))
        sink.close()
        return
    with open_for_writing(path) as out:
        for one in paths:
            _copy(one, out)


def _copy(path: str, out: IO[bytes]) -> None:
    with open_for_reading(path) as data:
        shutil.copyfileobj(data, out, 1 << 20)


def clear_strays(settings: WatchSettings, manifest: StreamManifest, grace_s: float = 0.0) -> None:
    """Deletes segments and rows that no manifest names, and ticks that are committed.

    The segments are of a killed process, or were merged into others.

    Args:
      settings: of the stream.
      manifest: that names the others.
      grace_s: those that were written or merged in so many seconds may still be being read.
    """
    folder = join(settings.memory, "segments")
    named = {segment.folder for segment in manifest.segments}
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        path = join(folder, name)
        if f"segments/{name}" not in named and time.time() - os.stat(path).st_mtime >= grace_s:
            shutil.rmtree(path, ignore_errors=True)
    for segment in manifest.segments:
        if not segment.parts:
            _delete_rows(join(settings.memory, segment.folder))
    folder = settings.ticks
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if int(name) <= manifest.end_ms - grace_s * 1000:
            shutil.rmtree(join(folder, name), ignore_errors=True)


def _delete_rows(folder: str) -> None:
    """Deletes rows that are beyond the horizon; whoever is about to read them looks again."""
    for name in os.listdir(folder):
        if ".rows" in name:
            os.remove(join(folder, name))
