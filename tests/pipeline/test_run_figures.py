"""The figures that the report is made of agree with the records and receipts of the run."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

from corpus_files import write_corpus
from page_files import jsonl, text, write

from pipeline.outputs.histograms import EDGES
from pipeline.outputs.largest import MOST
from pipeline.reporting.summary import LINE_PREFIX, summary_line

SHARDS = "--shard-bytes=65536"


def test_the_largest_groups_are_those_of_the_receipts(clean, tmp_path):
    ran = clean(*write_corpus(tmp_path / "in"), options=[SHARDS, "--workers=1"])
    assert ran.run["input"]["shards"] >= 3
    copies, texts = Counter(), defaultdict(set)
    for receipt in ran.receipts:
        if "keeper" in receipt:
            keeper = (receipt["keeper"]["id"], receipt["keeper"]["paragraph"])
            copies[keeper] += 1
            texts[keeper].add(receipt["text"])
    groups = ran.run["groups"]
    assert len(groups) == MOST
    assert [g["copies"] for g in groups] == sorted(copies.values(), reverse=True)[:MOST]
    pages = {page["id"]: page for page in ran.documents}
    for group in groups:
        keeper = (group["keeper"]["id"], group["keeper"]["paragraph"])
        assert group["copies"] == copies[keeper]
        assert group["keeper"]["text"] in pages[keeper[0]]["text"].split("\n")
        assert group["keeper"]["url"] == pages[keeper[0]]["metadata"]["url"]
        variants = [variant["text"] for variant in group["variants"]]
        assert len(variants) == len(set(variants)) <= min(len(texts[keeper]), 5)
        assert set(variants) <= texts[keeper]
    assert all(group["variants"] for group in groups[:3])


def test_months_and_signals_are_those_of_the_records(clean, tmp_path):
    ran = clean(*write_corpus(tmp_path / "in", pages=30), options=["--workers=1"])
    dated = Counter(page["created"][:7] for page in ran.documents if "created" in page)
    assert ran.run["months"] == dict(sorted(dated.items()))
    assert ran.run["signals"].keys() == EDGES.keys()
    for name, histogram in ran.run["signals"].items():
        expected = [0] * len(EDGES[name])
        for page in ran.documents:
            value = page["metadata"]["signals"][name]
            expected[max(sum(edge <= value for edge in EDGES[name]) - 1, 0)] += 1
        assert (histogram["kept"], sum(histogram["dropped"])) == (expected, 0)


def test_templates_are_those_of_the_receipts(clean, tmp_path):
    records = [
        {
            "url": f"https://{'abc'[n % 3]}.example/{n}",
            "text": text(
                f"Line {n} is here and nowhere else.", f"All rights of {'abc'[n % 3]} reserved"
            ),
        }
        for n in range(90)
    ]
    path = write(tmp_path / "in.jsonl", jsonl(*records))
    ran = clean(path, options=["--template-pages=10", "--rules=none,template", "--workers=1"])
    lines = Counter(r["text"] for r in ran.receipts if r["rule"] == "template.line")
    assert len(lines) == 3
    assert {t["text"]: t["pages"] for t in ran.run["templates"]} == dict(lines)
    assert {t["host"] for t in ran.run["templates"]} == {"a.example", "b.example", "c.example"}


def test_each_name_in_run_json_and_in_the_summary_line_is_documented(clean, tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "run_json.md").read_text("utf-8")
    about, _, line = page.partition("## The summary line")

    def named(text):
        rows = [row.split(" | ") for row in text.splitlines() if row.startswith("| `")]
        return {name for first, *_ in rows for name in re.findall(r"`(\w+)`", first)}

    run = clean(*write_corpus(tmp_path / "in", pages=8), options=["--workers=1"]).run
    assert named(about) == run.keys()
    for name in ("input", "pages", "paragraphs", "characters", "masked", "duplicates"):
        (row,) = [row for row in about.splitlines() if row.startswith(f"| `{name}`")]
        assert run[name].keys() <= set(re.findall(r"`(\w+)`", row)), name
    said = json.loads(summary_line(run).removeprefix(LINE_PREFIX))
    assert named(line) == said.keys()
