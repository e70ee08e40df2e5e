"""Runs that are killed at a chosen moment, each forked from one process that has all imported.

`python killed_runs.py` reads a JSON object a line: `arguments` of the command; `when`, a list of
[pattern, least number of files], or nothing to let the run end; `delay` in seconds between that
moment and the kill, or after the start where `when` is missing. It answers with a line each:
{"killed": bool, "status": exit status, "err": what the run wrote to the standard error}.
"""

import contextlib
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


@contextlib.contextmanager
def killer():
    """Starts the process that forks runs; yields a function that runs one command."""
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        start_new_session=True,
    )

    def run(arguments, when=None, delay=None):
        order = {"arguments": [*map(str, arguments)], "when": when, "delay": delay}
        print(json.dumps(order), file=process.stdin, flush=True)
        return json.loads(process.stdout.readline())

    try:
        yield run
    finally:
        process.stdin.close()
        process.wait(60)


def _moment(order, started):
    """Says whether the run is to be killed now (before the delay)."""
    if order["when"] is None:
        return order["delay"] is not None and time.monotonic() - started >= order["delay"]
    pattern, least = order["when"]
    if len(glob.glob(pattern)) < least:
        return False
    time.sleep(order["delay"] or 0)
    return True


def _run_one(order):
    with tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(err.fileno(), 2)
            from pipeline.__main__ import main

            status = main(order["arguments"])
            sys.stderr.flush()
            os._exit(status)
        started, killed, ended = time.monotonic(), False, 0
        while not ended:
            ended, status = os.waitpid(child, os.WNOHANG)
            if not ended and not killed and _moment(order, started):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
                killed = True
            time.sleep(0.001)
        err.seek(0)
        said = err.read().decode(errors="replace")
    killed = killed and os.WIFSIGNALED(status)
    code = None if killed else os.waitstatus_to_exitcode(status)
    return {"killed": killed, "status": code, "err": said}


def _serve():
    import pipeline.__main__
    import pipeline.clean
    import pipeline.job
    import pipeline.launch  # noqa: F401 - what takes time is imported once

    for line in sys.stdin:
        print(json.dumps(_run_one(json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve()
