"""How a process uses the machine: threads of libraries, the collector of cycles, freed memory.

Standard library only: `use_one_thread` has to come before numpy is imported.
"""

import ctypes
import gc
import importlib
import os
import sys

_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_CLIENTS = ("bson", "pymongo", "requests", "google.cloud.storage")
"""What Beam imports for MongoDB, Hadoop and Cloud Storage, and does without where they are not
installed."""

LIGHT = "--light"
"""Argument of a worker process that shall import Beam lightly."""

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_COLLECTIONS_BETWEEN_OLDER = 50

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_TRIM_BYTES = 4 << 20
_MMAP_BYTES = 2 << 20


def use_one_thread() -> None:
    """Has numpy's linear algebra do its small products in the thread that asks for them.

    Work is divided among processes; a second thread would only spin beside it. What the user has
    set stays. Without effect once numpy is imported.
    """
    for name in _THREADS:
        os.environ.setdefault(name, "1")


def import_beam_lightly() -> None:
    """Imports Beam as if clients of remote services were not installed: 0.7 s instead of 1.1 s.

    For runs that touch this machine's files only. The clients can be imported afterwards; without
    effect where Beam was imported before.
    """
    absent = [name for name in _CLIENTS if name not in sys.modules]
    if "apache_beam" in sys.modules:
        return
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: not to be found
    try:
        importlib.import_module("apache_beam")
    finally:
        for name in absent:
            del sys.modules[name]


def collect_rarely() -> None:
    """Looks for reference cycles rarely.

    Modules are hundreds of thousands of objects that stay, and pages are thousands without cycles,
    all of them freed by their counts.
    """
    gc.set_threshold(
        _OBJECTS_BETWEEN_COLLECTIONS, _COLLECTIONS_BETWEEN_OLDER, _COLLECTIONS_BETWEEN_OLDER
    )


def keep_what_is_there() -> None:
    """Never again looks for cycles among the objects of now.

    Those that nobody holds any more stay as well. After imports they are half a megabyte; to look
    for them takes 0.05 to 0.1 s.
    """
    gc.freeze()


def keep_little() -> None:
    """Has the C library give freed memory back: one arena for all threads of the process.

    Without a limit of its own, the C library maps each block from 128 kB on anew, page by page: a
    sixth of the system's time. Does nothing where the C library has no such settings.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
