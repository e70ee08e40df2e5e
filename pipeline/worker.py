"""A local worker process: Beam's own, quiet, and gone when the main process is.

Started by the engine as `python -m pipeline.worker`; the addresses come by the environment.
"""

import ctypes
import logging
import os
import signal
import sys

VERBOSE = "PAGESIEVE_VERBOSE"
"""Environment variable that lets the libraries' log lines through."""

_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_ARENA_MAX = -1, -8
_TRIM_BYTES = 128 << 10


def main() -> None:
    """Runs Beam's worker until the main process ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        keep_little()
    # Ctrl-C reaches the whole process group; the main process decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not os.environ.get(VERBOSE):
        logging.disable(logging.CRITICAL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)


def keep_little() -> None:
    """Has the C library give freed memory back: one arena for all threads of the process.

    Measured on four files of documentation pages with two workers: 925 MB at most before, 862 MB
    after, in the same time. Does nothing where the C library has no such settings.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)


if __name__ == "__main__":
    main()
