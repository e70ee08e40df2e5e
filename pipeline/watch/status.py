"""The line that says how a stream is doing."""

import time
from collections import Counter
from typing import Any

import orjson

from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import counted
from pipeline.watch.intake import Waiting
from pipeline.watch.manifest import StreamManifest, load
from pipeline.watch.settings import WatchSettings
from pipeline.watch.stall import Stall

_MOST_NAMED = 5
_NOTHING = Waiting()


class Status:
    """Tells what a stream has done since it was started.

    Args:
      settings: of the stream.
      start: its manifest then.
      before: what had been counted when its first process was started.
      stall_s: nothing has to move for so long to be called a stall; 0: never.
    """

    def __init__(
        self,
        settings: WatchSettings,
        start: StreamManifest,
        before: Counter[str],
        stall_s: float,
    ) -> None:
        self._settings = settings
        self._start = start
        self._before = before
        self._noun = "messages" if settings.subscription else "files"
        self._warned: set[str] = set()
        self._unknown: set[str] = set()
        self._stall = Stall(settings, stall_s)

    def line(self) -> str:
        """Gives one line: pages in, out, duplicates, rejects, what waits, lag."""
        manifest = load(self._settings.memory) or self._start
        total = manifest.total()
        waiting = self._waiting()

        def since(name: str) -> int:
            return total.n[name] - self._before[name]

        rejects = sum(since(name) for name in total.n if name.startswith("pages.rejected:"))
        dropped = sum(since(name) for name in total.n if name.startswith("pages.dropped:"))
        duplicates = sum(
            since(name) for name in total.n if name.startswith("paragraphs.removed:duplicate.")
        )
        parts = [
            f"{since('pages.read'):,} pages in",
            f"{since('pages.written'):,} out",
            f"{dropped:,} dropped",
            f"{duplicates:,} duplicate paragraphs",
            f"{rejects:,} rejected",
            f"{waiting['files']:,} {self._noun} waiting",
            f"lag {lag_s(waiting, manifest.end_ms, time.time()):.1f} s",
        ]
        return ", ".join(parts)

    def warnings(self) -> list[str]:
        """Gives what the user has to know and has not been told."""
        waiting = self._waiting()
        said = []
        if waiting["error"]:
            said.append(f"the input cannot be read, trying on: {visible(waiting['error'], 300)}")
        fresh = [line for line in said if line not in self._warned]
        self._warned.update(fresh)
        unknown = [path for path in waiting["unknown"] if path not in self._unknown]
        self._unknown.update(unknown)
        fresh += [
            f"{visible(path, 300)} is left alone: its name does not tell its format; name it "
            "with --input-format"
            for path in unknown[:_MOST_NAMED]
        ]
        if more := len(unknown[_MOST_NAMED:]):
            fresh.append(f"left alone for the same reason: {counted(more, 'more file')}")
        return fresh

    def stalls(self) -> bool:
        """Says whether pages wait and nothing has moved for too long; ask it every few seconds."""
        manifest = load(self._settings.memory) or self._start
        return self._stall.check(self._waiting(), manifest.end_ms, time.time())

    def _waiting(self) -> dict[str, Any]:
        try:
            with open(self._settings.inbox_file, "rb") as handle:
                found: dict[str, Any] = orjson.loads(handle.read())
                return found
        except (FileNotFoundError, orjson.JSONDecodeError):
            values = {name: getattr(_NOTHING, name) for name in _NOTHING.__slots__}
            return values | {"next_look_s": 0.0}


def lag_s(waiting: dict[str, Any], end_ms: int, now_s: float) -> float:
    """Gives the age of the oldest page that is not committed, in seconds; 0 without any.

    Args:
      waiting: what the source has told of its inbox.
      end_ms: end of the last tick that is committed.
      now_s: the time.
    """
    since = [at_ms / 1000 for tick_ms, at_ms in waiting["taken"] if tick_ms > end_ms]
    if waiting["since_s"]:
        since.append(waiting["since_s"])
    return max(now_s - min(since), 0.0) if since else 0.0
