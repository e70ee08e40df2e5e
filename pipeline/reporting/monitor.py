"""The progress line: what step, how far, how fast, how long still."""

import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

from pipeline.reporting.progress import read_progress
from pipeline.storage import is_local

_TERMINAL_EVERY_S = 0.5
_PLAIN_EVERY_S = 5.0
_AFAR_EVERY_S = 15.0
"""Where the workers report to an object store."""

_READ_SHARE, _SEARCH_SHARE = 0.85, 0.05


class Monitor:
    """Shows progress from the workers' counters until the block ends.

    On a terminal one line is written over and over; elsewhere a line every five seconds.

    Args:
      folder: see `Progress`; "" shows nothing.
      total_bytes: of all shards.
      shards: how many there are.
      stream: where to write; the standard error output by default.
      mode: `auto`, `plain` or `off`.
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
        self._rewrite = mode == "auto" and self._stream.isatty()
        self._show = mode != "off" and bool(folder)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="progress", daemon=True)
        self._began = time.monotonic()

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
            if self._rewrite:
                self._stream.write("\r\x1b[K")
                self._stream.flush()

    def _loop(self) -> None:
        every_s = _TERMINAL_EVERY_S if self._rewrite else _PLAIN_EVERY_S
        if not is_local(self._folder):
            every_s = _AFAR_EVERY_S
        while not self._stop.wait(every_s):
            line = progress_line(
                read_progress(self._folder),
                self._total_bytes,
                self._shards,
                time.monotonic() - self._began,
            )
            self._stream.write(f"\r\x1b[K{line}" if self._rewrite else f"{line}\n")
            self._stream.flush()


def progress_line(done: dict[str, float], total_bytes: int, shards: int, elapsed_s: float) -> str:
    """Says in one line how far a run is.

    Args:
      done: sums of the workers' counters.
      total_bytes: of all shards.
      shards: how many there are.
      elapsed_s: seconds since the start.
    """
    pages, written = int(done.get("pages", 0)), done.get("written", 0)
    read = min(done.get("bytes", 0) / total_bytes, 1.0)
    step = "reading and cleaning"
    share = _READ_SHARE * read
    if read >= 1:
        step = "searching for duplicates"
        share += _SEARCH_SHARE * (done.get("searched", 0) > 0)
    if written:
        step = "writing"
        rest = 1 - _READ_SHARE - _SEARCH_SHARE
        share = _READ_SHARE + _SEARCH_SHARE + rest * min(written / shards, 1.0)
    parts = [f"{share:4.0%} {step}", f"{pages:,} pages"]
    if elapsed_s >= 1 and pages:
        parts.append(f"{pages / elapsed_s:,.0f} pages/s")
    if rejects := int(done.get("rejects", 0)):
        parts.append(f"{rejects:,} rejected")
    if 0.02 < share < 1:
        parts.append(f"about {_duration(elapsed_s * (1 - share) / share)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
