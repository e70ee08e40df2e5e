"""The records of a WARC byte stream. Pure over a function that gives bytes.

FastWARC reads such streams a little faster (see docs/inputs.md), but ends without a word where
a file is cut, takes a record with too large a length for one with its neighbours inside, and stops
at the first damage. Here each record is accounted for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.inputs.compression import DamagedError
from transforms.records import Reason

_HEADER_BYTES = 64 << 10
_HEAD_BYTES = 1 << 20
"""Kept of a block above the limit: enough for its HTTP headers and for `Failure.raw`."""

_NEXT = re.compile(rb"\r?\n(?=WARC/[0-9.]{3,4}\r?\n)")
_NEXT_BYTES = 16
"""The longest line that begins a record, with the line end before it."""
_NEWLINES = b"\r\n"


@dataclass(frozen=True, slots=True)
class Record:
    """One record, or what is left of one.

    Attributes:
      offset: of its first byte in the stream.
      headers: by lower-cased name; the first of equal names.
      block: what follows the headers; only the head of it for `too_large`.
      length: of the block, in bytes; -1 where it is not known.
      problem: why the record is no use, or None.
      detail: about the problem.
    """

    offset: int
    headers: dict[bytes, bytes]
    block: bytes
    length: int
    problem: Reason | None = None
    detail: str = ""


class Window:
    """A view on a stream that is filled as needed.

    Args:
      read: gives the next bytes, b"" at the end.
      offset: of the first byte.
      rewind: makes `read` go on at an earlier offset, where that is possible: then the stream is
        the file itself, and an early end means that it was cut.

    Attributes:
      damage: what ended the stream before its time, or None.
    """

    def __init__(
        self,
        read: Callable[[], bytes],
        offset: int = 0,
        rewind: Callable[[int], None] | None = None,
    ) -> None:
        self._read = read
        self._rewind = rewind
        self._base = offset
        self.data = b""
        self.at = 0
        self.ended = False
        self.damage: DamagedError | None = None

    @property
    def offset(self) -> int:
        """Place in the stream of the next byte."""
        return self._base + self.at

    def more(self) -> bool:
        """Reads on; False at the end."""
        if self.ended:
            return False
        try:
            block = self._read()
        except DamagedError as error:
            self.damage = error
            block = b""
        if not block:
            self.ended = True
            return False
        self._base += self.at
        self.data = self.data[self.at :] + block if self.at < len(self.data) else block
        self.at = 0
        return True

    def ensure(self, count: int) -> int:
        """Has `count` bytes at hand where the stream has; returns how many there are."""
        have = len(self.data) - self.at
        if have >= count or self.ended:
            return have
        parts = [self.data[self.at :]]
        base = self.offset
        self.data, self.at = b"", 0
        while have < count and self.more():
            parts.append(self.data)
            have += len(self.data)
            self.data = b""
        self.data = b"".join(parts)
        self._base = base
        return have

    def skip(self, count: int) -> int:
        """Moves over up to `count` bytes without keeping them; returns how many there were."""
        done = 0
        while True:
            step = min(count - done, len(self.data) - self.at)
            self.at += step
            done += step
            if done == count or not self.more():
                return done

    @property
    def short(self) -> Reason:
        """Why a stream that is not damaged ends inside a record."""
        return "truncated" if self._rewind else "malformed"

    def go_back(self, offset: int) -> bool:
        """Returns to an earlier offset; False where that is not possible."""
        if self._rewind is None:
            return False
        self._rewind(offset)
        self._base, self.at, self.data, self.ended = offset, 0, b"", False
        return True

    def skip_newlines(self) -> None:
        """Moves over line ends between records."""
        while True:
            while self.at < len(self.data) and self.data[self.at] in _NEWLINES:
                self.at += 1
            if self.at < len(self.data) or not self.more():
                return


def records(window: Window, max_bytes: int) -> Iterator[Record]:
    """All records of the stream, good and bad, in order.

    A record whose length leads to something else than a record or the stream's end is malformed;
    reading goes on at the next line that begins a record.

    Args:
      window: the stream, standing at a record.
      max_bytes: largest block that is given whole.
    """
    while True:
        window.skip_newlines()
        if window.at >= len(window.data):
            return
        yield _record(window, max_bytes)


def _record(window: Window, max_bytes: int) -> Record:
    offset = window.offset
    end = _header_end(window)
    if end < 0:
        whole = not window.ended or not window.data[window.at :].startswith(b"WARC/")
        detail = "no record header begins here" if whole else "the file ends inside a header"
        return _lost(window, offset, {}, "malformed" if whole else window.short, detail)
    headers = _headers(window.data[window.at : end])
    window.at = end
    digits = headers.get(b"content-length", b"")
    if not digits.isdigit() or len(digits) > 18:
        return _lost(window, offset, headers, "malformed", "the record has no Content-Length")
    if int(digits) > max_bytes:
        return _oversized(window, offset, headers, int(digits), max_bytes)
    return _whole(window, offset, headers, int(digits))


def _whole(window: Window, offset: int, headers: dict[bytes, bytes], length: int) -> Record:
    have = window.ensure(length + 4)
    if have < length:
        detail = f"Content-Length is {length}, but {have} bytes follow"
        return _lost(window, offset, headers, window.short, detail)
    stop = window.at + length
    tail = window.data[stop : stop + 4].lstrip(_NEWLINES)
    if tail and not b"WARC".startswith(tail):
        detail = f"Content-Length is {length}, but no record follows there"
        return _lost(window, offset, headers, "malformed", detail)
    block = window.data[window.at : stop]
    window.at = stop
    window.skip_newlines()
    damage = window.damage
    if damage is not None and damage.reason != "truncated":
        return Record(offset, headers, block, length, damage.reason, damage.detail)
    return Record(offset, headers, block, length)


def _header_end(window: Window) -> int:
    """Where the block begins, in the window's data; -1 where no header stands."""
    while True:
        data, at = window.data, window.at
        if data[at : at + 5] == b"WARC/" or (len(data) - at < 5 and not window.ended):
            end = data.find(b"\r\n\r\n", at, at + _HEADER_BYTES)
            if end >= 0:
                return end + 4
            end = data.find(b"\n\n", at, at + _HEADER_BYTES)
            if end >= 0:
                return end + 2
        else:
            return -1
        if len(data) - at >= _HEADER_BYTES or not window.more():
            return -1


def _headers(head: bytes) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    name = b""
    for line in head.split(b"\n")[1:]:
        if line[:1] in (b" ", b"\t") and name:  # a folded line
            headers[name] += b" " + line.strip()
            continue
        left, colon, value = line.partition(b":")
        if colon:
            name = left.strip().lower()
            headers.setdefault(name, value.strip())
    return headers


def _oversized(
    window: Window, offset: int, headers: dict[bytes, bytes], length: int, max_bytes: int
) -> Record:
    begin = window.offset
    window.ensure(min(length, _HEAD_BYTES))
    block = window.data[window.at : window.at + min(length, _HEAD_BYTES)]
    done = window.skip(length)
    if done < length:
        detail = f"Content-Length is {length}, but {done} bytes follow"
        if window.damage is None and window.go_back(begin):
            return _lost(window, offset, headers, window.short, detail)
        return Record(offset, headers, block, done, window.short, detail)
    detail = f"a record of {length} bytes is above the limit of {max_bytes}"
    return Record(offset, headers, block, length, "too_large", detail)


def _lost(
    window: Window, offset: int, headers: dict[bytes, bytes], reason: Reason, detail: str
) -> Record:
    """A bad record up to the next one; the window stands behind its headers."""
    kept = bytearray()
    length = 0
    while True:
        match = _NEXT.search(window.data, window.at)
        if match:
            stop = match.end()
        elif window.ended:
            stop = len(window.data)
        else:  # the next record's first line may stand half in the window
            stop = max(window.at, len(window.data) - _NEXT_BYTES)
        kept += window.data[window.at : min(stop, window.at + _HEAD_BYTES - len(kept))]
        length += stop - window.at
        window.at = stop
        if match:
            # The length was wrong, the stream goes on.
            reason = "malformed" if reason == "truncated" else reason
            return Record(offset, headers, bytes(kept), length, reason, detail)
        if not window.more() and window.at == len(window.data):
            break
    if window.damage is not None:
        reason, detail = window.damage.reason, window.damage.detail
    return Record(offset, headers, bytes(kept), length, reason, detail)
