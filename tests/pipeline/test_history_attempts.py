"""What is between two attempts: commits cut in two, full disks, files that change."""

import os
import shutil
import subprocess

import pytest
from history_runs import clean, lines, page, result, sentence, tree

import pipeline.job
from pipeline import sources
from pipeline.history.manifest import load
from pipeline.outputs.commit import staging, work_root


def write_night(path, number, texts=3):
    made = [
        page(100 * number + n, [sentence(7 * number + n), sentence(n)], f"2024-0{number}-01")
        for n in range(texts)
    ]
    path.write_text("".join(made))
    return path


@pytest.fixture
def place(tmp_path, capsys):
    """A history with one night, the input of a second one, and what that gives undisturbed."""
    first, second = (write_night(tmp_path / f"in{n}.jsonl", n) for n in (1, 2))
    history = f"--history={tmp_path / 'history'}"
    assert clean(tmp_path / "one", [first], history) == 0
    shutil.copytree(tmp_path / "history", tmp_path / "spare")
    assert clean(tmp_path / "whole", [second], f"--history={tmp_path / 'spare'}") == 0
    capsys.readouterr()
    return tmp_path


def second(place, output="two", *more):
    return clean(place / output, [place / "in2.jsonl"], f"--history={place / 'history'}", *more)


def fail_once(monkeypatch, name):
    """The next time that the job calls this, it raises instead."""
    real = getattr(pipeline.job, name)

    def fail(*_arguments, **_options):
        monkeypatch.setattr(pipeline.job, name, real)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(pipeline.job, name, fail)


def runs_of(history):
    return [run.name for run in load(str(history)).runs]


def test_a_commit_cut_off_after_the_history_is_completed(place, monkeypatch, capsys):
    fail_once(monkeypatch, "commit")
    assert second(place) == 1
    assert "Input/output error" in capsys.readouterr().err.splitlines()[-1]
    assert not (place / "two").exists()
    assert len(runs_of(place / "history")) == 2
    assert second(place) == 0
    assert result(place / "two") == result(place / "whole")
    assert len(runs_of(place / "history")) == 2
    assert not (place / "two.work").exists()
    assert second(place) == 0
    assert "is in the history already" in capsys.readouterr().err


def test_what_the_history_counts_is_committed_before_other_work(place, monkeypatch, capsys):
    fail_once(monkeypatch, "commit")
    assert second(place) == 1
    write_night(place / "in3.jsonl", 3)
    history = f"--history={place / 'history'}"
    capsys.readouterr()
    assert clean(place / "two", [place / "in3.jsonl"], history) == 2
    said = capsys.readouterr().err.splitlines()
    assert any("completed the commit of test" in line for line in said)
    assert "already holds a run" in said[-1]
    assert result(place / "two") == result(place / "whole")


def test_finished_work_is_done_again_when_the_history_went_on(place, monkeypatch, capsys):
    fail_once(monkeypatch, "_commit")
    assert second(place) == 1
    assert len(runs_of(place / "history")) == 1
    third = write_night(place / "in3.jsonl", 3)
    assert clean(place / "three", [third], f"--history={place / 'history'}") == 0
    capsys.readouterr()
    assert second(place) == 0
    assert "starting over: the history has changed" in capsys.readouterr().err
    assert len(runs_of(place / "history")) == 3
    spare = tree(place / "history")
    assert all(f"runs/{n:06d}" in " ".join(spare) for n in (1, 2, 3))


def test_a_replaced_run_goes_back_when_its_replacement_is_given_up(place, monkeypatch):
    output = place / "two"
    assert second(place) == 0
    shutil.copytree(output, place / "kept")
    os.makedirs(work_root(str(output)))
    os.rename(output, work_root(str(output)) + "/replaced")
    (place / "two.work" / "ready.json").write_text('{"key": "other", "generation": 0}')
    os.makedirs(staging(str(output)))
    write_night(place / "in3.jsonl", 3)
    assert clean(output, [place / "in3.jsonl"], f"--history={place / 'history'}") == 2
    assert result(output) == result(place / "kept")


def test_a_file_that_changed_between_attempts_starts_over(place, monkeypatch, capsys):
    fail_once(monkeypatch, "_commit")
    assert second(place) == 1
    write_night(place / "in2.jsonl", 2, texts=5)
    assert second(place) == 0
    said = capsys.readouterr().err
    assert "starting over: the input is not that of the earlier attempt" in said
    assert len(result(place / "two")["documents/part-000000.jsonl.gz"]) > 0


def test_fresh_starts_over_and_other_options_too(place, monkeypatch, capsys):
    for more, why in (
        (("--fresh",), "--fresh"),
        (("--source=x",), "the options or versions are not those"),
        (("--rules=none",), "the options or versions are not those"),
    ):
        fail_once(monkeypatch, "_commit")
        assert second(place, "two") == 1
        capsys.readouterr()
        fail_once(monkeypatch, "_commit")
        assert second(place, "two", *more) == 1
        assert f"starting over: {why}" in capsys.readouterr().err


@pytest.mark.parametrize("at", ["describe_run", "_commit"])
def test_work_of_another_program_is_not_continued(place, monkeypatch, capsys, at):
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.job, "sources_digest", lambda: "another")
        fail_once(patch, at)
        assert second(place) == 1
    capsys.readouterr()
    assert second(place) == 0
    said = capsys.readouterr().err
    assert "starting over: the program is not that of the earlier attempt" in said
    assert result(place / "two") == result(place / "whole")


def test_every_file_of_the_program_is_in_its_digest(tmp_path, monkeypatch):
    for name in ("pipeline/sources.py", "transforms/text/words.txt", "other/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(sources, "__file__", str(tmp_path / "pipeline" / "sources.py"))
    digest = sources.sources_digest.__wrapped__
    first = digest()
    for name, same in (
        ("other/x.py", True),
        ("transforms/__pycache__/x.pyc", True),
        ("transforms/text/words.txt", False),
        ("pipeline/new.py", False),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("two")
        assert (digest() == first) is same
        first = digest()


def test_an_attempt_that_is_continued_says_how_far_it_was(place, monkeypatch, capsys):
    fail_once(monkeypatch, "describe_run")
    assert second(place) == 1
    capsys.readouterr()
    assert second(place) == 0
    assert "continuing: 1 of 1 shards are read and 1 written" in capsys.readouterr().err
    assert result(place / "two") == result(place / "whole")


@pytest.mark.parametrize("how", ["changes", "vanishes", "is joined by another"])
def test_a_file_that_changes_while_it_is_read(place, monkeypatch, capsys, how):
    real = pipeline.job.describe_run
    path = place / "in2.jsonl"

    def meddle(*arguments, **options):
        if how == "changes":
            path.write_text(path.read_text() + page(999, [sentence(99)], "2024-01-01"))
        elif how == "vanishes":
            path.rename(place / "away")
        else:
            write_night(place / "in9.jsonl", 9)
        monkeypatch.setattr(pipeline.job, "describe_run", real)
        return real(*arguments, **options)

    monkeypatch.setattr(pipeline.job, "describe_run", meddle)
    if how != "changes":  # what was read is whole
        assert second(place) == 0
        assert result(place / "two") == result(place / "whole")
        return
    assert second(place) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{path} has changed while it was read, so nothing was committed" in said
    assert second(place) == 0
    assert "starting over: the input" in capsys.readouterr().err


def test_a_file_that_is_gone_when_its_turn_comes(place, monkeypatch, capsys):
    real = pipeline.job.run_pipeline
    path = place / "in2.jsonl"

    def meddle(*arguments, **options):
        path.rename(place / "away")
        return real(*arguments, **options)

    monkeypatch.setattr(pipeline.job, "run_pipeline", meddle)
    assert second(place) == 0
    (reject,) = lines(place / "two", "rejected")
    assert reject["file"].endswith("in2.jsonl")
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("where", ["output", "history"])
def test_a_full_disk_fails_in_one_line_and_can_be_gone_on_from(
    tmp_path, capsys, monkeypatch, where
):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    real = pipeline.job.run_pipeline

    def fill(*arguments, **options):
        (disk / "other").write_bytes(b"x" * (shutil.disk_usage(disk).free - 40_000))
        monkeypatch.setattr(pipeline.job, "run_pipeline", real)
        return real(*arguments, **options)

    monkeypatch.setattr(pipeline.job, "run_pipeline", fill)
    try:
        path = write_night(tmp_path / "in.jsonl", 1, texts=400)
        folders = {"output": tmp_path / "out", "history": tmp_path / "history"}
        folders[where] = disk / where
        history = f"--history={folders['history']}"
        assert clean(folders["output"], [path], history) == 1
        said = capsys.readouterr().err.splitlines()
        assert "No space left on device" in said[-1]
        assert len(said[-1]) < 500
        assert not any("Traceback" in line for line in said)
        assert not folders["output"].exists()
        assert load(str(folders["history"])) is None
        (disk / "other").unlink()
        assert clean(folders["output"], [path], history) == 0
        assert "continuing: " in capsys.readouterr().err
        assert len(runs_of(folders["history"])) == 1
        assert clean(tmp_path / "plain", [path]) == 0
        assert result(folders["output"]) == result(tmp_path / "plain")
    finally:
        subprocess.run(["umount", str(disk)], check=False)
