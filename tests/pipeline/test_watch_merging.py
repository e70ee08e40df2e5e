"""Merges beside the stream: which segments are due, and how a window takes a merge over."""

import dataclasses
import os

import numpy as np
import orjson
import pytest

from pipeline.config import CleanConfig
from pipeline.duplicates.earlier_rows import row_files, write_rows
from pipeline.storage import join, write_bytes
from pipeline.watch import manifest as manifests
from pipeline.watch import merging
from pipeline.watch.commit import clear_strays, without_forgotten
from pipeline.watch.manifest import Segment, StreamManifest
from pipeline.watch.merging import FAN, due, forget_note, merge_some, take_over
from pipeline.watch.segments import IdWriter, read_ids
from pipeline.watch.settings import WatchSettings
from transforms.text.rows import EXACT_ROW


def segment(number, tier=0):
    return Segment(
        folder=f"segments/{number}",
        tier=tier,
        first_page=number,
        end_page=number + 1,
        parts=(),
        links=0,
        files=0,
    )


@pytest.fixture
def settings(tmp_path):
    return WatchSettings(
        config=CleanConfig(),
        patterns=("x",),
        output=str(tmp_path),
        work=str(tmp_path / "work"),
        memory=str(tmp_path / "memory"),
    )


def on_storage(settings, count, rows=0):
    """A manifest of so many segments of one page each, each with so many rows."""
    parts = (("exact-0", rows),) if rows else ()
    segments = tuple(dataclasses.replace(segment(n), parts=parts) for n in range(count))
    for one in segments:
        if rows:
            folder = join(settings.memory, one.folder)
            os.makedirs(folder)
            write_rows(join(folder, "exact-0.rows"), np.zeros(rows, EXACT_ROW))
        ids = IdWriter(one.first_page)
        ids.add(one.first_page, [(f"ps:{one.first_page}", "u")])
        ids.write(join(settings.memory, one.folder), one.end_page)
    manifest = StreamManifest(settings={}, segments=segments)
    manifests.store(settings.memory, manifest)
    return manifest


def test_the_lowest_tier_that_has_enough_in_a_row_is_due():
    old = [segment(n, 1) for n in range(FAN)]
    new = [segment(FAN + n) for n in range(FAN)]
    assert due(old[1:] + new[1:]) == ()
    assert due(old + new[1:]) == old
    assert list(due(old + new)) == new


def test_the_next_window_takes_a_merge_over(settings):
    manifest = on_storage(settings, FAN + 2)
    assert merge_some(settings) == FAN
    assert merge_some(settings) == 0, "one merge at a time"
    segments, taken = take_over(settings, manifest.segments)
    assert taken
    assert [(s.tier, s.first_page, s.end_page) for s in segments] == [
        (1, 0, FAN),
        (0, FAN, FAN + 1),
        (0, FAN + 1, FAN + 2),
    ]
    folder = join(settings.memory, segments[0].folder)
    assert read_ids(folder, segments[0], [0, 7]) == {0: ("ps:0", "u"), 7: ("ps:7", "u")}
    forget_note(settings)
    assert take_over(settings, manifest.segments) == (manifest.segments, False)


def test_a_merge_of_segments_that_are_no_more_is_passed_over(settings):
    manifest = on_storage(settings, FAN + 2)
    assert merge_some(settings) == FAN
    segments, _ = take_over(settings, manifest.segments)
    manifests.store(settings.memory, dataclasses.replace(manifest, segments=segments))
    assert take_over(settings, segments) == (segments, True)


def test_no_merge_begins_when_the_stream_is_to_end(settings):
    on_storage(settings, FAN)
    write_bytes(settings.stop_file, orjson.dumps(""))
    assert merge_some(settings) == 0


def forget(settings, manifest, first_page):
    """Does what a commit does when pages fall behind the horizon."""
    segments = without_forgotten(manifest.segments, first_page)
    manifest = dataclasses.replace(manifest, segments=segments)
    manifests.store(settings.memory, manifest)
    clear_strays(settings, manifest)
    return manifest


def rows_left(settings, manifest):
    found = [
        os.path.exists(path)
        for one in manifest.segments
        for path in row_files(join(settings.memory, one.folder, "exact-0.rows"))
    ]
    return sum(found)


def test_segments_beyond_the_horizon_keep_no_rows(settings):
    manifest = on_storage(settings, 5, rows=3)
    assert rows_left(settings, manifest) == 15
    manifest = forget(settings, manifest, 0)
    assert rows_left(settings, manifest) == 15
    manifest = forget(settings, manifest, 3)
    assert [len(one.parts) for one in manifest.segments] == [0, 0, 0, 1, 1]
    assert rows_left(settings, manifest) == 6
    folder = join(settings.memory, manifest.segments[1].folder)
    assert read_ids(folder, manifest.segments[1], [1]) == {1: ("ps:1", "u")}
    manifests.store(settings.memory, manifest)
    assert manifests.load(settings.memory) == manifest


def test_a_merge_gives_up_when_its_rows_are_forgotten_meanwhile(settings, monkeypatch):
    manifest = on_storage(settings, FAN, rows=3)
    merge = merging.merge

    def too_late(*values, **more):
        forget(settings, manifest, 2)
        return merge(*values, **more)

    monkeypatch.setattr(merging, "merge", too_late)
    assert merge_some(settings) == 0
    monkeypatch.undo()
    assert merge_some(settings) == FAN


def test_rows_that_are_missing_for_no_reason_are_an_error(settings):
    manifest = on_storage(settings, FAN, rows=3)
    os.remove(join(settings.memory, manifest.segments[2].folder, "exact-0.rows"))
    with pytest.raises(FileNotFoundError):
        merge_some(settings)
