"""Whole files on any file system that Beam knows: local paths, gs:// and others."""

import fnmatch
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any

_UNFINISHED = ".part"


def is_local(path: str) -> bool:
    """Says whether the path is on a mounted file system."""
    return "://" not in path


def is_bucket(path: str) -> bool:
    """Says whether the path is in Google Cloud Storage, which `pipeline.cloud` talks to."""
    return path.startswith("gs://")


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
    if is_bucket(folder):
        return "/".join([folder.rstrip("/"), *(name.strip("/") for name in names if name)])
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
    if is_bucket(path):
        from pipeline.cloud.objects import ObjectReader

        return ObjectReader(path)  # type: ignore[return-value]
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

    Locally it is written beside its place and renamed; in a bucket of Google's it is uploaded as a
    whole; on other object stores it becomes visible when it is closed. Where the block raises, the
    name is not touched (other object stores may keep what was written so far under its name).
    """
    if is_bucket(path):
        from pipeline.cloud.objects import open_new

        with open_new(path) as handle:
            yield handle
        return
    if not is_local(path):
        with _beam().create(path, **_as_it_is()) as handle:
            yield handle
        return
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    hidden = f"{path}.{uuid.uuid4().hex[:12]}{_UNFINISHED}"
    try:
        with open(hidden, "wb") as handle:
            yield handle
        os.replace(hidden, path)
    except BaseException:
        if os.path.exists(hidden):
            os.remove(hidden)
        raise


def abandon(opened: AbstractContextManager[IO[bytes]]) -> None:
    """Leaves a block of `open_for_writing` by force; nothing happens where it has ended."""
    error = RuntimeError("abandoned")
    try:
        opened.__exit__(RuntimeError, error, None)
    except (RuntimeError, ValueError):  # the latter where another thread is just leaving it
        return


def delete_unfinished(folder: str) -> None:
    """Deletes what killed processes left below a local folder of files that they were writing."""
    for parent, _, names in os.walk(folder) if is_local(folder) else ():
        for name in names:
            if name.endswith(_UNFINISHED):
                os.remove(os.path.join(parent, name))


def write_bytes(path: str, data: bytes) -> None:
    """Writes a whole file, which appears at once."""
    with open_for_writing(path) as handle:
        handle.write(data)


def write_alone(path: str, data: bytes) -> None:
    """Writes a whole file that no other process writes meanwhile, as one that holds a lock does.

    What killed processes left beside a local one, writing it, is deleted.
    """
    write_bytes(path, data)
    if is_local(path):
        for left in list_files(os.path.dirname(path) or "."):
            if left.startswith(f"{path}.") and left.endswith(_UNFINISHED):
                os.remove(left)


def exists(path: str) -> bool:
    """Says whether a file (or a local folder) is there."""
    if is_bucket(path):
        from pipeline.cloud.objects import stat

        return stat(path) is not None
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
    if is_bucket(folder):
        from pipeline.cloud.objects import list_folder

        return list_folder(folder, pattern)
    found = _beam().match([join(folder, pattern)])[0].metadata_list
    return sorted(meta.path for meta in found)


def list_folders(folder: str) -> set[str]:
    """Names the folders directly in a folder; none on other object stores than Google's."""
    if is_local(folder):
        if not os.path.isdir(folder):
            return set()
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_dir()}
    if not is_bucket(folder):
        return set()
    from pipeline.cloud.objects import list_objects

    start = folder.rstrip("/") + "/"
    below = (found.path.removeprefix(start) for found in list_objects(start))
    return {path.split("/", 1)[0] for path in below if "/" in path}


def delete_tree(folder: str) -> None:
    """Deletes a folder and all in it; nothing happens where it does not exist."""
    if is_bucket(folder):
        from pipeline.cloud.objects import delete, list_objects

        delete([found.path for found in list_objects(folder.rstrip("/") + "/")])
        return
    if exists(folder) or not is_local(folder):
        try:
            _beam().delete([folder if is_local(folder) else folder.rstrip("/") + "/**"])
        except FileNotFoundError:
            return


def delete_files(paths: Sequence[str]) -> None:
    """Deletes files, none of them local; those that are gone already are no error."""
    if not paths:
        return
    if all(map(is_bucket, paths)):
        from pipeline.cloud.objects import delete

        delete(paths)
        return
    _beam().delete(list(paths))
