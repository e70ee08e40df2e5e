"""What of an inbox is new: files that have come to rest and that no committed window holds."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.inputs.listing import list_arrived
from pipeline.inputs.shards import Format, InputError, InputFile, Piece
from pipeline.watch.elements import Arrival
from pipeline.watch.intake import Intake, Waiting, key_of, pieces_of


class Inbox(Intake):
    """Finds what has arrived, in the order of its time stamps.

    A local file is taken once it has not changed for `settle_s`; an object in a bucket appears
    whole. A file that changes afterwards is taken again, as a new one.

    Args:
      patterns: of the input.
      forced: format of all files, or None: by their names.
      known: ledger entries of what is committed.
      settle_s: seconds, at least 0.
      last_ms, tick_ms, now_s: see `Intake`.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        forced: Format | None,
        known: Iterable[bytes],
        *,
        settle_s: float,
        last_ms: int,
        tick_ms: int,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(last_ms=last_ms, tick_ms=tick_ms, now_s=now_s)
        self._patterns, self._forced = tuple(patterns), forced
        self._known = set(known)
        self._settle_s = settle_s
        self._seen: dict[bytes, float] = {}
        self._restless_s: list[float] = []
        self._queued: dict[tuple[bytes, ...], float] = {}

    def look(self) -> None:
        """Lists the inbox and queues what is new and at rest."""
        now_s = self._now_s()
        try:
            files, unknown = list_arrived(self._patterns, self._forced)
        except (InputError, OSError) as error:  # it may be back in a moment
            self.waiting.error = str(error)
            return
        seen: dict[bytes, float] = {}
        ready: list[tuple[InputFile, bytes]] = []
        for file in files:
            key = key_of(Piece(file))
            if key in self._known:
                continue
            since = self._seen.get(key, now_s)
            if self._at_rest(file, since, now_s):
                ready.append((file, key))
            seen[key] = since
        self._seen = seen
        ready.sort(key=lambda item: (_time_of(item[0]), item[0].path))
        for file, key in ready:
            for piece in pieces_of(file):
                known_by = key_of(piece)
                if known_by not in self._known:
                    self.put(piece, known_by)
            self._known.add(key)
        self._queued = {keys: self._queued.get(keys, now_s) for _, keys in self._queue}
        self._restless_s = [seen[key] for key in seen.keys() - {key for _, key in ready}]
        self.waiting = Waiting(
            files=len(seen) - len(ready) + len(self._queue),
            bytes=sum(piece.file.size for piece, _ in self._queue),
            since_s=self._since_s(),
            taken=self._taken(),
            unknown=tuple(unknown),
        )

    def take(self, most: int) -> Iterator[Arrival]:
        """Takes up to `most` arrivals from the queue."""
        for arrival in super().take(most):
            self.waiting.since_s = self._since_s()
            yield arrival

    def _since_s(self) -> float:
        """Gives when the oldest of what waits was seen first; 0 without any."""
        queued = (self._queued[keys] for _, keys in self._queue)
        return min([*self._restless_s, *queued], default=0.0)

    def _at_rest(self, file: InputFile, since: float, now_s: float) -> bool:
        if "://" in file.path or now_s - since >= self._settle_s:
            return True
        changed = _time_of(file) / 1e9
        return self._settle_s <= now_s - changed


def _time_of(file: InputFile) -> int:
    """Gives what a file's token says of its time; 0 where it says nothing."""
    try:
        return int(float(file.token)) if "." in file.token else int(file.token)
    except ValueError:
        return 0
