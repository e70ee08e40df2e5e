"""Measures `pagesieve watch`: latency, pages a second, memory, and what it decides.

    python benchmarks/stream.py latency   --prism=PATH [--pages=200] [--every=0.25]
    python benchmarks/stream.py sustained --prism=PATH [--minutes=10] [--rate=100] [--every=0.25]
    python benchmarks/stream.py compare   --prism=PATH [--pages=200000]
    python benchmarks/stream.py hot       --prism=PATH [--pages=300000]

`latency` drops one page at a time and reports the time until its window is committed (windows of
one second, files at rest at once). `sustained` drops files at a fixed rate of pages and reports, by
the minute, pages committed, lag, CPU seconds and the memory of all processes. `compare` drops pages
of which 30 % of the paragraphs repeat earlier ones, runs a batch over the same pages with the dates
of their arrival, and compares records and receipts, one by one. `hot` drops short pages that all
have one footer, and another that differs in a number alone, and reports what is remembered of them.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from running_stream import ROOT, Pages, Stream, keep_up, measure_latency

from pipeline.duplicates.runs import ROW_TYPES

PAGES = {"latency": 200, "sustained": 0, "compare": 200_000, "hot": 300_000}


def drop(inbox, name, pages, at_ns=None):
    """Writes pages beside their place and renames them into the inbox."""
    hidden = inbox / f".{name}"
    hidden.write_text("".join(json.dumps(page) + "\n" for page in pages))
    if at_ns is not None:
        os.utime(hidden, ns=(at_ns, at_ns))
    hidden.rename(inbox / name)


def send_files(stream):
    """Gives what drops pages into the inbox of a stream."""
    return lambda number, some: drop(stream.inbox, f"p{number:08d}.jsonl", some)


def latency(options, folder):
    """One page at a time, in files."""
    stream = Stream(options.prism, folder, "--window=1s", "--settle=0s", "--progress=off")
    measure_latency(stream, send_files(stream), options)


def sustained(options, folder):
    """A fixed rate of pages, in files."""
    stream = Stream(
        options.prism, folder, f"--window={options.window}", "--settle=0s", *options.options.split()
    )
    keep_up(stream, send_files(stream), options)


def outcome(output):
    """What became of each page, by hashes: ids to records, and receipts."""
    found = {}
    for kind, fields in (("documents", ("added",)), ("removed", ("run",))):
        for path in sorted((output / kind).iterdir()):
            with gzip.open(path, "rt") as lines:
                for line in lines:
                    record = json.loads(line)
                    for field in fields:
                        del record[field]
                    key = (record["id"], record.get("paragraph", -1))
                    if key in found:
                        raise SystemExit(f"{key} stands twice in {output}")
                    found[key] = hash(json.dumps(record, sort_keys=True))
    return found


def compare(options, folder):
    """A stream's decisions against those of a batch."""
    pages = Pages(0.3)
    stream = Stream(options.prism, folder, f"--window={options.window}", "--settle=0s")
    began, at_ns = time.monotonic(), time.time_ns() - 10**12
    for number in range(0, options.pages, 100):
        some = [pages.page(n) for n in range(number, min(number + 100, options.pages))]
        drop(stream.inbox, f"p{number:08d}.jsonl", some, at_ns + number)
    stream.wait_for(options.pages)
    seconds = time.monotonic() - began
    print(
        f"stream: {options.pages:,} pages in {seconds:.0f} s, {stream.cpu_s():.0f} CPU s, "
        f"{len(stream.manifest()['segments'])} segments; MB/threads/open files: {stream.sizes()}",
        flush=True,
    )
    stream.stop()
    subprocess.run(
        [
            *(sys.executable, "-m", "pipeline", "clean", f"--input={stream.inbox}"),
            *(f"--output={folder}/batch", "--rules=all,-template.line", "--source=x"),
            "--progress=off",
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    mine, batch = outcome(stream.output), outcome(folder / "batch")
    differ = sum(mine.get(key) != batch.get(key) for key in mine.keys() | batch.keys())
    receipts = sum(key[1] >= 0 for key in batch)
    print(f"records and receipts: {len(batch):,}, of them {receipts:,} receipts; {differ} differ")
    return differ


def hot_page(pages, number):
    """A page with a paragraph of its own and two footers that all pages have."""
    footer = "This page is one of many on a site whose owner wants all of them to end with this."
    text = f"{pages.paragraph(number, 0)}\n{footer}\nYou are visitor number {number}. {footer}"
    return {"url": f"https://hot.example/{number}", "text": text}


def rows_of_commonest_key(memory, segments):
    """Rows of all segments, bytes of them, and the most rows that one key has in all of them."""
    total = size = most = 0
    for name in sorted({name for segment in segments for name, _ in segment["parts"]}):
        dtype = ROW_TYPES[name.partition("-")[0]]
        keys = [np.empty(0, "<u8")]
        for segment in segments:
            if any(name == part for part, _ in segment["parts"]):
                rows = np.fromfile(memory / segment["folder"] / f"{name}.rows", dtype)
                keys.append(rows["key"])
                size += rows.nbytes
        together = np.concatenate(keys)
        total += len(together)
        most = max(most, int(np.unique(together, return_counts=True)[1].max(initial=0)))
    return total, size, most


def hot(options, folder):
    """Pages that have one key in common."""
    pages = Pages(0)
    words = (f"--window={options.window}", "--settle=0s", *options.options.split())
    stream = Stream(options.prism, folder, *words)
    began = time.monotonic()
    print("pages    s  CPU s  segments     rows  MB of rows  of one key  MB/threads/open files")
    step = max(options.pages // 10, 1)
    for start in range(0, options.pages, step):
        for number in range(start, min(start + step, options.pages), 500):
            end = min(number + 500, start + step, options.pages)
            some = [hot_page(pages, n) for n in range(number, end)]
            drop(stream.inbox, f"p{number:08d}.jsonl", some)
        stream.wait_for(min(start + step, options.pages))
        while True:
            segments = stream.manifest()["segments"]
            try:
                rows, size, most = rows_of_commonest_key(stream.output / "memory", segments)
            except FileNotFoundError:  # merged meanwhile
                continue
            break
        print(
            f"{stream.pages_in():7,}  {time.monotonic() - began:5.0f}  {stream.cpu_s():5.0f}  "
            f"{len(segments):8}  {rows:8,}  {size / 1e6:10.1f}  {most:10,}  {stream.sizes()}",
            flush=True,
        )
    print(f"stopped in {stream.stop():.2f} s")


def main():
    """Runs one measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("latency", "sustained", "compare", "hot"))
    parser.add_argument("--prism", required=True)
    parser.add_argument("--pages", type=int)
    parser.add_argument("--every", type=float, default=0.25)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--window", default="1s")
    parser.add_argument("--folder", help="for the data; a temporary one by default")
    parser.add_argument("--keep", action="store_true", help="the data, and what was said")
    parser.add_argument("--options", default="", help="further ones of the stream")
    options = parser.parse_args()
    options.pages = options.pages or PAGES[options.what]
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        return globals()[options.what](options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
