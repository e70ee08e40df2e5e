"""Measures `pagesieve watch`: latency, pages a second, memory, and what it decides.

    python benchmarks/stream.py latency   --prism=PATH [--pages=200] [--every=0.25]
    python benchmarks/stream.py sustained --prism=PATH [--minutes=10] [--rate=100]
    python benchmarks/stream.py compare   --prism=PATH [--pages=200000]

`latency` drops one page at a time and reports the time until its window is committed (windows of
one second, files at rest at once). `sustained` drops files at a fixed rate of pages and reports, by
the minute, pages committed, lag, CPU seconds and the memory of all processes. `compare` drops pages
of which 30 % of the paragraphs repeat earlier ones, runs a batch over the same pages with the dates
of their arrival, and compares records and receipts, one by one.
"""

import argparse
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
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
WORDS = 20_000
PARAGRAPHS = (3, 8)
PARAGRAPH_WORDS = 45


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
        self._weights = [1 / (rank + 10) for rank in range(WORDS)]
        self._repeats = repeats

    def paragraph(self, number, place):
        """A paragraph of its own."""
        chance = random.Random(number * 64 + place)
        words = chance.choices(self._words, self._weights, k=PARAGRAPH_WORDS)
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

    def __init__(self, prism, folder, *options):
        self.inbox, self.output = folder / "in", folder / "out"
        self.inbox.mkdir()
        self.err = (folder / "err").open("wb")
        command = [
            *(sys.executable, "-m", "pipeline", "watch", f"--input={self.inbox}/*"),
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
            if self.process.poll() is not None:
                said = Path(self.err.name).read_text(errors="replace")[-2000:]
                raise SystemExit(f"the stream ended; it said:\n{said}")
            time.sleep(0.02)

    def use(self):
        """CPU seconds, memory in MB of this process, and of Prism."""
        children = self._ps.children(recursive=True)
        cpu = sum(sum(p.cpu_times()[:2]) for p in (self._ps, *children))
        return (
            cpu,
            self._ps.memory_info().rss / 1e6,
            sum(c.memory_info().rss for c in children) / 1e6,
        )

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
    """A fixed rate of pages for some minutes."""
    pages = Pages(0.3)
    stream = Stream(options.prism, folder, f"--window={options.window}", "--settle=0s")
    drop(stream.inbox, "first.jsonl", [pages.page(0)])
    stream.wait_for(1)
    began, number = time.monotonic(), 1
    report = began + 60
    print("minute  pages  committed  behind  CPU s  MB  Prism MB  segments  load")
    while (now := time.monotonic()) < began + options.minutes * 60:
        target = int((now - began) * options.rate)
        while number < target:
            some = [pages.page(n) for n in range(number, min(number + 50, target + 1))]
            drop(stream.inbox, f"p{number:08d}.jsonl", some)
            number += len(some)
        if now >= report:
            cpu, own, prism = stream.use()
            done = stream.pages_in()
            print(
                f"{(now - began) / 60:6.1f}  {number:6,}  {done:8,}  {number - done:5,}  "
                f"{cpu:6.0f}  {own:5.0f}  {prism:5.0f}  {len(stream.manifest()['segments']):3}  "
                f"{os.getloadavg()[0]:.1f}",
                flush=True,
            )
            report += 60
        time.sleep(0.1)
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
    seconds, (cpu, own, prism) = time.monotonic() - began, stream.use()
    print(
        f"stream: {options.pages:,} pages in {seconds:.0f} s, {cpu:.0f} CPU s, {own:.0f} MB and "
        f"{prism:.0f} MB of Prism, {len(stream.manifest()['segments'])} segments",
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


def main():
    """Runs one measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("latency", "sustained", "compare"))
    parser.add_argument("--prism", required=True)
    parser.add_argument("--pages", type=int)
    parser.add_argument("--every", type=float, default=0.25)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--window", default="1s")
    parser.add_argument("--folder", help="for the data; a temporary one by default")
    options = parser.parse_args()
    options.pages = options.pages or (200 if options.what == "latency" else 200_000)
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        return globals()[options.what](options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
