"""A lock in a bucket: an object that its holder keeps writing for as long as it lives."""

import json
import os
import socket
import sys
import threading
import time
import uuid
from types import TracebackType
from typing import Any, Self

from pipeline.cloud.client import ChangedObjectError, CloudError
from pipeline.cloud.objects import ObjectReader, delete_generation, replace, stat

BEAT_S = 15.0
"""Seconds between two signs of life."""

DEAD_S = 50.0
"""A holder that gave no sign for so long is dead."""


class HeldError(Exception):
    """Someone else holds the lease; the message says who."""


class Lease:
    """Holds an object against every other process, on any machine.

    Whoever is killed leaves its object behind. The next one takes it over: at once where it ran on
    this machine, otherwise when no sign of life has come for `DEAD_S`. No clocks are compared.

    Args:
      path: `gs://bucket/name`.

    Raises:
      HeldError: when its holder lives.
      CloudError: when the bucket cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._me = {**_this_machine(), "pid": os.getpid(), "id": uuid.uuid4().hex}
        self._ended = threading.Event()
        self.lost = False
        self._generation = self._take()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        if not self.lost:
            delete_generation(self._path, self._generation)  # else the next one takes it over

    def _take(self) -> int:
        told = False
        seen, since = -1, 0.0
        while True:
            info = stat(self._path)
            generation = info.generation if info else 0
            if info is not None:
                holder = _holder(self._path)
                if generation != seen:
                    if seen >= 0 and told:
                        raise HeldError(f"{holder.get('host', 'another machine')}")
                    seen, since = generation, time.monotonic()
                if not _is_dead_here(holder) and time.monotonic() - since < DEAD_S:
                    if not told:
                        told = True
                        print(
                            f"pagesieve: a run on {holder.get('host', 'another machine')} holds "
                            f"{self._path}; looking for {DEAD_S:.0f} s whether it is alive",
                            file=sys.stderr,
                            flush=True,
                        )
                    time.sleep(min(BEAT_S, DEAD_S) / 5)
                    continue
            try:
                return replace(self._path, self._note(), generation)
            except ChangedObjectError:
                continue

    def _note(self) -> bytes:
        return json.dumps({**self._me, "beat": uuid.uuid4().hex}).encode()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            try:
                self._generation = replace(self._path, self._note(), self._generation)
            except ChangedObjectError:
                self.lost = True
                return
            except CloudError:
                continue  # tried again at the next beat


def _this_machine() -> dict[str, Any]:
    boot = ""
    if os.path.exists("/proc/sys/kernel/random/boot_id"):
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
            boot = handle.read().strip()
    return {"host": socket.gethostname(), "boot": boot}


def _holder(path: str) -> dict[str, Any]:
    try:
        holder = json.loads(ObjectReader(path).read())
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _is_dead_here(holder: dict[str, Any]) -> bool:
    """Says whether the holder ran on this machine, and its process is gone."""
    here = _this_machine()
    if not here["boot"] or any(holder.get(name) != value for name, value in here.items()):
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, KeyError, ValueError):
        return False
    return False
