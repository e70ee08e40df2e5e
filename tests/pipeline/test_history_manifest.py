"""manifest.json: read, replaced at once, and refused when it is not what it should be."""

import dataclasses

import orjson
import pytest

from pipeline.config import CleanConfig
from pipeline.errors import RunError, UsageError
from pipeline.history.manifest import (
    HistoryLock,
    Manifest,
    PastRun,
    Segment,
    check_settings,
    load,
    manifest_path,
    store,
)
from pipeline.history.session import HistorySession, delete_strays, settings_of

_EMPTY = {
    "schema": 2,
    "settings": {},
    "next_run": 1,
    "runs": [],
    "segments": [],
    "generation": 1,
}


def past_run(number, first_shard=0, shards=2):
    return PastRun(
        number=number,
        name=f"night-{number}",
        key=f"{number:016x}",
        added="2024-05-01T10:00:00.000Z",
        output=f"out/{number}",
        first_shard=first_shard,
        shards=shards,
        exact_rows=5,
        near_rows=30,
        folder=f"runs/{number:06d}-{number:016x}",
    )


def manifest(*runs):
    segments = tuple(
        Segment(runs=(r.number,), folder=r.folder, parts=(("exact", "exact-00000.rows", 5),))
        for r in runs
    )
    return Manifest(
        settings=settings_of(CleanConfig()),
        next_run=len(runs) + 1,
        runs=runs,
        segments=segments,
    )


def test_what_is_stored_is_loaded(tmp_path):
    history = str(tmp_path / "history")
    assert load(history) is None
    first = manifest(past_run(1))
    store(history, None, first)
    loaded = load(history)
    assert loaded == dataclasses.replace(first, generation=1)
    second = manifest(past_run(1), past_run(2, first_shard=2, shards=5))
    store(history, loaded, second)
    assert load(history) == dataclasses.replace(second, generation=2)
    assert load(history).next_shard == 7
    assert load(history).run_of_shard(6).number == 2
    with pytest.raises(LookupError):
        load(history).run_of_shard(7)


def test_a_manifest_that_changed_meanwhile_is_not_replaced(tmp_path):
    history = str(tmp_path)
    store(history, None, manifest(past_run(1)))
    old = load(history)
    store(history, old, manifest(past_run(1), past_run(2)))
    before = load(history)
    for stale in (None, old):
        with pytest.raises(RunError, match="another run has changed the history"):
            store(history, stale, manifest(past_run(9)))
    assert load(history) == before


def test_what_a_killed_run_left_of_a_manifest_is_deleted(tmp_path):
    for name in ("manifest.json.0123456789ab.part", "lock", "other.part"):
        (tmp_path / name).touch()
    store(str(tmp_path), None, manifest(past_run(1)))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lock", "manifest.json", "other.part"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"schema": 2}',
        orjson.dumps({**_EMPTY, "runs": [{}]}),
        orjson.dumps({**_EMPTY, "segments": [{}]}),
        orjson.dumps({**_EMPTY, "segments": 7}),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path, data):
    (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(UsageError, match=r"manifest\.json is damaged") as caught:
        load(str(tmp_path))
    assert str(tmp_path) in str(caught.value)


def test_another_layout_is_named(tmp_path):
    store(str(tmp_path), None, manifest())
    values = orjson.loads((tmp_path / "manifest.json").read_bytes())
    (tmp_path / "manifest.json").write_bytes(orjson.dumps(values | {"schema": 7}))
    with pytest.raises(UsageError, match="has layout 7; this version reads 2"):
        load(str(tmp_path))


def test_every_setting_is_checked():
    known = manifest()
    check_settings("h", None, {"radius": 3})
    check_settings("h", known, settings_of(CleanConfig()))
    for name in known.settings:
        with pytest.raises(UsageError, match=f"the history h was made with {name}="):
            check_settings("h", known, known.settings | {name: "another"})


def test_a_history_is_locked_by_one(tmp_path):
    history = str(tmp_path / "new" / "history")
    with HistoryLock(history), pytest.raises(UsageError, match="add --wait"):
        HistoryLock(history)
    with HistoryLock(history):
        pass


def test_a_history_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        HistoryLock(str(tmp_path / "file" / "history"))


def test_a_full_history_is_refused(tmp_path):
    history = str(tmp_path)
    store(history, None, dataclasses.replace(manifest(), next_run=1 << 17))
    with pytest.raises(UsageError, match="has had 131071 runs"):
        HistorySession(history, CleanConfig(), "key")
    store(history, load(history), manifest(past_run(1, shards=(1 << 20) - 3)))
    session = HistorySession(history, CleanConfig(), "key")
    session.check_shards(3)
    with pytest.raises(UsageError, match="too many for 4 more"):
        session.check_shards(4)


def test_strays_are_deleted_and_nothing_else(tmp_path):
    for name in ("runs/000001-a", "runs/000002-b", "runs/000003-c", "merged/000001-d"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.rows").write_text("x")
    known = dataclasses.replace(past_run(1), folder="runs/000001-a")
    delete_strays(str(tmp_path), manifest(known), "runs/000003-c")
    left = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.glob("*/*"))
    assert left == ["runs/000001-a", "runs/000003-c"]
    assert manifest_path(str(tmp_path)) == str(tmp_path / "manifest.json")
