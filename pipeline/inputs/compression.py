"""Unpacking in bounded memory, member by member (a zstd frame counts as a member)."""

import zlib
from typing import Protocol

import deflate

from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import Compression
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile
from transforms.records import Reason
from transforms.text import kernel

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"

_IN_BYTES = 32 << 10
_OUT_BYTES = 1 << 20
_WHOLE_BYTES = 4 << 20
"""A gzip member of at most so many unpacked bytes may come in one piece: nearly all web pages."""
_GZIP_BYTES = 18
"""The least that a member has: 10 of header, 8 of check sum and length."""
_GZIP_PLAIN = 0b00011101
"""Flags of a header that zlib takes without a check of its own."""
_ZSTD_SLICE = 2 << 10
"""Its decoder has no bound on output: 2 KiB grow to 64 MiB at the worst, at no loss of speed."""


class DamagedError(Exception):
    """Packed data that ends early, does not decode, or grows beyond the limit.

    Attributes:
      reason: "truncated", "corrupt" or "bomb".
      detail: one line.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Members:
    """The members of a packed file, one after another.

    Attributes:
      start: where the current member begins, in bytes on storage.
    """

    def __init__(
        self, storage: StorageFile, compression: Compression, options: ReadOptions, start: int = 0
    ) -> None:
        self._storage = storage
        self._gzip = compression == "gz"
        self._options = options
        self.seek(start)

    def seek(self, offset: int) -> None:
        """Goes to a byte on storage, where `open_next` expects a member."""
        if self._storage.tell() != offset:
            self._storage.seek(offset)
        self.start = offset
        self._block = b""
        self._at = 0  # first byte of the block not yet consumed
        self._base = offset  # the block's place on storage
        self._decoder: _Decoder | None = None
        self._fresh = False  # a gzip member of which nothing is read
        self._tail = b""
        self._out = 0

    @property
    def position(self) -> int:
        """First byte on storage not yet consumed."""
        return self._base + self._at - len(self._tail)

    def _refill(self) -> bool:
        """Makes sure that the block has bytes left; False at the end of the file."""
        if self._at < len(self._block):
            return True
        self._base += len(self._block)
        self._block = self._storage.read(BLOCK_BYTES)
        self._at = 0
        return bool(self._block)

    def _peek(self, count: int) -> bytes:
        while len(self._block) - self._at < count:
            more = self._storage.read(BLOCK_BYTES)
            if not more:
                break
            self._base += self._at
            self._block = self._block[self._at :] + more
            self._at = 0
        return self._block[self._at : self._at + count]

    def open_next(self) -> bool:
        """Begins the next member; False at the end of the file.

        Zero bytes after a member are padding, as tapes leave it.

        Raises:
          DamagedError: no member begins here.
        """
        self._decoder = None
        self._fresh = False
        self._tail = b""
        self._out = 0
        while True:
            magic = self._peek(4)
            self.start = self.position
            if not magic:
                return False
            if self._gzip and magic[0] == 0 and self.start:
                self._skip_zeros()
                continue
            if self._gzip and magic[:3] == GZIP_MAGIC:
                self._fresh = True
                return True
            if not self._gzip and (magic == ZSTD_MAGIC or magic[1:] == _SKIPPABLE):
                self._decoder = _ZstdDecoder()
                return True
            if len(magic) < 4 and (GZIP_MAGIC if self._gzip else ZSTD_MAGIC).startswith(magic):
                raise DamagedError("truncated", "the file ends inside a compressed header")
            kind = "gzip" if self._gzip else "zstd"
            found = magic.hex(" ")
            raise DamagedError("corrupt", f"no {kind} data at byte {self.start} (found {found})")

    def _skip_zeros(self) -> None:
        while self._refill():
            rest = self._block[self._at :].lstrip(b"\0")
            self._at = len(self._block) - len(rest)
            if rest:
                return

    def read(self, at_once: float = _WHOLE_BYTES) -> bytes:
        """The next unpacked bytes, at most 4 MiB (zstd: or more); b"" at the member's end.

        Args:
          at_once: a gzip member of so many unpacked bytes may come in one piece; larger ones come
            as 32 KiB of packed bytes give them.

        Raises:
          DamagedError: the member ends early, does not decode or grows beyond the limit.
        """
        if self._fresh:
            self._fresh = False
            if data := self._whole(min(at_once, _WHOLE_BYTES, self._options.expansion_grace_bytes)):
                return data
            self._decoder = zlib.decompressobj(31)
        decoder = self._decoder
        while decoder is not None and not decoder.eof:
            check_expansion(self._out, self.position - self.start, self._options)
            if self._tail:
                packed = self._tail
            elif self._refill():
                packed = self._block[self._at : self._at + _IN_BYTES]
                self._at += len(packed)
            else:
                raise DamagedError("truncated", "the compressed data ends early")
            try:
                data = decoder.decompress(packed, _OUT_BYTES)
            except Exception as error:  # zlib.error or zstandard.ZstdError
                self._tail = b""
                raise DamagedError("corrupt", f"{error}") from error
            self._tail = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            if decoder.eof:
                self._at -= len(self._tail)
                self._tail = b""
            self._out += len(data)
            if data:
                return data
        return b""

    def _whole(self, most: float) -> bytes:
        """All of a small gzip member that lies in the block; b"" where it is not sure to be one.

        libdeflate takes a third of zlib's time, but needs the end and the length beforehand, and
        does not tell where it stopped. A guess that fails costs little: zlib then reads the member,
        and has the last word on all that is damaged, but for the codes 286 and 287, which no packer
        writes: zlib refuses them, libdeflate repeats 258 bytes, and the check sum tells whether
        that was meant. A guess holds when what came out has the check sum and the length that stand
        in the last eight bytes, and these stand nowhere before: the member's own are the same, so
        they are these.
        """
        end = find_bytes(self._block, GZIP_MAGIC, self._at + _GZIP_BYTES)
        if end < 0:  # it may go on in the next block
            self._peek(len(self._block) - self._at + 1)
            end = find_bytes(self._block, GZIP_MAGIC, self._at + _GZIP_BYTES)
        block, at = self._block, self._at
        end = len(block) if end < 0 else end
        if end - at < _GZIP_BYTES or block[at + 3] & ~_GZIP_PLAIN:
            return b""
        last = block[end - 8 : end]
        size = int.from_bytes(last[4:], "little")
        if not 0 < size <= most or find_bytes(block, last, at) != end - 8:
            return b""
        try:
            data = bytes(deflate.gzip_decompress(memoryview(block)[at:end], size))
        except deflate.DeflateError:
            return b""
        if len(data) != size or deflate.crc32(data) != int.from_bytes(last[:4], "little"):
            return b""
        self._at = end
        self._out = size
        return data


def find_bytes(data: bytes, sought: bytes, start: int) -> int:
    """Gives where bytes first stand in packed data from a place on, or -1."""
    if kernel.compiled is not None:
        return kernel.compiled.find_bytes(data, sought, start)
    return data.find(sought, start)


def expansion_limit(packed: int, options: ReadOptions) -> float:
    """Gives how many bytes may come out of so many that went in."""
    return max(options.expansion_grace_bytes, options.max_expansion * packed)


def check_expansion(unpacked: int, packed: int, options: ReadOptions) -> None:
    """Refuses what grows too much.

    Args:
      unpacked: bytes that came out.
      packed: bytes that went in.
      options: has the limits.

    Raises:
      DamagedError: the limit is passed.
    """
    if unpacked > expansion_limit(packed, options):
        raise DamagedError(
            "bomb",
            f"{packed} compressed bytes grew to {unpacked} and more, beyond the permitted ratio "
            f"of {options.max_expansion:g}",
        )


class _ZstdDecoder:
    """A zstandard frame behind zlib's interface, whose output is bounded."""

    def __init__(self) -> None:
        import zstandard  # only where there is such a file

        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self.eof = False
        self.unused_data = b""
        self.unconsumed_tail = b""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most `max_length` bytes and what one slice of `_ZSTD_SLICE` grows to."""
        parts: list[bytes] = []
        size = at = 0
        while at < len(data) and size < max_length and not self.eof:
            parts.append(self._inner.decompress(data[at : at + _ZSTD_SLICE]))
            size += len(parts[-1])
            at += _ZSTD_SLICE
            self.eof = self._inner.eof
        rest = data[at:]
        self.unused_data = self._inner.unused_data + rest if self.eof else b""
        self.unconsumed_tail = b"" if self.eof else rest
        return b"".join(parts)
