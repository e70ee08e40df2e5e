"""A watch over workers that others start: ends a run that would wait for ever for dead ones.

A job server need not notice that a worker is gone. Beam's Python job service never does, and Prism
not always: the job stays `RUNNING`, and whoever waits for it waits for ever. What workers write
down as they go is known without the job server's help.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from pipeline.reporting.progress import read_progress

LEAST_LIMIT_S = 30
"""Workers tell of their work every ten seconds."""

_LONGEST_LOOK_S = 15.0


class Watchdog:
    """Looks at the workers' counters until the block ends; calls for an end when they stand still.

    Args:
      folder: see `Progress`.
      limit_s: seconds without any change, from the start of the block on.
      bite: called at most once, in a thread of its own.
    """

    def __init__(self, folder: str, limit_s: float, bite: Callable[[], None]) -> None:
        self._folder = folder
        self._limit_s = limit_s
        self._bite = bite
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()

    def _loop(self) -> None:
        seen: dict[str, float] = {}
        since = time.monotonic()
        while not self._over.wait(min(self._limit_s / 4, _LONGEST_LOOK_S)):
            found = read_progress(self._folder)
            if found != seen:
                seen, since = found, time.monotonic()
            elif time.monotonic() - since >= self._limit_s:
                self._bite()
                return
