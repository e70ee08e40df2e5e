"""The output folder: what may become one, and the step that makes a run visible."""

import os
import shutil
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipeline.errors import RunError, UsageError
from pipeline.file_lock import FileLock
from pipeline.outputs.bucket_commit import lease_bucket
from pipeline.storage import delete_tree, delete_unfinished, exists, is_bucket, is_local, join

if TYPE_CHECKING:
    from pipeline.cloud.lease import Lease

RUN_FILE = "run.json"
REPORT_FILE = "report.html"
READY_FILE = "ready.json"

_LOCK = "lock"
_LOCK_TRIES = 100
_ASIDE = "replaced"


def work_root(output: str) -> str:
    """Gives the work folder of an output: beside a local one, inside one on an object store."""
    return f"{output.rstrip('/')}.work" if is_local(output) else join(output, ".work")


def staging(output: str) -> str:
    """Gives the folder in which the output tree is built."""
    return join(work_root(output), "out") if is_local(output) else output.rstrip("/")


def check_output(output: str, *, overwrite: bool, option: str = "--output") -> None:
    """Checks, before any work, that a run can be committed to this folder.

    Args:
      output: the folder.
      overwrite: a run that is there may be replaced.
      option: how the user named the folder, for messages.

    Raises:
      UsageError: when it holds a run and may not be overwritten, or is something else.
    """
    if exists(join(output, RUN_FILE)):
        if not overwrite:
            raise UsageError(
                f"{option} {output} already holds a run; choose another folder or add --overwrite"
            )
        return
    if not is_local(output):
        return
    if os.path.exists(output) and not os.path.isdir(output):
        raise UsageError(f"{option} {output} is a file; give a folder")
    if os.path.isdir(output) and os.listdir(output):
        raise UsageError(
            f"{option} {output} holds files that are no run of pagesieve; choose another folder"
        )


def clear(root: str) -> None:
    """Empties a work folder, whose lock is held."""
    if not is_local(root):
        delete_tree(root)
        return
    os.makedirs(root, exist_ok=True)
    for name in os.listdir(root):
        path = join(root, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif name != _LOCK:
            os.remove(path)


def _remove(root: str) -> None:
    """Deletes a local work folder; last what says that its work is committed or can be."""
    for name in os.listdir(root):
        if name not in (_LOCK, READY_FILE):
            path = join(root, name)
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.remove(path)
    shutil.rmtree(root, ignore_errors=True)


class WorkLock:
    """Holds the work folder of an output against a second run; freed when the process ends.

    Args:
      root: the work folder, which is made if need be.

    Raises:
      UsageError: when it cannot be made or another run holds it.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._lock: FileLock | None = None
        self._lease: Lease | None = None
        if is_bucket(root):
            self._lease = lease_bucket(root)
        if not is_local(root):
            return
        for _ in range(_LOCK_TRIES):
            self._lock = self._take()
            if self._lock is not None:
                return
        raise UsageError(
            f"{root} cannot be made or locked; choose another --output (or try again, if other "
            "runs come and go there)"
        )

    def check(self) -> None:
        """Makes sure that the lock is still held; only in a bucket can it be lost.

        Raises:
          RunError: when this process was silent for so long that another took it over.
        """
        if self._lease is not None and self._lease.lost:
            raise RunError(
                f"another run has taken {self._root} over, as this one gave no sign of life for "
                "long; nothing was committed: start it again"
            )

    def _take(self) -> FileLock | None:
        """Locks the lock file; None where the run that held it took it away meanwhile."""
        try:
            lock = FileLock(join(self._root, _LOCK))
        except FileNotFoundError:
            return None
        except BlockingIOError as error:
            raise UsageError(
                f"another run is writing to this output ({self._root} is locked); "
                "wait for it to end"
            ) from error
        except OSError as error:
            raise UsageError(
                f"--output: cannot write beside it: {self._root}: {error.strerror}; "
                "choose another folder"
            ) from error
        if lock.in_place():
            return lock
        lock.free()
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lease is not None:
            self._lease.__exit__(kind, error, trace)
        if self._lock is None:
            return
        if os.path.isdir(self._root) and os.listdir(self._root) == [_LOCK]:
            shutil.rmtree(self._root, ignore_errors=True)
        self._lock.free()


def commit(output: str) -> None:
    """Makes a finished output tree visible at once, and clears the work folder.

    Locally the whole tree is renamed; a run that it replaces is moved aside first and deleted
    after. On an object store `replace_run` has made it visible already.

    Raises:
      RunError: when the tree cannot be renamed; the finished work stays where it is.
    """
    root = work_root(output)
    if not is_local(output):
        delete_tree(root)
        return
    aside = join(root, _ASIDE)
    try:
        if not os.path.isdir(staging(output)):  # renamed by an attempt that ended right after
            _remove(root)
            return
        delete_unfinished(staging(output))
        if os.path.isdir(output) and os.listdir(output):
            shutil.rmtree(aside, ignore_errors=True)
            os.rename(output, aside)
        os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
        os.rename(staging(output), output)
    except OSError as error:
        raise RunError(f"cannot rename the finished run to {output}: {error.strerror}") from error
    _remove(root)


def put_back(output: str) -> None:
    """Puts a run back that was moved aside by a commit that did not come to its end."""
    aside = join(work_root(output), _ASIDE)
    if is_local(output) and os.path.isdir(aside) and not os.path.exists(output):
        os.rename(aside, output)
