"""Temporary folders: private, gone at their end, and those of killed processes go with the next."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import scratch, stop_signals
from pipeline.scratch import remove_stale, scratch_folder

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
from pipeline.scratch import scratch_folder
with scratch_folder("workers") as folder:
    print(folder, flush=True)
    input()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "_YOUNG_S", -1.0)
    return tmp_path


def test_a_folder_is_private_and_goes(place):
    with scratch_folder("sample") as folder:
        assert Path(folder).parent == place
        assert os.stat(folder).st_mode & 0o777 == 0o700
        Path(folder, "file").write_text("x")
        remove_stale()
        assert Path(folder, "file").exists()
    assert not list(place.iterdir())


def test_folders_of_the_killed_go_and_those_of_the_living_stay(place):
    command = [sys.executable, "-c", HOLD]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = os.environ | {"TMPDIR": str(place)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        folder = Path(process.stdout.readline().strip())
        Path(folder, "file").write_text("x")
        remove_stale()
        assert folder.exists()
        process.kill()
    assert folder.exists()
    remove_stale()
    assert not folder.exists()


def test_what_others_have_among_temporary_files_stays(place, monkeypatch):
    old = time.time() - 10_000
    names = ("pagesieve-out", "pagesieve-workers-abc", "pagesieve-tests", "other.scratch")
    for name in names:
        (place / name).mkdir()
        os.utime(place / name, (old, old))
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (place / "pagesieve-workers-abcdefgh.scratch").symlink_to(elsewhere)
    remove_stale()
    assert sorted(p.name for p in place.iterdir()) == sorted(
        [*names, "elsewhere", "pagesieve-workers-abcdefgh.scratch"]
    )
    monkeypatch.setattr(scratch, "_YOUNG_S", 600.0)
    (place / "pagesieve-diff-abcdefgh.scratch").mkdir()
    remove_stale()  # it may be about to be locked
    assert (place / "pagesieve-diff-abcdefgh.scratch").exists()


def test_the_first_signal_stops_and_later_ones_are_ignored():
    assert stop_signals.stopped() is None
    before = signal.getsignal(signal.SIGHUP)
    with stop_signals.stopping_in_order():
        with pytest.raises(stop_signals.Stopped, match="SIGTERM"):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stop_signals.stopped().exit_status == 143
    assert signal.getsignal(signal.SIGHUP) == before
    with stop_signals.stopping_in_order():
        assert stop_signals.stopped() is None


def test_what_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with stop_signals.stopping_in_order():
            signal.raise_signal(signal.SIGHUP)
            assert stop_signals.stopped() is None
    finally:
        signal.signal(signal.SIGHUP, before)
