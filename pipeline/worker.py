"""A local worker process: Beam's own, quiet, and gone when the main process is.

Forked by the main process, or started by the engine as `python -m pipeline.worker`; the addresses
come by the environment.
"""

import ctypes
import logging
import os
import signal
import sys

from pipeline.process_setup import (
    LIGHT,
    collect_rarely,
    import_beam_lightly,
    keep_little,
    keep_what_is_there,
    use_one_thread,
)
from pipeline.stop_signals import leave_to_main_process

VERBOSE = "PAGESIEVE_VERBOSE"
"""Environment variable that lets the libraries' log lines through."""

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Has the system kill this process when the thread that started it ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def be_quiet() -> None:
    """Says nothing, unless `VERBOSE` is set."""
    if os.environ.get(VERBOSE):
        logging.disable(logging.NOTSET)
    else:
        logging.disable(logging.CRITICAL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def main() -> None:
    """Runs Beam's worker until the main process ends it."""
    end_with_parent()
    keep_little()
    collect_rarely()
    use_one_thread()
    leave_to_main_process()
    be_quiet()
    if LIGHT in sys.argv:
        sys.argv.remove(LIGHT)
        import_beam_lightly()
    from apache_beam.runners.worker import sdk_worker_main

    from pipeline.beam_inspection import inspect_once

    inspect_once()
    keep_what_is_there()
    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
