"""Engines: which runner does the work, named explicitly, and how it is told to use the cores."""

import contextlib
import importlib.util
import io
import os
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    TestOptions,
)
from apache_beam.pipeline import Pipeline
from apache_beam.runners.runner import PipelineResult, PipelineRunner, create_runner

from pipeline.errors import AlreadyDoneError, RunError, UsageError
from pipeline.options_with_views import OptionsWithViews
from pipeline.process_setup import LIGHT
from pipeline.stop_signals import stopped
from pipeline.watchdog import Watchdog
from pipeline.worker import VERBOSE

LOCAL = "local"
"""The default: this machine, with all its cores."""

_DATAFLOW = "DataflowRunner"
_ON_THIS_MACHINE = {"DirectRunner", "FnApiRunner", "PrismRunner", "BundleBasedDirectRunner"}

_CANCEL_S = 30.0
"""What a job server is given to end a job that it was told to cancel."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A runner and its options.

    Attributes:
      description: one line for people.
      options: of the pipeline.
      runner: where Beam shall not choose it by the options.
      local: its workers see this machine's files.
      watched: nobody else notices when its workers are gone.
    """

    description: str
    options: PipelineOptions
    runner: PipelineRunner | None
    local: bool
    watched: bool = False


class HandedOverError(AlreadyDoneError):
    """Nothing ran from here: a dry run, or a template for a job that is started elsewhere."""


class LostWorkersError(RunError):
    """The run was ended as its workers are gone; what is left of them may still be running."""


class WorkerDiedError(LostWorkersError):
    """A worker process ended by itself: most often the system killed it for its memory."""


class StalledError(LostWorkersError):
    """No worker has got any further for too long."""


def local_workers(workers: int, shards: int) -> int:
    """Gives how many processes work on this machine: one without work of its own is of no use."""
    return max(min(workers, shards), 1)


def worker_command(*, light: bool = False) -> str:
    """Gives what a shell starts a worker process by that imports everything itself.

    Args:
      light: it needs none of Beam's clients of remote services.
    """
    return shlex.join([*("exec", sys.executable, "-m", "pipeline.worker"), *[LIGHT] * light])


def choose_engine(
    runner: str,
    beam_arguments: Sequence[str],
    workers: int,
    shards: int,
    *,
    command: str = "",
) -> Engine:
    """Settles the runner.

    Args:
      runner: `local`, or the name of a Beam runner.
      beam_arguments: Beam's own options.
      workers: processes to use on this machine.
      shards: of the input; more processes than shards have nothing to do.
      command: for a shell, starts one of several workers on this machine; by default a
        process that imports everything itself.
    """
    arguments = list(beam_arguments)
    if runner == LOCAL:
        from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
        from apache_beam.transforms.environments import SubprocessSDKEnvironment

        processes = local_workers(workers, shards)
        if processes == 1:
            description, environment = "in this process (FnApiRunner)", None
        else:
            arguments.append(f"--direct_num_workers={processes}")
            description = f"{processes} processes on this machine (FnApiRunner)"
            # Beam's own multi-processing mode, with a worker command of ours.
            environment = SubprocessSDKEnvironment.from_command_string(command or worker_command())
        options = OptionsWithViews(arguments, pipeline_type_check=True)
        return Engine(description, options, FnApiRunner(default_environment=environment), True)
    arguments.append(f"--runner={runner}")
    if runner == "PrismRunner" and not any(a.startswith("--environment_type") for a in arguments):
        arguments.append("--environment_type=LOOPBACK")
    local, watched = runner in _ON_THIS_MACHINE, runner != _DATAFLOW
    options = OptionsWithViews(arguments, pipeline_type_check=True)
    return Engine(f"Beam's {runner}", options, None, local, watched)


def check_runner(runner: str, paths: Sequence[str] = ()) -> None:
    """Checks, before any work, that there is such a runner.

    Args:
      runner: `local`, or the name of a Beam runner.
      paths: of input and output, which its workers must reach.

    Raises:
      UsageError: when there is none, Beam lacks what it needs, or a path is out of its reach.
    """
    if runner == LOCAL:
        return
    if runner == _DATAFLOW:
        if importlib.util.find_spec("google.cloud.dataflow_v1beta3") is None:
            raise UsageError(
                "--runner=DataflowRunner needs Beam's parts for Google Cloud: "
                "pip install 'pagesieve[gcp]'"
            )
        for path in paths:
            if "://" not in path:
                raise UsageError(
                    f"{path} is on this machine, out of the reach of Dataflow's workers; give a "
                    "path in a bucket: gs://BUCKET/FOLDER"
                )
    try:
        create_runner(runner)
    except (ValueError, AttributeError, ImportError) as error:
        known = ", ".join(name for name in StandardOptions.KNOWN_RUNNER_NAMES if "Test" not in name)
        raise UsageError(
            f"--runner is {runner!r}, which cannot be used here; it must be {LOCAL}, or one of "
            f"Beam's: {known}"
        ) from error


def unknown_options(beam_arguments: Sequence[str]) -> list[str]:
    """Gives the options that Beam does not know either, as they were written.

    Raises:
      UsageError: when the value of an option of Beam's is not permitted.
    """
    if not beam_arguments:
        return []
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options = PipelineOptions(list(beam_arguments))
            known = set(options.get_all_options())
            every = set(options.get_all_options(retain_unknown_options=True))
    except SystemExit as error:  # Beam's parser prints all its options and ends the process
        last = (said.getvalue().strip().splitlines() or ["an option of Beam's is wrong"])[-1]
        raise UsageError(last.partition("error: ")[2] or last) from error
    return [
        word.partition("=")[0]
        for word in beam_arguments
        if word.partition("=")[0].lstrip("-").replace("-", "_") in every - known
    ] or [f"--{name}" for name in sorted(every - known)]


@dataclass(frozen=True, slots=True)
class Watch:
    """How the workers of a watched engine are watched.

    Attributes:
      folder: where they report, see `Progress`.
      limit_s: seconds without any progress after which the run is given up; 0: none.
    """

    folder: str
    limit_s: float


def run_pipeline(
    engine: Engine,
    build: Callable[[Pipeline], object],
    *,
    verbose: bool = False,
    watch: Watch | None = None,
) -> None:
    """Runs a pipeline to its end.

    Args:
      engine: the runner.
      build: called with the pipeline, applies the transforms.
      verbose: let the log lines of worker processes through.
      watch: over workers, where the engine is `watched`.

    Raises:
      WorkerDiedError: when a local worker process was killed. The others may still be running.
      StalledError: when the workers of a watched engine stood still.
      HandedOverError: when the options say that the job is not to run from here.
      Exception: whatever the runner raises.
    """
    wait = _Wait()
    before, threading.excepthook = threading.excepthook, wait.note
    told = os.environ.get(VERBOSE)
    if verbose:
        os.environ[VERBOSE] = "1"
    try:
        # Beam prints the traceback of an error before it raises it.
        aside = contextlib.nullcontext() if verbose else contextlib.redirect_stderr(io.StringIO())
        with aside, _interrupts(wait.lost) as interrupted, _watching(engine, watch, wait):
            try:
                pipeline = Pipeline(runner=engine.runner, options=engine.options)
                # Empty, and only for transforms in other languages; a killed run would leave it.
                shutil.rmtree(pipeline.local_tempdir, ignore_errors=True)
                build(pipeline)
                result = pipeline.run()
                _check_here(engine)
                wait.result = result
                result.wait_until_finish()
            except (KeyboardInterrupt, Exception) as error:
                if not (wait.lost or interrupted or stopped()):
                    raise
                raise stopped() or KeyboardInterrupt() from error  # Beam makes others of it here
            finally:
                wait.over.set()
    except KeyboardInterrupt:
        if not wait.lost:
            raise
        raise wait.lost[0] from None
    finally:
        threading.excepthook = before
        if verbose and told is None:
            os.environ.pop(VERBOSE, None)


class _Wait:
    """What ends the wait for a job before the job's own end.

    Attributes:
      lost: why, once there is a reason.
      result: of the job, once it runs.
      over: set when the wait has ended.
    """

    def __init__(self) -> None:
        self.lost: list[LostWorkersError] = []
        self.result: PipelineResult | None = None
        self.over = threading.Event()

    def note(self, args: threading.ExceptHookArgs) -> None:
        """Takes the end of a thread of Beam's that waits for a worker process and tells nobody."""
        if "Worker subprocess exited" not in str(args.exc_value):
            return
        self.lost.append(
            WorkerDiedError(
                f"a worker process was killed ({str(args.exc_value).lower()}); if the machine ran "
                "out of memory, use fewer --workers or less --memory-per-worker. The same command "
                "goes on from here"
            )
        )
        self._wake()

    def give_up(self, limit_s: float) -> None:
        """Cancels a job whose workers stand still; does not wait for ever for that either."""
        self.lost.append(
            StalledError(
                f"no worker has got any further for {limit_s:.0f} s (--stall-timeout), so the job "
                "was cancelled and nothing was committed. See to the workers; then the same "
                "command goes on from here"
            )
        )
        threading.Thread(target=self._cancel, name="cancel", daemon=True).start()
        if not self.over.wait(_CANCEL_S if self.result else 0):
            self._wake()

    def _cancel(self) -> None:
        with contextlib.suppress(Exception):  # a job server that is gone has nothing to cancel
            if self.result is not None:
                self.result.cancel()

    def _wake(self) -> None:
        """Has the main thread, which waits for the job, look at what has happened."""
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _watching(
    engine: Engine, watch: Watch | None, wait: _Wait
) -> contextlib.AbstractContextManager[object]:
    if watch is None or not watch.limit_s or not engine.watched:
        return contextlib.nullcontext()
    return Watchdog(watch.folder, watch.limit_s, lambda: wait.give_up(watch.limit_s))


def _check_here(engine: Engine) -> None:
    """Tells a dry run and a template, which Dataflow's runner makes, from a run."""
    if engine.options.view_as(StandardOptions).runner != _DATAFLOW:
        return
    cloud = engine.options.view_as(GoogleCloudOptions)
    if engine.options.view_as(TestOptions).dry_run:
        raise HandedOverError("the pipeline passes Dataflow's checks; --dry_run: nothing was run")
    if cloud.template_location:
        raise HandedOverError(
            f"the job is described in {cloud.template_location}; once it is done, the same command "
            "with --runner=local commits what it has written"
        )


@contextlib.contextmanager
def _interrupts(lost: Sequence[LostWorkersError]) -> Iterator[list[int]]:
    """Notes SIGINT while the block runs, and raises KeyboardInterrupt for it.

    Where it is ignored, as in a shell's background jobs, it still counts if workers are lost.
    """
    interrupted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: object) -> None:  # noqa: ARG001 - as signals have it
        if lost or before != signal.SIG_IGN:
            interrupted.append(number)
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
