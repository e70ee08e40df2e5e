"""One page with its removals becomes a document and receipts, and is counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import xxhash

from pipeline.outputs.counts import Counts
from pipeline.outputs.records import make_receipt, make_record
from pipeline.outputs.sinks import LineSink, ParquetSink
from transforms.records import Page, Removal

_SAMPLE_CHARS = 300


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
) -> Iterator[bytes]:
    """Writes a page's document, counts everything, and yields the lines of its receipts.

    Args:
      page: all of its paragraphs.
      removals: paragraph number to removal, those of the page and duplicates.
      options: how the output looks.
      documents: where the document goes.
      counts: is added to.
    """
    record = make_record(page, removals, added=options.added, source=options.source)
    n = counts.n
    dropped = page.dropped
    if dropped is None and not record["text"]:
        dropped = Removal("page.empty", "no paragraph stays")
    kept = 0
    if dropped is None:
        kept = record["metadata"]["paragraphs_out"]
        documents.write(orjson.dumps(record))
        counts.add_line(orjson.dumps({k: v for k, v in record.items() if k != "added"}))
        n["pages.written"] += 1
        n["paragraphs.kept"] += kept
        n["characters.kept"] += len(record["text"]) - max(kept - 1, 0)
        _count_masks(record["metadata"].get("masked", ()), n)
        n[f"languages:{page.language}"] += 1
        n[f"years:{page.date[:4] or 'unknown'}"] += 1
    else:
        n[f"pages.dropped:{dropped.rule.removeprefix('page.')}"] += 1
    numbers = counts.hosts.setdefault(_host(page.url), [0, 0, 0])
    for i, value in enumerate((1, len(page.paragraphs), kept)):
        numbers[i] += value
    for paragraph in range(len(page.paragraphs)):
        removal = removals.get(paragraph)
        if removal is None:
            if dropped is None:
                continue
            n[f"paragraphs.dropped:{dropped.rule.removeprefix('page.')}"] += 1
            removal = dropped
        else:
            n[f"paragraphs.removed:{removal.rule}"] += 1
        receipt = make_receipt(page, paragraph, removal, options.run)
        _count_sample(counts, receipt)
        counts.add_line(orjson.dumps({k: v for k, v in receipt.items() if k != "run"}))
        yield orjson.dumps(receipt)


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


def _count_sample(counts: Counts, receipt: dict[str, object]) -> None:
    rank = xxhash.xxh3_64_intdigest(f"{receipt['id']}#{receipt['paragraph']}".encode()) >> 11
    sample: dict[str, object] = {
        "url": receipt["url"],
        "text": str(receipt["text"])[:_SAMPLE_CHARS],
        "evidence": receipt["evidence"],
    }
    if "keeper" in receipt:
        sample["keeper"] = receipt["keeper"]
    counts.add_sample(str(receipt["rule"]), rank, sample)
