"""Whole runs over real text: what goes is what the oracle says, each with its keeper and distance.

The oracle looks at all pairs of paragraphs that share a near key, in plain Python, by the rules as
docs/duplicates.md states them. Any WARC files do as well:

    python tests/pipeline/test_duplicates_exactness.py [--paragraphs 50000] FILE.warc.gz…
"""

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import paragraphs_of_warc
import real_paragraphs
from duplicate_oracle import removals
from whole_runs import records_of

from pipeline.__main__ import main
from transforms.text.duplicates import EXACT, NEAR
from transforms.text.rows import order_of_date, pack_address
from transforms.text.shingles import ShingleHasher
from transforms.text.text_duplicates import text_rows

FILES = 4
RULES = {"duplicate.exact": EXACT, "duplicate.near": NEAR}
GOES_ON = "which goes as well"


def compare(pages, folder):
    """Cleans {URL: lines} and compares with the oracle; gives figures in words."""
    dated = [(url, f"2024-05-{n % 28 + 1:02d}T00:00:00.000Z", lines)
             for n, (url, lines) in enumerate(pages.items())]  # fmt: skip
    for number in range(FILES):
        with (folder / f"{number}.jsonl").open("w", encoding="utf-8") as out:
            for url, date, lines in dated[number::FILES]:
                page = {"url": url, "date": date, "text": "\n".join(lines)}
                out.write(json.dumps(page) + "\n")
    words = ["clean", f"--input={folder}/*.jsonl", f"--output={folder}/out", "--rules=none"]
    words += ["--signals=off", "--workers=1", "--memory-per-worker=16M", "--progress=off"]
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(words) == 0
    receipts = records_of(folder / "out/removed")
    ids = {one["metadata"]["url"]: one["id"] for one in records_of(folder / "out/documents")}
    ids |= {one["url"]: one["id"] for one in receipts}
    assert ids.keys() == pages.keys()

    texts, columns = [], []
    for number, (url, date, lines) in enumerate(dated):
        texts.extend(lines)
        addresses = pack_address(number % FILES, number // FILES, np.arange(len(lines)))
        of_page = int(order_of_date(date)), int(ids[url][3:], 16)
        columns.extend((*of_page, address) for address in addresses.tolist())
    exact, near = text_rows(texts, *np.array(columns, np.uint64).T, ShingleHasher())
    expected, capped = removals(exact, near)

    where = {column[2]: place for column, place in zip(columns, _places(dated), strict=True)}
    found = {(one["url"], one["paragraph"]): one for one in receipts}
    assert found.keys() == {where[address] for address in expected}
    longer_chains = 0
    for address, (kind, keeper, distance) in expected.items():
        receipt = found[where[address]]
        assert (RULES[receipt["rule"]], receipt["distance"]) == (kind, distance), receipt
        if GOES_ON in receipt["evidence"]:
            longer_chains += 1  # through more shards than are followed: an earlier one, then
        else:
            assert (receipt["keeper"]["url"], receipt["keeper"]["paragraph"]) == where[keeper]
    run = json.loads((folder / "out/run.json").read_bytes())
    assert run["duplicates"]["not_compared"] <= capped
    near_ones = sum(kind == NEAR for kind, _, _ in expected.values())
    return (
        f"{len(texts):,} paragraphs of {len(pages):,} pages: {len(expected) - near_ones:,} exact "
        f"and {near_ones:,} near duplicates go, as the oracle says; {longer_chains:,} chains are "
        f"longer than those followed; {run['duplicates']['not_compared']:,} beyond the cap"
    )


def _places(dated):
    for url, _, lines in dated:
        for paragraph in range(len(lines)):
            yield url, paragraph


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_thousand_paragraphs_of_installed_packages_go_as_the_oracle_says(tmp_path, capsys):
    pages = {
        f"https://packages.example/{name}": lines
        for name, lines in real_paragraphs.read_pages(50_000).items()
    }
    assert sum(map(len, pages.values())) == 50_000, "the installed packages have too little text"
    said = compare(pages, tmp_path)
    with capsys.disabled():
        print(
            f"\ndocstrings, notes, licences of Python {sys.version.split()[0]} and packages: {said}"
        )


@pytest.mark.slow
@pytest.mark.eval
@pytest.mark.timeout(600)
def test_paragraphs_of_web_pages_go_as_the_oracle_says(tmp_path, capsys):
    if not os.environ.get("PAGESIEVE_EVAL"):
        pytest.skip("PAGESIEVE_EVAL does not name a folder of labelled data")
    pages = paragraphs_of_warc.read_pages(
        [Path(os.environ["PAGESIEVE_EVAL"]) / "pages/pages.warc.gz"], 50_000
    )
    said = compare(pages, tmp_path)
    with capsys.disabled():
        print(f"\nlabelled web pages: {said}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="WARC files")
    parser.add_argument("--paragraphs", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(
            compare(paragraphs_of_warc.read_pages(options.files, options.paragraphs), Path(scratch))
        )
