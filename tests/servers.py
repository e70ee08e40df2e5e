"""Real servers for slow tests: Beam's Prism runner, and emulators of Google's storage and Pub/Sub.

All are Go programs, built once into `$XDG_CACHE_HOME/pagesieve-tests/bin` (measured on two busy
cores with nothing cached: Prism 124 s, fake-gcs-server 53 s; Google's Pub/Sub server, on cores with
seven times as much to do, 179 s, of which 63 s of CPU). Without Go, or without a network for
the first build, the tests that ask for them are skipped and say so; with
`PAGESIEVE_REQUIRE_SERVERS=1` they fail instead.
"""

import contextlib
import hashlib
import importlib.metadata
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

PRISM = "github.com/apache/beam/sdks/v2/go/cmd/prism"
PRISM_VERSION = f"v{importlib.metadata.version('apache-beam')}"
FAKE_GCS = "github.com/fsouza/fake-gcs-server"
FAKE_GCS_VERSION = "v1.56.1"

BUILD_TIMEOUT_S = 540
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10
START_ATTEMPTS = 3


def _unavailable(reason):
    if os.environ.get("PAGESIEVE_REQUIRE_SERVERS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pagesieve-tests" / "bin"


def go_program(package, version):
    """The path of a Go program of exactly this version; built unless it lies in the cache."""
    name = package.rsplit("/", 1)[-1]
    return _built(name, version, ["install", f"{package}@{version}"])


def own_go_program(folder):
    """The path of a Go program whose source lies in a folder of the tests."""
    digest = hashlib.sha256()
    for source in sorted(folder.iterdir()):
        digest.update(source.read_bytes())
    return _built(folder.name, digest.hexdigest()[:16], ["install", "-mod=readonly", "."], folder)


def _built(name, version, words, cwd=None):
    program = _cache() / f"{name}-{version}"
    if program.is_file():
        return program
    go = shutil.which("go")
    if go is None:
        _unavailable(f"{name} {version} has to be built and Go is not installed")
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        try:
            built = subprocess.run(
                [go, *words],
                cwd=cwd,
                env={**os.environ, "GOBIN": folder},
                capture_output=True,
                text=True,
                timeout=BUILD_TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            _unavailable(f"building {name} {version} took more than {BUILD_TIMEOUT_S} s")
        if built.returncode != 0:
            last = (built.stderr.strip().splitlines() or ["no message"])[-1]
            _unavailable(f"{name} {version} does not build: {last}")
        # Whole or not there: several test runs may build at once.
        (Path(folder) / name).replace(program)
    return program


def free_port():
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _start(command, log):
    """Starts a server in a process group of its own; it ends when this thread's process does."""
    bound = [sys.executable, "-c", _BOUND, *command] if sys.platform == "linux" else command
    return subprocess.Popen(
        bound, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )


_BOUND = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
os.execvp(sys.argv[1], sys.argv[1:])
"""


def _stop(process):
    """Ends a server, and whatever it has started."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_TIMEOUT_S)


@contextlib.contextmanager
def serving(command_for, is_ready):
    """Runs a server on a free port until the block ends; yields the port.

    Args:
      command_for: port -> command line.
      is_ready: port -> whether the server answers.
    """
    said = ""
    for _ in range(START_ATTEMPTS):  # another process may take the port first
        port = free_port()
        with tempfile.TemporaryFile() as log:
            process = _start(command_for(port), log)
            try:
                deadline = time.monotonic() + START_TIMEOUT_S
                while process.poll() is None and time.monotonic() < deadline:
                    if is_ready(port):
                        yield port
                        return
                    time.sleep(0.05)
            finally:
                _stop(process)
            log.seek(0)
            said = log.read()[-2000:].decode(errors="replace")
    pytest.fail(f"{command_for(0)[0]} did not start; it said:\n{said}", pytrace=False)


@pytest.fixture(scope="session")
def prism_binary():
    """Path of Prism in exactly the version of the installed Beam."""
    return go_program(PRISM, PRISM_VERSION)


@pytest.fixture(scope="session")
def gcs_program():
    """Path of the emulator of Google Cloud Storage, for tests that run it elsewhere."""
    return go_program(FAKE_GCS, FAKE_GCS_VERSION)


@pytest.fixture
def prism_options(prism_binary):
    """Pipeline options that run a pipeline on Prism; Beam starts and stops the process."""
    # At exit Beam warns that it stops Prism, into a stream that pytest has closed by then.
    logging.getLogger("apache_beam.utils.subprocess_server").setLevel(logging.ERROR)
    return ["--runner=PrismRunner", f"--prism_location={prism_binary}"]


@pytest.fixture
def portable_options(prism_binary):
    """Pipeline options for a job server that is already running, as Flink and Spark have one."""

    def command(port):
        return [
            str(prism_binary),
            f"--job_port={port}",
            "--serve_http=false",
            "--idle_shutdown_timeout=10m",
            "--log_level=warn",
        ]

    with serving(command, accepts) as port:
        yield [
            "--runner=PortableRunner",
            f"--job_endpoint=127.0.0.1:{port}",
            "--environment_type=LOOPBACK",
        ]


@pytest.fixture(scope="session")
def pubsub_server():
    """Google's Pub/Sub server in memory, one for all tests; gives its address."""
    program = own_go_program(Path(__file__).with_name("pubsub_server"))
    with serving(lambda port: [str(program), f"-port={port}"], accepts) as port:
        yield f"127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class GcsEmulator:
    """A running emulator.

    Attributes:
      url: where it listens, without a slash at the end.
      environment: variables that lead this machine's clients to it, also in other processes.
    """

    url: str
    environment: dict[str, str]

    def client(self):
        """A `google.cloud.storage` client of the emulator, which needs no environment."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        return storage.Client(
            project="tests",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
        )


def gcs_command(program, host, port):
    """The command line of the emulator, which listens on one address."""
    address = f"{host}:{port}"
    return [
        *(str(program), "-scheme", "http", "-backend", "memory", "-host", host),
        *("-port", str(port), "-public-host", address, "-external-url", f"http://{address}"),
        *("-log-level", "error"),
    ]


def gcs_environment(url, empty_folder):
    """Variables that lead clients to the emulator."""
    return {
        "STORAGE_EMULATOR_HOST": url,
        "GOOGLE_CLOUD_PROJECT": "tests",
        "NO_GCE_CHECK": "true",
        "CLOUDSDK_CONFIG": str(empty_folder),
    }


@pytest.fixture(scope="session")
def gcs_emulator(tmp_path_factory, gcs_program):
    """An emulator of Google Cloud Storage in memory, one for all tests.

    It ignores preconditions on download, delete and rewrite, and Beam's rename fails on it.
    """

    def command(port):
        return gcs_command(gcs_program, "127.0.0.1", port)

    def is_ready(port):
        return _answers(f"http://127.0.0.1:{port}/storage/v1/b?project=tests")

    with serving(command, is_ready) as port:
        url = f"http://127.0.0.1:{port}"
        yield GcsEmulator(url, gcs_environment(url, tmp_path_factory.mktemp("gcloud")))


@pytest.fixture
def gcs_bucket(gcs_emulator, monkeypatch):
    """An empty bucket of its own, as `gs://name`; this process's Beam and clients reach it."""
    from apache_beam.internal.gcp import auth

    for name, value in gcs_emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    # Looking for credentials that are not there takes Beam about 20 s in each process.
    monkeypatch.setattr(auth._Credentials, "_credentials", None)
    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)
    client = gcs_emulator.client()
    bucket = client.create_bucket(f"tests-{uuid.uuid4().hex}")
    yield f"gs://{bucket.name}"
    bucket.delete(force=True)
