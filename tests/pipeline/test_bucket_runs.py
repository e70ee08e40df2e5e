"""Whole runs from bucket to bucket: the same bytes as from folder to folder, whatever happens."""

import base64
import contextlib
import gzip
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace

import faulty_proxy
import pytest
from page_files import SENTENCES, WIDGET, html, text, warc

from pipeline import storage
from pipeline.__main__ import main
from pipeline.cloud import client
from pipeline.cloud.objects import list_objects

pytestmark = pytest.mark.slow

ADDED = "--added=2024-05-01T10:00:00.000Z"
KINDS = ("documents", "removed", "rejected")


WITH_URLS = ("sub/c.warc", "d.jsonl", "e.jsonl.gz")
"""Files whose pages are not named after their place."""


def _pages():
    files = {"a.txt": text(*SENTENCES[:3], *SENTENCES[:2], *WIDGET).encode()}
    files["b.html"] = html(*SENTENCES[2:6]).encode()
    files["sub/c.warc"] = warc(*((f"https://x.example/{n}", html(SENTENCES[n])) for n in range(8)))
    lines = [
        json.dumps({"url": f"https://y.example/{n}", "text": f"{SENTENCES[n % 8]} Number {n}."})
        for n in range(600)
    ]
    files["d.jsonl"] = "\n".join([*lines, "{broken"]).encode()
    files["e.jsonl.gz"] = gzip.compress("\n".join(lines[:50]).encode(), mtime=0)
    return files


def _fill(root, files):
    for name, data in files.items():
        storage.write_bytes(f"{root}/{name}", data if isinstance(data, bytes) else data.encode())


def _read(output):
    """Kind and part number to unpacked bytes of every part that run.json lists."""
    run = json.loads(storage.read_bytes(f"{output}/run.json"))
    found = {}
    for kind in KINDS:
        for name in run["files"][kind]:
            data = storage.read_bytes(f"{output}/{kind}/{name}")
            found[kind, re.match(r"part-(\d+)", name)[1]] = (
                data if name.endswith("parquet") else gzip.decompress(data)
            )
    return run, found


@pytest.fixture
def filled(gcs_bucket, tmp_path):
    """The same pages in a folder and in a bucket."""
    _fill(str(tmp_path / "in"), _pages())
    _fill(f"{gcs_bucket}/in", _pages())
    for root in (str(tmp_path), gcs_bucket):
        _fill(f"{root}/named", {name: _pages()[name] for name in WITH_URLS})
    return str(tmp_path), gcs_bucket


def _alike(found, root):
    """Takes the places of the input out of what a run wrote."""
    return {name: data.replace(root.encode(), b"ROOT") for name, data in found.items()}


@contextlib.contextmanager
def _spoilt(gcs_emulator, monkeypatch, **options):
    port = int(gcs_emulator.url.rsplit(":", 1)[1])
    with faulty_proxy.faulty_proxy(port, **options) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        yield proxy
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_emulator.url)


def _clean(output, *words, source="", environment=None):
    command = [sys.executable, "-m", "pipeline", "clean", f"--output={output}", "--progress=off"]
    return subprocess.run(
        [*command, *words, *([f"--input={source}"] if source else [])],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--workers=1",),
        ("--workers=2", "--shard-bytes=65536"),
        ("--workers=1", "--format=parquet"),
    ],
)
def test_a_bucket_gives_what_a_folder_gives(filled, clean, words):
    folder, bucket = filled
    options = (*words, "--progress=off")
    locally = clean(f"{folder}/named", options=options, output=f"{folder}/out")
    assert locally.status == 0, locally.err
    remotely = clean(f"{bucket}/named", options=options, output=f"{bucket}/out")
    assert remotely.status == 0, remotely.err
    here, there = _read(f"{folder}/out"), _read(f"{bucket}/out")
    assert here[0]["pages"] == there[0]["pages"]
    assert here[0]["paragraphs"] == there[0]["paragraphs"]
    assert len(there[1]) >= 3
    if "--format=parquet" in words:
        assert here[1].keys() == there[1].keys()
    else:
        assert _alike(there[1], f"{bucket}") == _alike(here[1], folder)
    left = {info.path.removeprefix(f"{bucket}/out/") for info in list_objects(f"{bucket}/out/")}
    listed = {f"{kind}/{name}" for kind in KINDS for name in there[0]["files"][kind]}
    assert left == {"run.json", "report.html", "card.md", *listed}


def test_a_run_is_replaced_at_once(filled, clean):
    _, bucket = filled
    output = f"{bucket}/out"
    assert clean(f"{bucket}/in/*.txt", output=output).status == 0
    old = _read(output)
    refused = clean(f"{bucket}/in/*.html", output=output)
    assert refused.refused("already holds a run")
    assert _read(output) == old
    states, over = [], threading.Event()

    def look():
        while not over.is_set():
            states.append(_read(output)[1])

    reader = threading.Thread(target=look)
    reader.start()
    replaced = clean(f"{bucket}/in", options=("--overwrite",), output=output)
    over.set()
    reader.join()
    assert replaced.status == 0, replaced.err
    new = _read(output)
    assert len(states) > 3
    assert all(state in (old[1], new[1]) for state in states)
    names = [info.path.rsplit("/", 1)[1] for info in list_objects(f"{output}/documents/")]
    assert names == new[0]["files"]["documents"]


def test_a_run_without_documents_replaces_nothing(filled, clean):
    _, bucket = filled
    output = f"{bucket}/out"
    assert clean(f"{bucket}/in/*.txt", output=output).status == 0
    old = _read(output)
    _fill(bucket, {"bad/x.jsonl": b"{nothing\n"})
    empty = clean(f"{bucket}/bad", options=("--overwrite",), output=output)
    assert empty.status == 1
    assert "no page came through (1 read, 1 rejected, the first: " in empty.err
    assert _read(output) == old


def test_of_two_runs_that_race_one_is_committed(filled, clean, monkeypatch):
    _, bucket = filled
    output = f"{bucket}/out"
    assert clean(f"{bucket}/in/*.txt", output=output).status == 0
    from pipeline import job

    told = job.describe_run

    def meanwhile(*args, **named):
        storage.write_bytes(f"{output}/run.json", b'{"another": "run"}')
        return told(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(job, "describe_run", meanwhile)
        lost = clean(f"{bucket}/in", options=("--overwrite",), output=output)
    assert lost.status == 1
    assert "another run has been committed meanwhile" in lost.err
    assert storage.read_bytes(f"{output}/run.json") == b'{"another": "run"}'


def test_a_killed_run_goes_on_and_a_second_one_is_kept_out(filled, clean, monkeypatch):
    folder, bucket = filled
    output = f"{bucket}/out"
    options = ("--workers=1", "--shard-bytes=65536", "--progress=off")
    from pipeline import job

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "describe_run", stop)
        assert clean(f"{bucket}/named", options=options, output=output).status == 130
    done = [o for o in list_objects(f"{output}/.work/") if o.path.endswith("/done")]
    assert done
    assert not storage.exists(f"{output}/run.json")
    ran = clean(f"{bucket}/named", options=options, output=output)
    assert ran.status == 0, ran.err
    assert "continuing" in ran.err
    assert clean(f"{folder}/named", options=options).status == 0
    assert _alike(_read(output)[1], bucket) == _alike(_read(f"{folder}/out")[1], folder)


def test_faults_lose_and_repeat_nothing(filled, clean, gcs_emulator, monkeypatch):
    _, bucket = filled
    source, options = f"{bucket}/in", ("--workers=1", "--shard-bytes=65536")
    calm = clean(source, options=options, output=f"{bucket}/calm")
    assert calm.status == 0, calm.err
    usual = client.retry()
    for module in ("client", "objects"):
        hasty = usual.with_delay(0.01, 0.5, 2.0)
        monkeypatch.setattr(f"pipeline.cloud.{module}.retry", lambda: hasty)  # noqa: B023
    with _spoilt(gcs_emulator, monkeypatch, rate=0.2, seed=1) as proxy:
        ran = clean(source, options=options, output=f"{bucket}/stormy")
    assert ran.status == 0, ran.err
    assert all(proxy.done[fault] for fault in faulty_proxy.FAULTS)
    assert _read(f"{bucket}/stormy")[1] == _read(f"{bucket}/calm")[1]


def test_faults_in_worker_processes(filled, clean, gcs_emulator, monkeypatch):
    _, bucket = filled
    source, options = f"{bucket}/named", ("--workers=2", "--shard-bytes=65536")
    assert clean(source, options=("--workers=1", *options[1:]), output=f"{bucket}/calm").status == 0
    with _spoilt(gcs_emulator, monkeypatch, rate=0.04, seed=3) as proxy:
        ran = _clean(f"{bucket}/stormy", *options, ADDED, source=source)
    assert ran.returncode == 0, ran.stderr
    assert sum(proxy.done.values()) - proxy.done[""] > 3
    assert _read(f"{bucket}/stormy")[1] == _read(f"{bucket}/calm")[1]


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/in", 2, "no permission to list it (403)"),
        ("POST", "out", 2, "no permission to write it (403)"),
    ],
)
def test_a_missing_permission_is_one_line(
    filled, clean, gcs_emulator, monkeypatch, method, path, status, words
):
    _, bucket = filled
    port = int(gcs_emulator.url.rsplit(":", 1)[1])

    def deny(asked, url):
        listing = method == "GET" and asked == "GET" and "prefix=in" in url
        return listing or (method == "POST" and asked == "POST")

    with faulty_proxy.faulty_proxy(port, deny=deny) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        ran = clean(f"{bucket}/in/*", output=f"{bucket}/out")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_emulator.url)
    assert ran.status == status
    (line,) = [one for one in ran.err.splitlines() if "permission" in one]
    assert words in line
    assert bucket in line


def test_objects_with_a_content_encoding_are_read_whole(filled, clean, gcs_emulator):
    _, bucket = filled
    pages = _pages()
    store = gcs_emulator.client().bucket(bucket.removeprefix("gs://"))
    for name, data in (("enc/a.txt", pages["a.txt"]), ("enc/d.jsonl", pages["d.jsonl"])):
        blob = store.blob(name)
        blob.content_encoding = "gzip"
        blob.upload_from_string(gzip.compress(data, mtime=0), "text/plain")
    ran = clean(f"{bucket}/enc", output=f"{bucket}/out")
    assert ran.status == 0, ran.err
    plain = clean(f"{bucket}/in/a.txt", f"{bucket}/in/d.jsonl", output=f"{bucket}/plain")
    assert plain.status == 0
    assert _read(f"{bucket}/out")[0]["pages"] == _read(f"{bucket}/plain")[0]["pages"]
    blob = store.blob("enc/x.parquet")
    blob.content_encoding = "gzip"
    blob.upload_from_string(base64.b64decode(b"UEFSMQ=="), "text/plain")
    assert clean(f"{bucket}/enc", output=f"{bucket}/o2").refused("Content-Encoding: gzip")


def test_a_history_in_a_bucket(filled, clean, monkeypatch):
    folder, bucket = filled
    for root in (folder, bucket):
        history = f"--history={root}/history"
        first = clean(f"{root}/named/d.*", options=(history,), output=f"{root}/1")
        assert first.status == 0, first.err
        second = clean(f"{root}/named", options=(history,), output=f"{root}/2")
        assert second.status == 0, second.err
    for run in ("1", "2"):
        there, here = _read(f"{bucket}/{run}"), _read(f"{folder}/{run}")
        assert _alike(there[1], bucket) == _alike(here[1], folder)
    from pipeline.history import manifest

    old = manifest.load(f"{bucket}/history")
    assert old.generation == 2
    manifest.store(f"{bucket}/history", old, old)
    monkeypatch.setattr(manifest, "load", lambda _: old)  # it looked before the other one wrote
    with pytest.raises(Exception, match="another run has changed the history meanwhile"):
        manifest.store(f"{bucket}/history", old, replace(old, next_run=9))


def test_a_run_in_a_bucket_is_explained(filled, clean, capsys):
    _, bucket = filled
    output = f"{bucket}/out"
    assert clean(f"{bucket}/named", output=output).status == 0
    storage.write_bytes(f"{output}/documents/part-000000-00000000.jsonl.gz", b"of another run")
    assert main(["explain", f"--output={output}", "https://x.example/1"]) == 0
    assert SENTENCES[1][:40] in capsys.readouterr().out
