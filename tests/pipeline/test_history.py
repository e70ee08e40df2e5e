"""Scheduled runs: many with a memory keep what one over everything keeps."""

import fcntl
import json
import threading

import pytest
from history_runs import clean, edited, lines, page, result, sentence, tree
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.__main__ import main
from pipeline.duplicates import search_lines
from pipeline.history.manifest import HistoryLock, load


def kept(outputs):
    return {d["metadata"]["url"]: d["text"] for o in outputs for d in lines(o, "documents")}


def assert_keepers_stay(outputs):
    """Every receipt of a duplicate names a paragraph that some document holds."""
    gone = {(r["id"], r["paragraph"]) for o in outputs for r in lines(o, "removed")}
    documents = {d["id"]: d["metadata"]["url"] for o in outputs for d in lines(o, "documents")}
    named = 0
    for output in outputs:
        for receipt in lines(output, "removed"):
            if not receipt["rule"].startswith("duplicate."):
                continue
            named += 1
            keeper = receipt["keeper"]
            assert documents.get(keeper["id"]) == keeper["url"], receipt
            assert (keeper["id"], keeper["paragraph"]) not in gone, receipt
    return named


def write_slices(folder, nights):
    """One file a night; each page is a list of (text, edit); later nights have later dates."""
    files, number = [], 0
    for night, pages in enumerate(nights, 1):
        files.append(folder / f"night{night}.jsonl")
        made = []
        for place, texts in enumerate(pages):
            number += 1
            day = f"2024-01-{night:02d}T{(7 * place) % 24:02d}:00:00Z"
            made.append(page(number, [edited(sentence(t), e) for t, e in texts], day))
        files[-1].write_text("".join(made))
    return files


def assert_nights_equal_one_run(folder, nights):
    files = write_slices(folder, nights)
    assert clean(folder / "all", files) == 0
    outputs = []
    for number, file in enumerate(files):
        outputs.append(folder / f"out{number}")
        assert clean(outputs[-1], [file], f"--history={folder / 'history'}") == 0
    assert kept(outputs) == kept([folder / "all"])
    return assert_keepers_stay(outputs)


def test_three_nights_keep_what_one_run_keeps(tmp_path):
    nights = [
        [[(1, 0), (2, 0), (3, 0)], [(4, 0), (1, 1)]],
        [[(2, 0), (5, 0), (1, 2)], [(6, 0), (4, 3), (2, 1)]],
        [[(5, 1), (7, 0)], [(1, 0), (6, 0)], [(8, 0)]],
    ]
    assert assert_nights_equal_one_run(tmp_path, nights) >= 8


paragraphs = st.tuples(st.integers(0, 7), st.sampled_from([0, 0, 1, 2, 3, 4]))
nights_strategy = st.lists(
    st.lists(st.lists(paragraphs, min_size=1, max_size=4), min_size=1, max_size=4),
    min_size=2,
    max_size=4,
)


@pytest.mark.slow
@given(nights=nights_strategy)
@settings(
    max_examples=12,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking would take minutes
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_nights_keep_what_one_run_keeps(tmp_path_factory, nights):
    assert_nights_equal_one_run(tmp_path_factory.mktemp("nights"), nights)


@pytest.fixture
def two_nights(tmp_path):
    """Two input files, and a history that has the first of them."""
    files = write_slices(
        tmp_path, [[[(1, 0), (2, 0)], [(3, 0)]], [[(1, 1), (4, 0)], [(2, 0), (5, 0)]]]
    )
    assert clean(tmp_path / "one", files[:1], f"--history={tmp_path / 'history'}") == 0
    return files


def test_the_same_input_again_changes_nothing(two_nights, tmp_path, capsys):
    before = tree(tmp_path)
    capsys.readouterr()
    more = (f"--history={tmp_path / 'history'}",)
    for output, extra in (("one", ()), ("other", ()), ("one", ("--overwrite",))):
        assert clean(tmp_path / output, two_nights[:1], *more, *extra) == 0
        said = capsys.readouterr().err.splitlines()[-1]
        assert "is in the history already, as test of" in said
        assert str(tmp_path / "one") in said
        assert tree(tmp_path) == before
        assert not (tmp_path / "other").exists()
    for option in ("--added=2024-06-01T00:00:00.000Z", "--format=parquet", "--rules=none"):
        assert clean(tmp_path / "other", two_nights[:1], *more, option) == 0
        said = capsys.readouterr().err.splitlines()[-1]
        told = f"in {tmp_path / 'one'}, with other options or by another version"
        assert told in said, option
        assert said.endswith("nothing to do (`pagesieve index rollback` undoes test)")
        assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--radius=9", ("radius=24", "9", "the same, or another --history")),
        ("--min-words=4", ("min_words=10", "4")),
        ("--near-duplicates=off", ("near_duplicates=True", "False")),
        ("--max-pivots=3", ("max_pivots=256", "3")),
        ("--dedup=page", ("--dedup=corpus", "--dedup=page")),
        ("--dedup=none", ("--dedup=corpus", "--dedup=none")),
    ],
)
def test_other_rules_of_likeness_are_refused(two_nights, tmp_path, capsys, option, told):
    before = tree(tmp_path)
    capsys.readouterr()
    history = f"--history={tmp_path / 'history'}"
    assert clean(tmp_path / "two", two_nights[1:], history, option) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert all(word in said for word in told), said
    assert tree(tmp_path) == before


def test_a_second_run_on_the_history_fails_or_waits(two_nights, tmp_path, capsys, monkeypatch):
    history = str(tmp_path / "history")
    more = (two_nights[1:], f"--history={history}")
    lock = HistoryLock(history)
    assert clean(tmp_path / "two", *more) == 2
    assert f"another run is using the history {history}" in capsys.readouterr().err
    assert not (tmp_path / "two").exists()

    about_to_wait, take = threading.Event(), fcntl.flock

    def waiting(handle, how):
        if how == fcntl.LOCK_EX:  # until it is free
            about_to_wait.set()
        take(handle, how)

    def release():
        seen.append(about_to_wait.wait(120))
        seen.append((tmp_path / "two").exists())
        lock.__exit__(None, None, None)

    monkeypatch.setattr(fcntl, "flock", waiting)
    seen = []
    thread = threading.Thread(target=release)
    thread.start()
    assert clean(tmp_path / "two", *more, "--wait") == 0
    thread.join()
    assert seen == [True, False]
    assert [run.output for run in load(history).runs] == [
        str(tmp_path / "one"),
        str(tmp_path / "two"),
    ]


def test_a_run_is_the_same_with_any_number_of_partitions(two_nights, tmp_path):
    # More shards make more partitions, so other files in the history, but the same answers.
    assert clean(tmp_path / "two", two_nights[1:], f"--history={tmp_path / 'history'}") == 0
    many = tmp_path / "many"
    assert clean(tmp_path / "one-many", two_nights[:1], f"--history={many}") == 0
    rest = [two_nights[1]]
    assert clean(tmp_path / "two-many", rest, f"--history={many}", "--memory-per-worker=1M") == 0
    assert result(tmp_path / "two-many") == result(tmp_path / "two")


FOOT = "Home | About | Contact"  # short: no exact copies of it are looked for
RIGHTS = "All rights are reserved by the River Journal and by its many correspondents everywhere."


def _site(path, number, pages, host="site.example", lines=(FOOT, RIGHTS)):
    made = [
        json.dumps(
            {
                "url": f"https://{host}/{number}/{n}",
                "text": "\n".join([sentence(1000 * number + n), *lines]),
                "date": f"2024-01-{number:02d}T00:00:{n:02d}Z",
            }
        )
        for n in range(pages)
    ]
    path.write_text("\n".join(made) + "\n")
    return path


def _template_night(folder, number, pages, **options):
    """Cleans a night of pages; what was left of the two lines, and receipts by text."""
    path = _site(folder / f"t{number}.jsonl", number, pages, **options)
    output, history = folder / f"o{number}", f"--history={folder / 'history'}"
    assert clean(output, [path], history, f"--run-name=n{number}", "--overwrite") == 0
    left = [t for d in lines(output, "documents") for t in d["text"].splitlines()]
    gone = {}
    for receipt in lines(output, "removed"):
        gone.setdefault(receipt["text"], []).append((receipt["rule"], receipt["evidence"]))
    return {text: left.count(text) for text in (FOOT, RIGHTS)}, gone


def test_a_template_of_yesterday_is_one_today(tmp_path):
    left, gone = _template_night(tmp_path, 1, 6)
    assert left == {FOOT: 0, RIGHTS: 0}
    assert gone[FOOT] == [("template.line", "stands on 6 of 6 pages of its host")] * 6
    left, gone = _template_night(tmp_path, 2, 2)
    assert left == {FOOT: 0, RIGHTS: 0}
    told = ("template.line", "stood on 6 of 6 pages of its host in an earlier run")
    assert gone == {FOOT: [told] * 2, RIGHTS: [told] * 2}
    assert main(["index", "compact", str(tmp_path / "history")]) == 0
    left, gone = _template_night(tmp_path, 3, 1)
    assert gone == {FOOT: [told], RIGHTS: [told]}
    # Elsewhere the short line is nobody's, and the long one a copy of one that went.
    left, gone = _template_night(tmp_path, 4, 1, host="other.example")
    assert left == {FOOT: 1, RIGHTS: 0}
    words = "same words as an earlier paragraph, which goes as well"
    assert gone == {RIGHTS: [("duplicate.exact", words)]}
    # A line that was no template yet is judged by the run that meets it.
    left, _ = _template_night(tmp_path, 5, 4, lines=("Imprint",))
    assert main(["index", "rollback", str(tmp_path / "history"), "n1"]) == 0
    left, gone = _template_night(tmp_path, 2, 2)
    assert left == {FOOT: 2, RIGHTS: 1}


def test_a_hot_template_is_remembered_too(tmp_path, monkeypatch):
    monkeypatch.setattr(search_lines, "BYTES_A_ROW", 1 << 40)  # each line is more than fits
    real = search_lines.complete_keys
    monkeypatch.setattr(search_lines, "complete_keys", lambda s, d, _: real(s, d, 2))
    for number, pages in ((1, 6), (2, 4)):
        left, gone = _template_night(tmp_path, number, pages)
        assert left == {FOOT: 0, RIGHTS: 0}
        assert len(gone[FOOT]) == len(gone[RIGHTS]) == pages
        assert {rule for rule, _ in gone[FOOT]} == {"template.line"}
    manifest = load(str(tmp_path / "history"))
    assert [k for s in manifest.segments for k, _, _ in s.parts].count("line") >= 1
    assert sum(r for s in manifest.segments for k, _, r in s.parts if k == "line") == 2
