"""Local workers forked from the main process: what it has imported and loaded is there in each.

A process can be forked as long as nothing of gRPC's works in it, no other thread runs that it would
miss, and no lock of a file is held that it would share. So the workers are forked before the run
begins; each waits at a socket until Beam starts its command, `worker_stand_in`, which passes on the
addresses that Beam has given it and ends as the worker does.
"""

import contextlib
import ctypes
import json
import os
import shlex
import signal
import socket
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import CleanConfig
from pipeline.scratch import scratch_folder
from pipeline.stop_signals import leave_to_main_process
from pipeline.worker import be_quiet, end_with_parent
from pipeline.worker_stand_in import short_address
from transforms.records import Page

NAME = "pagesieve-work"
"""Of a forked worker among processes; the system permits 15 characters."""

_PR_SET_NAME = 15
_HARMLESS_THREADS = {"jemalloc_bg_thd"}
"""Of pyarrow's allocator, which knows about forks."""

_TEXT = "Every page of a corpus says something, and most say it in more than one language."


def can_fork() -> bool:
    """Tells whether this process is one that can be forked: on Linux, without other threads."""
    if sys.platform != "linux" or threading.active_count() > 1:
        return False
    own = str(os.getpid())
    try:
        names = {
            Path("/proc/self/task", task, "comm").read_text().strip()
            for task in os.listdir("/proc/self/task")
            if task != own
        }
    except OSError:  # a thread has just ended, or there is no /proc
        return False
    return names <= _HARMLESS_THREADS


@contextlib.contextmanager
def forked_workers(count: int) -> Iterator[str]:
    """Forks workers; kills what is left of them when the block ends.

    Args:
      count: how many Beam will start.

    Yields:
      The worker command for Beam.
    """
    with scratch_folder("workers") as folder:
        address = os.path.join(folder, "workers")
        workers: list[int] = []
        try:
            with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as stack:
                listener.bind(short_address(address, stack))
                listener.listen(count)
                workers.extend(_fork(listener) for _ in range(count))
            stand_in = Path(__file__).with_name("worker_stand_in.py")
            yield shlex.join(["exec", sys.executable, "-I", "-S", str(stand_in), address])
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
                os.waitpid(worker, 0)


def load(config: CleanConfig) -> None:
    """Imports the steps and has them load what they load with their first page."""
    from apache_beam.runners.worker import sdk_worker_main  # noqa: F401 - what workers run

    from pipeline import clean
    from transforms.assess_quality import assess_pages
    from transforms.strip_widgets import strip_pages
    from transforms.text.language import LanguageDetector
    from transforms.text.selection import RuleSelection

    (language,) = LanguageDetector(config.language_engine).detect([_TEXT])
    page = Page("", "", "", (_TEXT,), language=language.code)
    strip_pages([page], RuleSelection(config.rules))
    assess_pages([page], clean.quality_rules(config))


def _fork(listener: socket.socket) -> int:
    parent = os.getpid()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with warnings.catch_warnings():  # Python warns of any thread; see `_HARMLESS_THREADS`
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    try:
        leave_to_main_process()
        end_with_parent()
        ctypes.CDLL(None).prctl(_PR_SET_NAME, NAME.encode())
        if os.getppid() == parent:
            _wait_and_work(listener)
    finally:
        os._exit(1)  # never back into what the main process does next


def _wait_and_work(listener: socket.socket) -> None:
    """Works for the first that asks; tells it the exit status, and ends the process."""
    asker, _ = listener.accept()
    listener.close()
    with asker.makefile("rb") as told:
        environment = json.load(told)
    os.environ.clear()
    os.environ.update(environment)
    be_quiet()
    status = 1
    try:
        from apache_beam.runners.worker import sdk_worker_main

        sdk_worker_main.main(sys.argv)
        status = 0
    except BaseException:  # noqa: BLE001 - the edge of this process
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    asker.sendall(bytes([status]))
    os._exit(status)
