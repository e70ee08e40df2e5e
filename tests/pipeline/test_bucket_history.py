"""A history in a bucket: everything that `pagesieve index` does, and runs that are killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest
from history_runs import page, sentence
from test_bucket_runs import _read

from pipeline import storage
from pipeline.__main__ import main
from pipeline.cloud.objects import list_objects
from pipeline.history.manifest import load

pytestmark = pytest.mark.slow

NIGHTS = {1: [[1, 2], [3]], 2: [[2, 4], [5, 1]], 3: [[4, 3], [6, 5]]}


def _words(root, number, output="out", history="history"):
    return [
        "clean",
        f"--input={root}/in{number}.jsonl",
        f"--output={root}/{output}{number}",
        f"--history={root}/{history}",
        f"--run-name=night-{number}",
        f"--added=2024-01-{number:02d}T10:00:00.000Z",
        *("--overwrite", "--workers=1", "--progress=off"),
    ]


def _night(root, number, **places):
    texts = NIGHTS[number]
    pages = [
        page(10 * number + n, [sentence(t) for t in some], f"2024-01-{number:02d}T00:00:00Z")
        for n, some in enumerate(texts)
    ]
    storage.write_bytes(f"{root}/in{number}.jsonl", "".join(pages).encode())
    assert main(_words(root, number, **places)) == 0
    return _read(f"{root}/{places.get('output', 'out')}{number}")[1]


def _index(*words):
    return main(["index", *words])


def _below(folder):
    return sorted(o.path.removeprefix(folder) for o in list_objects(f"{folder}/"))


def test_all_that_index_does_in_a_bucket(gcs_bucket, capsys):
    history = f"{gcs_bucket}/history"
    first = {number: _night(gcs_bucket, number) for number in NIGHTS}
    capsys.readouterr()
    assert _index("list", history) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 runs, rows of ")
    assert _index("show", history, "night-2") == 0
    assert "2 (night-2)" in capsys.readouterr().out

    assert _index("compact", history) == 0
    assert "merged 3 segments" in capsys.readouterr().out
    merged = load(history)
    assert [s.runs for s in merged.segments] == [(1, 2, 3)]
    assert not [name for name in _below(history) if name.startswith("/runs") and ".rows" in name]

    assert _index("rollback", history, "night-2") == 0
    capsys.readouterr()
    assert [run.name for run in load(history).runs] == ["night-1"]
    assert {name.split("/")[2][:6] for name in _below(history) if "/runs/" in name} == {"000001"}
    for number in (2, 3):  # undone and done again they are the same, and merging changed nothing
        assert _night(gcs_bucket, number) == first[number]

    assert _index("compact", history, "--drop-before=2024-01-03") == 0
    capsys.readouterr()
    assert [s.runs for s in load(history).segments] == [(5,)]  # no number is given twice


def test_a_killed_run_with_a_history_in_a_bucket(gcs_bucket, gcs_emulator, capsys):
    _night(gcs_bucket, 1)
    _night(gcs_bucket, 1, history="spare", output="other")
    whole = _night(gcs_bucket, 2, history="spare", output="other")
    storage.write_bytes(f"{gcs_bucket}/history/runs/000009-dead/x.rows", b"of a run that is gone")
    output = f"{gcs_bucket}/out2"
    for place in (f"{output}/.work/", f"{gcs_bucket}/history/runs/000002"):
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", *_words(gcs_bucket, 2)],
            env={**os.environ, **gcs_emulator.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 240
        while process.poll() is None and time.monotonic() < deadline:
            if any("/done" in o.path or "/runs/" in o.path for o in list_objects(place)):
                break
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    capsys.readouterr()
    assert _night(gcs_bucket, 2) == whole
    left = {name for name in _below(output) if name.count("/") == 1 or name.startswith("/.")}
    assert left == {"/run.json", "/report.html", "/card.md"}
    assert not storage.exists(f"{gcs_bucket}/history/.lock")
    assert [run.name for run in load(f"{gcs_bucket}/history").runs] == ["night-1", "night-2"]
    assert {
        name.split("/")[2][:6] for name in _below(f"{gcs_bucket}/history") if "/runs/" in name
    } == {
        "000001",
        "000002",
    }
