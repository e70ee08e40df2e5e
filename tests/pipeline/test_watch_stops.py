"""A stream that is stopped or killed at any moment neither loses nor repeats a page."""

import random
import signal
import threading
import time

import pytest
from watch_runs import STOPS_WITHIN_S, Watch, drop_pages, outcome_of, pages_of, starter

pytestmark = pytest.mark.slow

CYCLES = 20
PAGES = 1200
OPTIONS = ("--window=1s", "--settle=0s", "--source=x", "--progress=off")


@pytest.fixture(scope="module")
def begun():
    with starter() as process:
        yield process


def _drop_slowly(inbox, pages, first):
    """Drops the pages of a cycle while it runs."""
    for start in range(0, len(pages), 10):
        drop_pages(inbox, pages[start : start + 10], 5, f"p{first + start:06d}")
        time.sleep(0.3)


@pytest.mark.parametrize("way", ["stopped", "killed"])
def test_nothing_is_lost_or_repeated_over_20_ends(way, begun, prism_binary, clean, tmp_path):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    pages = pages_of(way, 0, PAGES)
    share = PAGES // CYCLES
    chance = random.Random()
    windows = [0]
    for cycle in range(CYCLES):
        first = cycle * share
        feeder = threading.Thread(
            target=_drop_slowly, args=(inbox, pages[first : first + share], first), daemon=True
        )
        with Watch(begun, prism_binary, inbox, output, *OPTIONS) as watch:
            feeder.start()
            if way == "stopped" or cycle % 4:  # kills come also while it starts
                watch.wait_for_start()
            if cycle % 2:  # at work: a window was committed, and the next one is being
                watch.wait_for(
                    lambda watch=watch: watch.manifest.get("next_window", 0) > windows[-1],
                    "a window",
                )
            time.sleep(chance.uniform(0.0, 2.0))
            assert watch.is_running(), watch.err
            if way == "killed":
                watch.kill()
            else:
                status, seconds = watch.stop(signal.SIGINT if cycle % 3 else signal.SIGTERM)
                assert status == 0, watch.err
                assert seconds <= STOPS_WITHIN_S, watch.err
            assert "Traceback" not in watch.err
            windows.append(watch.manifest.get("next_window", 0))
            feeder.join()
    assert windows == sorted(windows)
    assert len(set(windows)) > CYCLES // 2
    with Watch(begun, prism_binary, inbox, output, *OPTIONS) as watch:
        watch.wait_for_start()
        watch.wait_for_pages(PAGES)
        assert watch.stop()[0] == 0, watch.err
    ran = clean(
        inbox, options=("--rules=all,-template.line", "--source=x"), output=tmp_path / "batch"
    )
    assert ran.status == 0, ran.err
    assert outcome_of(output) == outcome_of(ran.output)


@pytest.mark.parametrize("window", ["4s", "1h"])
def test_a_large_window_is_committed_or_given_up_in_time(
    window, begun, prism_binary, clean, tmp_path
):
    inbox, output = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    pages = pages_of("large", 0, 2000)
    options = (f"--window={window}", *OPTIONS[1:])
    staged = output / "memory" / "staged"
    with Watch(begun, prism_binary, inbox, output, *options) as watch:
        watch.wait_for_start()
        drop_pages(inbox, pages, 50)
        if window == "1h":  # at work on a window that is far from its end
            watch.wait_for(lambda: read_of(output) >= 1, "reading")
        else:  # a window is being committed and more pages wait, or a fast machine is done with one
            watch.wait_for(
                lambda: watch.pages_in or (staged.is_dir() and any(staged.iterdir())), "a commit"
            )
        status, seconds = watch.stop()
        assert (status, watch.err.count("Traceback")) == (0, 0), watch.err
        assert seconds <= STOPS_WITHIN_S, watch.err
    with Watch(begun, prism_binary, inbox, output, "--window=2s", *OPTIONS[1:]) as watch:
        watch.wait_for_start()
        watch.wait_for_pages(len(pages))
        assert watch.stop()[0] == 0, watch.err
    ran = clean(
        inbox, options=("--rules=all,-template.line", "--source=x"), output=tmp_path / "batch"
    )
    assert ran.status == 0, ran.err
    assert outcome_of(output) == outcome_of(ran.output)


def read_of(output):
    """How many arrivals the stream has read, committed or not."""
    counts = [int(path.read_text() or 0) for path in output.parent.glob("out.work/stream-*/read")]
    return max(counts, default=0)
