"""A file's uncompressed stream from some byte on."""

from pipeline.inputs.compression import DamagedError, Members
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import InputFile
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile


class Unpacked:
    """The bytes of a file, unpacked where it is packed; all members of a packed file in a row.

    Attributes:
      damage: why the stream ended before its time, once it has; else None.
    """

    def __init__(
        self, storage: StorageFile, file: InputFile, options: ReadOptions, start: int = 0
    ) -> None:
        self.damage: DamagedError | None = None
        self._storage = storage
        self._file = file
        self._members: Members | None = None
        self._inside = False
        self._surplus = b""
        if file.compression == "none":
            if start:
                storage.seek(start)
            return
        self._members = Members(storage, file.compression, options)
        while start > 0:
            block = self.read()
            if not block:
                return
            self._surplus = block[start:]
            start -= len(block)

    @property
    def whole(self) -> bool:
        """Whether all members so far came to their end: damage then lies behind them."""
        return self._members is not None and not self._inside and self._members.start > 0

    def read(self) -> bytes:
        """The next bytes, about 1 MiB at most; b"" at the end, be it natural or by damage."""
        if self._surplus:
            block, self._surplus = self._surplus, b""
            return block
        if self.damage:
            return b""
        try:
            block = self._read()
            if not block and self._storage.tell() < self._file.size:
                given, size = self._storage.tell(), self._file.size
                raise DamagedError("truncated", f"storage gave {given} bytes of {size}")
        except DamagedError as error:
            self.damage = error
            return b""
        return block

    def _read(self) -> bytes:
        if self._members is None:
            return self._storage.read(BLOCK_BYTES)
        while True:
            if not self._inside:
                if not self._members.open_next():
                    return b""
                self._inside = True
            block = self._members.read()
            if block:
                return block
            self._inside = False
