"""A job across hosts: storage, job server, two workers and driver each on a machine of its own."""

import gzip
import os
import re
import signal
import sys
from pathlib import Path

import hosts
import pytest
import servers
from page_files import SENTENCES, jsonl
from whole_runs import bytes_of

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
KINDS = ("documents", "removed", "rejected")
OPTIONS = ("--shard-bytes=65536", "--progress=plain", "--added=2024-05-01T10:00:00.000Z")
WORKERS = ("one", "two")
GCS_PORT, JOB_PORT, POOL_PORT = 4443, 8099, 50000
ELSEWHERE = (
    *("--runner=PortableRunner", f"--job_endpoint=head:{JOB_PORT}"),
    *("--environment_type=EXTERNAL", f"--environment_config=localhost:{POOL_PORT}"),
)
WORKER = "SdkHarness"
"""In the command line of a process that works."""

HALF_A_SHARD_BYTES = 32768
MANY_SHARDS = 20


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages" / "in"
    folder.mkdir(parents=True)
    for name in ("a", "b"):
        records = [
            {
                "url": f"https://{name}.example/{n}",
                "text": f"{SENTENCES[n % 8]}\nNumber {n} of {name}: {SENTENCES[n * 3 % 8]}",
            }
            for n in range(4_000)
        ]
        (folder / f"{name}.jsonl").write_bytes(jsonl(*records) + b"{broken\n")
    return folder


@pytest.fixture
def cluster(tmp_path, gcs_program):
    """Hosts with a bucket, a job server and two pools that it asks in turn for a worker."""
    logs, empty = tmp_path / "logs", tmp_path / "gcloud"
    logs.mkdir()
    empty.mkdir()
    here = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    with hosts.network(logs, "store", "head", *WORKERS, "desk") as up:
        address = up.hosts["store"].address
        up.environment.update(servers.gcs_environment(f"http://{address}:{GCS_PORT}", empty))
        up.environment["PATH"] = here
        up.start("store", *servers.gcs_command(gcs_program, address, GCS_PORT))
        for name in WORKERS:
            pool = "apache_beam.runners.worker.worker_pool_main"
            up.start(name, sys.executable, "-m", pool, f"--service_port={POOL_PORT}")
        up.start("head", sys.executable, TESTS / "in_turn.py", POOL_PORT, *WORKERS)
        up.start("head", sys.executable, TESTS / "job_service.py", JOB_PORT, len(WORKERS))
        up.wait_for_ports(store=GCS_PORT, head=JOB_PORT, one=POOL_PORT, two=POOL_PORT)
        up.wait_for_ports(head=POOL_PORT)
        yield up


def _bucket(cluster, *words):
    status, said = cluster.run(
        "desk", sys.executable, TESTS / "bucket_files.py", *words, timeout_s=150
    )
    assert status == 0, said


def _clean(cluster):
    words = ("clean", "--input=gs://bucket/in/*", "--output=gs://bucket/out", "--stall-timeout=30")
    return cluster.start("desk", sys.executable, "-m", "pipeline", *words, *OPTIONS, *ELSEWHERE)


def _parts(output, root):
    """Kind and number to unpacked bytes without the input's place; names tell of their run."""
    return {
        (name.partition("/")[0], re.search(r"part-(\d+)", name)[1]): gzip.decompress(data).replace(
            root.encode(), b"ROOT"
        )
        for name, data in bytes_of(output, *KINDS).items()
    }


def _workers(cluster):
    return {name: set(cluster.hosts[name].processes(WORKER)) for name in WORKERS}


def _committed(cluster, folder):
    """What is in the bucket: whether a run, and how many shards are read."""
    _bucket(cluster, "fetch", "bucket", folder)
    done = list((folder / "out/.work").glob("*/map/*/done"))
    return (folder / "out/run.json").exists(), len(done)


def test_a_job_across_hosts_survives_the_loss_of_workers(cluster, pages, clean, tmp_path):
    _bucket(cluster, "fill", "bucket", pages.parent)

    # A host is gone: its connections stay open, so the job server waits for it for ever.
    cut_off = _clean(cluster)
    _bucket(cluster, "await", "bucket", "/done", "3")
    before = _workers(cluster)
    assert all(len(ids) == 1 for ids in before.values()), before
    cluster.link("two", "down")
    cut_off.wait(180)
    said = cluster.said(cut_off)
    assert cut_off.returncode == 1, said
    assert "no worker has got any further for 30 s" in said
    assert "reading and cleaning" in said  # how far workers elsewhere are
    assert "Traceback" not in said
    committed, done = _committed(cluster, tmp_path / "cut-off")
    assert not committed
    assert done >= 3

    # It comes back, with a worker that knows nothing of this, and a new one's process is killed.
    cluster.link("two", "up")
    killed = _clean(cluster)
    hosts.wait_for(lambda: _workers(cluster)["one"] - before["one"], 120)
    _bucket(cluster, "await", "bucket", "/done", str(done + 2))
    for worker in _workers(cluster)["one"] - before["one"]:
        os.kill(worker, signal.SIGKILL)
    killed.wait(180)
    said = cluster.said(killed)
    assert killed.returncode == 1, said
    assert "continuing" in said
    assert "nothing was committed" in said
    assert "Traceback" not in said
    committed, done_now = _committed(cluster, tmp_path / "killed")
    assert not committed
    assert done < done_now

    sent = {name: cluster.hosts[name].sent_bytes() for name in WORKERS}
    whole = _clean(cluster)
    whole.wait(180)
    said = cluster.said(whole)
    assert whole.returncode == 0, said
    assert "continuing" in said
    for name in WORKERS:
        assert cluster.hosts[name].sent_bytes() - sent[name] > HALF_A_SHARD_BYTES, name
    assert _committed(cluster, tmp_path / "whole") == (True, 0)
    here = clean(pages, options=("--workers=2", *OPTIONS), output=tmp_path / "here")
    assert here.status == 0, here.err
    found = _parts(tmp_path / "whole/out", "gs://bucket")
    assert len({number for _, number in found}) >= MANY_SHARDS
    assert found == _parts(tmp_path / "here", str(pages.parent))
