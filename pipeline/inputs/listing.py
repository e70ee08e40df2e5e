# Paths stay the strings that file systems know, and 100,000 of them are common:
"""From patterns to the files they name.

Local patterns follow Beam's rules (`*` and `?` stay inside one folder, `**` crosses folders,
`[…]` is a set), so a pattern means the same on every file system. Local folders are walked here
rather than by Beam: its listing leaves out dangling links without a word, and one walk gives
the time stamps in nanoseconds as well.
"""

import os
import re
import warnings
from collections.abc import Collection, Iterator, Sequence

from pipeline.inputs.formats import file_format, split_name
from pipeline.inputs.own_runs import inside, run_folders
from pipeline.inputs.shards import Compression, Format, InputError, InputFile

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_OBJECT = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/.")
_MAGIC = re.compile(r"[*?\[]")


def list_files(
    patterns: Sequence[str], forced: Format | None, notes: list[str] | None = None
) -> list[InputFile]:
    """All files that the patterns name, each once, sorted by path.

    A folder stands for the files of known formats below it, at any depth, without names that
    begin with `.` or `_`; with a forced format, for all files below it but those. Runs of
    pagesieve below it are left out: removed text would come back.

    Args:
      patterns: see docs/inputs.md.
      forced: the format of all files, or None: by their names.
      notes: takes a line about each kind of files below folders that are left out.

    Raises:
      InputError: a pattern names nothing, or a run; a file's format is unknown; or a file system
        cannot be listed.
    """
    if not patterns:
        raise InputError("no input: give --input=PATTERN")
    found: dict[str, InputFile] = {}
    unknown: set[str] = set()
    runs: set[str] = set()
    for pattern in patterns:
        if not pattern.strip():
            raise InputError("an input pattern is empty: check --input for stray commas")
        matched = False
        matches = _match_remote if _SCHEME.match(pattern) else _match_local
        listed = list(matches(pattern))
        own = run_folders(path for path, _, _, below_folder, _ in listed if below_folder)
        for path, size, token, below_folder, encoding in listed:
            if below_folder and (run := inside(path, own)):
                runs.add(run)
                continue
            if below_folder and forced is None and split_name(path)[0] is None:
                unknown.add(path)
                continue
            chosen, compression = file_format(path, forced)
            if encoding:
                compression = _encoded(path, chosen, compression, encoding)
            found[path] = InputFile(path, size, token, chosen, compression)
            matched = True
        if not matched:
            raise InputError(_nothing(pattern, own))
    if notes is not None:
        notes.extend(_left_out(unknown - found.keys(), runs))
    return [found[path] for path in sorted(found)]


def list_arrived(
    patterns: Sequence[str], forced: Format | None
) -> tuple[list[InputFile], list[str]]:
    """All files that the patterns name at this moment, and the paths of those of no known format.

    Unlike `list_files` it takes what it finds: a pattern may name nothing yet. Names that begin
    with a dot are left out, as files on their way have them, unless a pattern asks for them.

    Raises:
      InputError: a file system cannot be listed.
    """
    found: dict[str, InputFile] = {}
    unknown: set[str] = set()
    for pattern in patterns:
        hidden = pattern.replace("\\", "/").rsplit("/", 1)[-1].startswith(".")
        matches = _match_remote if _SCHEME.match(pattern) else _match_local
        for path, size, token, below_folder, encoding in matches(pattern):
            if not hidden and path.rsplit("/", 1)[-1].startswith("."):
                continue
            try:
                chosen, compression = file_format(path, forced)
                if encoding:
                    compression = _encoded(path, chosen, compression, encoding)
            except InputError:
                if not below_folder:
                    unknown.add(path)
                continue
            found[path] = InputFile(path, size, token, chosen, compression)
    return [found[path] for path in sorted(found)], sorted(unknown)


def find_object(path: str, forced: Format | None, retry_s: float) -> InputFile | None:
    """An object of Google's storage by its very name; None where there is none.

    Args:
      path: of the object.
      forced: its format, or None: by its name.
      retry_s: seconds for which it is tried again.

    Raises:
      InputError: no object can have this name, its format is unknown, or its bytes cannot be read
        as they are stored.
      CloudError: it cannot be looked at.
    """
    from pipeline.cloud.client import RefusedError
    from pipeline.cloud.objects import stat

    if not _OBJECT.match(path):
        raise InputError(f"{path}: no object can have this name")
    try:
        info = stat(path, retry_s)
    except RefusedError as error:
        raise InputError(str(error)) from error
    if info is None:
        return None
    chosen, compression = file_format(path, forced)
    encoding = info.encoding.lower().strip()
    if encoding:
        compression = _encoded(path, chosen, compression, encoding)
    return InputFile(path, info.size, str(info.generation), chosen, compression)


def _encoded(path: str, chosen: Format, compression: Compression, encoding: str) -> Compression:
    """Settles the compression of an object with a Content-Encoding, whose bytes are read as stored.

    Raises:
      InputError: when they cannot be.
    """
    if encoding == "gzip" and chosen != "parquet" and compression != "zst":
        return "gz"  # also where the name says so: most often it is compressed once
    raise InputError(
        f"{path}: is stored with Content-Encoding: {encoding}, through which a file of its kind "
        "cannot be read; store it without"
    )


def _left_out(unknown: Collection[str], runs: Collection[str]) -> Iterator[str]:
    if unknown:
        yield (
            f"{len(unknown)} of the files in the folders left out, as their names do not tell a "
            f"known format; the first: {min(unknown)}"
        )
    if runs:
        yield (
            f"{len(runs)} of the folders left out, as a run of pagesieve is in it; the first: "
            f"{min(runs)}"
        )


def _nothing(pattern: str, runs: Collection[str]) -> str:
    if runs:
        run = min(runs)
        return f"{pattern}: holds runs of pagesieve only; to read pages of one: {run}/documents"
    if _SCHEME.match(pattern):
        return f"{pattern}: nothing matches; check the bucket, the prefix and your credentials"
    if _MAGIC.search(pattern) and not os.path.lexists(pattern):
        return (
            f"{pattern}: no file matches (looked from {os.getcwd()}); "
            "* stays inside one folder, ** crosses folders"
        )
    if os.path.isdir(pattern):
        return f"{pattern}: the folder holds no file of a known format; see --input-format"
    return f"{pattern}: no such file or folder (looked from {os.getcwd()})"


_Found = tuple[str, int, str, bool, str]
"""Path, size, token, whether it was found by walking a folder that was named, and its
Content-Encoding."""


def _match_local(pattern: str) -> Iterator[_Found]:
    path = os.path.abspath(pattern)
    if os.path.isdir(path):
        for found in _walk(path):
            if not any(part[:1] in "._" for part in os.path.relpath(found, path).split(os.sep)):
                yield *_stat(found), True, ""
        return
    if os.path.lexists(path):
        yield *_stat(path), False, ""
        return
    magic = _MAGIC.search(path)
    if magic is None:
        return
    from apache_beam.io.localfilesystem import LocalFileSystem  # slow to import
    from apache_beam.options.pipeline_options import PipelineOptions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about `[[]`, which is meant
        matches = re.compile(LocalFileSystem(PipelineOptions([])).translate_pattern(path)).match
    root = path[: magic.start()].rpartition(os.sep)[0] or os.sep
    deep = "**" in path
    levels = path[len(root.rstrip(os.sep)) + 1 :].count(os.sep)
    for found in _walk(root, None if deep else levels):
        if matches(found):
            yield *_stat(found), False, ""


def _walk(folder: str, levels: int | None = None) -> Iterator[str]:
    """Paths of all files below a folder; links to folders are followed, but not in circles."""
    top = folder.rstrip(os.sep)
    depth = top.count(os.sep)
    seen: set[tuple[int, int]] = set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=_refuse):
        status = os.stat(here)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        if levels is not None and here.rstrip(os.sep).count(os.sep) - depth >= levels:
            folders.clear()
        for name in files:
            yield os.path.join(here, name)


def _refuse(error: OSError) -> None:
    if isinstance(error, FileNotFoundError):
        return
    raise InputError(f"{error.filename}: cannot be listed: {error.strerror}") from error


def _stat(path: str) -> tuple[str, int, str]:
    """What the file system says; a dangling link or a file just gone is planned and then fails."""
    try:
        status = os.stat(path)
    except OSError:
        return path, 0, ""
    return path, status.st_size, str(status.st_mtime_ns)


def _match_remote(pattern: str) -> Iterator[_Found]:
    folder = pattern.endswith("/")
    tries = [pattern + "**"] if folder else [pattern]
    if not folder and not _MAGIC.search(pattern):
        tries.append(pattern + "/**")  # a prefix is a folder when no object has the very name
    listed = _list_bucket if pattern.startswith("gs://") else _list_by_beam
    for attempt in tries:
        try:
            found = listed(attempt)
        except (ValueError, OSError) as error:  # Beam's own error is an OSError
            raise InputError(f"{pattern}: cannot be listed: {error}"[:600]) from error
        below = attempt != pattern
        for path, size, token, encoding in found:
            if path.endswith("/"):
                continue  # a placeholder object that stands for a folder
            inner = path[len(attempt) - 2 :] if below else ""
            if any(part[:1] in ("._") for part in inner.split("/") if part):
                continue
            yield path, size, token, below, encoding
        if found:
            return


def _list_bucket(pattern: str) -> list[tuple[str, int, str, str]]:
    """Lists objects of Google's storage; their token is their generation."""
    from apache_beam.io.filesystem import FileSystem  # slow to import

    from pipeline.cloud.objects import list_objects, split_path, stat

    split_path(pattern)
    magic = _MAGIC.search(pattern)
    if magic is None:
        info = stat(pattern)
        found = [] if info is None else [info]
    else:
        matches = re.compile(FileSystem.translate_pattern(pattern)).match
        found = [info for info in list_objects(pattern[: magic.start()]) if matches(info.path)]
    return [
        (info.path, info.size, str(info.generation), info.encoding.lower().strip())
        for info in found
    ]


def _list_by_beam(pattern: str) -> list[tuple[str, int, str, str]]:
    from apache_beam.io.filesystems import FileSystems  # slow to import

    found = []
    for entry in FileSystems.match([pattern])[0].metadata_list:
        updated = entry.last_updated_in_seconds
        token = f"{updated:.6f}" if updated else ""
        found.append((str(entry.path), int(entry.size_in_bytes), token, ""))
    return found
