"""Checks before a run: what would make it fail late is said at once, with what to do."""

import functools
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.errors import PagesieveError, UsageError, last_line
from pipeline.history.session import HistorySession
from pipeline.inputs.plan import Shard, input_digest
from pipeline.inputs.storage import StorageFile, UnreadableError
from pipeline.job import Job, versions
from pipeline.outputs.commit import check_output, work_root
from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import amount, counted
from pipeline.sample_run import Sample, take_sample
from pipeline.storage import delete_files, is_bucket, is_local, join, read_bytes, write_bytes

_PROBED_FILES = 5
_HEAD_BYTES = 4096
_LEAST_FREE = 16 << 20
_LEAST_SHARE = 0.02
"""Of the uncompressed input: no run gets by with less room on disk than this."""

_START_S = 5.0
"""Start-up of a run with several processes, of which a sample shows nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    Attributes:
      name: what was looked at.
      said: what was found.
      wrong: it must be put right before a run.
    """

    name: str
    said: str
    wrong: bool = False


def check_quickly(job: Job, shards: Sequence[Shard]) -> None:
    """Makes, in milliseconds, the checks that precede every run; writes nothing.

    Raises:
      UsageError: for the first thing that is wrong.
    """
    _check_input(shards)
    _check_room(job, int(_LEAST_SHARE * sum(shard.size for shard in shards)), "at the very least")


def check_fully(job: Job, shards: Sequence[Shard], workers: int) -> Iterator[Finding]:
    """Makes all checks; leaves nothing behind, and nothing but a probe is ever written.

    Args:
      job: what would run.
      shards: its input.
      workers: processes that it would use.

    Yields:
      A finding for each check; after one that is wrong the others are still made.
    """
    yield from _one("input", lambda: _check_input(shards))
    yield from _one("credentials", lambda: _credentials(job))
    yield from _one("output", lambda: _check_writable(job))
    yield from _one("history", lambda: _check_history(job, shards))
    samples: list[Sample] = []
    yield from _one("sample", lambda: _sample(job, shards, samples))
    for sample in samples:
        needed = sample.work_bytes + sample.output_bytes
        yield from _one("disk", functools.partial(_check_room, job, needed, "by the sample"))
        yield Finding("time", _time(sample, min(workers, len(shards))))
        yield Finding("memory", _memory(job, sample, min(workers, len(shards))))


def report(findings: Iterable[Finding]) -> int:
    """Prints a line for each check as it is made, and at the end what is wrong.

    Returns:
      The exit status: 0, or 2 when something is wrong.
    """
    wrong = []
    for finding in findings:
        state = "WRONG" if finding.wrong else "ok"
        shown = "see below" if finding.wrong else visible(finding.said, 500)
        print(f"  {state:6} {finding.name:12} {shown}", flush=True)
        if finding.wrong:
            wrong.append(finding.said)
    for said in wrong:
        print(f"pagesieve: {visible(said, 2000)}", file=sys.stderr)
    return UsageError.exit_status if wrong else 0


def _one(name: str, check: Callable[[], str]) -> Iterator[Finding]:
    try:
        said = check()
    except (PagesieveError, OSError, ValueError) as error:
        yield Finding(name, str(error), wrong=True)
    except Exception as error:  # noqa: BLE001 - whatever a file system or the pipeline raises
        yield Finding(name, last_line(error), wrong=True)
    else:
        if said:
            yield Finding(name, said)


def _check_input(shards: Sequence[Shard]) -> str:
    """Reads the first bytes of some files."""
    files = sorted({piece.file for shard in shards for piece in shard.pieces}, key=lambda f: f.path)
    step = max(len(files) // _PROBED_FILES, 1)
    probed = files[::step][:_PROBED_FILES]
    failed = []
    for file in probed:
        try:
            with StorageFile(file.path) as handle:
                handle.read(_HEAD_BYTES)
        except UnreadableError as error:
            failed.append((file.path, error))
    if len(failed) == len(probed):
        path, reason = failed[0]
        told = str(reason)
        raise UsageError(
            f"--input: no file can be read ({len(probed)} of {len(files)} tried): "
            + (told if path in told else f"{path}: {told}")
        )
    said = f"{counted(len(files), 'file')}, {amount(sum(f.size for f in files))}"
    return said + (f"; {failed[0][0]} cannot be read and will be rejected" if failed else "")


def _credentials(job: Job) -> str:
    """Says as whom Google Cloud Storage is asked, if it is."""
    if not any(is_bucket(path) for path in (*job.patterns, job.output, job.history)):
        return ""
    from pipeline.cloud.client import account

    return f"Google Cloud Storage as {account()}"


def _check_writable(job: Job) -> str:
    """Writes a probe where the output will be, reads it, replaces it, and deletes it."""
    check_output(job.output, overwrite=job.overwrite)
    for folder in filter(None, (job.output, job.history)):
        _probe(folder)
    return f"{job.output} can be written"


def _probe(folder: str) -> None:
    place = _nearest(os.path.abspath(folder)) if is_local(folder) else folder
    path = join(place, f".pagesieve-probe-{uuid.uuid4().hex}")
    try:
        try:
            for data in (b"probe", b"probe, replaced"):
                write_bytes(path, data)
                if read_bytes(path) != data:
                    raise UsageError(f"{folder}: what is written there cannot be read back")
        finally:
            if is_local(path):
                if os.path.exists(path):
                    os.remove(path)
            else:
                delete_files([path])
    except OSError as error:
        told = error.strerror or str(error)
        raise UsageError(
            told if folder in told else f"{folder} cannot be written: {told}; choose another folder"
        ) from error


def _check_history(job: Job, shards: Sequence[Shard]) -> str:
    """Loads the history and compares its settings."""
    if not job.history:
        return ""
    digest = input_digest(shards)
    key = job.config.digest(input=digest, **versions())
    session = HistorySession(job.history, job.config, key, digest)
    session.check_shards(len(shards))
    runs = len(session.manifest.runs) if session.manifest else 0
    if (same := session.same_input) is not None:
        return f"{counted(runs, 'run')}; {session.told(same)}"
    return f"{counted(runs, 'run')}, made with the same options" if runs else "a new one"


def _sample(job: Job, shards: Sequence[Shard], into: list[Sample]) -> str:
    """Tries the beginning of the first shard."""
    sample = take_sample(shards, job.config)
    into.append(sample)
    if not sample.read:
        raise UsageError(
            f"--input: the beginning of {shards[0].pieces[0].file.path} holds no page; look at it, "
            "at --input-format and the names of its fields"
        )
    if sample.rejected == sample.read:
        raise UsageError(
            f"--input: all {counted(sample.read, 'page')} at the beginning of "
            f"{shards[0].pieces[0].file.path} would be rejected; look at it, at --input-format and "
            "the names of its fields"
        )
    lost = f", {sample.rejected} of them rejected" if sample.rejected else ""
    return f"{counted(sample.read, 'page')}{lost}: about {counted(sample.pages, 'page')} in all"


def _check_room(job: Job, needed: int, how: str) -> str:
    """Compares the free disk space with what the run needs."""
    if not is_local(job.output):
        return ""
    place = _nearest(os.path.abspath(work_root(job.output)))
    disk = shutil.disk_usage(place)
    free, needed = disk.free, max(needed, _LEAST_FREE)
    if disk.total and free < needed:  # what is no disk has no size
        raise UsageError(
            f"--output {job.output}: the disk has {amount(free)} free, and the run needs "
            f"{amount(needed)} {how}; free some, or give an --output on another disk"
        )
    return f"{amount(needed)} needed, {amount(free)} free"


def _time(sample: Sample, workers: int) -> str:
    seconds = sample.cpu_s / workers + (_START_S if workers > 1 else 1.0)
    return f"about {_duration(seconds)} with {counted(workers, 'worker')}"


def _memory(job: Job, sample: Sample, workers: int) -> str:
    one = sample.memory_bytes + (job.memory_per_worker if sample.share < 1 else 0)
    most = one if workers == 1 else workers * one + sample.memory_bytes
    return f"up to about {amount(most)}"


def _nearest(path: str) -> str:
    """Gives the nearest folder above a path that is there."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(seconds, 1):.0f} s"
