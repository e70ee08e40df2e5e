"""Whole runs: the same result for any shards, and every receipt names a paragraph that stays."""

import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from duplicate_oracle import near_matches
from whole_runs import records_of

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from make_corpus import CorpusMaker

from transforms.text.shingles import ShingleHasher
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


HALF = "Sign up to the letter of the harbour and read every week about ships and their cargo, then "
FOOTER = (
    "All rights reserved by the harbour office of the bay, which is open on week days from nine."
)


def hot_pages(count):
    """Pages with a footer, a line with a number, a half that all share, and next to nothing."""
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in ("a", "oo", "ei") for c in ("rn", "lt", "sk")]
    dice = random.Random(7)
    for n in range(count):
        copied = n >= count // 2  # the second half are copies of one page
        other = " ".join(dice.choices(words, k=16))
        lines = [
            "The one page that many others are a copy of, word for word" if copied else other,
            FOOTER,
            f"Page {1000 if copied else n} of the great book of ships that call at the harbour",
            HALF + ("nothing more was said" if copied else " ".join(dice.choices(words, k=9))),
            "\u2026",
            "a",
        ]
        day = f"{2001 + n // 28}-02-{n % 28 + 1:02d}T00:00:00Z"
        yield {"url": f"https://h.example/{n}", "date": day, "text": "\n".join(lines)}


def test_hot_keys_leave_the_right_ones_and_what_the_cap_left_out_is_counted(clean, tmp_path):
    pages = list(hot_pages(160))
    texts = [line for page in pages for line in page["text"].split("\n")]
    options = ["--min-words=1", "--max-pivots=3", "--shard-bytes=65536"]
    one = run(clean, tmp_path, pages, 3, *options)
    found = drop_near_duplicates(texts, min_words=1, max_pivots=3)
    expected = {
        (pages[n // 6]["url"], n % 6): (
            f"duplicate.{gone.kind}",
            pages[gone.keeper // 6]["url"],
            gone.keeper % 6,
            gone.distance,
        )
        for n, gone in enumerate(found)
        if gone
    }
    assert receipts(one) == expected
    stay = [line for lines in texts_by_page(one).values() for line in lines]
    assert (stay.count(FOOTER), stay.count("a"), stay.count("\u2026")) == (1, 1, 160)
    places = np.arange(len(texts), dtype=np.uint64)
    _, near = text_rows(texts, places, places, places, ShingleHasher(), 1)
    first = [n for n, text in enumerate(texts) if texts.index(text) == n]
    least, most = (
        near_matches(rows, 24, 3)[1] for rows in (near[np.isin(near["address"], first)], near)
    )
    # Near rows of exact copies are left out where a copy lies in the same shard.
    assert 50 < least <= one.run["duplicates"]["not_compared"] <= most
