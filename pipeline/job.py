"""One batch run from the plan to the commit."""

import datetime
import importlib.metadata
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from pipeline.config import CleanConfig, RunSettings
from pipeline.outputs.counts import Counts
from pipeline.engine import Engine, run_pipeline
from pipeline.errors import RunError, TooManyRejectsError, UsageError
from pipeline.inputs.plan import InputError, Shard, input_digest, plan
from pipeline.reporting.monitor import Monitor
from pipeline.outputs.commit import (
    REPORT_FILE,
    RUN_FILE,
    WorkLock,
    check_output,
    commit,
    staging,
    work_root,
)
from pipeline.reporting.report import render_report
from pipeline.outputs.run_json import describe_run
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
      fresh: do not continue work that was begun.
      memory_per_worker: bytes.
      progress: `auto`, `plain` or `off`.
      verbose: full log lines and tracebacks.
    """

    patterns: tuple[str, ...]
    output: str
    config: CleanConfig
    overwrite: bool = False
    fresh: bool = False
    memory_per_worker: int = 256 << 20
    progress: str = "auto"
    verbose: bool = False


def plan_job(job: Job) -> list[Shard]:
    """Checks the output and plans the input.

    Raises:
      UsageError: when either cannot be used; no work was done.
    """
    check_output(job.output, overwrite=job.overwrite)
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
    """
    from pipeline.clean import CleanPages

    started = _now()
    digest = input_digest(shards)
    with WorkLock(work_root(job.output)):
        work = WorkFolder(work_root(job.output), staging(job.output))
        config = _begin(job, work, digest, started)
        progress = tempfile.mkdtemp(prefix="pagesieve-") if engine.local else ""
        settings = RunSettings(
            workers=workers,
            memory_per_worker=job.memory_per_worker,
            work=work.root,
            progress_folder=progress,
        )
        try:
            with Monitor(progress, sum(s.size for s in shards), len(shards), mode=job.progress):
                run_pipeline(
                    engine,
                    lambda pipeline: pipeline | CleanPages(shards, config, settings, work),
                    verbose=job.verbose,
                )
        finally:
            shutil.rmtree(progress, ignore_errors=True)
        counts = Counts.from_json(read_bytes(work.counts))
        run = describe_run(
            config,
            shards,
            counts,
            versions=versions(),
            engine=engine.description,
            times=(started, _now()),
            input_digest=digest,
        )
        if not run["conservation"]["holds"]:
            raise RunError(
                "the counts do not add up, so nothing was committed: "
                + "; ".join(run["conservation"]["broken"])
            )
        _finish(job, work, run)
    rejected = sum(run["pages"]["rejected"].values())
    if rejected > job.config.max_reject_ratio * max(run["pages"]["read"], 1):
        raise TooManyRejectsError(
            f"{rejected} of {run['pages']['read']} pages were rejected, more than "
            f"--max-reject-ratio={job.config.max_reject_ratio}; see {join(job.output, 'rejected')}"
        )
    return run


def _begin(job: Job, work: WorkFolder, digest: str, started: str) -> CleanConfig:
    """Prepares the work folder: goes on with work of the same plan, clears any other."""
    key = job.config.digest(input=digest, **versions())
    if exists(work.plan) and not job.fresh:
        begun = json.loads(read_bytes(work.plan))
        if begun["key"] == key:
            return _named(job.config, begun["added"])
    if is_local(work.root):
        for name in os.listdir(work.root):
            if name != "lock":
                path = join(work.root, name)
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    config = _named(job.config, started)
    write_bytes(work.plan, orjson.dumps({"key": key, "added": config.added}))
    return config


def _named(config: CleanConfig, added: str) -> CleanConfig:
    added = config.added or added
    digits = "".join(c for c in added if c.isalnum())
    return replace(config, added=added, run_name=config.run_name or f"run-{digits}")


def _finish(job: Job, work: WorkFolder, run: dict[str, Any]) -> None:
    report = render_report(run).encode("utf-8", "replace")
    write_bytes(join(work.out, REPORT_FILE), report)
    write_bytes(join(work.out, RUN_FILE), orjson.dumps(run, option=orjson.OPT_INDENT_2) + b"\n")
    commit(job.output)


def _now() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
