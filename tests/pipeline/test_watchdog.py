"""The watch over workers elsewhere: still ones end the run, slow ones do not."""

import threading
import time

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.engine import Engine, StalledError, Watch, choose_engine, run_pipeline
from pipeline.reporting.progress import Progress
from pipeline.watchdog import Watchdog

SOON_S = 60


def test_workers_that_stand_still_end_the_wait(tmp_path):
    progress = Progress(str(tmp_path))
    progress.add(pages=1)
    bitten = threading.Event()
    with Watchdog(str(tmp_path), 0.2, bitten.set):
        assert bitten.wait(SOON_S)


def test_no_worker_at_all_ends_the_wait(tmp_path):
    bitten = threading.Event()
    with Watchdog(str(tmp_path / "nowhere"), 0.2, bitten.set):
        assert bitten.wait(SOON_S)


def test_slow_workers_do_not(tmp_path):
    progress, bitten, limit_s = Progress(str(tmp_path)), threading.Event(), 5.0
    with Watchdog(str(tmp_path), limit_s, bitten.set):
        end = time.monotonic() + 1.5 * limit_s
        while time.monotonic() < end:
            progress.add(steps=1)
            time.sleep(0.1)
        assert not bitten.is_set()
    assert not bitten.wait(0.2)


_LET_GO = threading.Event()


def _wait_long(element: int) -> int:
    _LET_GO.wait(10 * SOON_S)
    return element


@pytest.mark.parametrize("watched", [True, False])
def test_a_run_of_a_watched_engine_is_given_up(tmp_path, watched):
    _LET_GO.clear()
    engine = Engine("a test", PipelineOptions([]), FnApiRunner(), local=True, watched=watched)

    def run():
        run_pipeline(
            engine,
            lambda pipeline: pipeline | beam.Create([1]) | beam.Map(_wait_long),
            watch=Watch(str(tmp_path), 1.0),
        )

    try:
        if watched:
            with pytest.raises(StalledError, match="further for 1 s"):
                run()
        else:
            threading.Timer(3.0, _LET_GO.set).start()
            run()
    finally:
        _LET_GO.set()


def test_it_is_job_servers_that_are_watched():
    assert choose_engine("PortableRunner", ["--job_endpoint=x:1"], 1, 1).watched
    assert choose_engine("PrismRunner", [], 1, 1).watched
    assert not choose_engine("local", [], 2, 2).watched
    assert not choose_engine("DataflowRunner", [], 1, 1).watched


@pytest.mark.parametrize("value", ["5", "-1"])
def test_the_limit_leaves_workers_time_to_tell(clean, tmp_path, value):
    (tmp_path / "a.txt").write_text("A page.")
    ran = clean(tmp_path / "a.txt", options=(f"--stall-timeout={value}",))
    assert ran.refused(f"--stall-timeout is {value}; it must be 0 or at least 30")


def test_what_works_in_one_process_tells_in_one_file(tmp_path):
    first, second = Progress(str(tmp_path)), Progress(str(tmp_path))
    first.add(pages=1)
    second.add(pages=2)
    second.tell()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b'{"pages":3}']
