"""A lock on a local file, which the system frees when its holder ends, however it ends."""

import fcntl
import os


class FileLock:
    """Holds a file against every other process of this machine.

    Args:
      path: made if need be, with its folder; it stays when the lock is freed.
      wait: until another process frees it, rather than fail.

    Raises:
      BlockingIOError: when another process holds it.
      OSError: when the file cannot be made or opened; `FileNotFoundError` also where its folder is
        taken away at this moment.
    """

    def __init__(self, path: str, *, wait: bool = False) -> None:
        self._path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            os.close(self._handle)
            raise

    def in_place(self) -> bool:
        """Says whether the path still names this file; whoever held it may have deleted it."""
        try:
            return os.path.samestat(os.fstat(self._handle), os.stat(self._path))
        except FileNotFoundError:
            return False

    def free(self) -> None:
        """Lets others have it."""
        os.close(self._handle)
