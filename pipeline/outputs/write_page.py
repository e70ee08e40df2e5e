"""One page with its removals becomes a document and receipts, and is counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import xxhash

from pipeline.outputs.counts import Counts
from pipeline.outputs.histograms import add_signals
from pipeline.outputs.receipts import receipt_lines
from pipeline.outputs.records import make_record
from pipeline.outputs.sinks import LineSink, ParquetSink
from transforms.records import Page, Removal

_FIRST_MONTH, _LAST_MONTH = "1990-01", "2099-12"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How the output looks.

    Attributes:
      format: extension of documents/.
      removed: whether receipts are written.
      added: time stamp of the records.
      run: name of the run.
      source: see `make_record`.
    """

    format: str = "jsonl.gz"
    removed: bool = True
    added: str
    run: str
    source: str = ""


def write_page(
    page: Page,
    removals: dict[int, Removal],
    options: OutputOptions,
    documents: LineSink | ParquetSink,
    counts: Counts,
    copies: Mapping[int, int] | None = None,
) -> Iterator[bytes]:
    """Writes a page's document, counts everything, and yields its receipts.

    Args:
      page: all of its paragraphs.
      removals: paragraph number to removal, those of the page and duplicates.
      options: how the output looks.
      documents: where the document goes.
      counts: is added to.
      copies: number of a paragraph to the size of the group of duplicates, or the pages with the
        template, that it belongs to, where that is known.

    Yields:
      Lines of JSON with their ends, several at a time.
    """
    copies = copies or {}
    record = make_record(page, removals, added=options.added, source=options.source)
    n = counts.n
    dropped = page.dropped
    if dropped is None and not record["text"]:
        dropped = Removal("page.empty", "no paragraph stays")
    kept = 0
    if dropped is None:
        kept = record["metadata"]["paragraphs_out"]
        line = orjson.dumps(record)
        documents.write(line)
        # No text holds the field: a quotation mark in it has a backslash before.
        counts.add_line(line.replace(_field("added", options.added), b"", 1))
        n["paragraphs.kept"] += kept
        n["characters.kept"] += len(record["text"]) - max(kept - 1, 0)
        _count_masks(record["metadata"].get("masked", ()), n)
        _count_written(counts, page)
    else:
        n[f"pages.dropped:{dropped.rule.removeprefix('page.')}"] += 1
    measured = page.extra.get("signals")
    if isinstance(measured, dict):
        add_signals(counts.histograms, measured, "dropped" if page.dropped else "kept")
    numbers = counts.hosts.setdefault(_host(page.url), [0, 0, 0])
    for i, value in enumerate((1, len(page.paragraphs), kept)):
        numbers[i] += value
    for paragraph, size in copies.items():
        _count_group(counts, page, paragraph, removals.get(paragraph), size)
    gone, by_rule = removals, record["metadata"]["removed"]
    if dropped is not None:
        gone = {m: removals.get(m, dropped) for m in range(len(page.paragraphs))}
        others = len(gone.keys() - removals.keys())
        if others:
            n[f"paragraphs.dropped:{dropped.rule.removeprefix('page.')}"] += others
    for rule, count in by_rule.items():
        n[f"paragraphs.removed:{rule}"] += count
    yield from receipt_lines(page, gone, options.run, counts)


def _field(name: str, value: str) -> bytes:
    """Gives a field as it stands in a line, with the comma before it."""
    return b"," + orjson.dumps({name: value})[1:-1]


def _count_masks(masked: Sequence[dict[str, Any]], n: Counter[str]) -> None:
    for mask in masked:
        n[f"masks:{mask['rule']}"] += 1
    if masked:
        n["pages.masked"] += 1
        n["paragraphs.masked"] += len({mask["paragraph"] for mask in masked})


def _host(url: str) -> str:
    """Gives a URL's host; what users and crawlers call a URL need not be one."""
    try:
        return ("://" in url and urlsplit(url).hostname) or "(none)"
    except ValueError:
        return "(none)"


def _count_written(counts: Counts, page: Page) -> None:
    n = counts.n
    n["pages.written"] += 1
    n[f"languages:{page.language}"] += 1
    n[f"years:{page.date[:4] or 'unknown'}"] += 1
    if _FIRST_MONTH <= page.date[:7] <= _LAST_MONTH:  # others say nothing, and are many
        n[f"months:{page.date[:7]}"] += 1


def _count_group(
    counts: Counts, page: Page, paragraph: int, removal: Removal | None, size: int
) -> None:
    """Counts a paragraph that belongs to a group of duplicates, or to a template."""
    if not size:
        return
    text = page.paragraphs[paragraph]
    if removal is None:
        if counts.groups.wants(size):
            about = {"id": page.id, "url": page.url, "paragraph": paragraph, "text": text}
            counts.groups.add(size, f"{page.id}#{paragraph}", about)
    elif removal.keeper is None:
        if counts.templates.wants(size):
            host = _host(page.url)
            name = f"{host} {xxhash.xxh3_64_hexdigest(text.encode('utf-8', 'replace'))}"
            about = {"host": host, "text": text, "evidence": removal.evidence}
            counts.templates.add(size, name, about)
    elif counts.copies.wants(size):
        keeper = removal.keeper
        counts.copies.add(
            size,
            f"{keeper.id}#{keeper.paragraph}",
            {"id": keeper.id, "url": keeper.url, "paragraph": keeper.paragraph},
            {"url": page.url, "text": text, "distance": removal.distance},
        )
