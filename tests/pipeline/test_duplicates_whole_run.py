"""Whole runs: the same result for any shards, and every receipt names a paragraph that stays."""

import json
import sys
from pathlib import Path

import pytest
from duplicate_oracle import near_matches
from whole_runs import records_of

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from make_corpus import CorpusMaker

from transforms.text.text_duplicates import drop_near_duplicates, text_rows

GOES_ON = "which goes as well"


def run(clean, folder, pages, files, *options):
    """Cleans the pages, dealt out to so many files."""
    source = folder / f"in{files}"
    source.mkdir(parents=True)
    for number in range(files):
        lines = [json.dumps(page) for page in pages[number::files]]
        (source / f"{number}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    fixed = ["--rules=none", "--source=made", "--workers=1", "--progress=off"]
    ran = clean(f"{source}/*.jsonl", options=[*fixed, *options], output=folder / f"out{files}")
    assert ran.status == 0, ran.err
    return ran


def texts_by_page(out):
    return {one["metadata"]["url"]: one["text"].split("\n") for one in out.documents}


def receipts(out):
    """{(page, paragraph): (rule, page of the keeper, its paragraph, distance)}."""
    return {
        (one["url"], one["paragraph"]): (
            one["rule"],
            one["keeper"]["url"],
            one["keeper"]["paragraph"],
            one["distance"],
        )
        for one in records_of(out.output / "removed")
    }


@pytest.mark.parametrize("seed", [1])
def test_any_number_of_shards_gives_the_same_and_keepers_stay(clean, tmp_path, seed):
    pages = list(CorpusMaker(seed).pages(250))
    lines = {page["url"]: page["text"].split("\n") for page in pages}
    one = run(clean, tmp_path, pages, 1)
    five = run(clean, tmp_path, pages, 5, "--memory-per-worker=1M")
    assert texts_by_page(one) == texts_by_page(five)
    assert receipts(one) == receipts(five)
    stay = texts_by_page(five)
    removed = receipts(five)
    assert {rule for rule, *_ in removed.values()} >= {"duplicate.exact", "duplicate.near"}
    for receipt in records_of(five.output / "removed"):
        if GOES_ON in receipt["evidence"]:
            continue
        keeper = receipt["keeper"]
        assert lines[keeper["url"]][keeper["paragraph"]] in stay[keeper["url"]]
        assert (keeper["url"], keeper["paragraph"]) not in removed


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_thousand_paragraphs_are_searched_exactly():
    """The numpy search against plain Python over a corpus of 50,000 made paragraphs."""
    import numpy as np

    from transforms.text.duplicates import find_near
    from transforms.text.shingles import ShingleHasher

    texts = [line for page in CorpusMaker(3).pages(50_000) for line in page["text"].split("\n")]
    places = np.arange(len(texts), dtype=np.uint64)
    _, near = text_rows(texts, places % 28, places * 31 % 1009, places, ShingleHasher())
    matches, capped = near_matches(near)
    found = find_near(near)
    same = {tuple(m) for m in found.matches[["address", "keeper", "kind", "distance"]].tolist()}
    assert same == {tuple(map(int, m)) for m in matches}
    assert found.capped == capped
    assert any(drop_near_duplicates(texts[:2000]))
