"""The commit on an object store, where no folder can be renamed.

The parts of a run are named with its tag, so they stand beside those of the run that is there and
replace none of them. Writing `run.json`, which lists them, is the commit: in a bucket of Google's
it is written on condition that it is still the one, or none, that the run began with. The parts
of the replaced run are deleted after it. Whoever reads the parts that `run.json` lists sees one
run or the other, whole.
"""

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.errors import RunError, UsageError
from pipeline.storage import (
    delete_files,
    exists,
    is_bucket,
    join,
    list_files,
    read_bytes,
    write_bytes,
)

if TYPE_CHECKING:
    from pipeline.cloud.lease import Lease

KINDS = ("documents", "removed", "rejected")
"""Folders of an output."""


def tag_of(key: str, program: str, added: str, run_name: str) -> str:
    """Gives 8 hexadecimal digits that runs share only when their files are equal byte for byte."""
    return hashlib.sha256(f"{key}\0{program}\0{added}\0{run_name}".encode()).hexdigest()[:8]


def list_parts(out: str, tag: str = "") -> dict[str, list[str]]:
    """Lists the names of an output's part files by kind; with a tag only those that bear it."""
    pattern = f"part-*-{tag}.*" if tag else "part-*"
    return {
        kind: [
            path.replace("\\", "/").rsplit("/", 1)[1]
            for path in list_files(join(out, kind), pattern)
        ]
        for kind in KINDS
    }


def generation_of(path: str) -> int:
    """Gives an object's generation; 0 where there is none, or on other file systems."""
    if not is_bucket(path):
        return 0
    from pipeline.cloud.objects import stat

    info = stat(path)
    return info.generation if info else 0


def replace_run(run_file: str, data: bytes, generation: int, *, overwrite: bool) -> None:
    """Writes run.json: the commit.

    Args:
      run_file: its path.
      data: its content.
      generation: of the one that was there when the run began; 0: none was.
      overwrite: that one may be replaced.

    Raises:
      UsageError: when another run is there and may not be overwritten.
      RunError: when another run was committed meanwhile.
    """
    here = read_bytes(run_file) if exists(run_file) else None
    if here == data:
        return  # by an attempt that ended right after
    if here is not None and not overwrite:
        raise UsageError(
            f"{run_file} is there: the output holds another run by now; this one is complete, and "
            "the same command with --overwrite replaces it"
        )
    if not is_bucket(run_file):
        write_bytes(run_file, data)
        return
    from pipeline.cloud.client import ChangedObjectError
    from pipeline.cloud.objects import replace

    try:
        replace(run_file, data, generation)
    except ChangedObjectError as error:
        raise RunError(
            f"another run has been committed meanwhile ({run_file} is not the one that was there "
            "when this run began); this one is complete but not committed: the same command with "
            "--overwrite replaces the other"
        ) from error


def delete_replaced(output: str, files: dict[str, list[str]]) -> None:
    """Deletes the parts that run.json does not list: of a replaced run, or of failed attempts."""
    for kind, names in list_parts(output).items():
        listed = set(files[kind])
        delete_files([join(output, kind, name) for name in names if name not in listed])


def check_not_empty(run_file: str, run: dict[str, Any]) -> None:
    """Keeps a run without documents from replacing one that has some.

    Raises:
      RunError: when it would.
    """
    if run["pages"]["written"] or not exists(run_file):
        return
    try:
        before = orjson.loads(read_bytes(run_file))["pages"]["written"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return
    if before:
        read, rejected = run["pages"]["read"], sum(run["pages"]["rejected"].values())
        first = next(iter(run.get("rejects", [])), None)
        why = f", the first: {first['detail']}" if first else ""
        raise RunError(
            f"no page came through ({read} read, {rejected} rejected{why}), so the run with "
            f"{before} documents that {run_file} describes was not replaced; look at the input "
            "and the options, or give another --output"
        )


def lease_bucket(root: str) -> "Lease":
    """Takes the lock of an output in a bucket.

    Raises:
      UsageError: when another run holds it.
    """
    from pipeline.cloud.lease import HeldError, Lease

    try:
        return Lease(f"{root}.lock")
    except HeldError as error:
        raise UsageError(
            f"another run, on {error}, is writing to this output ({root}.lock); wait for it to end"
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"--output cannot be written: {error}") from error
