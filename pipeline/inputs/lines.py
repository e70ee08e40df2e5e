"""Lines of a byte stream with their offsets, in bounded memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LongLine:
    """A line above the limit, of which only the beginning is kept.

    Attributes:
      head: its first bytes.
      length: in bytes, without the line feed.
    """

    head: bytes
    length: int


def lines(  # noqa: C901 - one loop over blocks, for speed
    read: Callable[[], bytes],
    offset: int,
    end: int,
    *,
    max_bytes: int,
    head_bytes: int,
    inside: bool,
) -> Iterator[tuple[int, bytes | LongLine]]:
    """The lines that start in `offset <= start < end`, each with its start, without line feeds.

    Where the stream ends inside the range, what follows its last line feed is a line as well, be
    it empty: when it comes, `read` has returned b"".

    Args:
      read: gives the next bytes, b"" at the end.
      offset: where in the stream the first byte stands.
      end: first start that is left to others; negative for none.
      max_bytes: longest line that is given whole.
      head_bytes: bytes kept of a longer one.
      inside: the first byte belongs to a line that started before, which is left out; pass true
        and the byte before the range to get the range's own lines.
    """
    start = offset  # of the line that `held` begins
    held: list[bytes] = []
    size = 0
    skipping = inside
    while block := read():
        at = 0
        while True:
            stop = block.find(b"\n", at)
            if stop < 0:
                break
            if skipping:
                skipping = False
            elif size + stop - at > max_bytes:
                yield start, _long(held, block[at : min(stop, at + head_bytes)], size + stop - at)
            elif held:
                held.append(block[at:stop])
                yield start, b"".join(held)
            else:
                yield start, block[at:stop]
            held.clear()
            size = 0
            at = stop + 1
            start = offset + at
            if 0 <= end <= start:
                return
        offset += len(block)
        if skipping:
            continue
        rest = block[at:] if at else block
        size += len(rest)
        if size <= max_bytes:
            held.append(rest)
        elif sum(map(len, held)) < head_bytes:
            held[:] = [b"".join([*held, rest])[:head_bytes]]
    if not skipping:
        yield start, (b"".join(held) if size <= max_bytes else _long(held, b"", size))


def _long(held: list[bytes], rest: bytes, length: int) -> LongLine:
    return LongLine(b"".join([*held, rest]), length)
