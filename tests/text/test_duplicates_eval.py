"""Quality gate: floors of recall and precision on labelled pairs, by kind of edit and length.

Needs PAGESIEVE_EVAL, a folder with near_duplicates/pages.jsonl (pages of one paragraph a line, with
url, date and text) and near_duplicates/truth.jsonl (url, text, of, kind, words, remove). The floors
may only rise.
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from transforms.text.normal import strip_to_words
from transforms.text.rows import NEAR_KEYS, near_rows, order_of_date
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import hamming
from transforms.text.text_duplicates import drop_near_duplicates

pytestmark = pytest.mark.eval

LENGTHS = ("10-20", "20-50", "50-100", "100+")
FLOORS = {
    "exact": (1.0, 1.0, 1.0, 1.0),
    "format": (0.99, 0.99, 0.99, 0.99),
    "one_word": (0.90, 0.99, 0.99, 0.99),
    "number": (0.80, 0.96, 0.99, 0.99),
    "appended": (0.88, 0.98, 0.99, 0.99),
    "ten_percent": (0.80, 0.90, 0.96, 0.96),
    "skeleton": (0.995,) * 4,
    "half": (0.98,) * 4,
}
ORIGINALS_KEPT = 0.995


def squeeze(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def labelled():
    folder = os.environ.get("PAGESIEVE_EVAL")
    if not folder:
        pytest.skip("set PAGESIEVE_EVAL to the folder of labelled data to run this gate")
    folder = Path(folder) / "near_duplicates"
    pages = [json.loads(line) for line in (folder / "pages.jsonl").open(encoding="utf-8")]
    truth = [json.loads(line) for line in (folder / "truth.jsonl").open(encoding="utf-8")]
    return pages, truth


@pytest.fixture(scope="module")
def kept(labelled):
    """Page to the paragraphs that stay."""
    pages, _ = labelled
    texts, urls, orders = [], [], []
    for page in pages:
        for line in filter(str.strip, page["text"].splitlines()):
            texts.append(line)
            urls.append(page["url"])
            orders.append(int(order_of_date(page["date"])))
    stay = defaultdict(set)
    for text, url, gone in zip(texts, urls, drop_near_duplicates(texts, orders), strict=True):
        if gone is None:
            stay[url].add(squeeze(text))
    return stay


def test_every_kind_and_length_is_above_its_floor(labelled, kept):
    cells = defaultdict(lambda: [0, 0])
    for one in labelled[1]:
        stays = squeeze(one["text"]) in kept[one["url"]]
        cell = cells[one["kind"], one["words"]]
        cell[0] += stays != one["remove"]
        cell[1] += 1
    shares = {cell: right / count for cell, (right, count) in cells.items()}
    print({f"{kind} {words}": round(share, 3) for (kind, words), share in sorted(shares.items())})
    floors = {
        (kind, words): floor
        for kind, row in FLOORS.items()
        for words, floor in zip(LENGTHS, row, strict=True)
    }
    below = {cell: share for cell, share in shares.items() if share < floors[cell]}
    assert below == {}


def test_originals_stay(labelled, kept):
    _, truth = labelled
    later = {one["url"] for one in truth}
    first = set().union(*(lines for url, lines in kept.items() if url not in later))
    share = sum(squeeze(one["of"]) in first for one in truth) / len(truth)
    print(f"originals kept {share:.4f}")
    assert share >= ORIGINALS_KEPT


def test_near_keys_find_what_all_pairs_within_ten_bits_would(labelled):
    """Of the edited pairs within distance 10 at least 97 % share a key."""
    pairs = [one for one in labelled[1] if one["kind"] in ("one_word", "number", "appended")]
    places = np.arange(len(pairs), dtype=np.uint64)
    one, other = (
        near_rows(strip_to_words([pair[side] for pair in pairs]), *[places] * 3, ShingleHasher())
        for side in ("text", "of")
    )
    candidates = (one["key"] == other["key"]).reshape(-1, NEAR_KEYS).any(axis=1)
    one, other = one[::NEAR_KEYS]["simhash"], other[::NEAR_KEYS]["simhash"]
    within = hamming(one, other) <= 10
    share = np.count_nonzero(candidates & within) / np.count_nonzero(within)
    print(f"{np.count_nonzero(within)} pairs within 10 bits, {share:.4f} of them share a key")
    assert share >= 0.97
