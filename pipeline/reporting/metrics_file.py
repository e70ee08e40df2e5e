"""The file of metrics that a run leaves for Prometheus, whether it went well or not."""

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import orjson

from pipeline.errors import PagesieveError, RunError, TooManyRejectsError
from pipeline.reporting.metrics import render_metrics
from pipeline.stop_signals import Stopped
from pipeline.storage import join, read_bytes, write_bytes

_INTERRUPTED = 130


class MetricsFile:
    """Writes, at once, a file of metrics when the block ends.

    Args:
      path: of the file; "" for none.
      output: of the run.

    Attributes:
      run: the dict of `run.json`, set once the run is committed.
    """

    def __init__(self, path: str, output: str) -> None:
        self._path = path
        self._output = output
        self.run: Mapping[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._path:
            return
        if isinstance(error, TooManyRejectsError):  # committed all the same
            self.run = orjson.loads(read_bytes(join(self._output, "run.json")))
        self._write(status_of(error))

    def fail(self, status: int) -> None:
        """Writes the file of a run that ends the process at once."""
        if self._path:
            self._write(status)

    def _write(self, status: int) -> None:
        try:
            write_bytes(self._path, render_metrics(self.run, status, time.time()).encode())
        except OSError as error:
            print(
                f"pagesieve: --metrics-file {self._path} cannot be written: {error.strerror}",
                file=sys.stderr,
            )


def status_of(error: BaseException | None) -> int:
    """Gives the exit status that an error leads to."""
    if error is None:
        return 0
    if isinstance(error, Stopped):
        return error.exit_status
    if isinstance(error, KeyboardInterrupt):
        return _INTERRUPTED
    return error.exit_status if isinstance(error, PagesieveError) else RunError.exit_status
