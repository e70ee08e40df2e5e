"""The command `pagesieve`: parses, runs, prints, and sets the exit status."""

import argparse
import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from pipeline.errors import PagesieveError, RunError, UsageError, last_line, what_happened
from pipeline.options import color_wanted, parse, patterns, to_config
from pipeline.process_setup import collect_rarely, import_beam_lightly, use_one_thread
from pipeline.reporting.metrics_file import MetricsFile, status_of
from pipeline.reporting.printable import visible
from pipeline.stop_signals import Stopped, stopping_in_order
from pipeline.watchdog import LEAST_LIMIT_S

_INSPECT = {
    "explain": "pipeline.inspect.explain",
    "replay": "pipeline.inspect.replay",
    "restore": "pipeline.inspect.restore",
    "diff": "pipeline.inspect.diff",
    "report": "pipeline.inspect.report",
    "tune": "pipeline.inspect.tune",
    "filter": "pipeline.inspect.filter",
    "index": "pipeline.history.commands",
}
"""Commands that look into finished runs or a history, each with the module whose `run` does it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
      arguments: of the command line; those of the process by default.

    Returns:
      The exit status: 0 done, 1 the run failed and nothing was committed, 2 the command line or
      the configuration is wrong, 3 more rejects than permitted, 130 interrupted, 129 and 143 ended
      by SIGHUP and SIGTERM.
    """
    use_one_thread()
    collect_rarely()
    words = list(sys.argv[1:] if arguments is None else arguments)
    with stopping_in_order():
        return _run(words, sys.orig_argv if arguments is None else [])


def _run(words: list[str], started_as: list[str]) -> int:
    verbose = "--verbose" in words
    if not verbose:
        # Beam speaks up while it is imported.
        logging.disable(logging.CRITICAL)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal of another encoding shows what it can
            stream.reconfigure(errors="backslashreplace")
    try:
        options, beam_arguments = parse(words)
        options.started_as = started_as
        if options.command != "clean":
            other = _watch if options.command == "watch" else _inspect
            return other(options, beam_arguments)
        with MetricsFile(options.metrics_file, options.output) as metrics:
            return _clean(options, beam_arguments, metrics)
    except PagesieveError as error:
        if verbose:
            traceback.print_exc()
        print(f"pagesieve: {visible(str(error), 2000)}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt as error:
        what = f"ended by {error}" if isinstance(error, Stopped) else "interrupted"
        print(
            f"pagesieve: {what}; the same command goes on where this one stopped",
            file=sys.stderr,
        )
        return status_of(error)
    except Exception as error:  # noqa: BLE001 - the edge: nobody above shows it in one line
        if verbose:
            traceback.print_exc()
        print(f"pagesieve: {visible(what_happened(error), 2000)}", file=sys.stderr)
        return RunError.exit_status
    finally:
        _say()


def _clean(options: argparse.Namespace, beam_arguments: list[str], metrics: MetricsFile) -> int:
    paths = (*patterns(options), options.output or "", options.history or "")
    if options.runner == "local" and not any("://" in path for path in paths):
        import_beam_lightly()
    config = to_config(options)
    if options.workers < 1:
        raise UsageError(f"--workers is {options.workers}; it must be at least 1")
    if 0 < options.stall_timeout < LEAST_LIMIT_S or options.stall_timeout < 0:
        raise UsageError(
            f"--stall-timeout is {options.stall_timeout}; it must be 0 or at least {LEAST_LIMIT_S}"
        )
    from pipeline.engine import check_runner, unknown_options
    from pipeline.job import Job, plan_job
    from pipeline.launch import launch
    from pipeline.preflight import check_fully, check_quickly, report
    from pipeline.reporting.summary import render_summary, summary_line
    from pipeline.storage import exists, is_bucket

    if unknown := unknown_options(beam_arguments):
        raise UsageError(f"no such option: {', '.join(unknown)}; see `pagesieve clean --help`")
    if stray := [a for a in beam_arguments if not a.startswith("-")]:
        raise UsageError(f"{stray[0]!r} is no option; give the input as --input={stray[0]}")
    check_runner(options.runner, (*patterns(options), options.output))
    job = Job(
        patterns=patterns(options),
        output=_folder(options.output),
        config=config,
        overwrite=options.overwrite,
        history=_folder(options.history) if options.history else "",
        wait=options.wait,
        fresh=options.fresh,
        memory_per_worker=options.memory_per_worker,
        stall_s=options.stall_timeout,
        progress=options.progress,
        verbose=options.verbose,
    )
    if far := sorted(set(filter(is_bucket, paths))):  # it may take its time
        print(f"pagesieve: reaching {visible(', '.join(far), 500)}", file=sys.stderr, flush=True)
    notes: list[str] = []
    try:
        shards = plan_job(job, notes)
        exists(job.output)  # raises where no such file system is known
    except (OSError, ValueError) as error:
        raise UsageError(f"--input or --output cannot be used: {last_line(error)}") from error
    _tell(notes)
    if options.check:
        return report(check_fully(job, shards, options.workers))
    check_quickly(job, shards)
    run = launch(
        job,
        shards,
        options.runner,
        beam_arguments,
        options.workers,
        metrics.fail,
        alone=bool(options.started_as),
    )
    metrics.run = run
    _say(render_summary(run, job.output, color_wanted()))
    if not sys.stdout.isatty():
        _say(summary_line(run))
    return 0


def _watch(options: argparse.Namespace, beam_arguments: list[str]) -> int:
    """Cleans pages as they arrive, until it is told to stop."""
    from pipeline.engine import unknown_options
    from pipeline.watch.command import run

    if unknown := unknown_options(beam_arguments):
        raise UsageError(f"no such option: {', '.join(unknown)}; see `pagesieve watch --help`")
    if stray := [a for a in beam_arguments if not a.startswith("-")]:
        raise UsageError(f"{stray[0]!r} is no option; give the input as --input={stray[0]}")
    options.output = _folder(options.output)
    if options.history:
        options.history = _folder(options.history, "--history")
    return run(options, beam_arguments)


def _inspect(options: argparse.Namespace, rest: list[str]) -> int:
    """Runs a command that looks into finished runs."""
    if rest:
        raise UsageError(f"no such option: {rest[0]}; see `pagesieve {options.command} --help`")
    for name in ("output", "into"):
        if getattr(options, name, None) is not None:
            setattr(options, name, _folder(getattr(options, name), f"--{name}"))
    run: Callable[[argparse.Namespace], int] = import_module(_INSPECT[options.command]).run
    try:
        return run(options)
    except BrokenPipeError:
        _leave_pipe()
        return 0


def _folder(output: str, option: str = "--output") -> str:
    """Takes an output folder as the user wrote it; `.` and `..` get their names."""
    if not output.strip():
        raise UsageError(f"{option} is empty; give a folder")
    if "://" in output:
        return output.rstrip("/")
    path = Path(output)
    return str(path if path.name not in ("", "..") else path.resolve())


def _tell(notes: Sequence[str]) -> None:
    for note in notes:
        print(f"pagesieve: {visible(note, 1000)}", file=sys.stderr, flush=True)


def _say(text: str = "") -> None:
    """Writes to the standard output, unless whoever read it has left, as `| head` does."""
    try:
        if text:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_pipe()


def _leave_pipe() -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
