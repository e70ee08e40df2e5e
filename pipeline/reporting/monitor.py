"""The progress line: what step, how far, how fast, how long still."""

import os
import sys
import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Self, TextIO

from pipeline.reporting.pace import Pace
from pipeline.reporting.progress import read_progress
from pipeline.storage import is_local

_TERMINAL_EVERY_S = 0.5
_PLAIN_EVERY_S = 5.0
_AFAR_EVERY_S = 15.0
"""Where the workers report to an object store."""


def is_drawn(mode: str, stream: TextIO) -> bool:
    """Says whether progress is drawn over and over, rather than told in lines.

    Args:
      mode: `rich`, `plain`, `off`, or `auto`: `rich` on a terminal that can move its cursor.
      stream: where it goes.
    """
    able = stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb")
    return mode == "rich" or (mode == "auto" and able)


class Monitor:
    """Shows progress from the workers' counters until the block ends.

    On a terminal bars are drawn over and over; elsewhere a line every five seconds.

    Args:
      folder: see `Progress`; "" shows nothing.
      total_bytes: of all shards.
      shards: how many there are.
      stream: where to write; the standard error output by default.
      mode: see `is_drawn`.
    """

    def __init__(
        self,
        folder: str,
        total_bytes: int,
        shards: int,
        stream: TextIO | None = None,
        mode: str = "auto",
    ) -> None:
        self._folder = folder
        self._total_bytes = max(total_bytes, 1)
        self._shards = max(shards, 1)
        self._stream = stream or sys.stderr
        self._rich = is_drawn(mode, self._stream)
        self._show = mode != "off" and bool(folder)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="progress", daemon=True)
        self._began = time.monotonic()
        self._reading_s = 0.0

    def __enter__(self) -> Self:
        if self._show:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._show:
            self._thread.join()

    def _loop(self) -> None:
        every_s = _TERMINAL_EVERY_S if self._rich else _PLAIN_EVERY_S
        if not is_local(self._folder):
            every_s = _AFAR_EVERY_S
        if not self._rich:
            while not self._stop.wait(every_s):
                self._stream.write(f"{self._look().line()}\n")
                self._stream.flush()
            return
        from pipeline.reporting.live import LiveProgress

        bars = LiveProgress(self._stream)
        bars.start()
        try:
            while not self._stop.wait(every_s):
                bars.show(self._look())
        finally:
            bars.stop()

    def _look(self) -> Pace:
        elapsed_s = time.monotonic() - self._began
        done = read_progress(self._folder)
        pace = Pace(done, self._total_bytes, self._shards, elapsed_s, self._reading_s or elapsed_s)
        if pace.step == 0:
            self._reading_s = elapsed_s
        return replace(pace, reading_s=self._reading_s or elapsed_s)
