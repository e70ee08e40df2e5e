"""Site templates: lines that stand on many pages of one host, whatever they say.

A line row is an exact row whose key is of host and text together and whose check is the host, so
that all copies of a line on one host meet under one key. In place of the page's hash it has that of
the page's longest paragraph: pages that share it are copies of one page, captured again or printed,
and count once. So no article is taken for a template because it was crawled five times.

A history keeps one row of each template that a run has found, with the number of pages that have
the line in place of the page's hash, and that of the host's pages in place of the address.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import xxhash

from transforms.text import kernel
from transforms.text.dedup_defaults import DEFAULT_MIN_PAGES, DEFAULT_MIN_SHARE
from transforms.text.duplicates import ASKED_FOR, MATCH, REMEMBERED, TEMPLATE
from transforms.text.rows import EXACT_ROW, Rows, order_of_date
from transforms.text.shingles import Hashes

_WORD = re.compile(r"[^\W\d_]{2}")
_FOLD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)

HOST = np.dtype([("host", "<u8"), ("pages", "<u8")])
"""16 bytes: hash of a host, and how many pages it has."""


def host_hash(url: str) -> int:
    """Hashes the host of a URL; 0 for a URL without one, whose page has no site."""
    try:
        host = urlsplit(url).hostname if "://" in url else None
    except ValueError:
        host = None
    return xxhash.xxh3_64_intdigest(host.encode("utf-8", "surrogatepass")) or 1 if host else 0


def have_words(lines: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each line holds a word: two letters in a row, and not the first line of a script.

    A line without one is no template: brackets, line numbers and `#!/bin/sh` stand on half of a
    manual's pages and belong to its examples.
    """
    if kernel.compiled is not None:
        return np.frombuffer(kernel.compiled.have_words(list(lines)), bool)
    return np.fromiter(
        (_WORD.search(line) is not None and "#!/" not in line for line in lines), bool, len(lines)
    )


def line_rows(
    exact: Rows, compared: npt.NDArray[np.bool_], hosts: Hashes, contents: Hashes
) -> Rows:
    """Makes line rows of exact rows.

    Args:
      exact: one row a paragraph.
      compared: shape (n,), whether it is compared with other pages, so that it may be a keeper.
      hosts: shape (n,), the host of each; rows of host 0 are left out.
      contents: shape (n,), the hash of the longest paragraph of each one's page.
    """
    rows = exact.copy()
    rows["key"] = (exact["key"] ^ (hosts * _FOLD)) * _MIX
    rows["check"] = hosts
    rows["page_hash"] = contents
    rows["date"] = compared
    return rows[hosts != 0]


def content_hashes(chars: npt.NDArray[np.int64], keys: Hashes, counts: Sequence[int]) -> Hashes:
    """Gives the hash of the longest paragraph of each page; of equals the first.

    Args:
      chars: shape (n,), length of each paragraph, page by page.
      keys: shape (n,), the hashes of their exact forms.
      counts: how many paragraphs each page has; a page without any gets 0.
    """
    found = np.zeros(len(counts), np.uint64)
    start = 0
    for page, count in enumerate(counts):
        if count:
            found[page] = keys[start + int(chars[start : start + count].argmax())]
        start += count
    return found


def count_hosts(urls: Sequence[str]) -> npt.NDArray[np.void]:
    """Counts the pages of each host; array of `HOST`, sorted."""
    hosts = np.array([host_hash(url) for url in urls], np.uint64)
    return sum_hosts([_hosts(*np.unique(hosts[hosts != 0], return_counts=True))])


def sum_hosts(parts: Sequence[npt.NDArray[np.void]]) -> npt.NDArray[np.void]:
    """Adds up counts of hosts; array of `HOST`, sorted, each host once."""
    every = np.concatenate([np.empty(0, HOST), *parts])
    hosts, where = np.unique(every["host"], return_inverse=True)
    pages = np.zeros(len(hosts), np.uint64)
    np.add.at(pages, where, every["pages"])
    return _hosts(hosts, pages)


def _hosts(hosts: Hashes, pages: npt.NDArray[np.integer]) -> npt.NDArray[np.void]:
    counted = np.empty(len(hosts), HOST)
    counted["host"], counted["pages"] = hosts, pages
    return counted


def find_templates(
    rows: Rows,
    hosts: npt.NDArray[np.void],
    min_pages: int = DEFAULT_MIN_PAGES,
    min_share: float = DEFAULT_MIN_SHARE,
) -> npt.NDArray[np.void]:
    """Finds all copies of lines that are a site's template.

    Args:
      rows: line rows, in any order, with all rows of each of their keys.
      hosts: array of `HOST`, sorted, of all hosts with `min_pages` pages or more.
      min_pages: different pages of the host that hold the line, at least 2.
      min_share: share of the host's pages that hold it, 0..1.

    Returns:
      Array of `MATCH`, one a row that goes: `keeper_date` is the number of pages with the line,
      `keeper_hash` that of the host's pages; there is no keeper.
    """
    rows = rows[np.argsort(rows["key"], kind="stable")]
    _, where, copies = np.unique(rows["key"], return_inverse=True, return_counts=True)
    often = copies[where] >= min_pages
    rows, where = rows[often], where[often]
    if not len(rows):
        return np.empty(0, MATCH)
    pages = rows["page_hash"]
    order = np.lexsort((pages, where))
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (np.diff(pages[order]) != 0) | (np.diff(where[order]) != 0)
    on_pages = np.bincount(where[order][fresh], minlength=int(where.max()) + 1)[where]
    of_pages = pages_of(hosts, rows["check"])
    template = (on_pages >= min_pages) & (on_pages >= min_share * of_pages) & (of_pages > 0)
    return matches_of(rows[template], on_pages[template], of_pages[template])


def pages_of(hosts: npt.NDArray[np.void], wanted: Hashes) -> npt.NDArray[np.int64]:
    """Looks up how many pages hosts have; 0 for one that is not listed."""
    if not len(hosts):
        return np.zeros(len(wanted), np.int64)
    place = np.minimum(np.searchsorted(hosts["host"], wanted), len(hosts) - 1)
    return np.where(hosts["host"][place] == wanted, hosts["pages"][place], 0).astype(np.int64)


def matches_of(
    rows: Rows, on_pages: npt.NDArray[np.integer], of_pages: npt.NDArray[np.integer]
) -> npt.NDArray[np.void]:
    """Makes the matches of template lines, those of one run."""
    matches = np.zeros(len(rows), MATCH)
    matches["address"] = matches["keeper"] = rows["address"]
    matches["keeper_date"], matches["keeper_hash"] = on_pages, of_pages
    matches["kind"] = TEMPLATE
    matches["mark"] = np.where(rows["date"] != 0, ASKED_FOR, 0)
    return matches


def rows_to_remember(rows: Rows, matches: npt.NDArray[np.void], known: Rows, run: int) -> Rows:
    """Makes the rows that a history keeps of the templates that were found.

    Args:
      rows: line rows.
      matches: what `find_templates` found among them.
      known: what the history has of their keys.
      run: number of the run in the history.

    Returns:
      One row a line that the history does not have, sorted by key.
    """
    matches = matches[np.argsort(matches["address"])]
    rows = rows[np.isin(rows["address"], matches["address"])]
    rows = rows[~np.isin(rows["key"], known["key"])]
    rows = rows[np.unique(rows["key"], return_index=True)[1]]
    kept = np.zeros(len(rows), EXACT_ROW)
    kept["key"], kept["check"] = rows["key"], rows["check"]
    kept["date"] = order_of_date("", run)
    found = matches[np.searchsorted(matches["address"], rows["address"])]
    kept["page_hash"], kept["address"] = found["keeper_date"], found["keeper_hash"]
    return kept


def find_remembered(rows: Rows, known: Rows) -> npt.NDArray[np.void]:
    """Finds the lines that an earlier run found to be a template, on however few pages they stand.

    Args:
      rows: line rows.
      known: rows of the history, sorted by key, one a key.

    Returns:
      As `find_templates`, with the figures of that run.
    """
    if not len(known):
        return np.empty(0, MATCH)
    place = np.minimum(np.searchsorted(known["key"], rows["key"]), len(known) - 1)
    same = (known["key"][place] == rows["key"]) & (known["check"][place] == rows["check"])
    known = known[place[same]]
    matches = matches_of(rows[same], known["page_hash"], known["address"])
    matches["mark"] |= REMEMBERED
    return matches
