"""A run's dealings with a history: what it starts from, and the step that adds it."""

import dataclasses
import os
import shutil
from collections.abc import Iterable
from typing import Any

from pipeline.config import CleanConfig
from pipeline.duplicates.earlier_rows import RowHistory, row_files
from pipeline.duplicates.runs import KINDS, RowKind
from pipeline.errors import UsageError
from pipeline.history.manifest import Manifest, PastRun, Segment, check_settings, load, store
from pipeline.outputs.counts import Counts
from pipeline.storage import delete_tree, delete_unfinished, is_local, join, list_folders
from transforms.text.normal import NORMAL_VERSION
from transforms.text.rows import MAX_RUNS, MAX_SHARDS


def settings_of(config: CleanConfig) -> dict[str, Any]:
    """Takes from a configuration what decides about duplicates.

    Raises:
      UsageError: when the run does not look for duplicates in the whole corpus.
    """
    if config.dedup != "corpus":
        raise UsageError(f"--history needs --dedup=corpus; this run has --dedup={config.dedup}")
    return {
        "normal_form": NORMAL_VERSION,
        "near_duplicates": config.near_duplicates,
        "radius": config.radius_bits,
        "min_words": config.min_words,
        "short_duplicates": config.short_duplicates,
        "keep_number_variants": config.keep_number_variants,
        "max_pivots": config.max_pivots,
        "mask": ",".join(config.mask),
    }


class HistorySession:
    """What a run needs of its history.

    Args:
      history: the folder; its lock is held.
      config: of the run.
      key: digest of the run's input and options.
      input_digest: of the input alone.

    Attributes:
      manifest: of the history as the run found it; None for a new one.
      generation: of that manifest; 0 for a new history.
      number: of this run in the history.
      first_shard: number of this run's first shard.
      folder: of this run, relative to the history.

    Raises:
      UsageError: when the history cannot be used, or not by a run with these options.
    """

    def __init__(self, history: str, config: CleanConfig, key: str, input_digest: str = "") -> None:
        self._history = history
        self._settings = settings_of(config)
        self._most = config.max_pivots + 1
        self._key = key
        self._input = input_digest
        self.manifest = load(history)
        check_settings(history, self.manifest, self._settings)
        known = self.manifest or Manifest(settings=self._settings)
        self.generation = known.generation
        self.number = known.next_run
        self.first_shard = known.next_shard
        if self.number >= MAX_RUNS:
            raise UsageError(f"the history {history} has had {MAX_RUNS - 1} runs; begin a new one")
        self.folder = f"runs/{self.number:06d}-{key}"

    @property
    def same_run(self) -> PastRun | None:
        """The run of the history that had the same input and options, if there is one."""
        runs = self.manifest.runs if self.manifest else ()
        return next((run for run in runs if run.key == self._key), None)

    @property
    def same_input(self) -> PastRun | None:
        """The run of the history that had the same input, with whatever options."""
        runs = self.manifest.runs if self.manifest and self._input else ()
        return self.same_run or next((run for run in runs if run.input == self._input), None)

    def told(self, same: PastRun) -> str:
        """Says of this run's input that another run had it."""
        other = "" if same.key == self._key else ", with other options or by another version"
        return (
            f"this input is in the history already, as {same.name} of {same.added} in "
            f"{same.output}{other}"
        )

    @property
    def remembered(self) -> str:
        """The folder of this run in the history."""
        return join(self._history, self.folder)

    @property
    def past(self) -> tuple[tuple[int, int, str], ...]:
        """For each earlier run its first shard, the shard after its last, and its folder."""
        runs = self.manifest.runs if self.manifest else ()
        return tuple(
            (run.first_shard, run.first_shard + run.shards, join(self._history, run.folder))
            for run in runs
        )

    def rows(self) -> RowHistory | None:
        """The rows of earlier runs; None where there are none."""
        if self.manifest is None or not self.manifest.runs:
            return None
        return open_rows(self._history, self.manifest, self._most)

    def check_shards(self, shards: int) -> None:
        """Makes sure that the run's shards can be numbered.

        Raises:
          UsageError: when the history is full.
        """
        if self.first_shard + shards > MAX_SHARDS:
            raise UsageError(
                f"the history {self._history} has {self.first_shard} of {MAX_SHARDS} shards, too "
                f"many for {shards} more; use a larger --shard-bytes or begin a new one"
            )

    def commit(self, counts: Counts, config: CleanConfig, output: str, shards: int) -> None:
        """Adds the run to the history, at once; a run that is in it already stays as it is.

        Raises:
          RunError: when another run has changed the history meanwhile.
        """
        if self.same_run is not None:
            return
        parts = tuple(
            (kind, f"{partition}.rows", rows)
            for partition, rows in sorted(counts.group("history.parts").items())
            for kind in KINDS
            if partition.startswith(kind)
        )
        _delete_others(self.remembered, (name for _, name, _ in parts))
        delete_unfinished(self.remembered)
        run = PastRun(
            number=self.number,
            name=config.run_name,
            key=self._key,
            added=config.added,
            output=output,
            first_shard=self.first_shard,
            shards=shards,
            exact_rows=counts.n["history.exact_added"],
            near_rows=counts.n["history.near_added"],
            folder=self.folder,
            input=self._input,
        )
        segment = Segment(runs=(self.number,), folder=self.folder, parts=parts)
        old = self.manifest or Manifest(settings=self._settings)
        new = dataclasses.replace(
            old,
            next_run=self.number + 1,
            runs=(*old.runs, run),
            segments=(*old.segments, segment) if parts else old.segments,
        )
        store(self._history, self.manifest, new)


def open_rows(history: str, manifest: Manifest, most_a_key: int) -> RowHistory:
    """Opens the rows of all runs of a history."""
    parts: dict[RowKind, list[tuple[str, int]]] = {kind: [] for kind in KINDS}
    for segment in manifest.segments:
        for kind, name, rows in segment.parts:
            path = join(history, segment.folder, name)
            parts[kind].append((path, rows))
    return RowHistory(parts, [run.number for run in manifest.runs], most_a_key)


def delete_strays(history: str, manifest: Manifest | None, keep: str) -> None:
    """Deletes folders of a history that no run and no segment has, save one.

    They are what killed runs left behind; the lock is held, so no other run is using them. On other
    object stores than Google's they stay.
    """
    known = {keep}
    if manifest is not None:
        known |= {run.folder for run in manifest.runs}
        known |= {segment.folder for segment in manifest.segments}
    for kind in ("runs", "merged"):
        for name in sorted(list_folders(join(history, kind))):
            if f"{kind}/{name}" not in known:
                delete_folder(join(history, kind, name))


def delete_folder(folder: str) -> None:
    """Deletes a folder of a history; without importing Beam where it is local."""
    if is_local(folder):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        delete_tree(folder)


def _delete_others(folder: str, names: Iterable[str]) -> None:
    """Deletes row files that an earlier attempt, divided otherwise, left in a local folder."""
    wanted = {file for name in names for file in row_files(name)}
    for name in os.listdir(folder) if is_local(folder) and os.path.isdir(folder) else []:
        if ".rows" in name and name not in wanted:
            os.remove(join(folder, name))
