"""What is committed appears: files of windows under their names, and run.json.

In a folder they are moved there. In a bucket they are uploaded, each as a whole and under a name
that nothing has yet, so that a second stream that writes there is told apart; what was uploaded
before a kill is known by its bytes.
"""

import contextlib
import os
import shutil
from typing import IO, Final

import orjson

from pipeline.cloud.client import ChangedObjectError, CloudError
from pipeline.config import CleanConfig
from pipeline.errors import UsageError
from pipeline.json_text import pretty
from pipeline.outputs.commit import RUN_FILE
from pipeline.outputs.run_json import SCHEMA, describe_counts, describe_options
from pipeline.storage import exists, is_bucket, join, open_for_reading, read_bytes, write_bytes
from pipeline.watch.manifest import StreamManifest
from pipeline.watch.settings import WatchSettings

STAGED = "staged"
"""Folder of the memory: what is committed, or is about to be, and has not appeared."""


_BLOCK_BYTES: Final = 1 << 20


def publish(settings: WatchSettings, manifest: StreamManifest, versions: dict[str, str]) -> None:
    """Has the files of committed windows appear, and writes run.json.

    Raises:
      CloudError: when the bucket cannot be written; what has not appeared does so the next time.
    """
    staged = join(settings.memory, STAGED)
    for name in sorted(os.listdir(staged)) if os.path.isdir(staged) else ():
        folder = join(staged, name)
        if int(name) < manifest.next_window:
            for kind in os.listdir(folder):
                for part in os.listdir(join(folder, kind)):
                    _show(join(folder, kind, part), join(settings.output, kind, part))
        shutil.rmtree(folder)
    run = describe_stream(settings.config, manifest, versions)
    write_bytes(join(settings.output, RUN_FILE), pretty(run))


def claim(settings: WatchSettings, manifest: StreamManifest, versions: dict[str, str]) -> None:
    """Makes sure that what a bucket holds is this stream's, or nothing.

    Raises:
      UsageError: when it is something else, or cannot be read or written.
    """
    if not is_bucket(settings.output):
        return
    from pipeline.cloud.objects import replace

    path = join(settings.output, RUN_FILE)
    run = describe_stream(settings.config, manifest, versions)
    try:
        if not exists(path):
            if manifest.next_window:
                raise UsageError(
                    f"--work holds the memory of a stream that has written elsewhere than to "
                    f"{settings.output}; give its own --output, or another --work"
                )
            replace(path, pretty(run), 0)
            return
        found = orjson.loads(read_bytes(path))
    except orjson.JSONDecodeError:
        found = {}
    except ChangedObjectError:
        found = {}
    except (CloudError, ValueError) as error:
        raise UsageError(f"--output cannot be used: {error}") from error
    if found.get("started") != run["started"] or found.get("engine") != run["engine"]:
        raise UsageError(
            f"--output {settings.output} holds a run whose memory is not in --work; give the "
            "--work that it was written with, or another --output"
        )


def _show(path: str, target: str) -> None:
    if not is_bucket(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(path, target)
        return
    from pipeline.cloud.objects import upload

    with open(path, "rb") as data:
        try:
            upload(target, data, os.path.getsize(path), 0)
        except ChangedObjectError:
            data.seek(0)
            if not _holds(target, data):
                raise


def _holds(path: str, data: IO[bytes]) -> bool:
    """Tells whether an object has just these bytes."""
    with contextlib.closing(open_for_reading(path)) as there:
        while block := data.read(_BLOCK_BYTES):
            if there.read(len(block)) != block:
                return False
        return not there.read(1)


def describe_stream(
    config: CleanConfig, manifest: StreamManifest, versions: dict[str, str]
) -> dict[str, object]:
    """Makes the content of run.json, as a batch run has it, of all windows so far."""
    counts = manifest.total()
    return {
        "schema": SCHEMA,
        "pagesieve": versions["pagesieve"],
        "run": config.run_name,
        "started": manifest.started,
        "finished": manifest.written,
        "engine": "a stream (pagesieve watch)",
        "options": describe_options(config),
        "versions": versions,
        "rules_version": versions["rules"],
        "input": {
            "files": counts.n["watch.pieces"],
            "bytes": counts.n["watch.bytes"],
            "shards": manifest.next_window,
            "digest": "",
        },
        "windows": manifest.next_window,
        **describe_counts(counts),
    }
