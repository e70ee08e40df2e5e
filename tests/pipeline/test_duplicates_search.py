"""The search over rows on storage: the oracle's answer, whatever the memory and the partitions."""

import numpy as np
import pytest
from duplicate_oracle import as_set, exact_matches, exact_rows_lists, near_matches, near_rows_lists
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.duplicates import partitions, runs
from pipeline.duplicates.partitions import partition_bounds, search_partition
from pipeline.duplicates.runs import (
    BINS,
    KINDS,
    RunWriter,
    Slice,
    read_slice,
    read_totals,
    slices_of,
)
from pipeline.work import WorkFolder
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.duplicates import MATCH, choose_matches, find_near
from transforms.text.rows import NEAR_ROW, shard_of

HERE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)


def search(folder, kind, shards, rules, memory=1 << 20, least=1, hot=1024):
    """Spills {shard: rows}, searches all partitions, and gives matches and counts."""
    work = WorkFolder(str(folder), str(folder))
    totals = np.zeros((len(KINDS), BINS), np.uint64)
    for shard, rows in shards.items():
        writer = RunWriter(work, shard)
        for start in range(0, len(rows), 7):
            data = rows[start : start + 7].tobytes()
            writer.add(data if kind == "exact" else b"", data if kind == "near" else b"")
        writer.close()
        totals += read_totals(work, shard)
    slices = {}
    for shard in shards:
        for partition, some in slices_of(work, shard, partition_bounds(totals, memory, least)):
            slices.setdefault(partition, []).append(some)
    found, compared, capped, rows = [np.empty(0, MATCH)], 0, 0, 0
    for partition, some in slices.items():
        result = search_partition(kind, some, rules, memory, work.matches(partition))
        for shard, *part in result.slices:
            matches = read_slice(Slice(*part), MATCH)
            assert (shard_of(matches["address"]) == shard).all()
            assert (np.diff(matches["address"].astype(np.int64)) > 0).all()
            found.append(matches)
        compared += result.compared
        capped += result.capped
        rows += result.rows
    assert rows == sum(map(len, shards.values()))
    return choose_matches(np.concatenate(found)), compared, capped


def by_shard(rows):
    return {
        int(s): rows[shard_of(rows["address"]) == s] for s in np.unique(shard_of(rows["address"]))
    }


def chosen(matches):
    array = np.zeros(len(matches), MATCH)
    for place, (address, keeper, kind, distance) in enumerate(matches):
        array["address"][place], array["keeper"][place] = address, keeper
        array["kind"][place], array["distance"][place] = kind, distance
    return array


def best(matches, rows):
    """Of each paragraph's matches the one that counts."""
    places = {int(row["address"]): row for row in rows}
    array = chosen(sorted(matches))
    for name, column in (("keeper_date", "date"), ("keeper_hash", "page_hash")):
        array[name] = [places[int(k)][column] for k in array["keeper"]]
    return as_set(choose_matches(array))


@HERE
@given(exact_rows_lists(), st.integers(1, 5), st.integers(1, 9))
def test_exact_duplicates_are_those_of_the_oracle(tmp_path, rows, flush, least):
    usual, runs.RUN_ROWS = runs.RUN_ROWS, flush
    try:
        found, _, _ = search(tmp_path, "exact", by_shard(rows), DedupRules(), least=least)
    finally:
        runs.RUN_ROWS = usual
    assert as_set(found) == best(exact_matches(rows), rows)


@HERE
@given(
    near_rows_lists(60),
    st.integers(1, 5),
    st.integers(1, 9),
    st.sampled_from([1, 2, 256]),
    st.sampled_from([1, 4, 1 << 20]),
)
def test_near_duplicates_are_those_of_the_oracle(tmp_path, rows, flush, least, pivots, at_once):
    """Runs of a few rows, and pieces of a few rows at a time: hot keys come as slices."""
    usual, runs.RUN_ROWS = runs.RUN_ROWS, flush
    pieces, partitions.complete_keys = partitions.complete_keys, in_pieces(at_once)
    try:
        rules = DedupRules(max_pivots=pivots)
        found, _, capped = search(tmp_path, "near", by_shard(rows), rules, least=least)
    finally:
        runs.RUN_ROWS, partitions.complete_keys = usual, pieces
    matches, left_out = near_matches(rows, 24, pivots)
    assert as_set(found) == best(matches, rows)
    assert capped == left_out


def in_pieces(at_once):
    """`complete_keys` with every key of more than `at_once` rows as slices."""

    def pieces(slices, dtype, _):
        rows = [(s, read_slice(s, dtype)) for s in slices]
        for key in sorted({int(k) for _, some in rows for k in some["key"]}):
            parts = []
            for s, some in rows:
                places = np.flatnonzero(some["key"] == key)
                if len(places):
                    parts.append(Slice(s.path, s.first + int(places[0]), len(places)))
            if sum(part.count for part in parts) > at_once:
                yield parts
            else:
                yield np.concatenate([read_slice(part, dtype) for part in parts])

    return pieces


@pytest.mark.parametrize("memory", [1, 600 * 256, 1 << 30])
def test_the_memory_changes_nothing(tmp_path, memory):
    dice = np.random.default_rng(3)
    rows = np.zeros(6000, NEAR_ROW)
    rows["key"] = np.where(dice.random(6000) < 0.5, 7 << 60, dice.integers(0, 3000, 6000) << 50)
    rows["simhash"] = dice.integers(0, 2**64, 400, np.uint64)[dice.integers(0, 400, 6000)]
    rows["address"] = dice.permutation(6000).astype(np.uint64) << np.uint64(42)
    rows["date"], rows["shingles"] = dice.integers(0, 50, 6000), 90
    rules = DedupRules(max_pivots=20, radius_bits=6)
    found, _, capped = search(tmp_path, "near", by_shard(rows), rules, memory=memory)
    whole = find_near(rows, 6, max_pivots=20)
    assert as_set(found) == as_set(choose_matches(whole.matches))
    assert capped == whole.capped > 0


def test_matches_beyond_memory_are_written_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(partitions, "BYTES_A_ROW", 1 << 10)
    rows = np.zeros(5000, NEAR_ROW)
    rows["key"] = 7
    rows["address"] = np.arange(5000)
    found, _, _ = search(tmp_path, "near", {0: rows}, DedupRules(), memory=1 << 20)
    assert found["address"].tolist() == list(range(1, 5000))
    assert set(found["keeper"].tolist()) == {0}


def test_a_failed_search_leaves_no_file(tmp_path):
    missing = Slice(str(tmp_path / "missing"), 0, 5)
    with pytest.raises(FileNotFoundError):
        search_partition("near", [missing], DedupRules(), 1 << 20, str(tmp_path / "out.matches"))
    assert list(tmp_path.iterdir()) == []
