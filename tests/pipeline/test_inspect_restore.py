"""restore: what rules removed is back at its place, the rest is as it was, and it all adds up."""

import pytest
from inspect_runs import BRIDGE, OWN, TIDE, TIDE_CHANGED, clean, read, run_json, texts, write_pages

from pipeline.__main__ import main


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    folder = tmp_path_factory.mktemp("restore")
    return clean(write_pages(folder / "in.jsonl"), folder / "out")


def restore(output, into, rules, *more):
    return main(["restore", f"--output={output}", f"--into={into}", f"--rule={rules}", *more])


def _balance(run):
    paragraphs, pages = run["paragraphs"], run["pages"]
    gone = sum(paragraphs["removed"].values()) + sum(paragraphs["dropped"].values())
    assert paragraphs["in"] == paragraphs["kept"] + gone
    not_written = sum(pages["dropped"].values()) + sum(pages["rejected"].values())
    assert pages["read"] == pages["written"] + not_written
    assert run["conservation"] == {"holds": True, "broken": []}


def test_a_group_of_rules(output, tmp_path, capsys):
    assert restore(output, tmp_path / "new", "duplicate") == 0
    assert "put back" in capsys.readouterr().out
    new, old = texts(tmp_path / "new"), texts(output)
    assert new["https://b.example/news/two"] == [TIDE_CHANGED, OWN, BRIDGE]
    assert new["https://c.example/copy"] == [TIDE, BRIDGE]
    assert "https://c.example/copy" not in old
    assert new["https://a.example/news/one"] == old["https://a.example/news/one"] == [TIDE, BRIDGE]
    rules = {r["rule"] for r in read(tmp_path / "new", "removed")}
    assert rules == {r["rule"] for r in read(output, "removed")} - {
        "duplicate.exact",
        "duplicate.near",
    }
    run = run_json(tmp_path / "new")
    _balance(run)
    assert run["pages"]["written"] == 4
    assert run["pages"]["dropped"] == {}
    assert run["origin"] == {
        "command": "restore",
        "output": str(output),
        "run": run_json(output)["run"],
        "rules": ["duplicate.exact", "duplicate.near"],
        "paragraphs_restored": run["paragraphs"]["kept"] - run_json(output)["paragraphs"]["kept"],
        "pages_restored": 1,
    }


def test_records_are_otherwise_as_they_were(output, tmp_path):
    assert restore(output, tmp_path / "new", "duplicate.near") == 0
    new = {r["id"]: r for r in read(tmp_path / "new", "documents")}
    for old in read(output, "documents"):
        record = new[old["id"]]
        gone = old["metadata"]["removed"].pop("duplicate.near", 0)
        old["metadata"]["paragraphs_out"] += gone
        assert record["metadata"] == old["metadata"]
        assert len(record["text"].split("\n")) == len(old["text"].split("\n")) + gone
        assert {k: record[k] for k in ("source", "added", "created")} == {
            k: old[k] for k in ("source", "added", "created")
        }
    _balance(run_json(tmp_path / "new"))
    assert read(tmp_path / "new", "rejected") == read(output, "rejected")


def test_receipts_that_stay_are_as_they_were(output, tmp_path):
    assert restore(output, tmp_path / "new", "comments") == 0
    left = [r for r in read(output, "removed") if not r["rule"].startswith("comments.")]
    assert read(tmp_path / "new", "removed") == left


def test_a_page_that_had_no_record_gets_its_language(output, tmp_path):
    assert restore(output, tmp_path / "new", "duplicate") == 0
    made = {r["metadata"]["url"]: r for r in read(tmp_path / "new", "documents")}
    page = made["https://c.example/copy"]
    assert page["metadata"]["language"] == "en"
    assert page["metadata"]["date"] == ""
    assert (page["metadata"]["paragraphs_in"], page["metadata"]["paragraphs_out"]) == (2, 2)


def test_pages_dropped_for_their_language(tmp_path):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out", "--languages=de")
    assert texts(output) == {}
    assert restore(output, tmp_path / "same", "comments") == 0
    assert texts(tmp_path / "same") == {}, "comments do not make a dropped page one again"
    _balance(run_json(tmp_path / "same"))
    assert restore(output, tmp_path / "new", "page.language") == 0
    assert texts(tmp_path / "new")["https://b.example/news/two"] == [TIDE_CHANGED, OWN, BRIDGE]
    assert texts(tmp_path / "new")["https://a.example/news/one"] == [TIDE, BRIDGE]
    _balance(run_json(tmp_path / "new"))


@pytest.mark.parametrize("name", ["jsonl.zst", "parquet"])
def test_every_format(tmp_path, name, capsys):
    options = f"--format={name}"
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out", options)
    assert restore(output, tmp_path / "new", "duplicate") == 0
    assert [p.name for p in (tmp_path / "new" / "documents").iterdir()] == [f"part-000000.{name}"]
    capsys.readouterr()
    assert main(["explain", f"--output={tmp_path / 'new'}", "b.example"]) == 0
    shown = capsys.readouterr().out
    assert "3 paragraphs: 3 kept, 0 removed" in shown
    assert TIDE_CHANGED in shown


def test_several_shards_in_several_processes(tmp_path):
    for name in "abc":
        pages = [
            {"url": f"https://{name}.example/{n}", "text": f"{TIDE}\n{OWN} {name}{n * n}"}
            for n in range(3)
        ]
        write_pages(tmp_path / f"{name}.jsonl", pages)
    output = clean(tmp_path / "*.jsonl", tmp_path / "out", "--shard-bytes=65536")
    assert restore(output, tmp_path / "new", "duplicate") == 0
    assert all(len(some) == 2 for some in texts(tmp_path / "new").values())
    assert len(texts(tmp_path / "new")) == 9
    _balance(run_json(tmp_path / "new"))


@pytest.mark.parametrize(
    ("rules", "into", "message"),
    [
        ("nonsense", "new", "--rule=nonsense removed nothing here; rules: comments.blogger"),
        (",", "new", "--rule is empty"),
        ("duplicate", "out", "--into is the run itself"),
        ("duplicate", "taken", "holds files that are no run of pagesieve"),
        ("duplicate", "", "--into is empty"),
    ],
)
def test_one_clear_line(output, tmp_path, capsys, rules, into, message):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("mine")
    path = output if into == "out" else tmp_path / into if into else ""
    capsys.readouterr()
    assert restore(output, path, rules) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert message in err


def test_a_run_without_receipts(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out", "--removed=off")
    capsys.readouterr()
    assert restore(output, tmp_path / "new", "duplicate") == 2
    assert "--removed=off and holds nothing to put back" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_receipts_that_do_not_fit_commit_nothing(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out")
    for part in (output / "removed").iterdir():
        part.unlink()
    run = (output / "run.json").read_text(encoding="utf-8").replace('"files"', '"listed"', 1)
    (output / "run.json").write_text(run, encoding="utf-8")
    capsys.readouterr()
    assert restore(output, tmp_path / "new", "duplicate") in (1, 2)
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "new").exists()
