"""Temporary folders of one process; those that a killed process left are removed by the next."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator

_NAME = re.compile(r"pagesieve-[a-z]+-[a-z0-9_]{8}\.scratch")
"""Of all folders among the system's temporary files; nobody else would name one so."""

_YOUNG_S = 600.0
"""A folder may be made and not yet locked for so long."""


@contextlib.contextmanager
def scratch_folder(kind: str) -> Iterator[str]:
    """Makes a folder, private to the user, which goes when the block ends.

    It is locked until then: by this process, and by those forked from it as long as they live.

    Args:
      kind: a word in its name, in small letters.

    Yields:
      Its path.
    """
    remove_stale()
    names = {"prefix": f"pagesieve-{kind}-", "suffix": ".scratch"}
    with tempfile.TemporaryDirectory(**names, ignore_cleanup_errors=True) as folder:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with contextlib.suppress(OSError):  # a file system without locks: nobody removes it
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
        finally:
            os.close(handle)


def remove_stale() -> None:
    """Removes this user's folders that no living process has locked."""
    place = tempfile.gettempdir()
    with contextlib.suppress(OSError):
        for name in os.listdir(place):
            if _NAME.fullmatch(name):
                _remove_if_stale(os.path.join(place, name))


def _remove_if_stale(folder: str) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            status = os.fstat(handle)
            if status.st_uid != os.getuid() or time.time() - status.st_ctime < _YOUNG_S:
                return
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
