"""`pagesieve index`: what a history has, undoing runs, and merging rows."""

import argparse
import dataclasses
import datetime
import os
from typing import Any

from pipeline.duplicates.earlier_rows import row_files
from pipeline.duplicates.runs import ROW_TYPES
from pipeline.errors import UsageError
from pipeline.history.compact import merge
from pipeline.history.manifest import HistoryLock, Manifest, PastRun, Segment, load, store
from pipeline.history.session import delete_folder, delete_strays
from pipeline.json_text import pretty
from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import counted
from pipeline.storage import delete_files, is_local, join, list_files
from transforms.text.rows import EXACT_ROW, NEAR_ROW


def run(options: argparse.Namespace) -> int:
    """Does what `pagesieve index` was asked for.

    Returns:
      The exit status: 0.

    Raises:
      UsageError: when there is no such history, or it has no such run.
    """
    history = options.history.rstrip("/")
    if not is_local(history) or not history:
        history = options.history
    if options.action == "list":
        _list(history, _load(history), json=options.json)
        return 0
    if options.action == "show":
        manifest = _load(history)
        _show(history, manifest, _find(history, manifest, options.run))
        return 0
    _load(history)  # no folder is made by asking for one that is not there
    with HistoryLock(history, wait=options.wait):
        manifest = _load(history)
        if options.action == "rollback":
            first = _find(history, manifest, options.run)
            _rollback(history, manifest, first, dry_run=options.dry_run)
        else:
            _compact(history, manifest, options.drop_before, dry_run=options.dry_run)
    return 0


def _load(history: str) -> Manifest:
    manifest = load(history)
    if manifest is None:
        raise UsageError(f"{history} holds no history: there is no manifest.json")
    return manifest


def _find(history: str, manifest: Manifest, wanted: str) -> PastRun:
    numbered = [run for run in manifest.runs if str(run.number) == wanted]
    named = numbered or [run for run in manifest.runs if run.name == wanted]
    if len(named) > 1:
        numbers = ", ".join(str(run.number) for run in named)
        raise UsageError(f"several runs of {history} are called {wanted}: {numbers}; give a number")
    if not named:
        raise UsageError(
            f"{history} has no run {wanted}; `pagesieve index list {history}` shows what it has"
        )
    return named[0]


def size_of(segment: Segment) -> int:
    """Gives the bytes of a segment's rows, without their indexes."""
    return sum(rows * ROW_TYPES[kind].itemsize for kind, _, rows in segment.parts)


def _facts(run: PastRun) -> dict[str, Any]:
    size = run.exact_rows * EXACT_ROW.itemsize + run.near_rows * NEAR_ROW.itemsize
    values = dataclasses.asdict(run)
    return {name: values[name] for name in ("number", "name", "added", "output", "shards")} | {
        "paragraphs": run.exact_rows,
        "exact_rows": run.exact_rows,
        "near_rows": run.near_rows,
        "bytes": size,
    }


def _list(history: str, manifest: Manifest, *, json: bool) -> None:
    stored = sum(map(size_of, manifest.segments))
    if json:
        values = {
            "history": history,
            "runs": [_facts(run) for run in manifest.runs],
            "segments": len(manifest.segments),
            "bytes": stored,
            "settings": manifest.settings,
        }
        print(pretty(values).decode(), end="")
        return
    rows = [("run", "added", "paragraphs", "size", "name", "output")]
    for run in manifest.runs:
        facts = _facts(run)
        rows.append(
            (
                str(run.number),
                run.added[:19].replace("T", " "),
                f"{run.exact_rows:,}",
                _size(facts["bytes"]),
                visible(run.name, 40),
                visible(run.output, 200),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if number in (0, 2, 3) else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print(
        f"{counted(len(manifest.runs), 'run')}, rows of {_size(stored)} in "
        f"{counted(len(manifest.segments), 'segment')}"
    )


def _show(history: str, manifest: Manifest, found: PastRun) -> None:
    inside = [s for s in manifest.segments if found.number in s.runs]
    lines = {
        "run": f"{found.number} ({visible(found.name, 200)})",
        "added": found.added,
        "output": visible(found.output, 400),
        "paragraphs": f"{found.exact_rows:,} that no earlier run had",
        "rows": f"{found.exact_rows:,} exact, {found.near_rows:,} near",
        "shards": f"{found.shards}, from number {found.first_shard} on",
        "ids": join(history, found.folder),
        "rows in": ", ".join(
            f"{s.folder} ({counted(len(s.runs), 'run')}, {_size(size_of(s))})" for s in inside
        )
        or "none: dropped, or there were none",
        "key": found.key,
        **{name: str(value) for name, value in manifest.settings.items()},
    }
    for name, value in lines.items():
        print(f"{name:<22}{value}")


def _rollback(history: str, manifest: Manifest, first: PastRun, *, dry_run: bool) -> None:
    """Undoes a run and all later ones: afterwards every answer is as if they had not been."""
    gone = [run for run in manifest.runs if run.number >= first.number]
    left = tuple(run for run in manifest.runs if run.number < first.number)
    numbers = {run.number for run in left}
    segments = tuple(
        dataclasses.replace(s, runs=tuple(n for n in s.runs if n in numbers))
        for s in manifest.segments
        if numbers.intersection(s.runs)
    )
    for run in reversed(gone):
        print(
            f"{'would undo' if dry_run else 'undone'}: run {run.number} ({visible(run.name, 200)})"
            f" of {run.added}; its output stays: {visible(run.output, 400)}"
        )
    if dry_run:
        return
    new = dataclasses.replace(manifest, runs=left, segments=segments)
    store(history, manifest, new)
    _delete_unused(history, manifest, new)


def _compact(history: str, manifest: Manifest, before: str, *, dry_run: bool) -> None:
    """Merges all segments; forgets the rows of runs that were added before a day."""
    if before:
        try:
            datetime.date.fromisoformat(before)
        except ValueError as error:
            raise UsageError(f"--drop-before is {before!r}; write a day as 2024-05-01") from error
    stay = [run.number for run in manifest.runs if run.added[:10] >= before]
    dropped = len(manifest.runs) - len(stay)
    old = sum(map(size_of, manifest.segments))
    there = {number for segment in manifest.segments for number in segment.runs}
    if len(manifest.segments) <= 1 and there <= set(stay):
        print(f"nothing to do: the rows are in {counted(len(manifest.segments), 'segment')}")
        return
    what = f"{counted(len(manifest.segments), 'segment')} of {_size(old)}"
    if dropped:
        what += f", without the rows of {counted(dropped, 'run')} added before {before}"
    if dry_run:
        print(f"would merge {what}")
        return
    segment = merge(history, manifest, stay, manifest.settings["max_pivots"] + 1)
    new = dataclasses.replace(manifest, segments=(segment,) if segment else ())
    store(history, manifest, new)
    _delete_unused(history, manifest, new)
    print(f"merged {what} into one of {_size(size_of(segment) if segment else 0)}")


def _delete_unused(history: str, old: Manifest, new: Manifest) -> None:
    """Deletes what the old manifest named and the new one does not: folders, and rows in others."""
    kept = {run.folder for run in new.runs} | {segment.folder for segment in new.segments}
    for folder in {r.folder for r in old.runs} | {s.folder for s in old.segments}:
        if folder in kept:
            continue
        delete_folder(join(history, folder))
    named = {
        path
        for segment in new.segments
        for _, name, _ in segment.parts
        for path in row_files(join(history, segment.folder, name))
    }
    rows = [p for run in new.runs for p in list_files(join(history, run.folder), "*.rows*")]
    unnamed = [path for path in rows if path not in named]
    if is_local(history):
        for path in unnamed:
            os.remove(path)
    else:
        delete_files(unnamed)
    delete_strays(history, new, "")


def _size(size: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size} B"
