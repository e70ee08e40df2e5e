"""Workers forked from the main process: same bytes, same exit status, nothing left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from page_files import SENTENCES
from whole_runs import ADDED, bytes_of

from pipeline import worker_stand_in
from pipeline.forked_workers import NAME, can_fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("documents", "removed")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for part in range(3):
        lines = [
            json.dumps({"url": f"https://x.example/{part}/{n}", "text": SENTENCES[n % 8] + str(n)})
            for n in range(400)
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines))
    return folder


def started(words, **environment):
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env=os.environ | environment,
    )


WATCHED = """
import sys, threading, time, psutil
from pipeline.process_setup import use_one_thread
use_one_thread()
from pipeline import launch
from pipeline.__main__ import main
run_job, seen = launch.run_job, set()
def run_and_look(*arguments):
    deadline = time.monotonic() + 20
    for one in psutil.Process().children():
        while one.name() == psutil.Process().name() and time.monotonic() < deadline:
            time.sleep(0.01)  # it names itself
        seen.add(one.name())
    return run_job(*arguments)
launch.run_job = run_and_look
if "thread" in sys.argv:
    sys.argv.remove("thread")
    threading.Thread(target=threading.Event().wait, daemon=True).start()
status = main()
print(sorted(seen))
sys.exit(status)
"""


def clean_watched(pages, output, *words):
    """Runs the command in a process of its own; gives the children it had before gRPC came."""
    options = (f"--added={ADDED}", "--workers=2", "--shard-bytes=65536", "--progress=off")
    ran = started(
        ["-c", WATCHED, "clean", f"--input={pages}", f"--output={output}", *options, *words]
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


def test_forked_workers_give_the_bytes_of_workers_that_import_everything(pages, tmp_path):
    forked, alone = tmp_path / "forked", tmp_path / "alone"
    assert clean_watched(pages, forked) == f"['{NAME}']"
    assert clean_watched(pages, alone, "thread") == "[]"
    assert bytes_of(forked, *KINDS) == bytes_of(alone, *KINDS) != {}


def test_a_process_with_a_thread_is_not_forked():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert not can_fork()
    finally:
        over.set()
        thread.join()


def test_workers_that_nobody_asks_are_killed_and_their_socket_goes(tmp_path):
    code = """
import psutil
from pipeline.process_setup import use_one_thread
use_one_thread()
from pipeline.config import CleanConfig
from pipeline.forked_workers import can_fork, forked_workers, load
load(CleanConfig())
assert can_fork()
with forked_workers(3) as command:
    children = psutil.Process().children()
    assert can_fork()
print(len(children), sum(one.is_running() for one in children), command)
"""
    ran = started(["-c", code], TMPDIR=str(tmp_path))
    assert ran.stdout.startswith("3 0 exec "), ran.stderr
    assert str(tmp_path) in ran.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_the_first_page_needs_is_there_before_workers_are_forked():
    code = """
from pipeline.config import CleanConfig
from pipeline.forked_workers import load
from transforms.text.widgets.signals import vocabulary
before = vocabulary.cache_info().currsize
load(CleanConfig())
print(before, vocabulary.cache_info().currsize)
"""
    ran = started(["-c", code])
    assert ran.stdout.split() == ["0", "1"], ran.stderr


def test_workers_that_wait_go_with_the_main_process(tmp_path):
    code = """
import os, sys, psutil
from pipeline.forked_workers import forked_workers
with forked_workers(2):
    print(*(one.pid for one in psutil.Process().children()), flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    with process:
        workers = [psutil.Process(int(word)) for word in process.stdout.readline().split()]
        assert len(workers) == 2
        process.kill()
        assert psutil.wait_procs(workers, timeout=20)[1] == []


@pytest.mark.parametrize(
    ("said", "status"), [(b"\0", 0), (b"\3", 3), (b"", -signal.SIGKILL)], ids=["0", "3", "killed"]
)
def test_the_stand_in_passes_the_environment_and_ends_as_the_worker_does(tmp_path, said, status):
    address = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", worker_stand_in.__file__, address],
            env={"WORKER_ID": "w", "ODD": "\udcff\n"},
        )
        with process:
            asker, _ = listener.accept()
            with asker, asker.makefile("rb") as told:
                environment = json.load(told)
                asker.sendall(said)
            assert process.wait(20) == status
    assert (environment["WORKER_ID"], environment["ODD"]) == ("w", "\udcff\n")


def test_the_stand_in_of_a_worker_that_is_gone_ends():
    ran = started(["-I", "-S", worker_stand_in.__file__, "/nowhere/workers"])
    assert ran.returncode == -signal.SIGKILL


def test_the_folder_of_temporary_files_may_have_a_long_name(pages, tmp_path, monkeypatch):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    assert clean_watched(pages, tmp_path / "out") == f"['{NAME}']"
    assert (tmp_path / "out" / "run.json").exists()
