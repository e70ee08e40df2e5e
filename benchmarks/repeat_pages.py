"""Deals the pages of WARC files out to 8, again and again, on other hosts and other days.

    python benchmarks/repeat_pages.py IN.warc.gz… OUT_FOLDER [--times 10] [--files 8]

For measurements: a set that is large enough for start-up not to count. Every repeat says the same
as the first, so its paragraphs are duplicates; for a corpus that grows see enlarge_corpus.py.
"""

import argparse
import gzip
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType


def read(paths):
    """Yields URL, date and HTTP message of each page."""
    for path in paths:
        with open(path, "rb") as stream:
            records = ArchiveIterator(
                stream, record_types=WarcRecordType.response, parse_http=False
            )
            for record in records:
                url = record.headers["WARC-Target-URI"]
                yield url, record.headers["WARC-Date"], record.reader.read()


def record_of(url, date, message):
    """Makes a WARC record, compressed."""
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(message)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + message + b"\r\n\r\n", 1, mtime=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--files", type=int, default=8)
    options = parser.parse_args()
    *sources, folder = options.paths
    folder.mkdir(parents=True, exist_ok=True)
    outputs = [(folder / f"pages-{n}.warc.gz").open("wb") for n in range(options.files)]
    pages = 0
    for url, date, message in read(sources):
        for time in range(options.times):
            parts = urlsplit(url)
            other = urlunsplit(parts._replace(netloc=f"r{time}.{parts.netloc}")) if time else url
            day = f"{date[:8]}{1 + (int(date[8:10]) + time) % 28:02d}{date[10:]}" if time else date
            outputs[(pages + time) % options.files].write(record_of(other, day, message))
        pages += 1
    for output in outputs:
        output.close()
    print(f"{pages * options.times} pages in {folder}")


if __name__ == "__main__":
    main()
