"""What a stream asks of its engine, and what it does when the engine ends."""

import random
import threading
import time

import pytest
from watch_runs import (
    PrismScript,
    Watch,
    WatchCommand,
    as_jsonl,
    drop,
    drop_pages,
    outcome_of,
    pages_of,
    starter,
)

from pipeline.errors import RunError
from pipeline.watch.restart import MOST, WITHIN_S, EngineError, Restarts

OPTIONS = ("--window=1s", "--settle=0s", "--source=x")
PAGES = 800


def test_restarts_are_counted_within_a_span_of_time():
    error = EngineError("it ended")
    restarts, now_s = Restarts(), 1e9
    for number in range(MOST):
        restarts = Restarts(restarts.count(error, "a.log", now_s + number))
    with pytest.raises(RunError, match=f"it ended; it was started again {MOST} times") as gone:
        restarts.count(error, "a.log", now_s + MOST)
    assert "what it said is in a.log" in str(gone.value)
    assert "the same command goes on" in str(gone.value)
    later = restarts.count(error, "a.log", now_s + WITHIN_S + 0.5)
    assert later == (now_s + 1, now_s + 2, now_s + WITHIN_S + 0.5)


def test_what_a_process_leaves_the_next_one_takes_once(monkeypatch):
    assert Restarts.of_this_process() == Restarts((), None)
    left = '{"at_s": [1.5, 2.5], "before": {"pages.read": 7}}'
    monkeypatch.setenv("PAGESIEVE_WATCH_RESTARTS", left)
    assert Restarts.of_this_process() == Restarts((1.5, 2.5), {"pages.read": 7})
    assert Restarts.of_this_process() == Restarts((), None)


def _drop_slowly(inbox, pages):
    for start in range(0, len(pages), 20):
        drop_pages(inbox, pages[start : start + 20], 5, f"p{start:06d}")
        time.sleep(0.5)


@pytest.mark.slow
def test_a_killed_prism_is_started_again_until_it_is_too_often(prism_binary, clean, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    pages = pages_of("k", 0, PAGES)
    feeder = threading.Thread(target=_drop_slowly, args=(inbox, pages), daemon=True)
    prism = PrismScript(tmp_path, prism_binary)
    chance = random.Random()
    with WatchCommand(prism.path, inbox, output, *OPTIONS) as watch:
        feeder.start()
        for kills in range(1, MOST + 1):
            before = watch.pages_in
            watch.wait_for(
                lambda before=before: watch.pages_in > before or watch.pages_in == PAGES, "a window"
            )
            time.sleep(chance.uniform(0.0, 1.0))
            prism.kill()
            watch.wait_for(lambda kills=kills: len(prism.pids) > kills, "a new Prism")
        watch.wait_for(lambda: len(prism.pids) == MOST + 1, "the last Prism")
        watch.wait_for_pages(PAGES)
        watch.wait_for(lambda: watch.err.rstrip().endswith("lag 0.0 s"), "rest")
        assert watch.err.count("with -9") == watch.err.count("it is started again") == MOST
        prism.kill()
        status, _ = watch.wait()
        assert status == 1, watch.err
        line = watch.err.splitlines()[-1]
        assert f"it was started again {MOST} times in the last 10 minutes" in line
        assert "Traceback" not in watch.err
        # What it counts is since the user's start.
        counts = [line for line in watch.err.splitlines() if "pages in" in line]
        assert counts[-1].startswith(f"pagesieve: {PAGES} pages in")
    feeder.join()
    ran = clean(
        inbox, options=("--rules=all,-template.line", "--source=x"), output=tmp_path / "batch"
    )
    assert ran.status == 0, ran.err
    assert outcome_of(output) == outcome_of(ran.output)


@pytest.mark.slow
def test_sigterm_is_heard_while_the_stream_is_started_again(prism_binary, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    prism = PrismScript(tmp_path, prism_binary)
    with WatchCommand(prism.path, inbox, output, *OPTIONS) as watch:
        drop(inbox, "a.jsonl", as_jsonl(pages_of("s", 0, 5)))
        watch.wait_for_pages(5)
        prism.kill()
        watch.wait_for(lambda: "is started again" in watch.err, "restart")
        status, _ = watch.stop()
        assert status == 0, watch.err
        assert "Traceback" not in watch.err


@pytest.mark.slow
def test_a_stream_outlives_beams_patience_and_is_never_split(prism_binary, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    prism = PrismScript(tmp_path, prism_binary, "--log_level=debug")
    with starter() as begun:
        # Beam would give up after so many seconds: 300 by default.
        words = (*OPTIONS, "--job_server_timeout=2")
        with Watch(begun, prism.path, inbox, output, *words) as watch:
            watch.wait_for_start()
            began = time.monotonic()
            pages = pages_of("long", 0, 8000)
            for start in range(0, len(pages), 2000):  # each takes a step with a state long
                drop(inbox, f"{start:06d}.jsonl", as_jsonl(pages[start : start + 2000]))
            watch.wait_for_pages(len(pages))
            time.sleep(max(began + 6 - time.monotonic(), 0))
            assert watch.stop()[0] == 0, watch.err
    said = (tmp_path / "out.work" / "prism.log").read_text(errors="replace")
    assert "progress report" in said  # it does say when bundles take long
    assert "splitting report" not in said
