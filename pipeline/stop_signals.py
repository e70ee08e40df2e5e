"""SIGTERM and SIGHUP end a command as Ctrl-C does: in order, with nothing left behind.

A service manager, a closed terminal and Ctrl-C may each signal the whole process group; the main
process decides what it means.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_ORDERLY = (signal.SIGTERM, signal.SIGHUP)

_received: list[int] = []
"""Signals are those of the process, and so is this."""


class Stopped(KeyboardInterrupt):
    """The process was told to end.

    Attributes:
      exit_status: 128 and the number of the signal, as shells have it.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


@contextlib.contextmanager
def stopping_in_order() -> Iterator[None]:
    """Raises `Stopped` in the main thread for the first SIGTERM or SIGHUP while the block runs.

    A closed terminal and `timeout` send theirs twice, so later ones are ignored. What is ignored
    before, SIGHUP under nohup, stays so. Does nothing in other threads than the main one.
    """
    _received.clear()
    main = threading.current_thread() is threading.main_thread()
    mine = [n for n in _ORDERLY if main and signal.getsignal(n) == signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def stopped() -> Stopped | None:
    """Gives what was raised, whatever has become of it; None where no signal has come."""
    return Stopped(_received[0]) if _received else None


def leave_to_main_process() -> None:
    """Ignores what ends the main process; this one is ended by it."""
    for number in (signal.SIGINT, *_ORDERLY):
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, _: FrameType | None) -> None:
    _received.append(number)
    if len(_received) == 1:
        raise Stopped(number)
