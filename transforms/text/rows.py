"""Fingerprint rows: what deduplication knows of a paragraph, in fixed width.

A paragraph has one exact row and, when it is long enough, `NEAR_KEYS` near rows. Rows are ordered
by key, and under one key by the order that decides which copy stays: date, then the hash of its
URL, then the place in its page.
"""

import datetime as dt
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from transforms.text import kernel
from transforms.text.beginnings import MAX_SHINGLES
from transforms.text.normal import drop_digits, exact_hashes
from transforms.text.shingles import Hashes, ShingleHasher, count_shingles
from transforms.text.simhash import sketch

Rows = npt.NDArray[np.void]

NEAR_KEYS = 6
"""Near keys of a paragraph: the candidates are the pairs that share one."""

_MINIMA_KEYS = NEAR_KEYS - 1
"""Keys of two minima each. The last key is the opening of the text: of a text with a sentence
appended it finds what a sixth pair of minima would miss, and it selects better."""

OPENING_CHARS = 24
"""Word characters in the last key."""

SKETCH_MINIMA = 64
"""Further minima, kept with 2 bits each: a second estimate of likeness (Li and Koenig 2010). In 16
bytes this tells likeness apart better than 32 of 4 bits, and as well as 128 of one."""

_SKETCH_BITS = 2

_SKETCH_FIRST = 12
"""Number of the first of them; the verdict's numbers were chosen with these."""

_MINIMA = _SKETCH_FIRST + SKETCH_MINIMA
_FOLD = np.uint64(0x9E3779B97F4A7C15)

SHARD_BITS, PAGE_BITS, PARAGRAPH_BITS = 20, 24, 20
"""How an address divides its 64 bits."""

MAX_PARAGRAPHS = 1 << PARAGRAPH_BITS
MAX_PAGES = 1 << PAGE_BITS
MAX_SHARDS = 1 << SHARD_BITS

DATE_BITS = 47
"""Bits of a date: milliseconds since year 1; what comes after the year 4460 counts as its end."""

MAX_RUNS = 1 << (64 - DATE_BITS)

UNDATED = (1 << DATE_BITS) - 1
"""The date of a page without one: after all others of its run."""

_YEAR_ONE = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)

_ORDER = [("date", "<u8"), ("page_hash", "<u8"), ("address", "<u8")]

EXACT_ROW = np.dtype([("key", "<u8"), ("check", "<u8"), *_ORDER])
"""40 bytes: hash of the exact form (key and check), order, address."""

NEAR_ROW = np.dtype(
    [
        ("key", "<u8"),
        ("simhash", "<u8"),
        *_ORDER,
        ("minima", "<u8", (2,)),
        ("shingles", "<u2"),
        ("digitless", "<u2"),
        ("beginning", "<u4"),
    ]
)
"""64 bytes: near key, fingerprint, order, address, 64 minima of 2 bits, number of shingles (65,535
for all above), hash of the form without digits, hashes of the beginning."""


def order_of_date(date: str, run: int = 0) -> np.uint64:
    """Makes the number by which paragraphs are ordered first: run, then date.

    Args:
      date: `YYYY-MM-DDTHH:MM:SS.mmmZ`, or "" for an unknown one, which comes after all others.
      run: number of the run in its history, 0..`MAX_RUNS` - 1; earlier runs come first.
    """
    if not 0 <= run < MAX_RUNS:
        raise ValueError(f"run {run} is outside 0..{MAX_RUNS - 1}")
    since = UNDATED
    if date:
        since = min((dt.datetime.fromisoformat(date) - _YEAR_ONE) // _MILLISECOND, UNDATED - 1)
    return np.uint64(run << DATE_BITS | since)


def run_of(dates: Hashes) -> Hashes:
    """Gives the number of the run of each `date` of a row."""
    return dates >> np.uint64(DATE_BITS)


def pack_address(
    shard: int, page: int | npt.NDArray[np.intp], paragraph: npt.NDArray[np.intp]
) -> Hashes:
    """Packs shard (20 bits), page (24) and paragraph number (20) so that addresses sort by them."""
    pages = np.asarray(page, np.int64)
    if not 0 <= shard < MAX_SHARDS:
        raise ValueError(f"shard {shard} is outside 0..{MAX_SHARDS - 1}")
    if pages.size and not (pages.min() >= 0 and pages.max() < MAX_PAGES):
        raise ValueError(f"page {page} is outside 0..{MAX_PAGES - 1}")
    base = np.uint64(shard << (PAGE_BITS + PARAGRAPH_BITS))
    places = pages.astype(np.uint64) << np.uint64(PARAGRAPH_BITS)
    return base | places | paragraph.astype(np.uint64)


def shard_of(addresses: Hashes) -> Hashes:
    """Gives the shard number of each address."""
    return addresses >> np.uint64(PAGE_BITS + PARAGRAPH_BITS)


def page_of(addresses: Hashes) -> Hashes:
    """Gives the page number, within its shard, of each address."""
    return (addresses >> np.uint64(PARAGRAPH_BITS)) & np.uint64(MAX_PAGES - 1)


def paragraph_of(addresses: Hashes) -> Hashes:
    """Gives the paragraph number, within its page, of each address."""
    return addresses & np.uint64(MAX_PARAGRAPHS - 1)


def exact_rows(
    forms: Sequence[str], dates: Hashes, page_hashes: Hashes, addresses: Hashes
) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Makes the exact row of each text.

    Args:
      forms: of texts, as `exact_form` gives them.
      dates: shape (n,), of their pages, as `order_of_date` gives them.
      page_hashes: shape (n,), of their pages.
      addresses: shape (n,), where they stand.

    Returns:
      Rows in the order of the texts, and which of the texts have any word characters: one that has
      none is like no other and has no place in deduplication.
    """
    rows = np.empty(len(forms), EXACT_ROW)
    hashes = exact_hashes(forms)
    rows["key"], rows["check"] = hashes[:, 0], hashes[:, 1]
    rows["date"], rows["page_hash"], rows["address"] = dates, page_hashes, addresses
    return rows, np.array([bool(form) for form in forms], bool)


def near_rows(
    words: Sequence[str],
    dates: Hashes,
    page_hashes: Hashes,
    addresses: Hashes,
    hasher: ShingleHasher,
    digitless: Hashes | None = None,
) -> Rows:
    """Makes the near rows of each text.

    Args:
      words: texts as `strip_to_words` gives them.
      dates: see `exact_rows`.
      page_hashes: see `exact_rows`.
      addresses: see `exact_rows`.
      hasher: keeps the MD5 of shingles between calls.
      digitless: for a text without any digit the key of its exact row, which is the hash of its
        form without digits; 0 for another.

    Returns:
      Shape (n * NEAR_KEYS,); the rows of one text stand together.
    """
    sketches = sketch(words, _MINIMA, hasher)
    rows = np.empty((len(words), NEAR_KEYS), NEAR_ROW)
    rows["key"][:, :_MINIMA_KEYS] = near_keys(sketches.minima[:, : 2 * _MINIMA_KEYS])
    rows["key"][:, _MINIMA_KEYS] = exact_hashes([w[:OPENING_CHARS] for w in words])[:, 0]
    rows["simhash"] = sketches.simhash[:, None]
    rows["minima"] = _pack_minima(sketches.minima[:, _SKETCH_FIRST:])[:, None, :]
    shingles = np.minimum(count_shingles(words), MAX_SHINGLES)
    rows["shingles"] = shingles.astype(np.uint16)[:, None]
    rows["beginning"] = sketches.beginnings[:, None]
    known = np.zeros(len(words), np.uint64) if digitless is None else digitless.copy()
    others = np.flatnonzero(known == 0).tolist()
    known[others] = exact_hashes(drop_digits([words[n] for n in others]))[:, 0]
    rows["digitless"] = (known >> np.uint64(48)).astype(np.uint16)[:, None]
    for name, column in (("date", dates), ("page_hash", page_hashes), ("address", addresses)):
        rows[name] = column[:, None]
    return rows.ravel()


def near_keys(minima: npt.NDArray[np.uint32]) -> Hashes:
    """Makes a key of each pair of minima; the number of the pair is part of it.

    Args:
      minima: shape (n, 2 * k).

    Returns:
      Shape (n, k).
    """
    wide = minima.astype(np.uint64)
    pair = wide[:, 0::2] << np.uint64(32) | wide[:, 1::2]
    salt = np.arange(1, pair.shape[1] + 1, dtype=np.uint64) * _FOLD
    mixed = (pair ^ salt) * np.uint64(0xD6E8FEB86659FD93)
    return (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)


def sort_rows(rows: Rows) -> Rows:
    """Sorts rows by key, date, page hash, paragraph and address: the order that decides."""
    order, shared = _order_by_key(rows["key"])
    rows = rows[order]
    rows[shared] = sort_within_keys(rows[shared])
    return rows


def sort_shared(rows: Rows) -> Rows:
    """Sorts as `sort_rows` does, and leaves out the rows whose key stands only once."""
    order, shared = _order_by_key(rows["key"])
    return sort_within_keys(rows[order[shared]])


def _order_by_key(key: Hashes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Gives the order by key alone, and which places in it have a key that stands elsewhere too."""
    order = np.argsort(key)
    same = np.diff(key[order]) == 0
    shared = np.zeros(len(key), bool)
    shared[1:] |= same
    shared[:-1] |= same
    return order, shared


def sort_within_keys(rows: Rows) -> Rows:
    """Sorts rows in place, of which those of a key stand together and are at least two."""
    if kernel.compiled is not None and sys.byteorder == "little":
        kernel.compiled.sort_within_keys(rows, rows.dtype.itemsize)
        return rows
    key = np.ascontiguousarray(rows["key"])
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: len(key)])
    sizes = np.diff(np.append(first, len(rows)))
    pairs = first[sizes == 2]
    swapped = pairs[_comes_after(rows[pairs], rows[pairs + 1])]
    rows[np.stack([swapped, swapped + 1])] = rows[np.stack([swapped + 1, swapped])]
    more = np.flatnonzero(np.repeat(sizes > 2, sizes))
    names = ("address", "page_hash", "date", "key")
    address, page_hash, date, key = (rows[name][more] for name in names)
    order = np.lexsort((address, paragraph_of(address), page_hash, date, key))
    rows[more] = rows[more[order]]
    return rows


def _comes_after(one: Rows, other: Rows) -> npt.NDArray[np.bool_]:
    """Says for each pair of rows whether the first comes after the second by the order."""
    after = one["address"] > other["address"]
    for name in ("paragraph", "page_hash", "date"):
        if name == "paragraph":
            mine, its = paragraph_of(one["address"]), paragraph_of(other["address"])
        else:
            mine, its = one[name], other[name]
        after = (mine > its) | ((mine == its) & after)
    return after


def _pack_minima(minima: npt.NDArray[np.uint32]) -> Hashes:
    """Keeps 2 well-mixed bits of each of 64 minima; shape (n, 2)."""
    fields = (minima.astype(np.uint64) * _FOLD) >> np.uint64(64 - _SKETCH_BITS)
    a_word = SKETCH_MINIMA // 2
    shifts = np.arange(a_word, dtype=np.uint64) * np.uint64(_SKETCH_BITS)
    packed: Hashes = np.bitwise_or.reduce(fields.reshape(-1, 2, a_word) << shifts, axis=2)
    return packed
