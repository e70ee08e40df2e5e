"""The files of a shard's first step: complete under their names, or not there."""

import threading
from pathlib import Path

import numpy as np
import pytest

from pipeline.duplicates import runs
from pipeline.spill_shards import ShardWriter, read_pages, read_shard_counts
from pipeline.work import WorkFolder
from transforms.records import Page, PageBatch
from transforms.text.rows import EXACT_ROW, NEAR_ROW


@pytest.fixture
def work(tmp_path):
    return WorkFolder(str(tmp_path / "work"), str(tmp_path / "out"))


@pytest.fixture
def batch():
    paragraphs = ("The barley harvest began in early August.", "Rain kept the mill shut all week.")
    page = Page(id="a", url="https://a.example/", date="", paragraphs=paragraphs)
    exact, near = np.zeros(2, EXACT_ROW).tobytes(), np.zeros(3, NEAR_ROW).tobytes()
    return PageBatch(0, 0, True, (page,), (), {}, 0, 1, exact, near)


def files(work):
    return {path.name for path in Path(work.shard(0, "done")).parent.iterdir()}


def test_a_closed_shard_is_complete(work, batch):
    writer = ShardWriter(work, 0)
    writer.add(batch)
    writer.close()
    assert files(work) == {*runs.KINDS, "pages", "ids", "index", "hosts", "done"}
    (((number, page),), failures), *more = read_pages(work, 0)
    assert (number, page.paragraphs, failures, more) == (0, batch.pages[0].paragraphs, [], [])
    assert read_shard_counts(work, 0).n["paragraphs.in"] == 2


def test_a_shard_that_was_given_up_cannot_be_completed(work, batch):
    writer = ShardWriter(work, 0)
    writer.add(batch)
    writer.abort()
    with pytest.raises((RuntimeError, ValueError)):
        writer.close()
    assert "done" not in files(work)


def test_a_worker_that_ends_gives_up_the_shard_that_another_thread_completes(
    work, batch, monkeypatch
):
    """As Beam does: its `teardown` comes while `process` is still at work."""
    writer = ShardWriter(work, 0)
    writer.add(batch)
    write = runs.RunWriter._write

    def write_and_abort(runs, kind, rows):
        write(runs, kind, rows)
        if kind == "line":
            thread = threading.Thread(target=writer.abort)
            thread.start()
            thread.join()

    monkeypatch.setattr(runs.RunWriter, "_write", write_and_abort)
    with pytest.raises(RuntimeError, match="shard 0: given up"):
        writer.close()
    assert files(work) == {"index"}


def test_giving_up_a_complete_shard_changes_nothing(work, batch):
    writer = ShardWriter(work, 0)
    writer.add(batch)
    writer.close()
    before = files(work)
    writer.abort()
    assert files(work) == before
