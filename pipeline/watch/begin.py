"""How a stream begins: what it is told is checked, and what it has committed is opened."""

import argparse
import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.cloud.client import CloudError
from pipeline.cloud.pubsub import SUBSCRIPTION, find_library
from pipeline.errors import RunError, UsageError
from pipeline.history.session import settings_of
from pipeline.inputs.formats import forced_format
from pipeline.inputs.shards import InputError
from pipeline.job import now
from pipeline.options import patterns, to_config
from pipeline.outputs.commit import work_root
from pipeline.storage import is_bucket, is_local, join
from pipeline.watch.commit import clear_strays
from pipeline.watch.manifest import MEMORY, StreamManifest, load, store
from pipeline.watch.merging import forget_note
from pipeline.watch.past import HistoryStart, open_history
from pipeline.watch.publish import claim, publish
from pipeline.watch.settings import WatchSettings

_LEAST_WINDOW_S = 0.1
_MOST_TICKS = 60
_WORK = "stream-"
_OWN_NAMES = ("lock", "prism.log", "prism.log.before", MEMORY)


def check_options(options: argparse.Namespace) -> None:
    """Checks what `to_config` does not.

    Raises:
      UsageError: for a value that is not permitted.
    """
    if options.window < _LEAST_WINDOW_S:
        raise UsageError(f"--window is {options.window:g} s; it must be at least {_LEAST_WINDOW_S}")
    if options.subscription:
        if options.input:
            raise UsageError("give --input or --subscription, not both")
        if not SUBSCRIPTION.fullmatch(options.subscription):
            raise UsageError(
                f"--subscription={options.subscription}: write projects/PROJECT/subscriptions/NAME"
            )
        find_library()
    elif options.input is None:
        raise UsageError("give --input=GLOB or --subscription=projects/PROJECT/subscriptions/NAME")
    elif not patterns(options):
        raise UsageError("--input is empty; give a folder or a pattern")
    elif inbox := _inbox_around(options.output, patterns(options)):
        raise UsageError(
            f"--output {options.output} is inside {inbox}, so that what is written would be read; "
            "choose a folder elsewhere"
        )
    try:
        forced_format(options.input_format or None)
    except InputError as error:
        raise UsageError(str(error)) from error


def _inbox_around(output: str, inboxes: Sequence[str]) -> str:
    """Gives the watched folder that an output is in; "" for none."""
    if not is_local(output):
        return ""
    real = os.path.realpath(output)
    return next(
        (i for i in inboxes if os.path.isdir(i) and Path(real).is_relative_to(os.path.realpath(i))),
        "",
    )


def check_output(output: str, work: str) -> None:
    """Makes sure that the output is a stream's, or new.

    Raises:
      UsageError: when it is something else.
    """
    if is_bucket(output):
        _check_work(work)
        return
    if not is_local(output):
        raise UsageError(f"--output {output}: watch writes to local folders and to gs://BUCKET/…")
    if work:
        raise UsageError("--work is for an --output in a bucket; one in a folder has its own")
    if os.path.isdir(output):
        if os.listdir(output) and not os.path.exists(join(output, MEMORY, "manifest.json")):
            raise UsageError(
                f"--output {output} holds files that are not of pagesieve watch; choose another "
                "folder"
            )
    elif os.path.exists(output):
        raise UsageError(f"--output {output} is a file; give a folder")


def _check_work(work: str) -> None:
    if not work:
        raise UsageError(
            "--output in a bucket needs --work=DIR: a local folder for what the stream remembers, "
            "to be kept as long as the output"
        )
    if not is_local(work):
        raise UsageError(f"--work {work} is no local folder")
    if os.path.exists(work) and not os.path.isdir(work):
        raise UsageError(f"--work {work} is a file; give a folder")
    for name in os.listdir(work) if os.path.isdir(work) else ():
        if name not in _OWN_NAMES and not name.startswith(_WORK):
            raise UsageError(
                f"--work {work} holds files that are not of pagesieve watch; choose another folder"
            )


def work_of(options: argparse.Namespace) -> str:
    """Gives the folder for what is in progress."""
    work: str = options.work
    return work or work_root(options.output)


def begin(
    options: argparse.Namespace, output: str, stack: contextlib.ExitStack
) -> tuple[WatchSettings, StreamManifest, HistoryStart]:
    """Opens what is committed, or begins a new stream."""
    config = to_config(options)
    judging = settings_of(config)
    memory = join(options.work or output, MEMORY)
    before = load(memory)
    if before is None:
        history = open_history(options.history, judging)
        start = StreamManifest(
            settings=judging,
            history=options.history,
            run=history.next_run,
            first_page=history.first_page,
            next_page=history.first_page,
            started=now(),
        )
    else:
        start = before
        _check_same(start, judging, options.history)
        history = open_history(start.history, judging, start.run)
    digits = "".join(c for c in start.started if c.isalnum())
    config = replace(config, run_name=config.run_name or f"watch-{digits}")
    work = tempfile.mkdtemp(prefix=_WORK, dir=work_of(options))
    stack.callback(shutil.rmtree, work, ignore_errors=True)
    window_ms = int(options.window * 1000)
    settings = WatchSettings(
        config=config,
        patterns=() if options.subscription else patterns(options),
        subscription=options.subscription,
        output=output,
        work=work,
        memory=memory,
        history=start.history,
        window_ms=window_ms,
        tick_ms=tick_of(window_ms),
        settle_s=options.settle,
        horizon_ms=int(options.dedup_horizon * 1000),
        memory_bytes=options.memory_per_worker,
    )
    if before is None:
        store(memory, start)
    return settings, start, history


def tick_of(window_ms: int) -> int:
    """Gives the length of a tick: a second, more where a window would have more than 60 of them.

    Each tick is searched in what those before it in its window have left, file by file.
    """
    if window_ms % 1000:
        return window_ms
    return -(-window_ms // (1000 * _MOST_TICKS)) * 1000


def _check_same(start: StreamManifest, judging: dict[str, Any], history: str) -> None:
    for name, value in judging.items():
        if start.settings.get(name) != value:
            raise UsageError(
                f"the stream in this output was begun with {name}={start.settings.get(name)}, this "
                f"command has {value}; use the same, or another --output"
            )
    if history and history != start.history:
        raise UsageError(
            f"the stream in this output began with --history={start.history or '(none)'}; use the "
            "same, or another --output"
        )


def publish_again(settings: WatchSettings, start: StreamManifest, found: dict[str, str]) -> None:
    """Ends what a killed process had begun, and clears away what it had not committed.

    Raises:
      UsageError: when the output is not this stream's, or cannot be used.
      RunError: when it cannot be written.
    """
    claim(settings, start, found)
    root = os.path.dirname(settings.work)
    for name in os.listdir(root):
        path = join(root, name)
        if name.startswith(_WORK) and path != settings.work:
            shutil.rmtree(path, ignore_errors=True)
    forget_note(settings)
    clear_strays(settings, start)
    try:
        publish(settings, start, found)
    except CloudError as error:
        raise RunError(f"--output cannot be written: {error}") from error
