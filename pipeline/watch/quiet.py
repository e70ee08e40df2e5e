"""Keeps what Beam's threads print from the user: the main thread tells what is to be told."""

import sys
import threading
from typing import TextIO


class _MainThreadOnly:
    """Stands for a stream; what other threads write to it is dropped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if threading.current_thread() is threading.main_thread():
            return self._stream.write(text)
        return len(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def hush_threads() -> None:
    """Lets only the main thread write to the standard error, from now on.

    Beam's threads complain at length when Prism goes, or a step fails, which the main thread says
    in one line.
    """
    threading.excepthook = lambda _: None
    sys.stderr = _MainThreadOnly(sys.stderr)
