"""A digest of the program itself, which decides what comes out as much as its options do."""

import functools
import hashlib
import os
from pathlib import Path

_PACKAGES = ("pipeline", "transforms")


@functools.cache
def sources_digest() -> str:
    """Digests all files of the installed program but compiled ones; a few milliseconds, once.

    Versions alone do not tell two states of a program apart that is being worked on, and a run
    that goes on with what another program began would mix both.

    Returns:
      32 hexadecimal digits.
    """
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    for package in _PACKAGES:
        for folder, folders, names in os.walk(root / package):
            folders.sort()
            place = Path(folder).relative_to(root).as_posix()
            for name in sorted(names):
                if not name.endswith(".pyc"):
                    data = Path(folder, name).read_bytes()
                    digest.update(f"{place}/{name}\0{len(data)}\0".encode())
                    digest.update(data)
    return digest.hexdigest()[:32]
