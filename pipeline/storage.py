"""Whole files on any file system that Beam knows: local paths, gs:// and others."""

import fnmatch
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any


def is_local(path: str) -> bool:
    """Says whether the path is on a mounted file system."""
    return "://" not in path


def _beam() -> Any:
    """Gives Beam's file systems, which take seconds to import and are not needed locally."""
    from apache_beam.io.filesystems import FileSystems

    return FileSystems


def _as_it_is() -> dict[str, str]:
    from apache_beam.io.filesystem import CompressionTypes

    return {"compression_type": CompressionTypes.UNCOMPRESSED}


def join(folder: str, *names: str) -> str:
    """Joins path components in the way of the folder's file system."""
    if is_local(folder):
        return os.path.join(folder, *names)
    joined: str = _beam().join(folder, *names)
    return joined


def read_bytes(path: str) -> bytes:
    """Reads a whole file, undecoded."""
    with open_for_reading(path) as handle:
        data: bytes = handle.read()
    return data


def open_for_reading(path: str) -> IO[bytes]:
    """Opens a file as its bytes are; a local one without Beam's wrapping."""
    if is_local(path):
        return open(path, "rb")
    handle: IO[bytes] = _beam().open(path, **_as_it_is())
    return handle


def read_range(path: str, offset: int, size: int) -> bytes:
    """Reads `size` bytes from `offset` on; fewer at the end of the file."""
    with open_for_reading(path) as handle:
        handle.seek(offset)
        data: bytes = handle.read(size)
    return data


@contextmanager
def open_for_writing(path: str) -> Iterator[IO[bytes]]:
    """Opens a file that appears under its name only when it is complete.

    Locally it is written beside its place and renamed; on an object store it becomes visible when
    it is closed. Where the block raises, the name is not touched (an object store may keep what
    was written so far under its name, without a reader).
    """
    if not is_local(path):
        with _beam().create(path, **_as_it_is()) as handle:
            yield handle
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    hidden = f"{path}.{uuid.uuid4().hex[:12]}.part"
    try:
        with open(hidden, "wb") as handle:
            yield handle
        os.replace(hidden, path)
    except BaseException:
        if os.path.exists(hidden):
            os.remove(hidden)
        raise


def write_bytes(path: str, data: bytes) -> None:
    """Writes a whole file, which appears at once."""
    with open_for_writing(path) as handle:
        handle.write(data)


def exists(path: str) -> bool:
    """Says whether a file (or a local folder) is there."""
    return os.path.exists(path) if is_local(path) else bool(_beam().exists(path))


def list_files(folder: str, pattern: str = "*") -> list[str]:
    """Lists the files directly in a folder, sorted; none where it does not exist."""
    if is_local(folder):
        if not os.path.isdir(folder):
            return []
        with os.scandir(folder) as entries:
            return sorted(
                entry.path
                for entry in entries
                if entry.is_file() and fnmatch.fnmatchcase(entry.name, pattern)
            )
    found = _beam().match([join(folder, pattern)])[0].metadata_list
    return sorted(meta.path for meta in found)


def delete_tree(folder: str) -> None:
    """Deletes a folder and all in it; nothing happens where it does not exist."""
    if exists(folder) or not is_local(folder):
        try:
            _beam().delete([folder if is_local(folder) else folder.rstrip("/") + "/**"])
        except FileNotFoundError:
            return
