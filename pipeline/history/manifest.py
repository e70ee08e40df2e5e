"""manifest.json of a history: the one file that says what is in it."""

import dataclasses
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import orjson

from pipeline.duplicates.runs import RowKind
from pipeline.errors import RunError, UsageError
from pipeline.file_lock import FileLock
from pipeline.json_text import pretty
from pipeline.storage import exists, is_local, join, read_bytes, write_alone

if TYPE_CHECKING:
    from pipeline.cloud.lease import Lease

SCHEMA = 2
_NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run in a history.

    Attributes:
      number: from 1, never given twice; earlier runs have lower numbers.
      name: of the run.
      key: digest of its input and options: the same work again has the same key.
      added: time stamp of the run.
      output: where it was committed.
      first_shard: number of its first shard among all shards of the history.
      shards: how many it has.
      exact_rows, near_rows: rows that it added.
      folder: where the ids of its pages are, relative to the history.
      input: digest of its input alone.
    """

    number: int
    name: str
    key: str
    added: str
    output: str
    first_shard: int
    shards: int
    exact_rows: int
    near_rows: int
    folder: str
    input: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A set of row files.

    Attributes:
      runs: numbers of the runs whose rows are in it.
      folder: relative to the history.
      parts: (kind, file name, rows) of each file; those of one kind ascend by key and share none.
    """

    runs: tuple[int, ...]
    folder: str
    parts: tuple[tuple[RowKind, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a history holds.

    Attributes:
      settings: options that all its runs share, since they decide what a duplicate is.
      next_run: number of the next run.
      runs: in ascending order.
      segments: in ascending order of their first run.
      generation: times that the manifest was written.
      stored: in a bucket, the generation of the object that it was read from; 0 elsewhere.
    """

    settings: dict[str, Any]
    next_run: int = 1
    runs: tuple[PastRun, ...] = ()
    segments: tuple[Segment, ...] = ()
    generation: int = 0
    stored: int = 0

    @property
    def next_shard(self) -> int:
        """The number of the next run's first shard."""
        return max((run.first_shard + run.shards for run in self.runs), default=0)

    def run_of_shard(self, shard: int) -> PastRun:
        """Finds the run that a shard belongs to.

        Raises:
          LookupError: when no run has it.
        """
        for run in self.runs:
            if run.first_shard <= shard < run.first_shard + run.shards:
                return run
        raise LookupError(f"the history has no shard {shard}")


def manifest_path(history: str) -> str:
    """Gives the path of a history's manifest."""
    return join(history, _NAME)


def load(history: str) -> Manifest | None:
    """Reads a history's manifest; None where there is none yet.

    Raises:
      UsageError: when it is not readable as one.
    """
    found = _read(manifest_path(history))
    if found is None:
        return None
    data, stored = found
    try:
        values = orjson.loads(data)
        if values["schema"] != SCHEMA:
            raise UsageError(
                f"--history {history} has layout {values['schema']}; this version reads {SCHEMA}"
            )
        return Manifest(
            settings=values["settings"],
            next_run=values["next_run"],
            runs=tuple(PastRun(**run) for run in values["runs"]),
            segments=tuple(
                Segment(
                    runs=tuple(segment["runs"]),
                    folder=segment["folder"],
                    parts=tuple((k, n, r) for k, n, r in segment["parts"]),
                )
                for segment in values["segments"]
            ),
            generation=values["generation"],
            stored=stored,
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"--history {history}: {_NAME} is damaged ({error})") from error


def _read(path: str) -> tuple[bytes, int] | None:
    """Gives a file's bytes and the generation that they are of; None where there is none."""
    if path.startswith("gs://"):
        from pipeline.history.bucket import read_object

        return read_object(path)
    return (read_bytes(path), 0) if exists(path) else None


def store(history: str, old: Manifest | None, new: Manifest) -> None:
    """Replaces the manifest at once, provided that it is still the old one.

    Raises:
      RunError: when another run has changed the history meanwhile; nothing was changed.
    """
    now = load(history)
    if (now.generation if now else 0) != (old.generation if old else 0):
        raise RunError(
            f"another run has changed the history {history} meanwhile; start this run again"
        )
    new = dataclasses.replace(new, generation=(old.generation if old else 0) + 1)
    values = {"schema": SCHEMA, **dataclasses.asdict(new)}
    del values["stored"]
    data = pretty(values)
    if history.startswith("gs://"):
        from pipeline.history.bucket import replace_object

        replace_object(manifest_path(history), data, old.stored if old else 0)
    else:
        write_alone(manifest_path(history), data)


_LATER = {"mask": ""}
"""Settings that older histories do not name, and what they were."""


def check_settings(history: str, manifest: Manifest | None, settings: dict[str, Any]) -> None:
    """Makes sure that a run judges duplicates as the history's runs did.

    Raises:
      UsageError: naming the first option that differs.
    """
    if manifest is None:
        return
    for name, value in settings.items():
        known = manifest.settings.get(name, _LATER.get(name))
        if known != value:
            raise UsageError(
                f"the history {history} was made with {name}={_shown(known)}, this "
                f"run has {_shown(value)}; use the same, or another --history"
            )


def _shown(value: object) -> object:
    return "none" if value == "" else value


class HistoryLock:
    """Keeps a second run from a local history; freed when the process ends.

    In a bucket of Google's it is a lease, and the manifest's generation decides in any case, when
    it is written.

    Args:
      history: the folder, which is made if need be.
      wait: wait for another run to end, rather than fail.

    Raises:
      UsageError: when the folder cannot be written, or another run holds it.
    """

    def __init__(self, history: str, *, wait: bool = False) -> None:
        self._lock: FileLock | None = None
        self._lease: Lease | None = None
        if history.startswith("gs://"):
            from pipeline.history.bucket import lease_history

            self._lease = lease_history(history, wait=wait)
        if not is_local(history):
            return
        try:
            self._lock = FileLock(join(history, "lock"), wait=wait)
        except BlockingIOError as error:
            raise UsageError(
                f"another run is using the history {history}; add --wait to wait for it"
            ) from error
        except OSError as error:
            raise UsageError(f"--history {history}: cannot be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lease is not None:
            self._lease.__exit__(kind, error, trace)
        if self._lock is not None:
            self._lock.free()
