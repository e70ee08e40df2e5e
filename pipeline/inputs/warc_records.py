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

    Attributes:
      damage: what ended the stream before its time, or None.
    """

    def __init__(self, read: Callable[[], bytes], offset: int = 0) -> None:
        self._read = read
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
        self._base += self.at
        self.data, self.at = b"", 0
        while have < count and self.more():
            parts.append(self.data)
            have += len(self.data)
            self._base -= 0
            self.data = b""
        self.data = b"".join(parts)
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
        reason = "truncated" if window.ended and window.data[window.at :][:5] == b"WARC/" else None
        return _lost(window, offset, {}, reason or "malformed", "no record header here")
    headers = _headers(window.data[window.at : end])
    digits = headers.get(b"content-length", b"")
    if not digits.isdigit() or len(digits) > 18:
        window.at = end
        return _lost(window, offset, headers, "malformed", "the record has no Content-Length")
    length = int(digits)
    window.at = end
    if length > max_bytes:
        return _oversized(window, offset, headers, length, max_bytes)
    have = window.ensure(length)
    if have < length:
        detail = f"Content-Length is {length}, but {have} bytes follow"
        return _lost(window, offset, headers, "truncated", detail)
    start = window.at
    if window.ensure(length + 5) > length:
        start = window.at  # the window may have moved
        tail = window.data[start + length : start + length + 4].lstrip(_NEWLINES)
        if tail and not b"WARC".startswith(tail) and not tail.startswith(b"WARC"):
            detail = f"Content-Length is {length}, but no record follows"
            return _lost(window, offset, headers, "malformed", detail)
    start = window.at
    block = window.data[start : start + length]
    window.at = start + length
    window.skip_newlines()
    if window.damage is not None and window.damage.reason != "truncated":
        return Record(offset, headers, block, length, window.damage.reason, window.damage.detail)
    return Record(offset, headers, block, length)


def _header_end(window: Window) -> int:
    """Where the block begins, in the window's data; -1 where no header stands."""
    size = 0
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
        size = len(data) - at
        if size >= _HEADER_BYTES or not window.more():
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
    window.ensure(min(length, _HEAD_BYTES))
    block = window.data[window.at : window.at + min(length, _HEAD_BYTES)]
    done = window.skip(length)
    if done < length:
        damage = window.damage
        reason: Reason = damage.reason if damage else "truncated"
        detail = f"Content-Length is {length}, but {done} bytes follow"
        return Record(offset, headers, block, done, reason, damage.detail if damage else detail)
    detail = f"a record of {length} bytes is above the limit of {max_bytes}"
    return Record(offset, headers, block, length, "too_large", detail)


def _lost(
    window: Window, offset: int, headers: dict[bytes, bytes], reason: Reason, detail: str
) -> Record:
    """A bad record up to the next one; the window stands behind its headers."""
    if window.damage is not None:
        reason, detail = window.damage.reason, window.damage.detail
    kept = bytearray()
    length = 0
    while True:
        match = _NEXT.search(window.data, window.at)
        held = b"" if match or window.ended else window.data[-16:]
        stop = match.end() if match else max(window.at, len(window.data) - len(held))
        if len(kept) < _HEAD_BYTES:
            kept += window.data[window.at : stop]
        length += stop - window.at
        window.at = stop
        if match:
            if reason == "truncated":
                reason = "malformed"  # the length was wrong, the stream goes on
            break
        if not window.more():
            kept += window.data[window.at :]
            length += len(window.data) - window.at
            window.at = len(window.data)
            break
    if window.damage is not None and not match:
        reason, detail = window.damage.reason, window.damage.detail
    return Record(offset, headers, bytes(kept), length, reason, detail)
