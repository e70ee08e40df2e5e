"""Intake: what has arrived and waits to be taken, and the clock of a stream."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import xxhash

from pipeline.inputs.shards import InputFile, Piece
from pipeline.inputs.splitting import split, weight
from pipeline.watch.elements import Arrival

ARRIVAL_BYTES = 2 << 20
"""Weight of what is read at one go (compressed bytes count four times): about half a second."""

_ARRIVAL_PIECES = 256
_PATIENCE_TICKS = 2


def key_of(piece: Piece) -> bytes:
    """Gives 16 bytes by which the ledger knows a piece: it changes when the file does."""
    file = piece.file
    words = (file.path, str(file.size), file.token, str(piece.start), str(piece.end))
    text = "\0".join(words).encode("utf-8", "surrogateescape")
    return xxhash.xxh3_128_digest(text)


def pieces_of(file: InputFile) -> list[Piece]:
    """Gives a file as what is read of it at one go: the whole of it, or ranges of a large one."""
    if weight(file) <= ARRIVAL_BYTES:
        return [Piece(file)]
    return [piece for piece, _ in split(file, ARRIVAL_BYTES)]


@dataclass(slots=True)
class Waiting:
    """What has arrived and has not been taken.

    Attributes:
      files: how many: files, or messages.
      bytes: in them.
      since_s: when the oldest of them was seen first, in seconds since 1970; 0 without any.
      taken: (end of its tick, time it was taken, in milliseconds) of arrivals in progress.
      unknown: paths of files of no known format.
      error: why nothing new can be had; "" when it can.
    """

    files: int = 0
    bytes: int = 0
    since_s: float = 0.0
    taken: tuple[tuple[int, int], ...] = ()
    unknown: tuple[str, ...] = ()
    error: str = ""


class Intake:
    """A queue of pieces, and the time.

    Args:
      last_ms: no arrival is earlier; the end of what is committed.
      tick_ms: length of a tick.
      now_s: the clock.
    """

    def __init__(
        self, *, last_ms: int, tick_ms: int, now_s: Callable[[], float] = time.time
    ) -> None:
        self._last_ms = last_ms
        self._tick_ms = tick_ms
        self._now_s = now_s
        self._queue: deque[tuple[Piece, tuple[bytes, ...]]] = deque()
        self._number = 0
        self._open: list[Arrival] = []
        self.waiting = Waiting()

    def now_ms(self) -> int:
        """Gives the time, which never goes back; in milliseconds since 1970."""
        self._last_ms = max(self._last_ms, int(self._now_s() * 1000))
        return self._last_ms

    def put(self, piece: Piece, *keys: bytes) -> None:
        """Queues a piece, with its entries in the ledger."""
        self._queue.append((piece, keys))

    def take(self, most: int) -> Iterator[Arrival]:
        """Takes up to `most` arrivals from the queue."""
        for _ in range(most):
            some: list[Piece] = []
            keys: list[bytes] = []
            size = 0
            while self._queue and size < ARRIVAL_BYTES and len(some) < _ARRIVAL_PIECES:
                piece, known_by = self._queue.popleft()
                some.append(piece)
                keys.extend(known_by)
                size += min(weight(piece.file), ARRIVAL_BYTES)
            if not some:
                return
            at_ms = self.now_ms()
            tick_ms = (at_ms // self._tick_ms + 1) * self._tick_ms
            arrival = Arrival(self._number, tuple(some), tuple(keys), at_ms, tick_ms)
            self._open.append(arrival)
            self.waiting.taken = self._taken()
            yield arrival
            self._number += 1

    def committed(self, end_ms: int) -> None:
        """Notes that all ticks up to a time are committed."""
        self._open = [arrival for arrival in self._open if arrival.tick_ms > end_ms]

    def is_behind(self, window_ms: int) -> bool:
        """Says whether a window that is over for long is not committed.

        What is taken now would only make work for later steps, each tick and window its own. What
        waits is taken together, and costs less.
        """
        if not self._open:
            return False
        window_end_ms = -(-self._open[0].tick_ms // window_ms) * window_ms
        return window_end_ms + _PATIENCE_TICKS * self._tick_ms < self.now_ms()

    def stop(self) -> None:
        """Notes that nothing more will be taken."""

    def close(self) -> None:
        """Ends it, when nothing is at work any more."""

    def _taken(self) -> tuple[tuple[int, int], ...]:
        return tuple((arrival.tick_ms, arrival.at_ms) for arrival in self._open)
