"""Measures site templates on a corpus whose pages stand under one host, and samples removals.

    python benchmarks/template_lines.py CORPUS.warc.gz... --sample 200

The first part of each page's path is taken for its host: in a corpus of manuals, the manual. Lines
are those that extraction and the phrases of widgets leave. Prints the share of lines that go as
`template`, and a sample of them, each with a line before and a line behind, for reading by eye.
"""

import argparse
import random
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from transforms.text.errors import TextError
from transforms.text.html import extract_pages
from transforms.text.normal import exact_form, exact_hashes
from transforms.text.templates import (
    DEFAULT_MIN_PAGES,
    DEFAULT_MIN_SHARE,
    content_hashes,
    have_words,
)
from transforms.text.widgets import find_phrases

BATCH = 64


def read(paths, every):
    """Manual and kept lines of each page."""
    for path in paths:
        with path.open("rb") as stream:
            records = ArchiveIterator(stream, record_types=WarcRecordType.response)
            urls, pages = [], []
            for number, record in enumerate(records):
                if number % every:
                    continue
                raw = record.reader.read()
                urls.append(record.headers["WARC-Target-URI"])
                pages.append(bytes_to_str(raw, detect_encoding(raw)))
                if len(pages) == BATCH:
                    yield from _kept(urls, pages)
                    urls, pages = [], []
            yield from _kept(urls, pages)


def _kept(urls, pages):
    extracts = list(extract_pages(pages))
    lines = [
        [] if isinstance(e, TextError) else [b.text for b in e.blocks if not b.rule]
        for e in extracts
    ]
    for url, page, gone in zip(urls, lines, find_phrases(lines), strict=True):
        host = urlsplit(url).path.split("/")[1]
        yield host, url, [line for n, line in enumerate(page) if n not in gone]


def main() -> None:
    """Count, and print a sample."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("corpus", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=1, help="take every n-th page only")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    on_host: Counter[str] = Counter()
    on_pages: dict[tuple[str, int], set[int]] = {}
    kept = []
    for host, url, page in read(options.corpus, options.every):
        on_host[host] += 1
        if not page:
            continue
        keys = exact_hashes(exact_form(page))[:, 0]
        content = int(content_hashes(np.array([len(line) for line in page]), keys, [len(page)])[0])
        keys[~have_words(page)] = 0
        for key in np.unique(keys[keys != 0]).tolist():
            on_pages.setdefault((host, key), set()).add(content)
        kept.append((host, url, page, keys.tolist()))
    template = {
        (host, key)
        for (host, key), contents in on_pages.items()
        if len(contents) >= max(DEFAULT_MIN_PAGES, DEFAULT_MIN_SHARE * on_host[host])
    }
    lines = chars = gone_chars = 0
    gone = []
    for host, url, page, keys in kept:
        lines += len(page)
        chars += sum(map(len, page))
        for n, key in enumerate(keys):
            if (host, key) in template:
                gone_chars += len(page[n])
                gone.append((host, key, url, page[max(n - 1, 0) : n], page[n], page[n + 1 : n + 2]))
    print(f"{len(kept)} pages, {len(on_host)} hosts, {lines} lines; {len(gone)} lines go, "
          f"{len(gone) / lines:.4f} of lines, {gone_chars / chars:.4f} of characters, "
          f"{len(template)} different")  # fmt: skip
    pick = random.Random(options.seed).sample(gone, min(options.sample, len(gone)))
    for number, (host, key, _, before, line, after) in enumerate(pick):
        share = len(on_pages[host, key]) / on_host[host]
        around = [text[:50] for text in (*before, *after)]
        print(f"{number}\t{host}\t{share:.2f}\t>>>{line[:160]}<<<\t{around}")


if __name__ == "__main__":
    main()
