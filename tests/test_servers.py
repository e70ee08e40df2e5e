"""The servers that other slow tests lean on: they build, serve what is asked of them, and stop."""

import sys
import time

import apache_beam as beam
import pytest
import servers
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

pytestmark = pytest.mark.slow


def _word_lengths(options):
    with beam.Pipeline(options=PipelineOptions(options)) as pipeline:
        lengths = (
            pipeline
            | "Words" >> beam.Create(["sieve", "page", "text", "a"])
            | "Key" >> beam.Map(lambda word: (len(word), word))
            | "Group" >> beam.GroupByKey()
            | "Sort" >> beam.MapTuple(lambda length, words: (length, sorted(words)))
        )
        expected = [(5, ["sieve"]), (4, ["page", "text"]), (1, ["a"])]
        assert_that(lengths, equal_to(expected))


def test_a_pipeline_runs_on_prism(prism_options):
    _word_lengths(prism_options)


def test_an_assertion_in_a_pipeline_on_prism_is_seen(prism_options):
    with (
        pytest.raises(Exception, match="Failed assert"),
        beam.Pipeline(options=PipelineOptions(prism_options)) as pipeline,
    ):
        assert_that(pipeline | beam.Create([1]), equal_to([2]))


def test_a_pipeline_runs_through_a_job_server(portable_options):
    _word_lengths(portable_options)


def test_the_storage_client_reaches_the_emulator(gcs_emulator, gcs_bucket):
    name = gcs_bucket.removeprefix("gs://")
    blob = gcs_emulator.client().bucket(name).blob("folder/page.txt")
    blob.upload_from_string(b"No comments:\n")
    found = list(gcs_emulator.client().list_blobs(name))
    assert [(entry.name, entry.download_as_bytes()) for entry in found] == [
        ("folder/page.txt", b"No comments:\n")
    ]


def test_beam_writes_finds_and_reads_in_the_bucket(gcs_bucket):
    started = time.monotonic()
    for number in range(3):
        with FileSystems.create(f"{gcs_bucket}/in/{number}.txt") as handle:
            handle.write(b"page %d\n" % number)
    (matched,) = FileSystems.match([f"{gcs_bucket}/in/*.txt"])
    assert sorted(entry.path for entry in matched.metadata_list) == [
        f"{gcs_bucket}/in/{number}.txt" for number in range(3)
    ]
    with FileSystems.open(f"{gcs_bucket}/in/2.txt") as handle:
        assert handle.read() == b"page 2\n"
    assert time.monotonic() - started < 15, "credentials were looked for"


def test_each_test_has_an_empty_bucket(gcs_emulator, gcs_bucket):
    assert list(gcs_emulator.client().list_blobs(gcs_bucket.removeprefix("gs://"))) == []


def test_a_server_is_gone_after_its_block():
    code = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, bind='127.0.0.1', port={})"
    with servers.serving(
        lambda port: [sys.executable, "-c", code.format(port)], servers.accepts
    ) as port:
        assert servers.accepts(port)
    assert not servers.accepts(port)


def test_a_server_that_ends_at_once_says_why():
    command = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    with (
        pytest.raises(pytest.fail.Exception, match="no such luck"),
        servers.serving(lambda _: command, servers.accepts),
    ):
        pass


@pytest.mark.parametrize(("required", "outcome"), [("0", pytest.skip), ("1", pytest.fail)])
def test_without_go_tests_are_skipped_or_fail(monkeypatch, tmp_path, required, outcome):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PAGESIEVE_REQUIRE_SERVERS", required)
    with pytest.raises(outcome.Exception, match="Go is not installed"):
        servers.go_program("example.org/nothing", "v1.0.0")


def test_a_package_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.delenv("PAGESIEVE_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"nothing v1\.0\.0"):
        servers.go_program("example.org/nothing", "v1.0.0")
    assert list((tmp_path / "pagesieve-tests" / "bin").iterdir()) == []
