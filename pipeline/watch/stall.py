"""Notices that a stream has stopped to move: its steps, though pages wait, or its source."""

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.watch.settings import WatchSettings


class Stall:
    """Watches the files that every step of a stream leaves behind.

    Args:
      settings: of the stream.
      limit_s: nothing has to move for so long, in seconds; 0: never mind.
      now_s: a clock that never goes back.
    """

    def __init__(
        self,
        settings: WatchSettings,
        limit_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._limit_s = limit_s
        self._steps, self._source = _Stillness(now_s), _Stillness(now_s)

    def check(self, waiting: dict[str, Any], end_ms: int, time_s: float) -> bool:
        """Says whether nothing has moved for too long that should have.

        Args:
          waiting: what the source has told of its inbox, and when it looks next.
          end_ms: end of the last tick that is committed.
          time_s: the time.
        """
        window_ms = self._settings.window_ms
        taken = [tick_ms for tick_ms, _ in waiting["taken"] if tick_ms > end_ms]
        due = bool(taken) and min(taken) + window_ms < time_s * 1000
        newest = max(_times(self._settings), default=0) if due else 0
        steps_s = self._steps.seconds((due, end_ms, newest))
        look_s = waiting["next_look_s"]
        source_s = self._source.seconds((time_s > look_s, look_s))
        limit_s = self._limit_s or math.inf
        return (due and steps_s > limit_s) or (time_s > look_s and source_s > limit_s)


class _Stillness:
    """Tells how long something has been what it is.

    Args:
      now_s: a clock that never goes back.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._last: object = None
        self._since_s = now_s()

    def seconds(self, what: object) -> float:
        if what != self._last:
            self._last, self._since_s = what, self._now_s()
        return self._now_s() - self._since_s


def _times(settings: WatchSettings) -> Iterator[int]:
    """Yields when each of the files was written that change only when a step has done something."""
    yield from _times_of([settings.read_file])
    for root in (settings.batches, settings.ticks, settings.memory):
        for folder, _, names in os.walk(root):
            yield from _times_of([folder, *(os.path.join(folder, name) for name in names)])


def _times_of(paths: Iterable[str]) -> Iterator[int]:
    for path in paths:
        try:
            yield os.stat(path).st_mtime_ns
        except FileNotFoundError:  # the step has moved on
            continue
