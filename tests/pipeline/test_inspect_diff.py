"""diff and report --compare: what changed between two runs, and why."""

import json
import re

import pytest
from inspect_runs import (
    BRIDGE,
    HOSTILE_URL,
    MALFORMED,
    OWN,
    PAGES,
    TIDE,
    TIDE_CHANGED,
    clean,
    write_pages,
)
from test_report import ALLOWED_TAGS, HOSTILE
from test_report import read as read_html

from pipeline.__main__ import main
from pipeline.reporting.report import render_report

UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("diff")
    source = write_pages(folder / "in.jsonl")
    clean(source, folder / "one")
    clean(source, folder / "again", "--format=jsonl.zst")
    clean(source, folder / "exact", "--near-duplicates=off", "--rules=-comments")
    changed = [dict(page) for page in PAGES]
    changed[1]["text"] = changed[1]["text"].replace("heather", "lime")
    changed[2]["url"] = "https://new.example/"
    clean(write_pages(folder / "changed.jsonl", changed, bad=()), folder / "other")
    return folder


def diff(runs, capsys, one, two, *more):
    capsys.readouterr()
    status = main(["diff", str(runs / one), str(runs / two), *more])
    captured = capsys.readouterr()
    assert captured.err == ""
    return status, captured.out


def test_the_same_pages(runs, capsys):
    status, out = diff(runs, capsys, "one", "again")
    assert status == 0
    assert out.splitlines()[0].endswith(": the same")
    assert "3 pages the same" in out
    assert "options.format: jsonl.gz before, jsonl.zst after" in out


def test_the_same_without_digests(runs, capsys, tmp_path):
    """The tables say what the digests said."""
    import shutil

    for name in ("one", "again"):
        shutil.copytree(runs / name, tmp_path / name)
        run = json.loads((tmp_path / name / "run.json").read_text(encoding="utf-8"))
        (tmp_path / name / "run.json").write_text(json.dumps(run | {"digest": ""}))
    status, out = diff(tmp_path, capsys, "one", "again", "--json")
    assert status == 0
    assert json.loads(out)["pages"]["same"] == 3


def test_other_rules(runs, capsys):
    status, out = diff(runs, capsys, "one", "exact", "--json")
    told = json.loads(out)
    assert status == 1
    assert told["same"] is False
    assert told["pages"] == {
        "same": 1,
        "only_before": 0,
        "only_after": 0,
        "dropped_now": 0,
        "written_now": 0,
        "input_changed": 0,
        "text_changed": 2,
        "language_changed": 0,
        "removals_changed": 0,
    }
    assert told["rules"] == {
        "comments.blogger": {"more": 0, "fewer": 2},
        "duplicate.near": {"more": 0, "fewer": 1},
    }
    assert {s["name"] for s in told["settings"]} == {"options.near_duplicates", "options.rules"}
    examples = {e["url"]: e for e in told["examples"]["text_changed"]}
    assert examples["https://b.example/news/two"]["new"] == [TIDE_CHANGED]
    assert examples["https://b.example/news/two"]["rules"] == {"duplicate.near": -1}
    assert examples["https://a.example/news/one"]["new"] == ["No comments:", "Post a Comment"]
    assert examples["https://a.example/news/one"]["gone"] == []


def test_other_input(runs, capsys):
    status, out = diff(runs, capsys, "one", "other", "--json")
    told = json.loads(out)
    assert status == 1
    assert told["pages"]["input_changed"] == 1
    assert told["pages"]["only_before"] == told["pages"]["only_after"] == 0
    assert told["rejected"] == {"before": {"malformed": 1}, "after": {}}
    assert [e["url"] for e in told["examples"]["input_changed"]] == ["https://b.example/news/two"]


def test_pages_in_one_run_alone_and_languages(tmp_path, capsys):
    german = {"url": "https://d.example/", "text": f"{OWN}\n{TIDE}"}
    write_pages(tmp_path / "1.jsonl", [PAGES[0], german], bad=())
    write_pages(tmp_path / "2.jsonl", [PAGES[0], PAGES[1]], bad=())
    for name in "12":
        clean(tmp_path / f"{name}.jsonl", tmp_path / name)
    status, out = diff(tmp_path, capsys, "1", "2")
    assert status == 1
    assert "1 page: only in the first run\n    https://d.example/" in out
    assert "1 page: only in the second run\n    https://b.example/news/two" in out
    clean(tmp_path / "1.jsonl", tmp_path / "de", "--languages=de")
    status, out = diff(tmp_path, capsys, "1", "de")
    assert "2 pages: written by the first run, dropped by the second" in out
    status, out = diff(tmp_path, capsys, "de", "1", "--examples=1")
    assert "2 pages: dropped by the first run, written by the second" in out
    assert len(re.findall(r"^    https://", out, re.MULTILINE)) == 1


def test_nothing_hostile_reaches_the_terminal(runs, capsys, tmp_path):
    pages = [dict(PAGES[3])]
    write_pages(tmp_path / "1.jsonl", pages, bad=())
    pages[0]["text"] += "\n" + pages[0]["text"].replace("rowing", "\x1b[2Jsailing")
    pages.append({"url": HOSTILE_URL + "2", "text": BRIDGE})
    write_pages(tmp_path / "2.jsonl", pages, bad=())
    for name in "12":
        clean(tmp_path / f"{name}.jsonl", tmp_path / name)
    _, out = diff(tmp_path, capsys, "1", "2")
    assert "evil.example" in out
    assert not re.search(UNSAFE, out)


def test_runs_that_cannot_be_read(runs, capsys, tmp_path):
    capsys.readouterr()
    assert main(["diff", str(runs / "one"), str(tmp_path / "nope")]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "nope: no such folder" in err
    assert main(["diff", str(runs / "one")]) == 2
    assert "arguments are required: RUN2" in capsys.readouterr().err
    assert main(["diff", str(runs / "one"), str(runs / "other"), "--examples=-1"]) == 2


def test_the_report_compares(runs, capsys):
    words = ["report", f"--output={runs / 'exact'}", f"--compare={runs / 'one'}"]
    assert main(words) == 0
    assert capsys.readouterr().out.split() == [
        str(runs / "exact" / "report.html"),
        str(runs / "exact" / "card.md"),
    ]
    shown = read_html((runs / "exact" / "report.html").read_text(encoding="utf-8")).text
    text = " ".join(" ".join(shown).split())
    assert "How much was kept, then and now" in text
    assert "options.near_duplicates" in text.replace(" ", "")
    assert main(words[:2]) == 0
    assert "then and now" not in (runs / "exact" / "report.html").read_text(encoding="utf-8")
    assert main([*words[:2], "--compare=/nowhere/at/all"]) == 2
    assert "--compare /nowhere/at/all: no such folder" in capsys.readouterr().err


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_run_is_inert_in_the_comparison(value):
    other = {
        "run": value,
        "pages": {"read": 3, "written": 3},
        "paragraphs": {"in": 9, "kept": 5, "removed": {value: 4}},
        "languages": {value: 3},
        "versions": {value: value},
        "options": {value: [value]},
    }
    html = render_report({}, other)
    assert set(read_html(html).tags) <= ALLOWED_TAGS | {"small"}
    assert not re.search(UNSAFE, html)
    assert MALFORMED not in html
