"""A history's manifest in a bucket: its real generation decides a race."""

import time

from pipeline.cloud.client import ChangedObjectError
from pipeline.cloud.lease import BEAT_S, HeldError, Lease
from pipeline.cloud.objects import ObjectReader, replace, stat
from pipeline.errors import RunError, UsageError


def read_object(path: str) -> tuple[bytes, int] | None:
    """Gives an object's bytes and the generation that they are of; None where there is none."""
    info = stat(path)
    return None if info is None else (ObjectReader(path, info).read(), info.generation)


def replace_object(path: str, data: bytes, generation: int) -> None:
    """Writes an object, provided that nobody has written it since it was read.

    Args:
      path: `gs://bucket/name`.
      data: its new content.
      generation: what `read_object` gave; 0 where there was none.

    Raises:
      RunError: when another run was first; nothing was changed.
    """
    try:
        replace(path, data, generation)
    except ChangedObjectError as error:
        raise RunError(
            f"another run has changed the history meanwhile ({path}); nothing was added to it: "
            "start this run again"
        ) from error


def lease_history(history: str, *, wait: bool) -> Lease:
    """Takes the lock of a history.

    Args:
      history: `gs://bucket/folder`.
      wait: wait for another run to end, rather than fail.

    Raises:
      UsageError: when the bucket cannot be written, or another run holds it.
    """
    while True:
        try:
            return Lease(f"{history.rstrip('/')}/.lock")
        except HeldError as error:
            if not wait:
                raise UsageError(
                    f"another run, on {error}, is using the history {history}; add --wait to wait "
                    "for it"
                ) from error
            time.sleep(BEAT_S)
        except (OSError, ValueError) as error:
            raise UsageError(f"--history {history}: cannot be written: {error}") from error
