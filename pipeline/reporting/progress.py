"""Progress that workers write down and the main process reads: small files in a shared folder."""

import os
import time
import uuid
from pathlib import Path

import orjson

_EVERY_S = 0.3


class Progress:
    """Counts what this process has done, and tells others at most a few times a second.

    Args:
      folder: shared with the main process; "" where there is none: nothing is written.
    """

    def __init__(self, folder: str) -> None:
        self._path = Path(folder, f"{os.getpid()}-{uuid.uuid4().hex[:8]}") if folder else None
        self._done: dict[str, float] = {}
        self._told = 0.0

    def add(self, **done: float) -> None:
        """Adds to named sums."""
        for name, value in done.items():
            self._done[name] = self._done.get(name, 0) + value
        if time.monotonic() - self._told > _EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Writes the sums down now."""
        if self._path is None or not self._done:
            return
        hidden = self._path.with_suffix(".new")
        try:
            hidden.write_bytes(orjson.dumps(self._done))
            hidden.replace(self._path)
        except OSError:  # progress is a courtesy: a full disk must not end the run here
            return
        self._told = time.monotonic()


def read_progress(folder: str) -> dict[str, float]:
    """Sums up what all workers have told."""
    total: dict[str, float] = {}
    try:
        paths = [p for p in Path(folder).iterdir() if p.suffix != ".new"]
    except OSError:
        return total
    for path in paths:
        try:
            done = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            continue
        for name, value in done.items():
            total[name] = total.get(name, 0) + value
    return total
