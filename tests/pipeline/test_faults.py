"""Killed, interrupted and rival runs: what is left, and that the same command then finishes."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from corpus_files import write_corpus
from page_files import SENTENCES, write
from whole_runs import ADDED, bytes_of

from pipeline.errors import UsageError
from pipeline.forked_workers import NAME
from pipeline.outputs.commit import WorkLock, work_root

ROOT = Path(__file__).resolve().parents[2]
HELD_RUN = str(Path(__file__).with_name("held_run.py"))
SHARDS = "--shard-bytes=65536"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Patterns of a corpus of a good many shards."""
    return write_corpus(tmp_path_factory.mktemp("corpus") / "in", pages=900)


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """The files of an undisturbed run."""
    output = tmp_path_factory.mktemp("whole") / "out"
    with start(corpus, output, "--workers=2") as process:
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return bytes_of(output, "documents", "removed", "rejected")


class Run(subprocess.Popen):
    """A process that a failure in its block ends: it may be held for ever."""

    def __exit__(self, kind, *error):
        if kind is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        super().__exit__(kind, *error)


def start(corpus, output, *options, held_at=None, **environment):
    """Starts the command in a session of its own; it may be held once so many shards are done."""
    words = [f"--input={one}" for one in corpus]
    command = ["-m", "pipeline"] if held_at is None else [HELD_RUN, str(held_at)]
    return Run(
        [
            *(sys.executable, *command, "clean", *words, f"--output={output}"),
            *(f"--added={ADDED}", SHARDS, *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        start_new_session=True,
    )


def wait_for_shards(process, output, least):
    """Waits until so many shards are through the first step."""
    deadline = time.monotonic() + 120
    done = Path(f"{output}.work") / "map"
    while len(list(done.glob("*/done"))) < least:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def family(process):
    return psutil.Process(process.pid).children(recursive=True)


def is_worker(process):
    """Whether it was forked from the main process, or started where that cannot be forked."""
    return process.name() == NAME or "pipeline.worker" in process.cmdline()


def all_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    return alive == []


def finish(corpus, output, whole):
    """Runs the same command to its end and compares with the undisturbed run."""
    assert not output.exists()
    with start(corpus, output, "--workers=2") as process:
        _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert bytes_of(output, "documents", "removed", "rejected") == whole
    assert not Path(f"{output}.work").exists()
    return err


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_leaves_no_process_and_is_finished_by_the_same_command(
    corpus, whole, tmp_path, workers
):
    output, temporary = tmp_path / "out", tmp_path / "temporary"
    temporary.mkdir()
    words = (f"--workers={workers}",)
    with start(corpus, output, *words, held_at=3, TMPDIR=str(temporary)) as process:
        wait_for_shards(process, output, 3)
        children = family(process)
        assert len(children) >= (2 if workers == 2 else 0)
        process.kill()
        process.wait(30)
        assert all_gone(children)
    assert list(temporary.glob("beam-*")) == []
    done = {path: path.stat().st_mtime_ns for path in Path(f"{output}.work").glob("map/*/done")}
    assert len(done) >= 3
    with start(corpus, output, "--workers=2", held_at=len(done) + 1) as process:
        wait_for_shards(process, output, len(done) + 1)
        # What was done is not done again.
        assert {path: path.stat().st_mtime_ns for path in done} == done
        process.kill()
        process.wait(30)
    assert "continuing" in finish(corpus, output, whole)


@pytest.mark.slow
def test_a_killed_worker_ends_the_run_with_one_clear_line(corpus, whole, tmp_path):
    output = tmp_path / "out"
    with start(corpus, output, "--workers=2", "--progress=off", held_at=2) as process:
        wait_for_shards(process, output, 2)
        children = family(process)
        workers = [one for one in children if is_worker(one)]
        assert len(workers) == 2
        workers[0].kill()
        out, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert out == ""
        line = err.splitlines()[-1]
        assert line.startswith("pagesieve: a worker process was killed")
        assert "use fewer --workers" in line
        assert "The same command goes on from here" in line
        assert len(err.splitlines()) <= 2
        assert all_gone(children)
    finish(corpus, output, whole)


@pytest.mark.slow
def test_a_killed_worker_is_noticed_by_a_job_in_the_background(corpus, tmp_path):
    # A shell's background job ignores SIGINT, and so does what it starts.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start(corpus, tmp_path / "out", "--workers=2", "--progress=off", held_at=2)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        wait_for_shards(process, tmp_path / "out", 2)
        children = family(process)
        os.killpg(process.pid, signal.SIGINT)
        next(one for one in children if is_worker(one)).kill()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "pagesieve: a worker process was killed" in err
        assert all_gone(children)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "workers", "status", "said"),
    [
        (signal.SIGINT, 1, 130, "interrupted"),
        (signal.SIGINT, 2, 130, "interrupted"),
        (signal.SIGTERM, 1, 143, "ended by SIGTERM"),
        (signal.SIGTERM, 2, 143, "ended by SIGTERM"),
        (signal.SIGHUP, 2, 129, "ended by SIGHUP"),
    ],
)
def test_a_run_that_is_told_to_end_does_so_at_once_and_goes_on_later(
    corpus, whole, tmp_path, number, workers, status, said
):
    output = tmp_path / "out"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = (f"--workers={workers}", "--progress=off")
    with start(corpus, output, *words, held_at=2, TMPDIR=str(scratch)) as process:
        wait_for_shards(process, output, 2)
        children = family(process)
        assert list(scratch.iterdir())
        os.killpg(process.pid, number)  # as Ctrl-C does, to the whole group
        if number != signal.SIGINT:
            os.killpg(process.pid, number)  # as a closed terminal and `timeout` do
        out, err = process.communicate(timeout=30)
        assert process.returncode == status
        assert err.splitlines()[1:] == [
            f"pagesieve: {said}; the same command goes on where this one stopped"
        ]
        assert out == ""
        assert all_gone(children)
        assert not list(scratch.iterdir())
    finish(corpus, output, whole)


def test_two_runs_on_one_output_do_not_meet(clean, tmp_path):
    page = write(tmp_path / "in.txt", SENTENCES[0])
    with WorkLock(work_root(str(tmp_path / "out"))):
        ran = clean(page)
        assert ran.status == 2
        assert "another run is writing to this output" in ran.err.splitlines()[-1]
        assert len(ran.err.splitlines()) <= 2
        assert not ran.output.exists()
    assert clean(page).status == 0


def test_a_lock_that_was_taken_away_locks_nothing(tmp_path, monkeypatch):
    """The holder ends, and removes its folder, just after another has opened the lock file."""
    root = work_root(str(tmp_path / "out"))
    first = WorkLock(root)
    lock = fcntl.flock

    def late(handle, how):
        monkeypatch.setattr(fcntl, "flock", lock)
        first.__exit__(None, None, None)
        assert not Path(root).exists()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with WorkLock(root):
        assert Path(root, "lock").exists()
        with pytest.raises(UsageError, match="another run is writing"):
            WorkLock(root)


def test_a_run_that_finished_meanwhile_is_not_replaced(clean, tmp_path, monkeypatch):
    """Two runs of one command: the second has looked at the output before the first commits."""
    from pipeline import launch

    page = write(tmp_path / "in.txt", SENTENCES[0])
    other = write(tmp_path / "other.txt", SENTENCES[1])
    run_job = launch.run_job

    def slower(*arguments):
        monkeypatch.setattr(launch, "run_job", run_job)
        assert clean(other).status == 0
        return run_job(*arguments)

    monkeypatch.setattr(launch, "run_job", slower)
    ran = clean(page)
    assert ran.status == 2
    assert "already holds a run" in ran.err
    assert list(ran.texts().values()) == [SENTENCES[1]]


def test_work_for_other_options_is_not_continued(clean, tmp_path, monkeypatch):
    page = write(tmp_path / "in.txt", "\n".join([*SENTENCES, SENTENCES[0]]))

    def fail(*arguments):
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.outputs.write_records.write_shard", fail)
        ran = clean(page)
        assert ran.status == 1
        assert "the disk is full" in ran.err.splitlines()[-1]
        assert Path(f"{ran.output}.work").is_dir()
    ran = clean(page, options=["--dedup=none"])
    assert ran.status == 0
    assert ran.receipts == []
    assert not Path(f"{ran.output}.work").exists()


def test_work_for_other_input_is_not_continued(clean, tmp_path, monkeypatch):
    page = write(tmp_path / "in.txt", SENTENCES[0])

    def fail(*arguments):
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.outputs.write_records.write_shard", fail)
        assert clean(page).status == 1
    write(page, SENTENCES[1])
    assert list(clean(page).texts().values()) == [SENTENCES[1]]
