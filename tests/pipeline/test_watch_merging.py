"""Merges beside the stream: which segments are due, and how a window takes a merge over."""

import dataclasses

import orjson
import pytest

from pipeline.config import CleanConfig
from pipeline.storage import join, write_bytes
from pipeline.watch import manifest as manifests
from pipeline.watch.manifest import Segment, StreamManifest
from pipeline.watch.merging import FAN, due, forget_note, merge_some, take_over
from pipeline.watch.segments import IdWriter, read_ids
from pipeline.watch.settings import WatchSettings


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


def on_storage(settings, count):
    """A manifest of so many segments of one page each."""
    segments = tuple(segment(number) for number in range(count))
    for one in segments:
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
