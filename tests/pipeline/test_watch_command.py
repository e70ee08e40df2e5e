"""The command line of `pagesieve watch`: what it refuses, in one line, before any work."""

import contextlib
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys

import pytest
from page_files import SENTENCES
from watch_runs import ROOT, WAIT_S, PrismScript, Watch, drop, starter

from pipeline.__main__ import main
from pipeline.errors import UsageError
from pipeline.outputs.commit import WorkLock
from pipeline.watch import command
from pipeline.watch.begin import check_output, tick_of
from pipeline.watch.options import seconds
from pipeline.watch.prism import running_prism


@pytest.fixture
def refuse(tmp_path):
    """Runs `watch` with some words and gives what it says when it refuses them."""

    def run(*words):
        out, err = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = main(["watch", *map(str, words)])
        finally:
            logging.disable(logging.NOTSET)
        assert status == 2, err.getvalue()
        assert out.getvalue() == ""
        (line,) = err.getvalue().splitlines()
        assert line.startswith("pagesieve: ")
        return line

    return run


def test_wrong_words_are_refused(refuse, tmp_path):
    place = ("--input=x/*", f"--output={tmp_path}/out")
    assert "--output" in refuse("--input=x/*")
    assert "is no length of time" in refuse(*place, "--window=soon")
    assert "--window is 0" in refuse(*place, "--window=0")
    assert "no such option: --windwo" in refuse(*place, "--windwo=1s")
    assert "is no option" in refuse(*place, "x.txt")
    assert "--radius is 99" in refuse(*place, "--radius=99")
    assert "--dedup=page" in refuse(*place, "--dedup=page")
    assert "--input is empty" in refuse("--input=,", place[1])
    assert "unknown input format" in refuse(*place, "--input-format=pdf")
    assert f"/out is inside {tmp_path}, so" in refuse(f"--input={tmp_path}", place[1])
    assert list(tmp_path.iterdir()) == []


def test_a_subscription_has_its_full_name_and_its_library(refuse, monkeypatch, tmp_path):
    output = f"--output={tmp_path}/out"
    full = "--subscription=projects/p/subscriptions/pages"
    assert "not both" in refuse(full, "--input=x/*", output)
    assert "give --input=GLOB or --subscription=" in refuse(output)
    said = refuse("--subscription=pages", output)
    assert said.endswith("--subscription=pages: write projects/PROJECT/subscriptions/NAME")
    monkeypatch.setitem(sys.modules, "google.cloud.pubsub_v1", None)
    assert refuse(full, output).endswith("not installed: pip install 'pagesieve[pubsub]'")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_something_else_is_refused(refuse, tmp_path):
    (tmp_path / "file").write_text("")
    assert "is a file" in refuse("--input=x/*", f"--output={tmp_path}/file")
    assert "holds files" in refuse("--input=x/*", f"--output={tmp_path}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_with_all_that_a_stream_leaves_is_one_to_go_on_in(tmp_path):
    work = tmp_path / "work"
    for folder in ("memory", "stream-1"):
        (work / folder).mkdir(parents=True)
    (work / "lock").touch()
    for said in ("first", "second", "third"):
        log = work / "prism.log"
        log.write_text(said)
        with (
            contextlib.suppress(UsageError),
            running_prism(f"{tmp_path}/no-such-program", str(log)),
        ):
            pass
        check_output("gs://bucket/out", str(work))
    assert (work / "prism.log.before").read_text() == "third"


def test_an_output_in_a_bucket_needs_a_folder_to_remember_in(refuse, tmp_path):
    place = ("--input=x/*", "--output=gs://bucket/out")
    assert "in a bucket needs --work=DIR" in refuse(*place)
    assert "is no local folder" in refuse(*place, "--work=gs://bucket/work")
    (tmp_path / "file").write_text("")
    assert "is a file" in refuse(*place, f"--work={tmp_path}/file")
    assert "holds files that are not" in refuse(*place, f"--work={tmp_path}")
    words = ("--input=x/*", f"--output={tmp_path}/out", f"--work={tmp_path}/work")
    assert "--work is for an --output in a bucket" in refuse(*words)
    assert "local folders and to gs://" in refuse("--input=x/*", "--output=s3://b/o")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_history_that_is_none_is_refused(refuse, tmp_path):
    words = ("--input=x/*", f"--output={tmp_path}/out", f"--history={tmp_path}/h")
    assert "holds no history" in refuse(*words)


def test_without_prism_one_line_says_what_to_install(refuse, tmp_path):
    said = refuse("--input=x/*", f"--output={tmp_path}/out", f"--prism_location={tmp_path}/nowhere")
    assert "needs Beam's Prism runner" in said
    assert "go install github.com/apache/beam/sdks/v2/go/cmd/prism@v" in said


def test_a_program_that_is_not_prism_is_told_apart(tmp_path):
    (tmp_path / "prism").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "prism").chmod(0o755)
    words = ("--input=x/*", f"--output={tmp_path}/out", f"--prism_location={tmp_path}/prism")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "watch", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].endswith("ended as soon as it was started, with 3")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_whose_bucket_does_not_answer_ends_when_it_is_told_to(tmp_path, number):
    (tmp_path / "prism").touch(mode=0o755)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(WAIT_S)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pipeline", "watch", "--input=x/*"),
                *("--output=gs://bucket/out", f"--work={tmp_path}/work"),
                f"--prism_location={tmp_path}/prism",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{silent.getsockname()[1]}",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.accept()[0].close()  # it calls the bucket, and will call it again
        process.send_signal(number)
        _, err = process.communicate(timeout=60)  # it would try for two minutes
    assert process.returncode == 0, err
    assert err.splitlines()[-1] == "pagesieve: stopped before it began; what was committed stays"


def test_an_end_takes_no_more_than_the_ten_seconds_of_the_documentation():
    assert command._STOP_S + command._GOODBYE_S <= 10


def test_a_second_watch_on_an_output_is_refused(refuse, tmp_path):
    with WorkLock(f"{tmp_path}/out.work"):
        assert "another run is writing" in refuse("--input=x/*", f"--output={tmp_path}/out")


@pytest.mark.parametrize(
    ("text", "length"),
    [("5", 5), ("1s", 1), ("0.5s", 0.5), ("2m", 120), ("3H", 10_800), (" 30d ", 2_592_000)],
)
def test_lengths_of_time(text, length):
    assert seconds(text) == length


def test_a_window_has_at_most_60_ticks():
    assert [tick_of(ms) for ms in (100, 1500)] == [100, 1500]
    assert [tick_of(s * 1000) for s in (1, 2, 60, 61, 90, 120, 3600, 86_400)] == [
        *(1000, 1000, 1000, 2000, 2000, 2000, 60_000, 1_440_000)
    ]


@pytest.mark.slow
def test_a_stream_keeps_to_what_it_began_with(refuse, prism_binary, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    with starter() as begun, Watch(begun, prism_binary, inbox, output, "--window=1s") as watch:
        drop(inbox, "a.txt", "\n".join(SENTENCES[:2]).encode())
        watch.wait_for_pages(1)
        assert watch.stop()[0] == 0, watch.err
        line = watch.err.splitlines()[-1]
        assert "1 pages in, 1 out, 0 dropped, 0 duplicate paragraphs, 0 rejected" in line
        assert "0 files waiting, lag 0.0 s" in line
    place = (f"--input={inbox}/*", f"--output={output}")
    assert "was begun with radius=24, this command has 8" in refuse(*place, "--radius=8")
    assert "began with --history=(none)" in refuse(*place, f"--history={tmp_path}")
    explained = subprocess.run(
        [sys.executable, "-m", "pipeline", "explain", f"--output={output}", "a.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert explained.returncode == 0, explained.stderr
    assert SENTENCES[0] in explained.stdout
    run = json.loads((output / "run.json").read_bytes())
    assert (run["pages"]["written"], run["windows"]) == (1, 1)


@pytest.mark.slow
def test_a_stream_whose_runner_dies_says_so_and_goes_on_later(prism_binary, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    own = PrismScript(tmp_path, prism_binary)
    with starter() as begun:
        with Watch(begun, own.path, inbox, output, "--window=1s") as watch:
            drop(inbox, "a.txt", SENTENCES[0].encode())
            watch.wait_for_pages(1)
            own.kill()
            status, _ = watch.wait()
            assert status == 1, watch.err
            log = tmp_path / "out.work" / "prism.log"
            said = f"Prism ended by itself, with -9 (it said nothing); what it said is in {log}"
            assert f"{said}; what was committed stays" in watch.err
            assert "Traceback" not in watch.err
        drop(inbox, "b.txt", SENTENCES[1].encode())
        with Watch(begun, prism_binary, inbox, output, "--window=1s") as watch:
            watch.wait_for_pages(2)
            assert watch.stop()[0] == 0, watch.err
