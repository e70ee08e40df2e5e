"""What an earlier attempt left in the work folder, and what becomes of it."""

import os
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.errors import RunError
from pipeline.history.session import HistorySession
from pipeline.outputs.commit import clear, commit, put_back
from pipeline.storage import delete_tree, exists, is_local, read_bytes, write_bytes
from pipeline.work import WorkFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What work is done for; it is continued for the same purpose only.

    Attributes:
      key: digest of input, options and versions.
      input: digest of the input.
      program: digest of the program itself.
      generation: of the history when the work began; 0 without one.
      shards: of the input.
    """

    key: str
    input: str
    program: str
    generation: int
    shards: int


@dataclass(frozen=True, slots=True)
class Start:
    """How a run begins.

    Attributes:
      added: time stamp of the work: of the attempt that is continued, or of this one.
      said: one line about an earlier attempt; "" where there was none.
    """

    added: str
    said: str


def begin(
    work: WorkFolder, purpose: Purpose, started: str, *, fresh: bool, session: HistorySession | None
) -> Start:
    """Prepares the work folder: goes on with work of the same purpose, clears any other.

    Args:
      work: the folder, whose lock is held.
      purpose: of this run.
      started: when it began.
      fresh: begin anew in any case.
      session: the run's history.
    """
    before = _read(work.plan)
    why = _difference(before, purpose, fresh=fresh) if before else ""
    if before and not why:
        return Start(before["added"], f"continuing: {_progress(work, purpose.shards)}")
    clear(work.root)
    if session is not None:
        delete_tree(session.remembered)
    plan = {
        "key": purpose.key,
        "input": purpose.input,
        "program": purpose.program,
        "generation": purpose.generation,
        "added": started,
    }
    write_bytes(work.plan, orjson.dumps(plan))
    return Start(started, f"starting over: {why}" if before else "")


def store_ready(work: WorkFolder, purpose: Purpose, run: dict[str, Any]) -> None:
    """Notes that all work is done but for the commit."""
    ready = {
        "key": purpose.key,
        "program": purpose.program,
        "generation": purpose.generation,
        "shards": purpose.shards,
        "run": run,
    }
    write_bytes(work.ready, orjson.dumps(ready))


def finished(
    work: WorkFolder, purpose: Purpose, *, fresh: bool, session: HistorySession | None
) -> dict[str, Any] | None:
    """Finds the content of run.json of work that is done for this purpose but for the commit.

    What the history has already must be committed, whatever else was asked for.
    """
    ready = _read(work.ready)
    if not ready or ready["key"] != purpose.key:
        return None
    if session is not None and session.same_run is not None:
        mine = session.same_run.name == ready["run"]["run"]
        return ready["run"] if mine else None
    same = all(ready.get(n) == getattr(purpose, n) for n in ("generation", "program"))
    return ready["run"] if same and not fresh else None


def settle(work: WorkFolder, output: str, purpose: Purpose, session: HistorySession | None) -> str:
    """Ends what an attempt for another purpose left between two steps of its commit.

    A run that its history has already is made visible; a run that was moved aside to be replaced
    goes back to its place.

    Returns:
      One line about what was done; "" most often.
    """
    ready = _read(work.ready)
    if not ready or ready["key"] == purpose.key:
        return ""
    runs = session.manifest.runs if session and session.manifest else ()
    if any((r.key, r.output) == (ready["key"], output) for r in runs) and exists(work.out):
        if exists(output) and is_local(output) and os.listdir(output):
            raise RunError(
                f"{output} holds a run, and {work.root} another that the history counts; move "
                f"{output} away, then start again"
            )
        commit(output)
        return f"completed the commit of {ready['run']['run']} to {output}"
    put_back(output)
    return ""


def _read(path: str) -> dict[str, Any]:
    """Reads a note that an attempt left; empty where there is none, or none that can be read."""
    if not exists(path):
        return {}
    try:
        values = orjson.loads(read_bytes(path))
    except orjson.JSONDecodeError:
        return {}
    return values if isinstance(values, dict) else {}


def _difference(before: dict[str, Any], purpose: Purpose, *, fresh: bool) -> str:
    if fresh:
        return "--fresh"
    if before.get("input") != purpose.input:
        return "the input is not that of the earlier attempt"
    if before.get("key") != purpose.key:
        return "the options or versions are not those of the earlier attempt"
    if before.get("program") != purpose.program:
        return "the program is not that of the earlier attempt"
    if before.get("generation") != purpose.generation:
        return "the history has changed since the earlier attempt"
    return ""


def _progress(work: WorkFolder, shards: int) -> str:
    numbers = range(work.first_shard, work.first_shard + shards)
    if not is_local(work.root):
        return f"{shards} shards, those that are done already stay"
    read = sum(exists(work.shard(n, "done")) for n in numbers)
    written = sum(exists(work.written(n)) for n in numbers)
    ended = f" and {written} written" if written else ""
    return f"{read} of {shards} shards are read{ended}"
