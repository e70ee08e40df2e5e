"""Beam's Prism runner as a process of ours: found or fetched, started, and gone when we are."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.errors import RunError, UsageError, last_line

_START_S = 30.0
_PR_SET_PDEATHSIG = 1


def find_prism(beam_arguments: Sequence[str]) -> str:
    """Gives the path of Prism: `--prism_location`, `prism` on the PATH, or Beam's own download.

    Raises:
      UsageError: when there is none and it cannot be fetched.
    """
    given = any(word.startswith("--prism_location") for word in beam_arguments)
    on_path = None if given else shutil.which("prism")
    if on_path:
        return on_path
    from apache_beam.runners.portability.prism_runner import PrismJobServer

    try:
        path: str = PrismJobServer(PipelineOptions(list(beam_arguments)))._get_executable_path()  # noqa: SLF001 - finds, fetches and unpacks
    except Exception as error:
        from apache_beam.version import __version__ as version

        raise UsageError(
            f"watch needs Beam's Prism runner, which cannot be had ({last_line(error)[:200]}); "
            "install it: go install github.com/apache/beam/sdks/v2/go/cmd/prism@v"
            f"{version}, and put it on the PATH or give --prism_location=PATH"
        ) from error
    return path


@contextlib.contextmanager
def running_prism(path: str) -> Iterator[str]:
    """Runs Prism until the block ends; yields its address. Call it from the main thread.

    It does not hear a Ctrl-C, which is for us, and the system ends it when we are killed.

    Raises:
      RunError: when it does not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [path, f"--job_port={port}", "--serve_http=false", "--log_level=error"]
    try:
        process = subprocess.Popen(  # noqa: S603 - what the user named
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_go_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be run: {error.strerror}") from error
    try:
        _wait_for(port, process, path)
        yield f"localhost:{port}"
    finally:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _go_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # it was killed in between
        os._exit(1)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", path: str) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RunError(f"{path} ended as soon as it was started, with {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RunError(f"{path} does not answer on port {port}")
