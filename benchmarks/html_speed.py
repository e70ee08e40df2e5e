"""Measures the extractors' CPU time a page, beside trafilatura's, in one run.

    python benchmarks/html_speed.py PAGES.warc.gz

The extractors take turns, so that a busy machine slows all of them alike; compare the ratios, not
the times. A turn is a batch of pages, because that is how extractors are used: with `--batch 1`
each of them finds the processor's caches full of another one's code and data at every page. No page
is seen twice by an extractor. `extract_pages` is what the pipeline calls. trafilatura is measured
where it is installed.
"""

import argparse
import time
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from transforms.text.html import extract_fast, extract_pages

WARM_UP = 10


def main() -> None:
    """Print milliseconds a page and the ratio to `extract_pages`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("pages", type=Path, help="pages, WARC")
    parser.add_argument("--every", type=int, default=1, help="take every n-th page only")
    parser.add_argument("--batch", type=int, default=25, help="pages a turn")
    options = parser.parse_args()
    extractors = {
        "extract_pages": lambda batch: list(extract_pages(batch)),
        "extract_fast": lambda batch: [extract_fast(html) for html in batch],
    }
    try:
        import trafilatura
    except ImportError:
        print("trafilatura is not installed: no ratio")
    else:
        extractors["trafilatura"] = lambda batch: [
            trafilatura.extract(html, include_comments=False) for html in batch
        ]
    with options.pages.open("rb") as stream:
        raw = [
            record.reader.read()
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response)
        ]
    pages = [bytes_to_str(page, detect_encoding(page)) for page in raw][:: options.every]
    seconds = dict.fromkeys(extractors, 0.0)
    for extract in extractors.values():
        extract(pages[:WARM_UP])
    for at in range(WARM_UP, len(pages), options.batch):
        batch = pages[at : at + options.batch]
        for name, extract in list(extractors.items())[:: 1 if at // options.batch % 2 else -1]:
            start = time.process_time()
            extract(batch)
            seconds[name] += time.process_time() - start
    pages = pages[WARM_UP:]
    print(f"{len(pages)} pages of {sum(map(len, pages)) // len(pages)} characters on average")
    for name, total in seconds.items():
        ratio = total / seconds["extract_pages"]
        print(f"{name:15} {total / len(pages) * 1000:7.2f} ms a page  {ratio:5.2f}")


if __name__ == "__main__":
    main()
