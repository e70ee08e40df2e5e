"""What a stream asks of its engine, and what it does when the engine ends."""

import random
import threading
import time

import pytest
from watch_runs import (
    STOPS_WITHIN_S,
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

from pipeline.config import CleanConfig
from pipeline.errors import RunError
from pipeline.storage import write_bytes
from pipeline.watch.restart import MOST, WITHIN_S, EngineError, Restarts
from pipeline.watch.settings import WatchSettings
from pipeline.watch.stall import Stall

OPTIONS = ("--window=1s", "--settle=0s", "--source=x")
PAGES = 500


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
    left = '{"at_s": [1.5, 2.5], "before": {"pages.read": 7}, "stopping": false}'
    monkeypatch.setenv("PAGESIEVE_WATCH_RESTARTS", left)
    assert Restarts.of_this_process() == Restarts((1.5, 2.5), {"pages.read": 7})
    assert Restarts.of_this_process() == Restarts((), None)


def _drop_slowly(inbox, pages):
    for start in range(0, len(pages), 20):
        drop_pages(inbox, pages[start : start + 20], 5, f"p{start:06d}")
        time.sleep(0.6)


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
        assert watch.err.count("with -9") == watch.err.count("a new Prism is started") == MOST
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
def test_an_idle_prism_is_replaced_and_sigterm_heard_meanwhile(prism_binary, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    prism = PrismScript(tmp_path, prism_binary)
    pages = pages_of("stall", 0, 40)
    with WatchCommand(prism.path, inbox, output, *OPTIONS, "--stall-timeout=8s") as watch:
        drop_pages(inbox, pages[:20], 5, "p0")
        watch.wait_for_pages(20)
        prism.stop()
        drop_pages(inbox, pages[20:], 5, "p1")
        watch.wait_for(lambda: len(prism.pids) == 2, "a new Prism")
        watch.wait_for_pages(40)
        assert watch.err.count("nothing has moved for 8 seconds; a new Prism") == 1
        prism.kill()
        watch.wait_for(lambda: "Prism ended by itself" in watch.err, "restart")
        status, seconds = watch.stop()  # while it is started again
        assert status == 0, watch.err
        assert seconds <= STOPS_WITHIN_S, watch.err
        assert "Traceback" not in watch.err
    assert len(outcome_of(output)[0]) == 40


def test_a_stall_is_when_pages_wait_and_nothing_moves(tmp_path):
    settings = WatchSettings(
        config=CleanConfig(),
        patterns=("x",),
        output=str(tmp_path),
        work=str(tmp_path / "work"),
        memory=str(tmp_path / "memory"),
        window_ms=1000,
    )
    clock = [100.0]
    stall = Stall(settings, 60, lambda: clock[0])
    nothing = {"taken": [], "next_look_s": 2e6}
    one = {"taken": [[5000, 4500]], "next_look_s": 2e6}

    def looks(*values):
        """Asks for a stall every 10 seconds."""
        found = []
        for value in values:
            clock[0] += 10
            found.append(stall.check(*value))
        return found

    assert not any(looks(*[(nothing, 0, 1e6)] * 20)), "no work"
    assert not any(looks(*[(one, 5000, 1e6)] * 20)), "it is committed"
    assert not any(looks(*[(one, 0, 5.999)] * 20)), "its window is not over"
    assert looks(*[(one, 0, 1e6)] * 8) == [False] * 7 + [True]
    write_bytes(f"{settings.ticks}/1/exact-0.rows", b"")  # a step has left something
    assert looks(*[(one, 0, 1e6)] * 8) == [False] * 7 + [True]
    write_bytes(settings.inbox_file, b"")  # the source looks on, which moves nothing
    assert looks((one, 0, 1e6)) == [True]
    assert not any(looks((one, 4000, 1e6), (nothing, 5000, 1e6)))
    assert not Stall(settings, 0, lambda: clock[0]).check(one, 0, 1e6)


def test_a_source_that_looks_no_more_is_a_stall(tmp_path):
    settings = WatchSettings(
        config=CleanConfig(), patterns=("x",), output="", work=str(tmp_path), memory=str(tmp_path)
    )
    clock = [100.0]
    stall = Stall(settings, 60, lambda: clock[0])

    def looks(next_look_s, *times_s):
        found = []
        for time_s in times_s:
            clock[0] += 10
            found.append(stall.check({"taken": [], "next_look_s": next_look_s}, 0, time_s))
        return found

    assert not any(looks(1000.0, *range(500, 1000, 10))), "it looks seldom"
    assert looks(1000.0, *range(1010, 1090, 10)) == [False] * 7 + [True]
    assert looks(1200.0, 1090, 1300, 5000) == [False] * 3, "the clock was set, or the machine slept"


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
            pages = pages_of("long", 0, 4000)
            for start in range(0, len(pages), 2000):  # each takes a step with a state long
                drop(inbox, f"{start:06d}.jsonl", as_jsonl(pages[start : start + 2000]))
            watch.wait_for_pages(len(pages))
            time.sleep(max(began + 6 - time.monotonic(), 0))
            assert watch.stop()[0] == 0, watch.err
    said = (tmp_path / "out.work" / "prism.log").read_text(errors="replace")
    assert "progress report" in said  # it does say when bundles take long
    assert "splitting report" not in said
