"""A file's uncompressed stream from some byte on."""

from pipeline.inputs.compression import DamagedError, Members, check_expansion, expansion_limit
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import InputFile
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile

_HEAD_BYTES = 256


class Unpacked:
    """The bytes of a file, unpacked where it is packed; all members of a packed file in a row.

    Attributes:
      head: the file's first bytes, also where reading starts later; b"" until something is read.
      damage: why the stream ended before its time, once it has; else None.
    """

    def __init__(
        self, storage: StorageFile, file: InputFile, options: ReadOptions, start: int = 0
    ) -> None:
        self.damage: DamagedError | None = None
        self._storage = storage
        self._file = file
        self._members: Members | None = None
        self._options = options
        self._unpacked = 0
        self._inside = False
        self._surplus = b""
        self.head = b""
        if file.compression == "none":
            if start:
                self.head = storage.read(_HEAD_BYTES)
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
    def packed(self) -> int:
        """Bytes on storage that are consumed."""
        return self._storage.tell() if self._members is None else self._members.position

    @property
    def whole(self) -> bool:
        """Whether all members so far came to their end: damage then lies behind them."""
        return self._members is not None and not self._inside and self._members.start > 0

    def read(self) -> bytes:
        """The next bytes, about 4 MiB at most; b"" at the end, be it natural or by damage."""
        if self._surplus:
            block, self._surplus = self._surplus, b""
            return block
        if self.damage is not None:
            return b""
        try:
            block = self._read()
        except DamagedError as error:
            self.damage = error
            return b""
        if not self.head:
            self.head = block[:_HEAD_BYTES]
        if not block and self.packed < self._file.size:
            detail = f"storage gave {self.packed} bytes of {self._file.size}"
            self.damage = DamagedError("truncated", detail)
        return block

    def _read(self) -> bytes:
        members = self._members
        if members is None:
            return self._storage.read(BLOCK_BYTES)
        while True:
            if not self._inside:
                if not members.open_next():
                    return b""
                self._inside = True
            # Many small members can do together what one may not.
            check_expansion(self._unpacked, members.position, self._options)
            limit = expansion_limit(members.position, self._options)
            block = members.read(limit - self._unpacked)
            if block:
                self._unpacked += len(block)
                return block
            self._inside = False
