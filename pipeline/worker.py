"""A local worker process: Beam's own, quiet, and gone when the main process is.

Started by the engine as `python -m pipeline.worker`; the addresses come by the environment.
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
    use_one_thread,
)

VERBOSE = "PAGESIEVE_VERBOSE"
"""Environment variable that lets the libraries' log lines through."""

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Runs Beam's worker until the main process ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    keep_little()
    use_one_thread()
    # Ctrl-C reaches the whole process group; the main process decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not os.environ.get(VERBOSE):
        logging.disable(logging.CRITICAL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if LIGHT in sys.argv:
        sys.argv.remove(LIGHT)
        import_beam_lightly()
    from apache_beam.runners.worker import sdk_worker_main

    collect_rarely()
    sdk_worker_main.main(sys.argv)


if __name__ == "__main__":
    main()
