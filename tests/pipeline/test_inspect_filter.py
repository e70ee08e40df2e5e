"""filter: the same run as `clean --filters` makes, without cleaning again."""

import json

import pytest
from page_files import DATE, SENTENCES, html, jsonl, text, write
from quality_pages import content
from whole_runs import records_of

from pipeline.__main__ import main

ALL = "gopher-repetition,gopher-quality,fineweb"


def filtered(ran, into, *options):
    return main(["filter", f"--output={ran.output}", f"--into={into}", *options])


@pytest.mark.parametrize(
    ("filters", "output_format"),
    [
        ([f"--filters={ALL}"], "jsonl.gz"),
        (["--filters=c4-datatrove"], "jsonl.gz"),
        (
            ["--filters=fineweb,c4", "--limits=c4.min_sentences=9,fineweb.max_dup_char_share=0.2"],
            "parquet",
        ),
    ],
    ids=lambda value: value[0].rpartition("=")[2] if isinstance(value, list) else value,
)
def test_it_is_what_cleaning_with_filters_makes(clean, tmp_path, capsys, filters, output_format):
    source = write(tmp_path / "in.jsonl", content())
    extra = write(tmp_path / "more.html", html(*SENTENCES).encode())
    options = ["--dedup=none", f"--format={output_format}", "--mask=pii"]
    plain = clean(source, extra, options=options, output=tmp_path / "plain")
    once = clean(source, extra, options=[*options, *filters], output=tmp_path / "once")
    new = tmp_path / "new"
    assert filtered(plain, new, *filters) == 0
    assert "dropped; " in capsys.readouterr().out
    run = json.loads((new / "run.json").read_bytes())
    assert run["digest"] == once.run["digest"] != plain.run["digest"]
    assert run["pages"] == once.run["pages"]
    assert run["paragraphs"] == once.run["paragraphs"]
    assert run["options"]["filters"] == once.run["options"]["filters"]
    assert run["options"]["limits"] == once.run["options"]["limits"]
    assert run["conservation"]["holds"]
    assert records_of(new / "documents") == once.documents
    names = ("run",)
    assert [
        {k: v for k, v in r.items() if k not in names} for r in records_of(new / "removed")
    ] == [{k: v for k, v in r.items() if k not in names} for r in once.receipts]
    assert (new / "report.html").exists()


def test_a_filtered_run_can_be_filtered_and_restored(clean, tmp_path, capsys):
    plain = clean(write(tmp_path / "in.jsonl", content()), options=["--dedup=none"])
    assert filtered(plain, tmp_path / "one", "--filters=fineweb") == 0
    plain.output = tmp_path / "one"
    assert filtered(plain, tmp_path / "two", "--filters=gopher-quality") == 0
    both = json.loads((tmp_path / "two" / "run.json").read_bytes())
    assert both["options"]["filters"] == ["fineweb", "gopher-quality"]
    assert {name.partition(".")[0] for name in both["pages"]["dropped"]} == {
        "fineweb",
        "gopher-quality",
    }
    restored = ["restore", f"--output={tmp_path / 'two'}", f"--into={tmp_path / 'three'}"]
    assert main([*restored, "--rule=page"]) == 0
    again = json.loads((tmp_path / "three" / "run.json").read_bytes())
    assert again["pages"]["dropped"] == {}
    assert again["pages"]["written"] == both["pages"]["read"]
    capsys.readouterr()


def test_lost_keepers_are_counted(clean, tmp_path, capsys):
    first = {"url": "https://a.example/", "date": DATE % 1, "text": SENTENCES[0]}
    second = {"url": "https://b.example/", "date": DATE % 2, "text": text(*SENTENCES)}
    ran = clean(write(tmp_path / "in.jsonl", jsonl(first, second)))
    assert [one["rule"] for one in ran.receipts] == ["duplicate.exact"]
    assert filtered(ran, tmp_path / "new", "--filters=gopher-quality") == 0
    assert "1 paragraph had gone as duplicates of text on these pages" in capsys.readouterr().out
    run = json.loads((tmp_path / "new" / "run.json").read_bytes())
    assert run["origin"]["paragraphs_without_keeper"] == 1
    assert run["origin"]["pages_dropped"] == 1


def test_what_is_refused(clean, tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", content(5))
    ran = clean(source)
    off = clean(source, options=["--signals=off"], output=tmp_path / "off")
    bare = clean(source, options=["--removed=off"], output=tmp_path / "bare")
    new = tmp_path / "new"
    for run, into, options, words in (
        (ran, new, [], "--filters is empty"),
        (ran, new, ["--filters=gopher"], "no rule set 'gopher'"),
        (ran, ran.output, ["--filters=c4"], "--into is the run itself"),
        (ran, off.output, ["--filters=c4"], "--overwrite"),
        (off, new, ["--filters=c4"], "--signals=on"),
        (bare, new, ["--filters=c4"], "--removed=off"),
    ):
        assert filtered(run, into, *options) == 2
        assert words in capsys.readouterr().err
    assert not new.exists()
