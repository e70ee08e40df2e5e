"""What of an inbox is new: files that have come to rest and that no committed window holds."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import xxhash

from pipeline.inputs.listing import list_arrived
from pipeline.inputs.shards import Format, InputError, InputFile, Piece
from pipeline.inputs.splitting import split, weight
from pipeline.watch.elements import Arrival

ARRIVAL_BYTES = 2 << 20
"""Weight of what is read at one go (compressed bytes count four times): about half a second."""

_ARRIVAL_PIECES = 256


def key_of(piece: Piece) -> bytes:
    """Gives 16 bytes by which the ledger knows a piece: it changes when the file does."""
    file = piece.file
    words = (file.path, str(file.size), file.token, str(piece.start), str(piece.end))
    text = "\0".join(words).encode("utf-8", "surrogateescape")
    return xxhash.xxh3_128_digest(text)


@dataclass(slots=True)
class Waiting:
    """What an inbox holds that has not been taken.

    Attributes:
      files: how many.
      bytes: in them.
      since_s: when the oldest of them was seen first, in seconds since 1970; 0 without any.
      taken: (end of its tick, time it was taken, in milliseconds) of arrivals in progress.
      unknown: paths of files of no known format.
      error: why the inbox could not be listed; "" when it could.
    """

    files: int = 0
    bytes: int = 0
    since_s: float = 0.0
    taken: tuple[tuple[int, int], ...] = ()
    unknown: tuple[str, ...] = ()
    error: str = ""


class Inbox:
    """Finds what has arrived, in the order of its time stamps.

    A local file is taken once it has not changed for `settle_s`; an object in a bucket appears
    whole. A file that changes afterwards is taken again, as a new one.

    Args:
      patterns: of the input.
      forced: format of all files, or None: by their names.
      known: ledger entries of what is committed.
      settle_s: seconds, at least 0.
      last_ms: no arrival is earlier; the end of what is committed.
      tick_ms: length of a tick.
      now_s: the clock.
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
        self._patterns, self._forced = tuple(patterns), forced
        self._known = set(known)
        self._settle_s = settle_s
        self._last_ms = last_ms
        self._tick_ms = tick_ms
        self._now_s = now_s
        self._seen: dict[bytes, float] = {}
        self._pieces: list[Piece] = []
        self._number = 0
        self._open: list[Arrival] = []
        self.waiting = Waiting()

    def now_ms(self) -> int:
        """Gives the time, which never goes back; in milliseconds since 1970."""
        self._last_ms = max(self._last_ms, int(self._now_s() * 1000))
        return self._last_ms

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
            self._pieces.extend(self._pieces_of(file))
            self._known.add(key)
        self.waiting = Waiting(
            files=len(seen) - len(ready) + len(self._pieces),
            bytes=sum(piece.file.size for piece in self._pieces),
            since_s=min((seen[key] for key in seen.keys() - {k for _, k in ready}), default=0.0),
            taken=tuple((a.tick_ms, a.at_ms) for a in self._open),
            unknown=tuple(unknown),
        )

    def take(self, most: int) -> Iterator[Arrival]:
        """Takes up to `most` arrivals from the queue."""
        for _ in range(most):
            some: list[Piece] = []
            size = 0
            while self._pieces and size < ARRIVAL_BYTES and len(some) < _ARRIVAL_PIECES:
                piece = self._pieces.pop(0)
                some.append(piece)
                size += min(weight(piece.file), ARRIVAL_BYTES)
            if not some:
                return
            at_ms = self.now_ms()
            tick_ms = (at_ms // self._tick_ms + 1) * self._tick_ms
            arrival = Arrival(self._number, tuple(some), at_ms, tick_ms)
            self._open.append(arrival)
            self.waiting.taken = tuple((a.tick_ms, a.at_ms) for a in self._open)
            yield arrival
            self._number += 1

    def committed(self, end_ms: int) -> None:
        """Notes that all ticks up to a time are committed."""
        self._open = [arrival for arrival in self._open if arrival.tick_ms > end_ms]

    def _at_rest(self, file: InputFile, since: float, now_s: float) -> bool:
        if "://" in file.path or now_s - since >= self._settle_s:
            return True
        changed = _time_of(file) / 1e9
        return self._settle_s <= now_s - changed

    def _pieces_of(self, file: InputFile) -> list[Piece]:
        if weight(file) <= ARRIVAL_BYTES:
            return [Piece(file)]
        pieces = [piece for piece, _ in split(file, ARRIVAL_BYTES)]
        return [piece for piece in pieces if key_of(piece) not in self._known]


def _time_of(file: InputFile) -> int:
    """Gives what a file's token says of its time; 0 where it says nothing."""
    try:
        return int(float(file.token)) if "." in file.token else int(file.token)
    except ValueError:
        return 0
