"""Rows of earlier runs on storage, without a pipeline: every look-up against a plain dict."""

import contextlib
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.duplicates import earlier_rows
from pipeline.duplicates.earlier_rows import RowHistory, write_rows
from pipeline.duplicates.partitions import unseen
from pipeline.duplicates.runs import ROW_TYPES
from transforms.text.rows import order_of_date, sort_rows

LAST = 2**64 - 1
EDGES = [0, 1, 2**59, 2**63 - 1, 2**63, LAST - 1, LAST]


def make_rows(kind, keys, run=1, seed=0):
    """Rows of one run with these keys, their other columns random."""
    random = np.random.default_rng(seed)
    rows = np.zeros(len(keys), ROW_TYPES[kind])
    rows["key"] = np.array(keys, np.uint64)
    base = int(order_of_date("0001-01-01T00:00:00.000Z", run))
    rows["date"] = base + random.integers(0, 5, len(keys), np.uint64)
    rows["page_hash"] = random.integers(0, 3, len(keys), np.uint64)
    rows["address"] = np.uint64(run << 44) + np.arange(len(keys), dtype=np.uint64)
    rows["check" if kind == "exact" else "simhash"] = random.integers(0, 4, len(keys), np.uint64)
    return sort_rows(rows)


def order(row):
    return tuple(int(row[name]) for name in ("date", "page_hash", "address"))


def as_dict(parts, runs, most):
    """What `look_up` has to give for each key."""
    found = {}
    for rows, run in parts:
        for row in rows if run in runs else ():
            found.setdefault(int(row["key"]), []).append(row)
    return {key: sorted(rows, key=order)[:most] for key, rows in found.items()}


def open_history(tmp_path, kind, parts, runs, most):
    files = []
    for number, (rows, _) in enumerate(parts):
        path = str(tmp_path / f"{kind}-{number}.rows")
        write_rows(path, rows)
        files.append((path, len(rows)))
    other = "near" if kind == "exact" else "exact"
    return RowHistory({kind: files, other: []}, runs, most)


def as_in_a_bucket():
    """Reads local files as those of a bucket are read: by ranges."""
    return mock.patch.object(earlier_rows, "is_local", return_value=False)


def assert_same_answers(history, kind, keys, expected):
    wanted = [order(row) for key in sorted(keys) for row in expected.get(key, [])]
    for place in (contextlib.nullcontext(), as_in_a_bucket()):
        with place:
            rows = history.look_up(kind, np.array(sorted(keys), np.uint64))
        assert rows.dtype == ROW_TYPES[kind]
        assert [order(row) for row in rows] == wanted


keys_strategy = st.lists(
    st.one_of(st.sampled_from(EDGES), st.integers(0, 30), st.integers(0, LAST)), max_size=120
)


@pytest.mark.parametrize("kind", ["exact", "near"])
@given(
    per_run=st.lists(keys_strategy, min_size=0, max_size=4),
    asked=st.sets(st.one_of(st.sampled_from(EDGES), st.integers(0, 30)), max_size=20),
    most=st.integers(1, 5),
    gone=st.sets(st.integers(1, 4)),
)
@settings(max_examples=40, deadline=None)
def test_look_up_is_that_of_a_dict(tmp_path_factory, kind, per_run, asked, most, gone):
    tmp_path = tmp_path_factory.mktemp("rows")
    parts = [(make_rows(kind, keys, n, n), n) for n, keys in enumerate(per_run, 1)]
    runs = [n for _, n in parts if n not in gone]
    history = open_history(tmp_path, kind, parts, runs, most)
    some = {key for keys in per_run for key in keys[::3]}
    assert_same_answers(history, kind, asked | some, as_dict(parts, runs, most))


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 64, 1000, 5000])
def test_every_key_of_a_file_is_found_whatever_its_size(tmp_path, count):
    random = np.random.default_rng(count)
    keys = random.integers(0, LAST, count, np.uint64, endpoint=True).tolist()
    keys[:2] = [0, LAST][: len(keys)]
    parts = [(make_rows("exact", keys), 1)]
    history = open_history(tmp_path, "exact", parts, [1], 9)
    expected = as_dict(parts, [1], 9)
    for key in keys[:50]:
        assert_same_answers(history, "exact", {key}, expected)
    assert_same_answers(history, "exact", set(keys), expected)
    assert_same_answers(history, "exact", {5, 2**40, LAST - 7}, expected)


def test_a_hot_key_gives_its_earliest_rows_over_all_runs(tmp_path):
    parts = [(make_rows("near", [7] * 3000 + [9], run, run), run) for run in (1, 2, 3)]
    history = open_history(tmp_path, "near", parts, [2, 3], 257)
    expected = as_dict(parts, [2, 3], 257)
    assert_same_answers(history, "near", {7, 9}, expected)
    assert len(expected[7]) == 257
    assert {int(row["date"]) >> 47 for row in expected[7]} == {2}
    few = history.look_up("near", np.array([7], np.uint64), 2)
    assert [order(row) for row in few] == [order(row) for row in expected[7][:2]]


def test_all_rows_in_one_key_range_are_found(tmp_path):
    # Keys so unlike hashes that one range of the index holds everything.
    keys = list(range(2000))
    parts = [(make_rows("exact", keys), 1)]
    history = open_history(tmp_path, "exact", parts, [1], 3)
    assert_same_answers(history, "exact", {0, 999, 1999, 2000}, as_dict(parts, [1], 3))


def test_nothing_asked_and_nothing_there_read_nothing(tmp_path):
    history = open_history(tmp_path, "exact", [(make_rows("exact", []), 1)], [1], 3)
    assert len(history.look_up("exact", np.array([1, 2], np.uint64))) == 0
    assert len(history.look_up("near", np.array([1, 2], np.uint64))) == 0
    assert history.reading == (0, 0)
    full = open_history(tmp_path, "near", [(make_rows("near", [1]), 1)], [1], 3)
    assert len(full.look_up("near", np.empty(0, np.uint64))) == 0
    assert full.reading == (0, 0)


def test_few_keys_read_few_rows(tmp_path):
    keys = np.random.default_rng(1).integers(0, LAST, 100_000, np.uint64)
    parts = [(make_rows("near", keys.tolist()), 1)]
    asked = np.sort(keys[:20])
    index = 8 * len(keys) // earlier_rows.ROWS_A_BLOCK
    block = earlier_rows.ROWS_A_BLOCK * ROW_TYPES["near"].itemsize
    history = open_history(tmp_path, "near", parts, [1], 3)
    assert len(history.look_up("near", asked)) == 20
    assert (tmp_path / "near-0.rows.index").stat().st_size == index
    assert history.reading.bytes <= index + 20 * (4096 + 2 * block)
    others = np.random.default_rng(2).integers(0, LAST, 1000, np.uint64)
    before = history.reading.bytes
    assert len(history.look_up("near", np.sort(others))) == 0
    tags = 2 * len(keys)
    assert history.reading.bytes - before <= tags + 4096 + 10 * block  # hardly a block in vain


def test_keys_and_tags_are_compared_piece_by_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(earlier_rows, "ROWS_AT_ONCE", 64)
    monkeypatch.setattr(earlier_rows, "KEYS_AT_ONCE", 3)
    monkeypatch.setattr(earlier_rows, "_REMOTE_GAP_BYTES", 256)
    random = np.random.default_rng(3)
    parts = []
    for run in (1, 2, 3):
        keys = random.integers(0, LAST, 1000 + run, np.uint64).tolist()
        parts.append((make_rows("near", [*keys, *[keys[7]] * 90], run, run), run))
    history = open_history(tmp_path, "near", parts, [1, 3], 5)
    known = {int(key) for rows, _ in parts for key in rows["key"][::13]}
    others = set(random.integers(0, LAST, 400, np.uint64).tolist())
    assert_same_answers(history, "near", known | others, as_dict(parts, [1, 3], 5))


def plain_unseen(before, rows, content):
    seen = {tuple(map(repr, (row[name] for name in content))) for row in before}
    fresh = []
    for row in sorted(rows, key=lambda r: (int(r["key"]), *order(r))):
        known = tuple(map(repr, (row[name] for name in content)))
        if known not in seen:
            fresh.append((int(row["key"]), *order(row)))
        seen.add(known)
    return fresh


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("exact", ("key", "check")),
        ("near", ("key", "simhash", "minima", "shingles", "digitless")),
    ],
)
@given(
    old=st.lists(st.integers(0, 6), max_size=40),
    new=st.lists(st.integers(0, 6), max_size=40),
    seed=st.integers(0, 1000),
)
@settings(max_examples=50, deadline=None)
def test_unseen_keeps_the_first_row_of_each_new_content(kind, content, old, new, seed):
    before, rows = make_rows(kind, old, 1, seed), make_rows(kind, new, 2, seed + 1)
    if kind == "near":
        for some in (before, rows):
            some["minima"][:, 1] = some["simhash"] // 2
            some["simhash"] %= 2
    fresh = unseen(before, rows, content)
    told = [(int(row["key"]), *order(row)) for row in fresh]
    assert told == plain_unseen(before, rows, content)
