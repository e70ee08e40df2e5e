"""What a user sees of a running stream: how it is doing, and what is said in between."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from pipeline.reporting.monitor import is_drawn
from pipeline.watch.status import Status

_DRAWN_EVERY_S = 0.5
_TOLD_EVERY_S = 5.0


def say(line: str, stream: TextIO | None = None) -> None:
    """Writes a line on the standard error."""
    print(f"pagesieve: {line}", file=stream or sys.stderr, flush=True)


class Shown:
    """Shows how a stream is doing until the block ends.

    On a terminal it is one line that is drawn over and over, elsewhere a line every five seconds.

    Args:
      status: of the stream.
      mode: see `is_drawn`; `off` leaves out all but what is said.
      stream: where to write; the standard error output by default.
    """

    def __init__(self, status: Status, mode: str, stream: TextIO | None = None) -> None:
        self._status, self._on = status, mode != "off"
        self._stream = stream or sys.stderr
        self._drawn = is_drawn(mode, self._stream)
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        if self._drawn:
            from pipeline.reporting.live import LiveLine  # brings rich

            self._line = LiveLine(self._stream)
            self._line.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._line.stop()
        if self._on and kind is None:
            say(self._status.line(), self._stream)

    def look(self) -> None:
        """Shows how the stream is doing, if it is time to."""
        every_s = _DRAWN_EVERY_S if self._drawn else _TOLD_EVERY_S
        if not self._on or time.monotonic() - self._last < every_s:
            return
        self._last = time.monotonic()
        if self._drawn:
            self._line.show(self._status.line())
        else:
            say(self._status.line(), self._stream)

    def say(self, line: str) -> None:
        """Writes a line that stays."""
        if self._drawn:
            self._line.say(f"pagesieve: {line}")
        else:
            say(line, self._stream)
