"""Sorted runs on storage: what is written, what each partition gets, keys that come whole."""

import numpy as np
import pytest
from duplicate_oracle import exact_rows_lists, near_rows_lists
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.duplicates import runs
from pipeline.duplicates.partitions import partition_bounds
from pipeline.duplicates.runs import (
    BINS,
    KINDS,
    RunWriter,
    Slice,
    complete_keys,
    read_blocks,
    read_slice,
    read_totals,
    slices_of,
)
from pipeline.work import WorkFolder
from transforms.text.rows import EXACT_ROW, NEAR_ROW, sort_rows

HERE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)


def spill(folder, shards):
    """Writes {shard: [(exact, near), …]} and returns the work folder."""
    work = WorkFolder(str(folder), str(folder))
    for shard, batches in shards.items():
        writer = RunWriter(work, shard)
        for exact, near in batches:
            writer.add(exact.tobytes(), near.tobytes())
        totals = writer.close()
        assert (totals == read_totals(work, shard)).all()
    return work


def rows_by_partition(work, shards, bounds):
    found = {}
    for shard in shards:
        for partition, rows in slices_of(work, shard, bounds):
            found.setdefault(partition, []).append(rows)
    return found


def bounds_of(work, shards, memory=1 << 20, least=1):
    totals = np.zeros((len(KINDS), BINS), np.uint64)
    for shard in shards:
        totals += read_totals(work, shard)
    return partition_bounds(totals, memory, least)


@HERE
@given(exact_rows_lists(), near_rows_lists(), st.integers(1, 5), st.integers(1, 6))
def test_every_row_lies_in_one_partition_sorted_run_by_run(tmp_path, exact, near, flush, least):
    near["key"] += np.uint64(5) << np.uint64(52)
    usual, runs.RUN_ROWS = runs.RUN_ROWS, flush
    try:
        batches = [(exact[n::3], near[n::3]) for n in range(3)]
        work = spill(tmp_path, {0: batches, 3: batches[:1]})
    finally:
        runs.RUN_ROWS = usual
    bounds = bounds_of(work, (0, 3), least=least)
    seen = {"exact": [], "near": []}
    for partition, slices in rows_by_partition(work, (0, 3), bounds).items():
        kind, number = partition.split("-")
        dtype = {"exact": EXACT_ROW, "near": NEAR_ROW}[kind]
        first, end = (int(bounds[kind][int(number) + k]) for k in (0, 1))
        for some in slices:
            rows = read_slice(some, dtype)
            assert len(rows) == some.count
            assert rows.tobytes() == sort_rows(rows).tobytes()
            bins = rows["key"] >> np.uint64(52)
            assert ((bins >= first) & (bins < end)).all()
            seen[kind].extend(row.tobytes() for row in rows)
    assert sorted(seen["exact"]) == sorted(row.tobytes() for row in [*exact, *exact[0::3]])
    # Near rows of exact copies within a run are left out, all others are there.
    assert set(seen["near"]) <= {row.tobytes() for row in near}


def test_near_rows_of_later_exact_copies_are_left_out(tmp_path):
    exact = np.zeros(3, EXACT_ROW)
    exact["key"], exact["check"], exact["date"] = 5, [1, 1, 2], [8, 7, 9]
    exact["address"] = [1, 2, 3]
    near = np.zeros(4, NEAR_ROW)
    near["address"], near["key"] = [1, 2, 3, 4], [9, 9, 9, 9]
    work = spill(tmp_path, {0: [(exact, near)]})
    (some,) = rows_by_partition(work, [0], bounds_of(work, [0]))["near-00000"]
    assert sorted(read_slice(some, NEAR_ROW)["address"].tolist()) == [2, 3, 4]


def test_totals_count_each_kind_in_its_bins(tmp_path):
    exact, near = np.zeros(3, EXACT_ROW), np.zeros(2, NEAR_ROW)
    exact["key"] = [0, 1 << 52, 1 << 52]
    exact["check"] = exact["address"] = [1, 2, 3]
    near["key"], near["address"] = 2**64 - 1, [1, 2]
    totals = read_totals(spill(tmp_path, {0: [(exact, near)]}), 0)
    assert np.argwhere(totals).tolist() == [[0, 0], [0, 1], [1, BINS - 1]]
    assert totals.sum(axis=1).tolist()[:2] == [3, 2]


def test_an_empty_shard_has_no_rows(tmp_path):
    work = spill(tmp_path, {0: []})
    assert rows_by_partition(work, [0], bounds_of(work, [0])) == {}
    assert not read_totals(work, 0).any()


def test_an_aborted_writer_leaves_nothing(tmp_path):
    work = WorkFolder(str(tmp_path), str(tmp_path))
    writer = RunWriter(work, 0)
    writer.add(np.zeros(5, EXACT_ROW).tobytes(), b"")
    writer.abort()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(1, 9))
def test_partitions_cover_all_bins_once(counts, least):
    totals = np.zeros((len(KINDS), BINS), np.uint64)
    totals[0, : len(counts)] = counts
    bounds = partition_bounds(totals, 256 * 20, least)
    for kind in ("exact", "near"):
        edges = bounds[kind].tolist()
        assert edges[0] == 0
        assert edges[-1] == BINS
        assert edges == sorted(set(edges))
    inside = [
        int(totals[0, a:b].sum())
        for a, b in np.stack([bounds["exact"][:-1], bounds["exact"][1:]]).T
    ]
    # A partition holds what fits, and at most one bin more.
    assert max(inside) <= 20 + max(counts)


def sliced(folder, sizes, keys):
    """Files of sorted rows with the given keys, one slice each."""
    slices, place = [], 0
    for number, size in enumerate(sizes):
        rows = np.zeros(size, EXACT_ROW)
        rows["key"] = keys[place : place + size]
        rows["address"] = np.arange(place, place + size)
        rows = sort_rows(rows)
        path = folder / f"run{number}"
        path.write_bytes(b"\0" * EXACT_ROW.itemsize + rows.tobytes())
        slices.append(Slice(str(path), 1, size))
        place += size
    return slices


@pytest.mark.parametrize("at_once", [256, 600, 5000, 1 << 20])
@pytest.mark.parametrize("skew", [3, 40, 4000])
def test_keys_come_whole_however_little_is_read_at_once(tmp_path, at_once, skew):
    dice = np.random.default_rng(skew)
    sizes = [1, 300, 700, 2500, 4000]
    keys = np.minimum(dice.geometric(1 / skew, sum(sizes)), 60).astype(np.uint64)
    slices = sliced(tmp_path, sizes, keys)
    seen, met = [], set()
    for piece in complete_keys(slices[::-1], EXACT_ROW, at_once):
        hot = isinstance(piece, list)
        rows = np.concatenate([read_slice(s, EXACT_ROW) for s in piece]) if hot else piece
        assert not hot or len(np.unique(rows["key"])) == 1
        assert not met & set(rows["key"].tolist())
        met |= set(rows["key"].tolist())
        seen.extend(rows["address"].tolist())
    assert sorted(seen) == list(range(sum(sizes)))


def test_a_key_larger_than_what_is_read_at_once_comes_as_slices(tmp_path):
    keys = np.array([1] * 3 + [7] * 2000 + [9] * 3, np.uint64)
    slices = sliced(tmp_path, [1500, 506], keys)
    pieces = list(complete_keys(slices, EXACT_ROW, 512))
    hot = [piece for piece in pieces if isinstance(piece, list)]
    assert [sum(s.count for s in piece) for piece in hot] == [2000]
    blocks = [block for s in hot[0] for block in read_blocks(s, EXACT_ROW, 300)]
    assert max(map(len, blocks)) == 300
    assert set(np.concatenate(blocks)["key"].tolist()) == {7}


def test_no_slices_give_no_rows():
    assert [len(piece) for piece in complete_keys([], EXACT_ROW, 10)] == [0]


@pytest.mark.parametrize(("rows", "whole"), [(1000, True), (1250, True), (1251, False)])
def test_what_is_a_little_too_much_is_read_whole(tmp_path, rows, whole):
    """A partition may have a bin more than fits: piece by piece would take more memory."""
    slices = sliced(tmp_path, [rows - 600, 600], np.arange(rows, dtype=np.uint64))
    found = list(complete_keys(slices, EXACT_ROW, 1000))
    assert (len(found) == 1) == whole
    assert sum(map(len, found)) == rows
