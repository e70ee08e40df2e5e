"""One batch run from the plan to the commit."""

import datetime
import importlib.metadata
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pipeline.attempt import Purpose, begin, finished, settle, store_ready
from pipeline.config import CleanConfig, RunSettings
from pipeline.engine import Engine, Watch, run_pipeline
from pipeline.errors import AlreadyDoneError, RunError, TooManyRejectsError, UsageError
from pipeline.history.manifest import HistoryLock
from pipeline.history.session import HistorySession, delete_strays
from pipeline.inputs.plan import InputError, Shard, input_digest, plan
from pipeline.json_text import pretty
from pipeline.outputs.bucket_commit import (
    check_not_empty,
    delete_replaced,
    generation_of,
    list_parts,
    replace_run,
    tag_of,
)
from pipeline.outputs.commit import (
    RUN_FILE,
    WorkLock,
    check_output,
    commit,
    staging,
    work_root,
)
from pipeline.outputs.counts import Counts
from pipeline.outputs.run_json import describe_run
from pipeline.outputs.summary_files import write_for_people
from pipeline.reporting.monitor import Monitor
from pipeline.scratch import scratch_folder
from pipeline.sources import sources_digest
from pipeline.storage import exists, is_local, join, read_bytes, write_bytes
from pipeline.work import WorkFolder
from transforms.text.normal import NORMAL_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to run, and how.

    Attributes:
      patterns: of the input.
      output: where the run is committed.
      config: what comes out.
      overwrite: replace a run that is there.
      history: folder of the memory of earlier runs; "" without one.
      wait: for another run that uses the history, rather than fail.
      fresh: do not continue work that was begun.
      memory_per_worker: bytes.
      stall_s: seconds without progress after which workers elsewhere are given up; 0: never.
      progress: `auto`, `rich`, `plain` or `off`.
      verbose: full log lines and tracebacks.
    """

    patterns: tuple[str, ...]
    output: str
    config: CleanConfig
    overwrite: bool = False
    history: str = ""
    wait: bool = False
    fresh: bool = False
    memory_per_worker: int = 256 << 20
    stall_s: float = 0
    progress: str = "auto"
    verbose: bool = False


def plan_job(job: Job, notes: list[str] | None = None) -> list[Shard]:
    """Plans the input; see `pipeline.inputs.plan`.

    Raises:
      UsageError: when it cannot be used; no work was done.
    """
    try:
        return plan(
            job.patterns,
            input_format=job.config.input_format or None,
            shard_bytes=job.config.shard_bytes,
            notes=notes,
        )
    except InputError as error:
        raise UsageError(str(error)) from error


def versions() -> dict[str, str]:
    """Gives the versions of everything that decides what comes out."""
    from transforms.text.widgets import RULES_VERSION

    names = ("langdetect-rs", "resiliparse", "selectolax")
    return {
        "pagesieve": importlib.metadata.version("pagesieve"),
        "rules": RULES_VERSION,
        "normal_form": NORMAL_VERSION,
        **{name: importlib.metadata.version(name) for name in names},
    }


def run_job(
    job: Job,
    shards: Sequence[Shard],
    engine: Engine,
    workers: int,
    end_workers: Callable[[], object],
) -> dict[str, Any]:
    """Runs a planned job and commits it.

    Args:
      job: what to run.
      shards: of its input.
      engine: the runner.
      workers: processes on this machine.
      end_workers: called before output and history are free for another run.

    Returns:
      The content of run.json.

    Raises:
      PagesieveError: see `pipeline.errors`.
      AlreadyDoneError: when the history has a run of the same input.
    """
    digest = input_digest(shards)
    key = job.config.digest(input=digest, **versions())
    with ExitStack() as stack:
        lock = stack.enter_context(WorkLock(work_root(job.output)))
        replaced = generation_of(join(job.output, RUN_FILE))
        session = None
        if job.history:
            stack.enter_context(HistoryLock(job.history, wait=job.wait))
            session = HistorySession(job.history, job.config, key, digest)
            session.check_shards(len(shards))
        stack.callback(end_workers)
        work = _work_folder(job, session)
        generation = session.generation if session else 0
        purpose = Purpose(
            key=key,
            input=digest,
            program=sources_digest(),
            generation=generation,
            shards=len(shards),
        )
        _tell(settle(work, job.output, purpose, session))
        run = finished(work, purpose, fresh=job.fresh, session=session)
        if run is None:
            run = _work(job, shards, engine, workers, (purpose, work, session))
        lock.check()
        run = _commit(job, work, run, session, replaced)
    check_rejects(run, job.config.max_reject_ratio, job.output)
    return run


def _work(
    job: Job,
    shards: Sequence[Shard],
    engine: Engine,
    workers: int,
    parts: tuple[Purpose, WorkFolder, HistorySession | None],
) -> dict[str, Any]:
    """Does all but the commit, going on where an earlier attempt stopped.

    Returns:
      The content of run.json.
    """
    purpose, work, session = parts
    started = now()
    if session is not None and (same := session.same_input) is not None:
        # With other options, too: each of its paragraphs would be a copy of itself.
        undo = (
            "" if same is session.same_run else f" (`pagesieve index rollback` undoes {same.name})"
        )
        raise AlreadyDoneError(f"{session.told(same)}; nothing to do{undo}")
    check_output(job.output, overwrite=job.overwrite)
    start = begin(work, purpose, started, fresh=job.fresh, session=session)
    _tell(start.said)
    config = _named(job.config, start.added)
    if not is_local(job.output):
        work = replace(
            work, tag=tag_of(purpose.key, purpose.program, config.added, config.run_name)
        )
    if session is not None:
        delete_strays(job.history, session.manifest, session.folder)
    numbered = [replace(shard, number=shard.number + work.first_shard) for shard in shards]
    _run(job, numbered, engine, workers, (config, work, session))
    if not exists(work.counts):
        raise RunError(
            f"the job is done, but its workers have left nothing in {work.root}, so nothing was "
            "committed; they must reach the same storage as this process: use a bucket, or a "
            "folder that all of them have mounted"
        )
    run = describe_run(
        config,
        shards,
        Counts.from_json(read_bytes(work.counts)),
        versions=versions(),
        engine=engine.description,
        times=(started, now()),
        input_digest=purpose.input,
    )
    if not run["conservation"]["holds"]:
        raise RunError(
            "the counts do not add up, so nothing was committed: "
            + "; ".join(run["conservation"]["broken"])
            + "; this is a bug: report it, and try --fresh"
        )
    _check_unchanged(job, shards)
    check_not_empty(join(job.output, RUN_FILE), run)
    run["files"] = list_parts(work.out, work.tag)
    store_ready(work, purpose, run)
    return run


def _check_unchanged(job: Job, shards: Sequence[Shard]) -> None:
    """Makes sure that no file was written to while it was read; new ones do not matter.

    Raises:
      RunError: naming one that was.
    """
    try:
        again = {p.file.path: p.file for shard in plan_job(job) for p in shard.pieces}
    except UsageError:  # all files are gone, after they were read
        return
    for shard in shards:
        for piece in shard.pieces:
            if again.get(piece.file.path, piece.file) != piece.file:
                raise RunError(
                    f"{piece.file.path} has changed while it was read, so nothing was committed; "
                    "the same command starts over with what it holds now"
                )


def _tell(line: str) -> None:
    if line:
        print(f"pagesieve: {line}", file=sys.stderr, flush=True)


def check_rejects(run: dict[str, Any], most: float, output: str) -> None:
    """Checks that no more input was rejected than the user permits.

    Raises:
      TooManyRejectsError: otherwise.
    """
    rejected = sum(run["pages"]["rejected"].values())
    if rejected > most * max(run["pages"]["read"], 1):
        raise TooManyRejectsError(
            f"{rejected} of {run['pages']['read']} pages were rejected, more than "
            f"--max-reject-ratio={most}; see {join(output, 'rejected')}"
        )


def _work_folder(job: Job, session: HistorySession | None) -> WorkFolder:
    root, out = work_root(job.output), staging(job.output)
    if is_local(job.output):  # workers need not be started in this folder
        root, out = os.path.abspath(root), os.path.abspath(out)
    if session is None:
        return WorkFolder(root, out)
    return WorkFolder(root, out, session.first_shard, session.remembered, session.past)


def _run(
    job: Job,
    shards: Sequence[Shard],
    engine: Engine,
    workers: int,
    parts: tuple[CleanConfig, WorkFolder, HistorySession | None],
) -> None:
    """Runs the pipeline, with its progress shown."""
    from pipeline.clean import CleanPages

    config, work, session = parts
    with _progress_folder(work, engine) as progress:
        settings = RunSettings(
            workers=workers,
            memory_per_worker=job.memory_per_worker,
            work=work.root,
            progress_folder=progress,
        )
        rows, number = (session.rows(), session.number) if session else (None, 0)
        clean = CleanPages(shards, config, settings, work, rows, number)
        with Monitor(progress, sum(s.size for s in shards), len(shards), mode=job.progress):
            run_pipeline(
                engine,
                lambda pipeline: pipeline | clean,
                verbose=job.verbose,
                watch=Watch(progress, job.stall_s),
            )


@contextmanager
def _progress_folder(work: WorkFolder, engine: Engine) -> Iterator[str]:
    """Makes the folder in which all workers report: with the work where they are elsewhere.

    It is new for each attempt: workers of an earlier one may still be running.
    """
    if engine.local:
        with scratch_folder("progress") as folder:
            yield folder
        return
    folder = join(work.root, "progress", uuid.uuid4().hex[:12])
    if is_local(folder):
        os.makedirs(folder)
    try:
        yield folder
    finally:
        if is_local(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _commit(
    job: Job, work: WorkFolder, run: dict[str, Any], session: HistorySession | None, replaced: int
) -> dict[str, Any]:
    """Makes a finished run part of its history, then visible; either may have happened before."""
    if session is not None and session.same_run is None:
        config = replace(job.config, added=run["options"]["added"], run_name=run["run"])
        counts = Counts.from_json(read_bytes(work.counts))
        session.commit(counts, config, job.output, run["input"]["shards"])
    data = pretty(run)
    if not is_local(job.output):
        replace_run(join(work.out, RUN_FILE), data, replaced, overwrite=job.overwrite)
        delete_replaced(job.output, run["files"])
    if not is_local(job.output) or exists(work.out):
        write_for_people(work.out, run)
    if is_local(job.output) and exists(work.out):
        write_bytes(join(work.out, RUN_FILE), data)
    commit(job.output)
    return run


def _named(config: CleanConfig, added: str) -> CleanConfig:
    added = config.added or added
    digits = "".join(c for c in added if c.isalnum())
    return replace(config, added=added, run_name=config.run_name or f"run-{digits}")


def now() -> str:
    """Gives the time as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
    moment = datetime.datetime.now(datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
