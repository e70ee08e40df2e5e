"""The command `pagesieve`: parses, runs, prints, and sets the exit status."""

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import PagesieveError, RunError, UsageError
from pipeline.options import color_wanted, parse, patterns, to_config
from pipeline.reporting.printable import visible

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
      arguments: of the command line; those of the process by default.

    Returns:
      The exit status: 0 done, 1 the run failed and nothing was committed, 2 the command line or
      the configuration is wrong, 3 more rejects than permitted, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "--verbose" in words
    if not verbose:
        # Beam speaks up while it is imported.
        logging.disable(logging.CRITICAL)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal of another encoding shows what it can
            stream.reconfigure(errors="backslashreplace")
    try:
        options, beam_arguments = parse(words)
        if options.command == "report":
            return _report(options, beam_arguments)
        return _clean(options, beam_arguments)
    except PagesieveError as error:
        if verbose:
            traceback.print_exc()
        print(f"pagesieve: {visible(str(error), 2000)}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print(
            "pagesieve: interrupted; the same command goes on where this one stopped",
            file=sys.stderr,
        )
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: nobody above shows it in one line
        if verbose:
            traceback.print_exc()
        print(f"pagesieve: {visible(_what_happened(error), 2000)}", file=sys.stderr)
        return RunError.exit_status
    finally:
        _say()


def _clean(options: object, beam_arguments: list[str]) -> int:
    import argparse

    assert isinstance(options, argparse.Namespace)  # noqa: S101 - narrows the type
    config = to_config(options)
    if options.workers < 1:
        raise UsageError(f"--workers is {options.workers}; it must be at least 1")
    from pipeline.engine import WorkerDiedError, check_runner, choose_engine, unknown_options
    from pipeline.job import Job, plan_job, run_job
    from pipeline.reporting.run_facts import counted
    from pipeline.reporting.summary import render_summary, summary_line

    if unknown := unknown_options(beam_arguments):
        names = ", ".join(f"--{name}" for name in unknown)
        raise UsageError(f"no such option: {names}; see `pagesieve clean --help`")
    if stray := [a for a in beam_arguments if not a.startswith("-")]:
        raise UsageError(f"{stray[0]!r} is no option; give the input as --input={stray[0]}")
    check_runner(options.runner)
    job = Job(
        patterns=patterns(options),
        output=_folder(options.output),
        config=config,
        overwrite=options.overwrite,
        history=_folder(options.history) if options.history else "",
        wait=options.wait,
        fresh=options.fresh,
        memory_per_worker=options.memory_per_worker,
        progress=options.progress,
        verbose=options.verbose,
    )
    try:
        shards = plan_job(job)
    except (OSError, ValueError) as error:
        raise UsageError(f"--input or --output cannot be used: {_last_line(error)}") from error
    engine = choose_engine(options.runner, beam_arguments, options.workers, len(shards))
    files = len({piece.file.path for shard in shards for piece in shard.pieces})
    print(
        f"pagesieve: {counted(files, 'file')} in {counted(len(shards), 'shard')}, "
        f"{engine.description}",
        file=sys.stderr,
        flush=True,
    )
    try:
        run = run_job(job, shards, engine, options.workers)
    except WorkerDiedError as error:
        # The runner would wait for the dead worker for ever; the living ones go with this process.
        print(f"pagesieve: {visible(str(error), 2000)}", file=sys.stderr, flush=True)
        os._exit(error.exit_status)
    except PagesieveError:
        raise
    except Exception as error:
        raise RunError(f"the run failed, nothing was committed: {_what_happened(error)}") from error
    _say(render_summary(run, job.output, color_wanted()))
    if not sys.stdout.isatty():
        _say(summary_line(run))
    return 0


def _report(options: object, rest: list[str]) -> int:
    import argparse

    import orjson

    from pipeline.outputs.commit import REPORT_FILE, RUN_FILE
    from pipeline.reporting.report import render_report
    from pipeline.storage import exists, join, read_bytes, write_bytes

    assert isinstance(options, argparse.Namespace)  # noqa: S101 - narrows the type
    if rest:
        raise UsageError(f"no such option: {rest[0]}; see `pagesieve report --help`")
    output = _folder(options.output)
    path = join(output, RUN_FILE)
    if not exists(path):
        raise UsageError(f"--output {output} holds no run: there is no {RUN_FILE}")
    try:
        run = orjson.loads(read_bytes(path))
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path} is damaged: {error}") from error
    report = render_report(run)
    write_bytes(join(output, REPORT_FILE), report.encode("utf-8", "replace"))
    _say(join(output, REPORT_FILE))
    return 0


def _folder(output: str) -> str:
    """Takes an output folder as the user wrote it; `.` and `..` get their names."""
    if not output.strip():
        raise UsageError("--output is empty; give a folder")
    if "://" in output:
        return output.rstrip("/")
    path = Path(output)
    return str(path if path.name not in ("", "..") else path.resolve())


def _say(text: str = "") -> None:
    """Writes to the standard output, unless whoever read it has left, as `| head` does."""
    try:
        if text:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _what_happened(error: Exception) -> str:
    """Says in one line what an unexpected error was."""
    return f"{_last_line(error)[:600]} (--verbose shows more)"


def _last_line(error: Exception) -> str:
    """Finds, in what a runner makes of an error, the line that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "[while running" in line] or lines[-1:]
    text = told[-1] if told else ""
    name = type(error).__name__
    tells = bool(text) and (name in text or isinstance(error, (RuntimeError, OSError)))
    return text if tells else f"{name}: {text}"


if __name__ == "__main__":
    sys.exit(main())
