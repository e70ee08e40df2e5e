"""One batch run from the plan to the commit."""

import datetime
import importlib.metadata
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import orjson

from pipeline.config import CleanConfig, RunSettings
from pipeline.engine import Engine, run_pipeline
from pipeline.errors import AlreadyDoneError, RunError, TooManyRejectsError, UsageError
from pipeline.history.manifest import HistoryLock
from pipeline.history.session import HistorySession, delete_strays
from pipeline.inputs.plan import InputError, Shard, input_digest, plan
from pipeline.outputs.commit import (
    REPORT_FILE,
    RUN_FILE,
    WorkLock,
    check_output,
    clear,
    commit,
    staging,
    work_root,
)
from pipeline.outputs.counts import Counts
from pipeline.outputs.run_json import describe_run
from pipeline.reporting.monitor import Monitor
from pipeline.reporting.report import render_report
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
      progress: `auto`, `plain` or `off`.
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
    progress: str = "auto"
    verbose: bool = False


def plan_job(job: Job) -> list[Shard]:
    """Plans the input.

    Raises:
      UsageError: when it cannot be used; no work was done.
    """
    try:
        return plan(
            job.patterns,
            input_format=job.config.input_format or None,
            shard_bytes=job.config.shard_bytes,
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


def run_job(job: Job, shards: Sequence[Shard], engine: Engine, workers: int) -> dict[str, Any]:
    """Runs a planned job and commits it.

    Returns:
      The content of run.json.

    Raises:
      PagesieveError: see `pipeline.errors`.
      AlreadyDoneError: when the history has a run of the same input and options.
    """
    started = now()
    digest = input_digest(shards)
    key = job.config.digest(input=digest, **versions())
    with ExitStack() as stack:
        stack.enter_context(WorkLock(work_root(job.output)))
        session = None
        if job.history:
            stack.enter_context(HistoryLock(job.history, wait=job.wait))
            session = HistorySession(job.history, job.config, key)
            session.check_shards(len(shards))
        work = _work_folder(job, session)
        if (ready := _ready(work, key)) is not None:
            return _commit(job, work, ready, session)
        if session is not None and session.same_run is not None:
            raise AlreadyDoneError(
                f"this input is in the history already, as {session.same_run.name} of "
                f"{session.same_run.added} in {session.same_run.output}; nothing to do"
            )
        check_output(job.output, overwrite=job.overwrite)
        config = _begin(job, work, f"{key}-{session.generation if session else 0}", started)
        if session is not None:
            delete_strays(job.history, session.manifest, f"runs/{session.number:06d}-{key}")
        numbered = [replace(shard, number=shard.number + work.first_shard) for shard in shards]
        _run(job, numbered, engine, workers, (config, work, session))
        run = describe_run(
            config,
            shards,
            Counts.from_json(read_bytes(work.counts)),
            versions=versions(),
            engine=engine.description,
            times=(started, now()),
            input_digest=digest,
        )
        if not run["conservation"]["holds"]:
            raise RunError(
                "the counts do not add up, so nothing was committed: "
                + "; ".join(run["conservation"]["broken"])
            )
        write_bytes(work.ready, orjson.dumps({"key": key, "shards": len(shards), "run": run}))
        run = _commit(job, work, {"shards": len(shards), "run": run}, session)
    check_rejects(run, job.config.max_reject_ratio, job.output)
    return run


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
    progress = tempfile.mkdtemp(prefix="pagesieve-") if engine.local else ""
    settings = RunSettings(
        workers=workers,
        memory_per_worker=job.memory_per_worker,
        work=work.root,
        progress_folder=progress,
    )
    rows, number = (session.rows(), session.number) if session else (None, 0)
    clean = CleanPages(shards, config, settings, work, rows, number)
    try:
        with Monitor(progress, sum(s.size for s in shards), len(shards), mode=job.progress):
            run_pipeline(engine, lambda pipeline: pipeline | clean, verbose=job.verbose)
    finally:
        shutil.rmtree(progress, ignore_errors=True)


def _begin(job: Job, work: WorkFolder, key: str, started: str) -> CleanConfig:
    """Prepares the work folder: goes on with work of the same plan, clears any other."""
    if exists(work.plan) and not job.fresh:
        begun = orjson.loads(read_bytes(work.plan))
        if begun["key"] == key:
            return _named(job.config, begun["added"])
    clear(work.root)
    config = _named(job.config, started)
    write_bytes(work.plan, orjson.dumps({"key": key, "added": config.added}))
    return config


def _ready(work: WorkFolder, key: str) -> dict[str, Any] | None:
    """Finds work that is done but for the commit."""
    if not exists(work.ready):
        return None
    ready: dict[str, Any] = orjson.loads(read_bytes(work.ready))
    return ready if ready["key"] == key else None


def _commit(
    job: Job, work: WorkFolder, ready: dict[str, Any], session: HistorySession | None
) -> dict[str, Any]:
    """Makes a finished run part of its history, then visible; either may have happened before."""
    run: dict[str, Any] = ready["run"]
    if session is not None:
        config = replace(job.config, added=run["options"]["added"], run_name=run["run"])
        counts = Counts.from_json(read_bytes(work.counts))
        session.commit(counts, config, job.output, ready["shards"])
    if not is_local(job.output) or exists(work.out):
        report = render_report(run).encode("utf-8", "replace")
        write_bytes(join(work.out, REPORT_FILE), report)
        data = orjson.dumps(run, option=orjson.OPT_INDENT_2) + b"\n"
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
