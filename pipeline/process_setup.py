"""How a process uses the machine: threads of libraries, the collector of cycles, freed memory.

Standard library only: `use_one_thread` has to come before numpy is imported.
"""

import ctypes
import gc
import importlib
import os
import sys
import types
from typing import Any

_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_UNNEEDED = (
    *("bson", "pymongo"),  # MongoDB
    "requests",  # Hadoop and Flink's job server
    *("google.api_core", "google.cloud.dataflow", "google.cloud.storage"),
    "pyarrow",  # Beam's own Parquet files and its types for Arrow; our reader imports it itself
)
"""What Beam imports for services and formats, and does without where it is not installed."""

_LATER = ("httplib2", "yaml")
"""What Beam imports always, and uses with Google's services and with transforms in other languages.

httplib2 brings a library of parsers with it.
"""

_TAKEN_LATER = (
    *("beartype.door", "beartype.roar"),  # compares types of which Beam itself knows nothing
    "cryptography.fernet",  # encrypts what is grouped
    *("fastavro", "fastavro.read", "fastavro.write"),  # Avro files
)
"""From what Beam takes functions, classes and errors by name, and uses none of them in our runs."""

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
    """Imports Beam as if clients of remote services and Arrow were not installed.

    For runs that touch this machine's files only: 0.25 s instead of 0.75 s. What is left out can be
    imported afterwards; without effect where Beam was imported before.
    """
    if "apache_beam" in sys.modules:
        return
    absent = [name for name in _UNNEEDED if name not in sys.modules]
    later = {name: _stand_in(name) for name in _LATER if name not in sys.modules}
    later |= {name: _promise(name) for name in _TAKEN_LATER if name not in sys.modules}
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: not to be found
    sys.modules.update(later)
    try:
        importlib.import_module("apache_beam")
    finally:
        for name in (*absent, *later):
            del sys.modules[name]


def _stand_in(name: str) -> types.ModuleType:
    """Gives a module that imports what it stands for when something of it is asked for."""
    module = types.ModuleType(name)

    def ask(attribute: str) -> Any:
        if sys.modules.get(name) is module:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    module.__getattr__ = ask  # type: ignore[method-assign]  # as PEP 562 has it
    return module


class _Promised:
    """What a library has under a name, which is imported when it is used in any way."""

    def __init__(self, library: str, name: str) -> None:
        self._library, self._name = library, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._keep()(*arguments, **named)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._keep(), attribute)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._keep(),)

    def _keep(self) -> Any:
        """Imports it, and gives Beam's modules all that they were promised of the package.

        An error that `except` names has to be the one that is raised.
        """
        beam = [module for name, module in sys.modules.items() if name.startswith("apache_beam.")]
        for module in beam:
            for name, value in list(vars(module).items()):
                if isinstance(value, _Promised) and value._package == self._package:  # noqa: SLF001 - of its own class
                    setattr(module, name, value._find())  # noqa: SLF001 - of its own class
        return self._find()

    @property
    def _package(self) -> str:
        return self._library.partition(".")[0]

    def _find(self) -> Any:
        return getattr(importlib.import_module(self._library), self._name)


def _promise(library: str) -> types.ModuleType:
    """Gives a module from which everything can be imported, and nothing is there."""
    module = types.ModuleType(library)

    def promise(name: str) -> Any:
        if name.startswith("__"):  # what the import system asks for
            raise AttributeError(name)
        if sys.modules.get(library) is module:
            return _Promised(library, name)
        return getattr(importlib.import_module(library), name)

    module.__getattr__ = promise  # type: ignore[method-assign]  # as PEP 562 has it
    return module


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
    for them takes 0.05 to 0.1 s. What an earlier call kept is looked at again: a process can clean
    many times without growing.
    """
    if gc.get_freeze_count():
        gc.unfreeze()
        gc.collect()
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
