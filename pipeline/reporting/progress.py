"""Progress that workers write down and the main process reads: small files in a shared folder."""

import os
import threading
import time
import uuid
import weakref
from pathlib import Path

import orjson

from pipeline.storage import is_local, join, list_files, read_bytes, write_bytes

_EVERY_S = 0.3
_EVERY_AFAR_S = 10.0
"""On an object store, which bills each file and slows down who writes one too often."""

_UNFINISHED = ".new"


class Progress:
    """Counts what this process has done, and tells others at most a few times a second.

    Whatever counts in one process for one folder shares one file, so that a worker with many
    threads leaves one.

    Args:
      folder: shared with the main process, also on an object store; "" where there is none:
        nothing is written.
    """

    def __init__(self, folder: str) -> None:
        self._tally = _tally_of(folder) if folder else None

    def add(self, **done: float) -> None:
        """Adds to named sums."""
        if self._tally is not None:
            self._tally.add(done)

    def tell(self) -> None:
        """Writes the sums down now; on an object store only when it is time to."""
        if self._tally is not None:
            self._tally.tell()


class _Tally:
    def __init__(self, folder: str) -> None:
        self._path = join(folder, f"{os.getpid()}-{uuid.uuid4().hex[:12]}")
        self._every_s = _EVERY_S if is_local(folder) else _EVERY_AFAR_S
        self._lock = threading.Lock()
        self._done: dict[str, float] = {}
        self._told = 0.0

    def add(self, done: dict[str, float]) -> None:
        with self._lock:
            for name, value in done.items():
                self._done[name] = self._done.get(name, 0) + value
            if time.monotonic() - self._told > self._every_s:
                self._write()

    def tell(self) -> None:
        with self._lock:
            near = self._every_s == _EVERY_S
            if self._done and (near or time.monotonic() - self._told > self._every_s):
                self._write()

    def _write(self) -> None:
        data = orjson.dumps(self._done)
        try:
            if is_local(self._path):
                hidden = Path(self._path + _UNFINISHED)
                hidden.write_bytes(data)
                hidden.replace(self._path)
            else:
                write_bytes(self._path, data)
        except OSError:  # progress is a courtesy: a full disk must not end the run here
            return
        self._told = time.monotonic()


_TALLIES: "weakref.WeakValueDictionary[str, _Tally]" = weakref.WeakValueDictionary()
_TALLIES_LOCK = threading.Lock()


def _tally_of(folder: str) -> _Tally:
    with _TALLIES_LOCK:
        tally = _TALLIES.get(folder)
        if tally is None:
            tally = _TALLIES[folder] = _Tally(folder)
        return tally


def read_progress(folder: str) -> dict[str, float]:
    """Sums up what all workers have told."""
    total: dict[str, float] = {}
    try:
        paths = [path for path in list_files(folder) if not path.endswith(_UNFINISHED)]
    except OSError:
        return total
    for path in paths:
        try:
            done = orjson.loads(read_bytes(path))
        except (OSError, orjson.JSONDecodeError):
            continue
        for name, value in done.items():
            total[name] = total.get(name, 0) + value
    return total
