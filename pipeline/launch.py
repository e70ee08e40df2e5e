"""Starts a planned job on an engine, with what a user wants to know around it."""

import atexit
import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from pipeline.beam_inspection import inspect_once
from pipeline.engine import (
    LOCAL,
    LostWorkersError,
    choose_engine,
    local_workers,
    worker_command,
)
from pipeline.errors import PagesieveError, RunError, what_happened
from pipeline.forked_workers import can_fork, forked_workers, load
from pipeline.inputs.shards import Shard
from pipeline.job import Job, run_job
from pipeline.memory import expected_peak
from pipeline.process_setup import keep_little, keep_what_is_there
from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import amount, counted
from pipeline.storage import is_local

_STOP_SERVERS_S = 10.0


def launch(
    job: Job,
    shards: Sequence[Shard],
    runner: str,
    beam_arguments: Sequence[str],
    workers: int,
    on_death: Callable[[int], None] = lambda _: None,
    *,
    alone: bool = False,
) -> dict[str, Any]:
    """Runs a planned job; the process ends here when its workers are gone.

    Args:
      job: what to run.
      shards: of its input.
      runner: see `choose_engine`.
      beam_arguments: Beam's own options.
      workers: processes on this machine.
      on_death: called with the exit status before the process ends here.
      alone: nothing has used gRPC in this process, and no file is locked: workers on this machine
        may be forked from it.

    Returns:
      The content of run.json.

    Raises:
      PagesieveError: see `pipeline.errors`.
    """
    keep_little()
    count = 1
    if runner == LOCAL:
        inspect_once()
        count = local_workers(workers, len(shards))
    local = all(map(is_local, (*job.patterns, job.output, job.history)))
    # Clients of remote services may have connections, which cannot be shared.
    fork = count > 1 and alone and local
    if fork:
        load(job.config)
        fork = can_fork()
    keep_what_is_there()
    try:
        with ExitStack() as stack:
            command = worker_command(light=local)
            if fork:
                command = stack.enter_context(forked_workers(count))
            engine = choose_engine(runner, beam_arguments, workers, len(shards), command=command)
            _announce(job, shards, runner, engine.description, workers)
            return run_job(job, shards, engine, workers, stack.close)
    except LostWorkersError as error:
        # The runner would wait for the dead worker for ever; the living ones go with this process.
        print(f"pagesieve: {visible(str(error), 2000)}", file=sys.stderr, flush=True)
        on_death(error.exit_status)
        _stop_servers()
        os._exit(error.exit_status)
    except PagesieveError:
        raise
    except Exception as error:
        raise RunError(f"the run failed, nothing was committed: {what_happened(error)}") from error


def _announce(
    job: Job, shards: Sequence[Shard], runner: str, description: str, workers: int
) -> None:
    files = len({piece.file.path for shard in shards for piece in shard.pieces})
    said = [f"{counted(files, 'file')} in {counted(len(shards), 'shard')}", description]
    if runner == LOCAL:
        peak = expected_peak(shards, workers, job.memory_per_worker)
        said.append(f"up to about {amount(peak)} of memory")
    print(f"pagesieve: {', '.join(said)}", file=sys.stderr, flush=True)


def _stop_servers() -> None:
    """Has Beam end the job server that it has started, as it does at a process's usual end."""
    # It may wait for threads that never end.
    stopping = threading.Thread(target=atexit._run_exitfuncs, daemon=True)  # noqa: SLF001
    stopping.start()
    stopping.join(_STOP_SERVERS_S)
