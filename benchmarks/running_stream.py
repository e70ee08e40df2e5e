"""A running stream for the benchmarks of `pagesieve watch`, its pages, and measurements of it."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from itertools import accumulate
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


def measure_latency(stream, send, options):
    """Sends a stream one page at a time; reports how long each takes to the manifest that has it.

    Args:
      stream: has just been started.
      send: takes the number of the first page, and pages.
      options: with `pages` and `every`.
    """
    pages = Pages(0.3)
    send(0, [pages.page(0)])
    stream.wait_for(1)
    sent, took = {}, []
    done = 1
    number = 1
    following = time.monotonic()
    while done <= options.pages:
        now = time.monotonic()
        if number <= options.pages and now >= following:
            send(number, [pages.page(number)])
            sent[number] = time.monotonic()
            number += 1
            following += options.every
        committed = stream.pages_in()
        moment = time.monotonic()
        took += [moment - sent[n] for n in range(done, committed)]
        done = max(done, committed)
        time.sleep(0.01)
    took.sort()
    print(f"pages {len(took)}, one every {options.every} s, load {os.getloadavg()[0]:.1f}")
    for share in (0.5, 0.9, 0.99):
        print(f"  {share:.0%} of the pages are committed in {took[int(len(took) * share)]:.2f} s")
    print(f"  stopped in {stream.stop():.2f} s")


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
