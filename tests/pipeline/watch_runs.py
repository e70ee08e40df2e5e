"""Runs `pagesieve watch` as a process of its own, and says what it has committed."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from whole_runs import records_of

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 120

STOPS_WITHIN_S = 30
"""A stream that is asked to end has done so by then: three times what it is given, for machines
that are busy."""


@contextlib.contextmanager
def starter():
    """Starts the process that forks watchers; yields it."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("watch_starter.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(WAIT_S)


class Watch:
    """One process that watches `inbox` and commits to `output`.

    Args:
      started_by: what `starter` gave.
      prism: path of the runner.
      inbox: a folder, or the full name of a subscription.
      output: a folder; or one in a bucket, with `work`.
      options: further words of the command line.
      work: its folder for an output in a bucket.
    """

    def __init__(self, started_by, prism, inbox, output, *options, work=None):
        self.folder = Path(work or output)
        self.err_path = self.folder.with_suffix(".err")
        self._starter = started_by
        words = [
            *("watch", f"--output={output}"),
            f"--subscription={inbox}" if "subscriptions/" in str(inbox) else f"--input={inbox}/*",
            *(f"--prism_location={prism}", *map(str, options)),
            *([f"--work={work}"] if work else []),
        ]
        self.err_path.unlink(missing_ok=True)
        self.pid = self._start(words)
        self.status = None

    def _start(self, words):
        return self._ask(words=words, err=str(self.err_path))

    def _reap(self):
        return self._ask(wait=self.pid)

    def _ask(self, **order):
        print(json.dumps(order), file=self._starter.stdin, flush=True)
        return json.loads(self._starter.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            self.kill()

    @property
    def err(self):
        return self.err_path.read_text(errors="replace") if self.err_path.exists() else ""

    @property
    def manifest(self):
        """What is committed; {} before the first start."""
        try:
            return json.loads((self.folder / "memory" / "manifest.json").read_bytes())
        except FileNotFoundError:
            return {}

    @property
    def pages_in(self):
        return (self.manifest.get("counts") or {}).get("n", {}).get("pages.read", 0)

    def is_running(self):
        with contextlib.suppress(FileNotFoundError):
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
            return state != "Z"
        return False

    def wait_for(self, condition, what):
        until = time.monotonic() + WAIT_S
        while not condition():
            assert self.is_running(), f"ended while waiting for {what}: {self.err}"
            assert time.monotonic() < until, f"no {what} after {WAIT_S} s: {self.err}"
            time.sleep(0.02)

    def wait_for_pages(self, count):
        self.wait_for(lambda: self.pages_in >= count, f"{count} pages")

    def wait_for_start(self):
        self.wait_for(lambda: "watching" in self.err, "start")

    def stop(self, number=signal.SIGTERM):
        """Asks for a clean end; gives the exit status and how many seconds it took."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self):
        """Waits for the end; gives the exit status and how many seconds it took."""
        began = time.monotonic()
        self.status = self._reap()
        return self.status, time.monotonic() - began

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.status = self._reap()


class WatchCommand(Watch):
    """The command as a user starts it, from the shell; it may start itself again."""

    def __init__(self, prism, inbox, output, *options):
        super().__init__(None, prism, inbox, output, *options)

    def _start(self, words):
        with self.err_path.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline", *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=err,
                stderr=err,
                start_new_session=True,
            )
        return self._process.pid

    def _reap(self):
        return self._process.wait(WAIT_S)


class PrismScript:
    """A script that becomes Prism, and tells the number of its process.

    Args:
      folder: where it lies.
      prism: path of Prism.
      options: further ones of it.
    """

    def __init__(self, folder, prism, *options):
        self._folder = folder
        self.path = folder / "prism"
        words = " ".join(options)
        self.path.write_text(f'#!/bin/sh\necho $$ >> {folder}/pids\nexec "{prism}" "$@" {words}\n')
        self.path.chmod(0o755)

    @property
    def pids(self):
        """Numbers of all that were started, in their order."""
        path = self._folder / "pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def kill(self):
        os.kill(self.pids[-1], signal.SIGKILL)

    def stop(self):
        """Makes the last one do nothing, for ever."""
        os.kill(self.pids[-1], signal.SIGSTOP)


def drop(inbox, name, data):
    """Puts a file into an inbox as a good citizen does: under another name first."""
    hidden = Path(inbox) / f".{name}.part"
    hidden.write_bytes(data)
    hidden.rename(Path(inbox) / name)


def pages_of(seed, first, count, repeats=0.3):
    """Pages with paragraphs of their own, some repeated exactly and some nearly from earlier ones.

    The same seed gives the same pages, whatever part of them is asked for; dates ascend.
    """
    return [_page(seed, number, repeats) for number in range(first, first + count)]


def _paragraph(seed):
    chance = random.Random(seed)
    words = [
        "".join(chance.choices("aeioubcdfglmnprst", k=chance.randint(3, 9))) for _ in range(40)
    ]
    return f"The {' '.join(words)}."


def _page(seed, number, repeats):
    chance = random.Random(f"{seed}-{number}")
    paragraphs = []
    for place in range(chance.randint(2, 5)):
        at = f"{seed}-{number}-{place}"
        if number and chance.random() < repeats:
            at = f"{seed}-{chance.randrange(number)}-{chance.randint(0, 1)}"
        text = _paragraph(at)
        if chance.random() < repeats:  # nearly the same
            text = text.replace("The ", "This ", 1)
        paragraphs.append(text)
    day, second = divmod(number, 86_400)
    return {
        "url": f"https://{number % 97}.example/{seed}/{number}",
        "date": f"2024-01-{day + 1:02d}T{second // 3600:02d}:{second // 60 % 60:02d}:"
        f"{second % 60:02d}Z",
        "text": "\n".join(paragraphs),
    }


def as_jsonl(pages):
    return "".join(json.dumps(page) + "\n" for page in pages).encode()


def drop_pages(inbox, pages, a_file=10, prefix="p"):
    """Drops pages in files whose time stamps are the order of the pages."""
    at_ns = time.time_ns()
    for start in range(0, len(pages), a_file):
        some = pages[start : start + a_file]
        name = f"{prefix}-{start:06d}.jsonl"
        hidden = Path(inbox) / f".{name}"
        hidden.write_bytes(as_jsonl(some))
        stamp = at_ns - 10**10 + start * 1000
        os.utime(hidden, ns=(stamp, stamp))
        hidden.rename(Path(inbox) / name)


def outcome_of(output):
    """What became of each page: its text, and the receipt of each paragraph that went."""
    documents, receipts = {}, {}
    for record in records_of(Path(output) / "documents"):
        assert record["id"] not in documents, f"{record['metadata']['url']} was written twice"
        documents[record["id"]] = {k: v for k, v in record.items() if k != "added"}
    for receipt in records_of(Path(output) / "removed"):
        place = (receipt["id"], receipt["paragraph"])
        assert place not in receipts, f"two receipts for one paragraph of {receipt['url']}"
        receipts[place] = {k: v for k, v in receipt.items() if k != "run"}
    return documents, receipts
