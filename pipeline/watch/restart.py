"""A stream goes on after its engine has ended: the process becomes a fresh one of its command.

A fresh process is what goes on after a crash, and that loses and repeats nothing. Within this one,
steps of the old engine could still be at work.
"""

import dataclasses
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pipeline.errors import RunError

MOST = 3
"""Restarts within `WITHIN_S` before a stream gives up."""

WITHIN_S = 600.0

STOPPING = (signal.SIGTERM, signal.SIGINT)

_VARIABLE = "PAGESIEVE_WATCH_RESTARTS"


class EngineError(RunError):
    """The engine ended, or cannot be reached; a new one can go on."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """What a process knows of those that it goes on for.

    Attributes:
      at_s: when the latest of them were ended by their engine, in seconds since 1970.
      before: what was counted when the first of them was started; None in the first.
      stopping: they were asked to end; what they had begun is to be brought to an end.
    """

    at_s: tuple[float, ...] = ()
    before: dict[str, int] | None = None
    stopping: bool = False

    @classmethod
    def of_this_process(cls) -> "Restarts":
        """Takes what the process before has left, so that no child sees it."""
        left = os.environ.pop(_VARIABLE, "")
        if not left:
            return cls()
        values = json.loads(left)
        return cls(tuple(values["at_s"]), values["before"], values["stopping"])

    def count(self, error: EngineError, log: str, now_s: float) -> tuple[float, ...]:
        """Counts one more.

        Args:
          error: why.
          log: path of what the engine said.
          now_s: the time.

        Returns:
          `at_s` of the process that goes on.

        Raises:
          RunError: when there were too many.
        """
        at_s = (*(at for at in self.at_s if at > now_s - WITHIN_S), now_s)
        if len(at_s) > MOST:
            raise RunError(
                f"{error}; it was started again {MOST} times in the last {WITHIN_S / 60:g} "
                f"minutes, and is not any more: what it said is in {log}; what was committed "
                "stays, and the same command goes on"
            ) from error
        return at_s


def start_again(command: Sequence[str], restarts: Restarts) -> NoReturn:
    """Makes this process a fresh one, with its own number, if it may still go on; see `STOPPING`.

    Args:
      command: that this process was started with, from the interpreter on.
      restarts: with this one.
    """
    os.environ[_VARIABLE] = json.dumps(dataclasses.asdict(restarts))
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.execv(sys.executable, [sys.executable, *command[1:]])  # noqa: S606 - what was run before


def hold_signals() -> None:
    """Keeps back what asks for an end until the fresh process can hear it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def hear_signals() -> None:
    """Lets what was kept back come; call it when it is handled."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
