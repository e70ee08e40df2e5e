"""`pagesieve index`: what it says, what it undoes, and that merging changes no answer."""

import dataclasses
import json

import numpy as np
import pytest
from history_runs import clean, lines, page, result, sentence, tree
from hypothesis import given, settings
from hypothesis import strategies as st
from test_history_rows import as_dict, assert_same_answers, make_rows

from pipeline.__main__ import main
from pipeline.duplicates.earlier_rows import write_rows
from pipeline.history.compact import merge
from pipeline.history.manifest import HistoryLock, Manifest, PastRun, Segment, load
from pipeline.history.session import open_rows


def index(*words):
    return main(["index", *map(str, words)])


def night(folder, number, texts):
    """Writes one night's input and cleans it into `outN` with the history."""
    path = folder / f"in{number}.jsonl"
    if not path.exists():
        pages = [
            page(10 * number + n, [sentence(t) for t in some], f"2024-01-{number:02d}T00:00:00Z")
            for n, some in enumerate(texts)
        ]
        path.write_text("".join(pages))
    more = (f"--history={folder / 'history'}", f"--run-name=night-{number}", "--overwrite")
    more = (*more, f"--added=2024-01-{number:02d}T10:00:00.000Z")
    assert clean(folder / f"out{number}", [path], *more) == 0


NIGHTS = {1: [[1, 2], [3]], 2: [[2, 4], [5, 1]], 3: [[4, 3], [6, 5]], 4: [[6, 1], [7, 2]]}


@pytest.fixture
def three(tmp_path, capsys):
    for number in (1, 2, 3):
        night(tmp_path, number, NIGHTS[number])
    capsys.readouterr()
    return tmp_path


def test_list_and_show_tell_what_there_is(three, capsys):
    assert index("list", three / "history") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["run", "added", "paragraphs", "size", "name", "output"]
    assert [line.split()[0] for line in said[1:4]] == ["1", "2", "3"]
    assert "night-2" in said[2]
    assert str(three / "out2") in said[2]
    assert said[4].startswith("3 runs, rows of ")

    assert index("list", three / "history", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in values["runs"]] == ["night-1", "night-2", "night-3"]
    assert [run["paragraphs"] for run in values["runs"]] == [3, 2, 1]
    assert values["bytes"] == 6 * 40 + 36 * 64 == sum(run["bytes"] for run in values["runs"])

    for name in ("2", "night-2"):
        assert index("show", three / "history", name) == 0
        said = capsys.readouterr().out
        assert "night-2" in said
        assert "2 that no earlier run had" in said


REFUSED = (
    (("list", "nowhere"), "nowhere holds no history: there is no manifest.json"),
    (("show", "HISTORY", "9"), "has no run 9"),
    (("rollback", "HISTORY", "x"), "has no run x"),
    (("rollback", "nowhere", "1"), "nowhere holds no history"),
    (("compact", "HISTORY", "--drop-before=May"), "write a day as 2024-05-01"),
    (("list", "HISTORY", "--nonsense"), "no such option: --nonsense"),
    (("forget", "HISTORY"), "invalid choice"),
)


def test_what_cannot_be_done_is_said_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    night(tmp_path, 1, [[1]])
    before = tree(tmp_path)
    for words, told in REFUSED:
        capsys.readouterr()
        assert index(*("history" if word == "HISTORY" else word for word in words)) == 2
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1
        assert told in said[0]
        assert tree(tmp_path) == before
        assert not (tmp_path / "nowhere").exists()


def test_a_history_in_use_is_left_alone(three, capsys):
    with HistoryLock(str(three / "history")):
        for words in (("rollback", three / "history", 2), ("compact", three / "history")):
            assert index(*words) == 2
            assert "another run is using the history" in capsys.readouterr().err


@pytest.mark.parametrize("compacted", ["never", "before", "after"])
def test_rollback_and_rerun_give_the_same_bytes(three, capsys, compacted):
    history = three / "history"
    outputs = {n: result(three / f"out{n}") for n in (2, 3)}
    if compacted == "before":
        assert index("compact", history) == 0
    before = tree(history)
    assert index("rollback", history, "night-2", "--dry-run") == 0
    assert "would undo: run 2 (night-2)" in capsys.readouterr().out
    assert tree(history) == before
    assert index("rollback", history, "night-2") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" (")[0] for line in said] == ["undone: run 3", "undone: run 2"]
    manifest = load(str(history))
    assert [run.name for run in manifest.runs] == ["night-1"]
    assert manifest.next_run == 4
    left = {path.name for path in (history / "runs").iterdir()}
    assert left == {manifest.runs[0].folder.removeprefix("runs/")}
    if compacted == "after":
        assert index("compact", history) == 0
    for number in (2, 3):
        night(three, number, NIGHTS[number])
        assert result(three / f"out{number}") == outputs[number]
    assert [run.number for run in load(str(history)).runs] == [1, 4, 5]


def test_everything_can_be_undone(three, capsys):
    assert index("rollback", three / "history", 1) == 0
    first = result(three / "out1")
    assert load(str(three / "history")).runs == ()
    assert list((three / "history" / "runs").iterdir()) == []
    night(three, 1, NIGHTS[1])
    assert result(three / "out1") == first


def test_a_later_night_is_the_same_after_compaction(three, capsys):
    night(three, 4, NIGHTS[4])
    plain = result(three / "out4")
    assert index("rollback", three / "history", 4) == 0
    capsys.readouterr()
    assert index("compact", three / "history", "--dry-run") == 0
    assert "would merge 3 segments" in capsys.readouterr().out
    assert index("compact", three / "history") == 0
    assert "merged 3 segments" in capsys.readouterr().out
    assert list((three / "history" / "runs").rglob("*.rows*")) == []
    after = tree(three / "history")
    assert index("compact", three / "history") == 0
    assert "nothing to do" in capsys.readouterr().out
    assert tree(three / "history") == after
    night(three, 4, NIGHTS[4])
    assert result(three / "out4") == plain
    # Undone together with the runs that the merged rows are of.
    assert index("rollback", three / "history", 2) == 0
    night(three, 4, NIGHTS[4])
    keepers = {r["keeper"]["url"] for r in lines(three / "out4", "removed")}
    assert keepers == {"https://site.example/10"}


def test_dropped_paragraphs_are_new_again(three, capsys):
    history = three / "history"
    assert index("compact", history, "--drop-before=2024-01-03") == 0
    assert "without the rows of 2 runs added before 2024-01-03" in capsys.readouterr().out
    assert [run.name for run in load(str(history)).runs] == ["night-1", "night-2", "night-3"]
    night(three, 4, NIGHTS[4])
    # Of 6, 1, 7 and 2 the third night is remembered alone, and it brought 6.
    assert [r["text"] for r in lines(three / "out4", "removed")] == [sentence(6)]
    assert index("show", history, 1) == 0
    assert "none: dropped" in capsys.readouterr().out


def past_run(number):
    return PastRun(
        number=number,
        name=f"run-{number}",
        key=str(number),
        added="",
        output="",
        first_shard=number,
        shards=1,
        exact_rows=0,
        near_rows=0,
        folder=f"runs/{number}",
    )


@pytest.mark.parametrize("kind", ["exact", "near"])
@given(
    per_run=st.lists(
        st.lists(st.one_of(st.integers(0, 12), st.just(2**64 - 1)), max_size=100),
        min_size=1,
        max_size=5,
    ),
    gone=st.sets(st.integers(1, 5)),
    undone_later=st.integers(2, 6),
    most=st.integers(1, 4),
    at_once=st.integers(1, 40),
)
@settings(max_examples=40, deadline=None)
def test_merging_changes_no_answer(
    tmp_path_factory, kind, per_run, gone, undone_later, most, at_once
):
    history = tmp_path_factory.mktemp("history")
    parts, segments = [], []
    for number, keys in enumerate(per_run, 1):
        rows = make_rows(kind, keys, number, number)
        parts.append((rows, number))
        (history / "runs" / str(number)).mkdir(parents=True)
        named = []
        for place, some in enumerate(np.split(rows, [int(np.searchsorted(rows["key"], 6))])):
            write_rows(str(history / "runs" / str(number) / f"{place}.rows"), some)
            named.append((kind, f"{place}.rows", len(some)))
        segments.append(Segment(runs=(number,), folder=f"runs/{number}", parts=tuple(named)))
    counted = [number for _, number in parts if number not in gone]
    manifest = Manifest(settings={}, runs=tuple(map(past_run, counted)), segments=tuple(segments))
    merged = merge(str(history), manifest, counted, most, at_once)
    after = dataclasses.replace(manifest, segments=(merged,) if merged else ())
    keys = {*range(14), 2**64 - 1}
    for runs in (counted, [number for number in counted if number < undone_later]):
        expected = as_dict(parts, runs, most)
        for one in (manifest, after):
            left = dataclasses.replace(one, runs=tuple(map(past_run, runs)))
            assert_same_answers(open_rows(str(history), left, most), kind, keys, expected)
