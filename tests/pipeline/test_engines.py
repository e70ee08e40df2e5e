"""One job, the same bytes: on this machine's default, on Prism, and through a job server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import servers
from page_files import SENTENCES
from whole_runs import bytes_of

pytestmark = pytest.mark.slow

KINDS = ("documents", "removed", "rejected")
ADDED = "--added=2024-05-01T10:00:00.000Z"
SHARDED = ("--shard-bytes=65536", "--progress=off")


def _write_pages(folder, pages=900):
    folder.mkdir()
    lines = [
        json.dumps(
            {
                "url": f"https://x.example/{n}",
                "text": "\n".join((SENTENCES[n % 8], f"Number {n}: {SENTENCES[(n * 3) % 8]}")),
            }
        )
        for n in range(pages)
    ]
    (folder / "a.jsonl").write_text("\n".join(lines[: pages // 2]))
    (folder / "b.jsonl").write_text("\n".join([*lines[pages // 2 :], "{broken"]))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines") / "in"
    _write_pages(folder)
    return folder


@pytest.fixture(scope="module")
def expected(pages, tmp_path_factory):
    output = tmp_path_factory.mktemp("local") / "out"
    found = _clean(pages, output, "--workers=1")
    assert json.loads((output / "run.json").read_bytes())["input"]["shards"] >= 3
    return found


def _command(pages, output, *words):
    return [
        *(sys.executable, "-m", "pipeline", "clean", f"--input={pages}", f"--output={output}"),
        *(ADDED, *SHARDED, *words),
    ]


def _clean(pages, output, *words):
    """A run in a process of its own: runners leave threads and servers behind."""
    ran = subprocess.run(
        _command(pages, output, *words), capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return bytes_of(output, *KINDS)


def test_prism_gives_the_same_bytes(pages, expected, prism_options, tmp_path):
    assert _clean(pages, tmp_path / "out", *prism_options) == expected


def test_the_direct_runner_gives_the_same_bytes_on_prism(pages, expected, prism_binary, tmp_path):
    noted = tmp_path / "prism"
    noted.write_text(f'#!/bin/sh\ntouch {tmp_path}/started\nexec {prism_binary} "$@"\n')
    noted.chmod(0o755)
    options = ("--runner=DirectRunner", f"--prism_location={noted}")
    assert _clean(pages, tmp_path / "out", *options) == expected
    assert (tmp_path / "started").exists(), "Beam has chosen another runner"


def test_the_direct_runner_gives_the_same_bytes_without_prism(pages, expected, tmp_path):
    options = ("--runner=DirectRunner", f"--prism_location={tmp_path}/nowhere")
    assert _clean(pages, tmp_path / "out", *options) == expected


def test_a_job_server_gives_the_same_bytes(pages, expected, portable_options, tmp_path):
    assert _clean(pages, tmp_path / "out", *portable_options) == expected


@contextlib.contextmanager
def _job_server(prism_binary):
    def command(port):
        return [
            *(str(prism_binary), f"--job_port={port}", "--serve_http=false"),
            *("--idle_shutdown_timeout=10m", "--log_level=warn"),
        ]

    with servers.serving(command, servers.accepts) as port:
        yield port


@contextlib.contextmanager
def _worker_pool(folder):
    """Beam's own pool of worker processes, as it runs beside a cluster's machines."""
    here = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"

    def command(port):
        code = (
            "import os, sys; os.environ['PATH'] = sys.argv[1]; "
            "os.chdir(sys.argv[2]); sys.argv[1:] = sys.argv[3:]; "
            "from apache_beam.runners.worker.worker_pool_main import main; main(sys.argv)"
        )
        return [sys.executable, "-c", code, here, str(folder), f"--service_port={port}"]

    with servers.serving(command, servers.accepts) as port:
        yield port


def _elsewhere(job_port, pool_port):
    return (
        "--runner=PortableRunner",
        f"--job_endpoint=127.0.0.1:{job_port}",
        "--environment_type=EXTERNAL",
        f"--environment_config=127.0.0.1:{pool_port}",
    )


def _workers_of(pool_folder):
    """Ids of the worker processes that a pool has started."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{name}/cmdline", "rb") as handle:
                words = handle.read().split(b"\0")
            inside = os.readlink(f"/proc/{name}/cwd") == str(pool_folder)
            if inside and any(b"SdkHarness" in word for word in words):
                found.append(int(name))
    return found


def test_a_pool_of_other_processes_gives_the_same_bytes(pages, expected, prism_binary, tmp_path):
    pool_folder = tmp_path / "pool"
    pool_folder.mkdir()
    with _job_server(prism_binary) as job, _worker_pool(pool_folder) as pool:
        assert _clean(pages, tmp_path / "out", *_elsewhere(job, pool)) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_after_a_worker_is_killed_the_same_command_goes_on(tmp_path, clean, prism_binary):
    pages, pool_folder, output = tmp_path / "in", tmp_path / "pool", tmp_path / "out"
    pool_folder.mkdir()
    _write_pages(pages, 8_000)
    with _job_server(prism_binary) as job, _worker_pool(pool_folder) as pool:
        process = subprocess.Popen(
            _command(pages, output, "--stall-timeout=30", *_elsewhere(job, pool)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            if list(tmp_path.glob("out.work/map/*/done")) and _workers_of(pool_folder):
                break
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()
        for worker in _workers_of(pool_folder):
            os.kill(worker, signal.SIGKILL)
        _, err = process.communicate(timeout=180)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    # Prism notices at times, and at others waits for ever; then the run gives up by itself.
    assert "nothing was committed" in err
    assert not (output / "run.json").exists()
    assert list(tmp_path.glob("out.work/map/*/done"))
    with _job_server(prism_binary) as job, _worker_pool(pool_folder) as pool:
        resumed = _clean(pages, output, *_elsewhere(job, pool))
    calm = clean(pages, options=("--workers=2", *SHARDED), output=tmp_path / "calm")
    assert calm.status == 0, calm.err
    assert resumed == bytes_of(calm.output, *KINDS)
