"""Bytes from storage, with retries: the one place that opens input files."""

import contextlib
import errno
import io
import os
import stat
import time
from collections.abc import Callable
from typing import BinaryIO, TypeVar

T = TypeVar("T")

BLOCK_BYTES = 1 << 20
"""Bytes asked from storage at a time."""

_PAUSES_S = (0.2, 0.8, 3.2)
"""Seconds before each further try; a cloud client has retried on its own before it raises."""

_PERMANENT = {errno.ENOENT, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ELOOP}


class UnreadableError(Exception):
    """A file could not be opened or read, even after further tries."""


def _open(path: str) -> BinaryIO:
    if "://" not in path:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EISDIR, "Not a regular file (a folder, a pipe or a device)")
        return open(path, "rb", buffering=0)
    if path.startswith("gs://"):
        from pipeline.cloud.objects import ObjectReader

        return ObjectReader(path)  # type: ignore[return-value]
    from apache_beam.io.filesystem import CompressionTypes  # slow to import
    from apache_beam.io.filesystems import FileSystems

    handle: BinaryIO = FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    return handle


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in _PERMANENT:
        return True
    status = getattr(error, "code", None)  # as google.api_core.exceptions have it
    return isinstance(status, int) and 400 <= status < 500 and status not in (408, 429)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class StorageFile(io.RawIOBase):
    """A file as it lies on storage, compressed or not; survives transient errors.

    A read that fails opens the file again and goes on at the same byte, so whoever reads never
    sees a byte twice.

    Raises:
      UnreadableError: on opening or reading, when the error is permanent or stays.
    """

    def __init__(
        self,
        path: str,
        *,
        opener: Callable[[str], BinaryIO] = _open,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self._path = path
        self._opener = opener
        self._sleep = sleep
        self._position = 0
        self._handle: BinaryIO | None = None
        self._attempt(lambda _: None)

    def _drop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(Exception):  # only read from; nothing is lost
                handle.close()

    def _attempt(self, action: Callable[[BinaryIO], T]) -> T:
        for pause_s in (*_PAUSES_S, None):
            try:
                if self._handle is None:
                    handle = self._opener(self._path)
                    if self._position:
                        handle.seek(self._position)
                    self._handle = handle
                return action(self._handle)
            except Exception as error:  # cloud clients raise more than OSError
                self._drop()
                if pause_s is None or _is_permanent(error):
                    raise UnreadableError(_reason(error)) from error
                self._sleep(pause_s)
        raise AssertionError  # the last round returns or raises

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (all that is left for -1); b"" at the end."""
        data = self._attempt(lambda handle: handle.read(size)) or b""
        self._position += len(data)
        return data

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true: every file system that Beam knows can."""
        return True

    def tell(self) -> int:
        """The position, in bytes on storage."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves as files do; the position counts bytes on storage."""
        if whence == io.SEEK_CUR:
            offset, whence = self._position + offset, io.SEEK_SET
        if whence == io.SEEK_SET and offset == self._position:
            return offset

        def move(handle: BinaryIO) -> int:
            handle.seek(offset, whence)
            return handle.tell()

        self._position = self._attempt(move)
        return self._position

    def rewind(self, offset: int) -> None:
        """Goes on reading at an earlier byte."""
        self.seek(offset)

    def close(self) -> None:
        """Closes the file; may be called again."""
        self._drop()
        super().close()
