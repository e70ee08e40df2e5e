"""What would be sent to Dataflow: Beam's whole translation, offline, and a run of the result."""

import gzip
import io
import json
import re
import tarfile
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns, python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from page_files import SENTENCES, jsonl

from pipeline import storage

pytestmark = pytest.mark.slow

pytest.importorskip(
    "google.cloud.dataflow_v1beta3", reason="needs Dataflow's client: pip install pagesieve[dev]"
)

ROOT = Path(__file__).parents[2]
IMAGE = "europe-docker.pkg.dev/project/repository/pagesieve:1"
KINDS = ("documents", "removed", "rejected")


@pytest.fixture
def bucket(gcs_bucket):
    """A bucket with pages in `in/`."""
    records = [
        {
            "url": f"https://x.example/{n}",
            "text": f"{SENTENCES[n % 8]}\nNumber {n}: {SENTENCES[n * 3 % 8]}",
        }
        for n in range(1_200)
    ]
    storage.write_bytes(f"{gcs_bucket}/in/a.jsonl", jsonl(*records[:900]) + b"{broken\n")
    storage.write_bytes(f"{gcs_bucket}/in/b.jsonl", jsonl(*records[900:]))
    return gcs_bucket


@pytest.fixture
def described(bucket, clean, gcs_emulator):
    """Has Beam describe the job in a template; gives the template and what was staged, by name."""

    def describe(*words):
        template = f"{bucket}/templates/job.json"
        options = (
            *("--runner=DataflowRunner", "--project=project", "--region=europe-west1"),
            *("--no_auth", f"--temp_location={bucket}/tmp", f"--template_location={template}"),
            *("--shard-bytes=65536", *words),
        )
        ran = clean(f"{bucket}/in/*", options=options, output=f"{bucket}/out")
        assert ran.status == 0, ran.err
        assert f"the job is described in {template}" in ran.err
        blobs = gcs_emulator.client().list_blobs(bucket.removeprefix("gs://"), prefix="tmp/")
        staged = {blob.name.rpartition("/")[2]: blob.download_as_bytes() for blob in blobs}
        return json.loads(storage.read_bytes(template)), staged

    return describe


def _bytes(output):
    run = json.loads(storage.read_bytes(f"{output}/run.json"))
    return run, {
        (kind, re.match(r"part-(\d+)", name)[1]): gzip.decompress(
            storage.read_bytes(f"{output}/{kind}/{name}")
        )
        for kind in KINDS
        for name in run["files"][kind]
    }


def test_what_is_staged_runs_and_a_local_run_commits_it(bucket, clean, described):
    template, staged = described(f"--sdk_container_image={IMAGE}")
    assert template["environment"]["version"]["job_type"] == "FNAPI_BATCH"
    (pool,) = template["environment"]["workerPools"]
    assert [one["containerImage"] for one in pool["sdkHarnessContainerImages"]] == [IMAGE]
    options = template["environment"]["sdkPipelineOptions"]["options"]
    assert options["pipelineUrl"].endswith("/pipeline.pb")

    job = beam_runner_api_pb2.Pipeline.FromString(staged["pipeline.pb"])
    assert job.components.transforms
    for environment in job.components.environments.values():
        assert environment.urn == common_urns.environments.DOCKER.urn
        payload = beam_runner_api_pb2.DockerPayload.FromString(environment.payload)
        assert payload.container_image == IMAGE
        # Workers in this process stand in for the image's; all else is what Dataflow gets.
        environment.urn, environment.payload = python_urns.EMBEDDED_PYTHON, b""
        del environment.dependencies[:]
    FnApiRunner().run_via_runner_api(job, PipelineOptions([])).wait_until_finish()
    assert not storage.exists(f"{bucket}/out/run.json")

    sharded = ("--shard-bytes=65536", "--workers=1", "--progress=off")
    ended = clean(f"{bucket}/in/*", options=sharded, output=f"{bucket}/out")
    assert ended.status == 0, ended.err
    assert "continuing" in ended.err
    alone = clean(f"{bucket}/in/*", options=sharded, output=f"{bucket}/alone")
    assert alone.status == 0, alone.err
    run, found = _bytes(f"{bucket}/out")
    assert run["input"]["shards"] >= 3
    assert run["pages"]["read"] == 1_201
    assert found == _bytes(f"{bucket}/alone")[1]


def test_a_dry_run_makes_the_checks_and_runs_nothing(bucket, clean):
    options = (
        *("--runner=DataflowRunner", "--project=project", "--region=europe-west1"),
        *("--no_auth", f"--temp_location={bucket}/tmp", "--dry_run=true"),
    )
    ran = clean(f"{bucket}/in/*", options=options, output=f"{bucket}/out")
    assert ran.status == 0, ran.err
    assert "the pipeline passes Dataflow's checks" in ran.err
    assert not storage.exists(f"{bucket}/out/run.json")


def test_setup_py_brings_the_project_to_workers(described):
    _, staged = described(f"--setup_file={ROOT / 'setup.py'}")
    with tarfile.open(fileobj=io.BytesIO(staged["workflow.tar.gz"])) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "setup.py", "pipeline/job.py", "transforms/records.py"} <= names
    assert not [name for name in names if name.startswith(("docs", ".venv"))]
    modules = {str(path.relative_to(ROOT)) for path in ROOT.glob("pipeline/**/*.py")}
    assert modules <= names
    data = {str(p.relative_to(ROOT)) for p in ROOT.glob("transforms/**/*") if p.is_file()}
    built = re.compile(r"__pycache__|\.so$")  # the kernel is built on the worker, or left out
    assert {name for name in data if not built.search(name)} <= names
