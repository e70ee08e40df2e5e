"""`pagesieve watch`: from the command line to the end of the stream."""

import argparse
import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.errors import RunError
from pipeline.job import versions
from pipeline.outputs.commit import WorkLock
from pipeline.storage import join, write_bytes
from pipeline.watch.begin import begin, check_options, check_output, publish_again, work_of
from pipeline.watch.quiet import hush_threads
from pipeline.watch.restart import EngineError, Restarts, hear_signals, hold_signals, start_again
from pipeline.watch.settings import WatchSettings
from pipeline.watch.shown import Shown, say
from pipeline.watch.status import Status

if TYPE_CHECKING:
    from pipeline.watch.pages import WatchPages
    from pipeline.watch.prism import Prism

_STOP_S = 8.0
"""What is in progress may take so long to be committed when the stream is asked to end."""

_GOODBYE_S = 2.0
"""Beam may take so long to tell that its engine has ended."""

_EVERY_S = 5.0


def run(options: argparse.Namespace, beam_arguments: Sequence[str]) -> int:
    """Watches until it is told to stop.

    Returns:
      The exit status: 0 after a clean stop.

    Raises:
      PagesieveError: see `pipeline.errors`.
    """
    from pipeline.watch.pages import WatchPages
    from pipeline.watch.prism import find_prism, running_prism
    from pipeline.watch.source import opened

    output, root = options.output, work_of(options)
    restarts = Restarts.of_this_process()
    check_options(options)
    check_output(output, options.work)
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(_told_to_stop())
        try:
            with stop.at_once():  # what is published here is published by the next start as well
                hear_signals()
                stack.enter_context(WorkLock(root))
                settings, start, history = begin(options, output, stack)
                prism = find_prism(beam_arguments)
                found = versions()
                publish_again(settings, start, found)
        except KeyboardInterrupt:
            say("stopped before it began; what was committed stays")
            return 0
        if restarts.stopping or stop.is_set():
            return 0
        before = start.total().n if restarts.before is None else Counter(restarts.before)
        try:
            # In this order: a process that talks to Pub/Sub cannot be forked.
            with (
                running_prism(prism, join(root, "prism.log")) as running,
                opened(settings),
            ):
                watched = settings.subscription or ", ".join(settings.patterns)
                say(f"watching {watched}; Ctrl-C or SIGTERM ends it cleanly")
                if not stop.is_set():
                    status = Status(settings, start, before, options.stall_timeout)
                    pipeline = WatchPages(settings, history, start, found)
                    _stream(pipeline, status, settings, running, beam_arguments, options, stop)
        except EngineError as error:
            _go_on(error, restarts, before, join(root, "prism.log"), options, stop)
    return 0


def _go_on(
    error: EngineError,
    restarts: Restarts,
    before: Counter[str],
    log: str,
    options: argparse.Namespace,
    stop: threading.Event,
) -> None:
    """Starts again with a new engine; returns where the stream was asked to end anyway.

    Raises:
      RunError: when it has been tried too often, or when this process is not only ours.
    """
    if options.started_as:
        hold_signals()
    if stop.is_set():
        say(f"{error}; what is not committed is read again next time")
        if options.started_as:  # which ends what a step may be in the middle of
            start_again(options.started_as, Restarts(stopping=True))
        return
    if not options.started_as:
        raise RunError(
            f"{error}; what it said is in {log}; what was committed stays, and the same command "
            "goes on"
        ) from error
    at_s = restarts.count(error, log, time.time())
    say(f"{error}; a new Prism is started, and the stream goes on")
    start_again(options.started_as, Restarts(at_s, dict(before)))


def _stream(
    pages: "WatchPages",
    status: Status,
    settings: WatchSettings,
    prism: "Prism",
    beam_arguments: Sequence[str],
    options: argparse.Namespace,
    stop: threading.Event,
) -> None:
    """Runs the pipeline until it has ended.

    The process ends here where the pipeline did not end in time: its steps may be at work still,
    and must not be when the lock of the output is given back.

    Raises:
      EngineError: when the engine has ended, or cannot be reached.
      RunError: when a step failed.
    """
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.pipeline import Pipeline
    from apache_beam.runners.portability.portable_runner import PortableRunner

    from pipeline.watch.prism import failure_of, stream_options

    words = [*beam_arguments, *stream_options(prism.endpoint)]
    pipeline = Pipeline(runner=PortableRunner(), options=PipelineOptions(words))
    pipeline | pages
    ended: list[BaseException | None] = []

    def wait() -> None:
        try:  # in a thread of its own: without an answer from Prism it waits for ever
            pipeline.run().wait_until_finish()
            ended.append(None)
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            ended.append(error)

    if not options.verbose:
        hush_threads()
    waiter = threading.Thread(target=wait, name="stream", daemon=True)
    waiter.start()
    with Shown(status, options.progress) as shown:
        _until_end(settings, status, stop, waiter, prism, options, shown)
    if not ended and not prism.has_ended():
        say("not all could be committed in time; the rest is read again next time")
        os._exit(0)
    if not ended or ended[0] is not None:
        raise failure_of(ended[0] if ended else None)


def _until_end(
    settings: WatchSettings,
    status: Status,
    stop: threading.Event,
    waiter: threading.Thread,
    prism: "Prism",
    options: argparse.Namespace,
    shown: Shown,
) -> None:
    """Shows the state of things until the pipeline ends, or has had its time to do so.

    Raises:
      EngineError: when it stalls.
    """
    looked = time.monotonic()
    stopping = 0.0
    while waiter.is_alive():
        waiter.join(0.1)
        if stop.is_set() and not stopping:
            stopping = time.monotonic()
            write_bytes(settings.stop_file, b"")
            shown.say("stopping: what was read is being committed")
        if stopping and time.monotonic() - stopping > _STOP_S:
            return
        if prism.has_ended():
            waiter.join(_GOODBYE_S)
            return
        if time.monotonic() - looked >= _EVERY_S:
            looked = time.monotonic()
            if status.stalls():
                raise EngineError(f"nothing has moved for {options.stall_timeout:g} seconds")
        shown.look()
        for warning in status.warnings():
            shown.say(warning)


class _Stop(threading.Event):
    """Set once the stream is asked to end."""

    def __init__(self) -> None:
        super().__init__()
        self._at_once = False

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Has what is asked for meanwhile end the block, wherever it waits.

        Raises:
          KeyboardInterrupt: when the stream is asked to end.
        """
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def note(self, *_: object) -> None:
        """Takes a signal."""
        self.set()
        if self._at_once:
            raise KeyboardInterrupt


@contextlib.contextmanager
def _told_to_stop() -> Iterator[_Stop]:
    """Notes SIGTERM and Ctrl-C while the block runs."""
    stop = _Stop()
    before = {}
    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, stop.note)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
