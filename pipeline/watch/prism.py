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
from dataclasses import dataclass

import grpc
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.errors import RunError, UsageError, last_line, what_happened
from pipeline.watch.restart import EngineError

_LISTEN_S = 10 * 365 * 86_400
_START_S = 30.0
_END_S = 5.0
_DISCONNECTED = "SDK worker disconnected"
"""So Prism says that it lost a worker."""

_LOG_BYTES = 1 << 20
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


@dataclass(frozen=True, slots=True)
class Prism:
    """Prism as it runs.

    Attributes:
      endpoint: its address.
      log: path of what it says.
    """

    endpoint: str
    log: str
    _process: "subprocess.Popen[bytes]"

    def has_ended(self) -> bool:
        """Says whether it has ended by itself."""
        return self._process.poll() is not None

    def end(self) -> EngineError | None:
        """Says how it ended by itself, if it has or is about to."""
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return None
        return EngineError(f"Prism ended by itself, with {code} ({_last_words(self.log)})")


@contextlib.contextmanager
def running_prism(path: str, log: str) -> Iterator[Prism]:
    """Runs Prism until the block ends. Call it from the main thread.

    It does not hear a Ctrl-C, which is for us, and the system ends it when we are killed.

    Args:
      path: of its program.
      log: path of a file for what it says; one that is there is kept under another name.

    Raises:
      RunError: when it does not start.
      EngineError: when the block fails because it has ended by itself.
    """
    if os.path.exists(log) and os.path.getsize(log):
        os.replace(log, f"{log}.before")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [path, f"--job_port={port}", "--serve_http=false", "--log_level=error"]
    try:
        with open(log, "wb") as words:
            process = subprocess.Popen(  # noqa: S603 - what the user named
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=words,
                start_new_session=True,
                preexec_fn=_go_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )
    except OSError as error:
        raise UsageError(f"{path} cannot be run: {error.strerror}") from error
    try:
        _wait_for(port, process, path)
        prism = Prism(f"localhost:{port}", log, process)
        try:
            yield prism
        except RunError as error:
            if ended := prism.end():
                raise ended from error
            raise
    finally:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def stream_options(endpoint: str) -> list[str]:
    """Gives Beam's options for a stream on a running Prism; they go behind those of the user.

    Two of them are needed by all that runs long. Beam gives up listening to a job after five
    minutes, if it is not told otherwise. And Prism splits bundles that take long, those of steps
    with a state too: both parts then begin from the same state, and what one of them writes is
    lost, even for keys that only the other one has.
    """
    return [
        f"--job_endpoint={endpoint}",
        f"--job_server_timeout={_LISTEN_S}",
        "--environment_type=LOOPBACK",
        "--streaming",
        "--experiments=prism_disable_sdf_split",
    ]


def failure_of(error: BaseException | None) -> RunError:
    """Says why a stream failed.

    Args:
      error: that Beam raised; None where it said nothing.

    Returns:
      An `EngineError` where the connection to Prism broke, or was said to have.
    """
    if isinstance(error, RunError):
        return error
    if error is None:
        return EngineError("Prism does not say how the stream goes")
    if isinstance(error, grpc.RpcError):
        said = error.details() if isinstance(error, grpc.Call) else str(error)
        return EngineError(f"the connection to Prism broke ({(said or 'no reason given')[:200]})")
    if _DISCONNECTED in str(error):
        return EngineError("the connection to Prism broke (it lost its worker)")
    return RunError(
        "the stream failed; what was committed stays, and the same command goes on: "
        f"{what_happened(Exception(str(error)))}"
    )


def _last_words(log: str) -> str:
    """Gives the line of a log that tells why a Go program ended, or else its last one."""
    with open(log, "rb") as words:
        lines = [
            line.decode(errors="replace").strip() for line in words.read(_LOG_BYTES).splitlines()
        ]
    fatal = [line for line in lines if line.startswith(("panic:", "fatal error:"))]
    said = fatal or [line for line in lines if line][-1:] or ["it said nothing"]
    return said[0][:300]


def _go_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:  # it was killed in between
        os._exit(1)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", path: str) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            code = process.returncode
            error = EngineError if code < 0 else RunError  # a signal is no fault of the program
            raise error(f"{path} ended as soon as it was started, with {code}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RunError(f"{path} does not answer on port {port}")
