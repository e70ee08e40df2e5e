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
import contextlib
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

import numpy as np
import psutil

from pipeline.duplicates.runs import ROW_TYPES

ROOT = Path(__file__).resolve().parents[1]
WORDS = 20_000
PARAGRAPHS = (3, 8)
PARAGRAPH_WORDS = 45
PAGES = {"latency": 200, "sustained": 0, "compare": 200_000, "hot": 300_000}


def make_words():
    """Words by frequency, as text has them."""
    chance = random.Random(1)
    return ["".join(chance.choices("aeioutnshrdlcm", k=chance.randint(2, 9))) for _ in range(WORDS)]


class Pages:
    """Pages with a share of repeated paragraphs, the same for the same number.

    Args:
      repeats: share of paragraphs that repeat one of an earlier page; half of them with one word
        changed.
    """

    def __init__(self, repeats):
        self._words = make_words()
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(WORDS)))
        self._repeats = repeats

    def paragraph(self, number, place):
        """A paragraph of its own."""
        chance = random.Random(number * 64 + place)
        words = chance.choices(self._words, cum_weights=self._weights, k=PARAGRAPH_WORDS)
        return " ".join(words).capitalize() + "."

    def page(self, number):
        """A page as a record; its date is its number in seconds."""
        chance = random.Random(-number - 1)
        paragraphs = []
        for place in range(chance.randint(*PARAGRAPHS)):
            if not number or chance.random() >= self._repeats:
                paragraphs.append(self.paragraph(number, place))
                continue
            old = self.paragraph(chance.randrange(number), chance.randrange(PARAGRAPHS[0]))
            if chance.random() < 0.5:
                words = old.split()
                words[chance.randrange(1, len(words) - 1)] = chance.choice(self._words)
                old = " ".join(words)
            paragraphs.append(old)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + number))
        return {
            "url": f"https://site{number % 1000}.example/{number}",
            "date": moment,
            "text": "\n".join(paragraphs),
        }


def drop(inbox, name, pages, at_ns=None):
    """Writes pages beside their place and renames them into the inbox."""
    hidden = inbox / f".{name}"
    hidden.write_text("".join(json.dumps(page) + "\n" for page in pages))
    if at_ns is not None:
        os.utime(hidden, ns=(at_ns, at_ns))
    hidden.rename(inbox / name)


class Stream:
    """A running `pagesieve watch`."""

    def __init__(self, prism, folder, *options, inbox=True):
        self.inbox, self.output = folder / "in", folder / "out"
        self.inbox.mkdir()
        self.err = (folder / "err").open("wb")
        command = [
            *(sys.executable, "-m", "pipeline", "watch"),
            *([f"--input={self.inbox}/*"] if inbox else []),
            *(f"--output={self.output}", f"--prism_location={prism}", "--source=x", *options),
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self.err, stderr=self.err)
        self._ps = psutil.Process(self.process.pid)

    def manifest(self):
        """What is committed."""
        try:
            return json.loads((self.output / "memory" / "manifest.json").read_bytes())
        except FileNotFoundError:
            return {}

    def pages_in(self):
        """Pages that are committed."""
        return (self.manifest().get("counts") or {}).get("n", {}).get("pages.read", 0)

    def wait_for(self, pages):
        """Waits until so many pages are committed."""
        while self.pages_in() < pages:
            self.check()
            time.sleep(0.02)

    def check(self):
        """Makes sure that it still runs."""
        if self.process.poll() is not None:
            said = Path(self.err.name).read_text(errors="replace")[-2000:]
            log = self.output.with_suffix(".work") / "prism.log"
            prism = log.read_text(errors="replace")[-4000:] if log.exists() else ""
            raise SystemExit(f"the stream ended; it said:\n{said}\nPrism said:\n{prism}")

    def lag_s(self):
        """Seconds since the page was taken in that waits longest, as the stream tells it."""
        said = Path(self.err.name).read_text(errors="replace").rpartition("lag ")[2]
        return float(said.split(" ")[0]) if said else 0.0

    def cpu_s(self):
        """CPU seconds of all its processes."""
        children = self._ps.children(recursive=True)
        return sum(sum(p.cpu_times()[:2]) for p in (self._ps, *children))

    def rows_mb(self):
        """MB of files of rows in the memory."""
        size = 0
        for path in (self.output / "memory" / "segments").glob("*/*.rows"):
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                size += path.stat().st_size
        return size / 1e6

    def sizes(self):
        """MB, threads and open files of this process and of each child, by name."""
        found = []
        for process in (self._ps, *self._ps.children(recursive=True)):
            with process.oneshot():
                name = "watch" if process == self._ps else process.name()
                mb = process.memory_info().rss / 1e6
                found.append(f"{name} {mb:.0f}/{process.num_threads()}/{process.num_fds()}")
        return "  ".join(found)

    def stop(self):
        """Ends it cleanly; gives the seconds that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        if status:
            raise SystemExit(f"the stream ended with {status}; see {self.err.name}")
        return time.monotonic() - began


def latency(options, folder):
    """From a file in the inbox to the manifest that has its page."""
    pages = Pages(0.3)
    stream = Stream(options.prism, folder, "--window=1s", "--settle=0s", "--progress=off")
    drop(stream.inbox, "first.jsonl", [pages.page(0)])
    stream.wait_for(1)
    dropped, took = {}, []
    done = 1
    number = 1
    following = time.monotonic()
    while done <= options.pages:
        now = time.monotonic()
        if number <= options.pages and now >= following:
            drop(stream.inbox, f"p{number:06d}.jsonl", [pages.page(number)])
            dropped[number] = time.monotonic()
            number += 1
            following += options.every
        committed = stream.pages_in()
        moment = time.monotonic()
        took += [moment - dropped[n] for n in range(done, committed)]
        done = max(done, committed)
        time.sleep(0.01)
    took.sort()
    print(f"pages {len(took)}, one every {options.every} s, load {os.getloadavg()[0]:.1f}")
    for share in (0.5, 0.9, 0.99):
        print(f"  {share:.0%} of the pages are committed in {took[int(len(took) * share)]:.2f} s")
    print(f"  stopped in {stream.stop():.2f} s")


def sustained(options, folder):
    """A fixed rate of pages, in files."""
    stream = Stream(
        options.prism, folder, f"--window={options.window}", "--settle=0s", *options.options.split()
    )
    keep_up(stream, lambda number, some: drop(stream.inbox, f"p{number:08d}.jsonl", some), options)


def keep_up(stream, send, options):
    """Sends a stream a fixed rate of pages for some minutes; reports by the minute.

    Args:
      stream: has just been started.
      send: takes the number of the first page, and pages.
      options: with `minutes`, `rate` and `every`.
    """
    pages = Pages(0.3)
    send(0, [pages.page(0)])
    stream.wait_for(1)
    began, number = time.monotonic(), 1
    report = began + 60
    print(
        "minute   pages  committed  behind  lag s  CPU s  segments  MB rows  load  MB/threads/open "
        "files of each process"
    )
    while (now := time.monotonic()) < began + options.minutes * 60 + 1:
        target = int((now - began) * options.rate)
        while number < target:
            some = [pages.page(n) for n in range(number, min(number + 50, target + 1))]
            send(number, some)
            number += len(some)
        if now >= report:
            stream.check()
            done = stream.pages_in()
            print(
                f"{(now - began) / 60:6.1f}  {number:6,}  {done:9,}  {number - done:6,}  "
                f"{stream.lag_s():5.1f}  {stream.cpu_s():5.0f}  "
                f"{len(stream.manifest()['segments']):8}  {stream.rows_mb():7.1f}  "
                f"{os.getloadavg()[0]:4.1f}  {stream.sizes()}",
                flush=True,
            )
            report += 60
        time.sleep(options.every)
    behind = time.monotonic()
    stream.wait_for(number)
    print(f"caught up {time.monotonic() - behind:.1f} s later")
    print(f"stopped in {stream.stop():.2f} s")


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
