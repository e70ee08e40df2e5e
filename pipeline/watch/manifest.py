"""memory/manifest.json: the one file that says what a stream has committed."""

import dataclasses
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.errors import UsageError
from pipeline.json_text import pretty
from pipeline.outputs.counts import Counts
from pipeline.storage import exists, join, read_bytes, write_alone
from pipeline.watch.settings import WatchSettings

SCHEMA = 1
MEMORY = "memory"
_NAME = "manifest.json"

_MOST_MARKS = 2048
"""Moments that are remembered, to find the first page of a span of time; thinned out above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What some consecutive ticks or windows have left to remember.

    Attributes:
      folder: where its files are, relative to the memory; absolute for a tick in work.
      tier: how many merges it has been through.
      first_page: number of its first page in the stream.
      end_page: one behind its last page.
      parts: (partition, rows) of each file of rows.
      links: paragraphs that went as duplicates.
      files: entries of the ledger.
    """

    folder: str
    tier: int
    first_page: int
    end_page: int
    parts: tuple[tuple[str, int], ...]
    links: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamManifest:
    """All that a restart has to know.

    Attributes:
      settings: options that decide what a duplicate is; the same for the whole stream.
      history: folder of the runs that the stream started from; "" without one.
      run: the stream's number behind those of that history.
      first_page: number of the stream's first page.
      next_page: number of the next page.
      next_window: number of the next window.
      end_ms: end of the last tick that is committed, in milliseconds since 1970.
      segments: in the order of their pages.
      marks: (first page, time of its end in milliseconds) of windows, ascending.
      counts: of all windows, as `Counts.to_json` gives them.
      started: time stamp of the stream's first start.
      written: time stamp of the last commit.
    """

    settings: dict[str, Any]
    history: str = ""
    run: int = 1
    first_page: int = 0
    next_page: int = 0
    next_window: int = 0
    end_ms: int = 0
    segments: tuple[Segment, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()
    counts: dict[str, Any] = field(default_factory=dict)
    started: str = ""
    written: str = ""

    def total(self) -> Counts:
        """Gives the counts of all windows."""
        return Counts.from_json(orjson.dumps(self.counts)) if self.counts else Counts()

    def first_page_since(self, time_ms: int) -> int:
        """Gives the first page that is not older than a time, or one of up to a mark before it."""
        place = bisect_left([at for _, at in self.marks], time_ms)
        if place == len(self.marks):
            return self.next_page
        return self.marks[place - 1][0] if place else self.first_page


def with_mark(
    marks: tuple[tuple[int, int], ...], page: int, time_ms: int
) -> tuple[tuple[int, int], ...]:
    """Adds a window: its first page, and the time of its end."""
    marks = (*marks, (page, time_ms))
    return marks if len(marks) <= _MOST_MARKS else (*marks[::2], marks[-1])


def remembered_from(settings: WatchSettings, manifest: StreamManifest, at_ms: int) -> int:
    """Gives the first page of a stream that is within its horizon at a time."""
    if not settings.horizon_ms:
        return manifest.first_page
    return manifest.first_page_since(at_ms - settings.horizon_ms)


def manifest_path(memory: str) -> str:
    """Gives the path of a memory's manifest."""
    return join(memory, _NAME)


def load(memory: str) -> StreamManifest | None:
    """Reads a manifest; None where there is none yet.

    Raises:
      UsageError: when it cannot be read as one.
    """
    path = manifest_path(memory)
    if not exists(path):
        return None
    try:
        values = orjson.loads(read_bytes(path))
        if values.pop("schema") != SCHEMA:
            raise UsageError(f"{path} is of another version of pagesieve")
        segments = tuple(map(segment_of, values.pop("segments")))
        marks = tuple((page, at) for page, at in values.pop("marks"))
        return StreamManifest(**values, segments=segments, marks=marks)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is damaged ({error}); choose another --output") from error


def segment_of(values: dict[str, Any]) -> Segment:
    """Reads a segment as a manifest has it."""
    return Segment(**values | {"parts": tuple((name, rows) for name, rows in values["parts"])})


def to_bytes(manifest: StreamManifest) -> bytes:
    """Writes a manifest down."""
    return pretty({"schema": SCHEMA, **dataclasses.asdict(manifest)})


def store(memory: str, manifest: StreamManifest) -> None:
    """Replaces the manifest at once."""
    write_alone(manifest_path(memory), to_bytes(manifest))
