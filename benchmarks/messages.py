"""Measures `pagesieve watch --subscription` on a Pub/Sub emulator.

    PUBSUB_EMULATOR_HOST=127.0.0.1:8085 python benchmarks/messages.py latency --prism=PATH
    PUBSUB_EMULATOR_HOST=127.0.0.1:8085 python benchmarks/messages.py backlog --prism=PATH
    PUBSUB_EMULATOR_HOST=127.0.0.1:8085 python benchmarks/messages.py sustained --prism=PATH

`latency` publishes one page at a time and reports the time until its window is committed (windows
of one second). `backlog` publishes all pages before the stream starts, and reports the time until
the last one is committed, CPU seconds and the memory of each process. `sustained` publishes a fixed
rate of pages for some minutes, as `stream.py sustained` drops them into a folder.
`tests/pubsub_server` has a server: `go run . -port=8085`.
"""

import argparse
import json
import os
import tempfile
import time
import uuid
from pathlib import Path

from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from running_stream import Pages, Stream, keep_up, measure_latency

PAGES = {"latency": 200, "backlog": 10_000, "sustained": 0}


class Topic:
    """A topic of its own on the emulator, with one subscription."""

    def __init__(self):
        name = f"bench-{uuid.uuid4().hex[:12]}"
        self.topic = f"projects/bench/topics/{name}"
        self.subscription = f"projects/bench/subscriptions/{name}"
        self._publisher = PublisherClient()
        self._publisher.create_topic(name=self.topic)
        SubscriberClient().create_subscription(name=self.subscription, topic=self.topic)

    def publish(self, pages):
        """Publishes pages, and waits until the server has them."""
        data = [json.dumps(page).encode() for page in pages]
        for future in [self._publisher.publish(self.topic, one) for one in data]:
            future.result(60)


def watch(options, topic, folder, *more):
    """Starts a stream of the topic's messages."""
    named = f"--subscription={topic.subscription}"
    return Stream(options.prism, folder, named, "--window=1s", *more, inbox=False)


def latency(options, folder):
    """One page at a time, in messages."""
    topic = Topic()
    stream = watch(options, topic, folder, "--progress=off")
    measure_latency(stream, lambda _, some: topic.publish(some), options)


def backlog(options, folder):
    """How fast a subscription is emptied."""
    topic, pages = Topic(), Pages(0.3)
    for first in range(0, options.pages, 500):
        topic.publish([pages.page(n) for n in range(first, min(first + 500, options.pages))])
    began = time.monotonic()
    stream = watch(options, topic, folder, "--progress=off")
    stream.wait_for(options.pages)
    seconds = time.monotonic() - began
    print(f"{options.pages} pages in {seconds:.1f} s, load {os.getloadavg()[0]:.1f}")
    print(f"  {stream.cpu_s():.1f} CPU s; {stream.sizes()} (MB/threads/open files)")
    print(f"  stopped in {stream.stop():.2f} s")


def sustained(options, folder):
    """A fixed rate of pages, in messages."""
    topic = Topic()
    keep_up(watch(options, topic, folder), lambda _, some: topic.publish(some), options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=tuple(PAGES))
    parser.add_argument("--prism", required=True)
    parser.add_argument("--pages", type=int)
    parser.add_argument("--every", type=float, default=0.25)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=60)
    options = parser.parse_args()
    if not os.environ.get("PUBSUB_EMULATOR_HOST"):
        raise SystemExit("set PUBSUB_EMULATOR_HOST: this publishes thousands of messages")
    options.pages = options.pages or PAGES[options.what]
    with tempfile.TemporaryDirectory() as folder:
        measure = {"latency": latency, "backlog": backlog, "sustained": sustained}[options.what]
        measure(options, Path(folder))


if __name__ == "__main__":
    main()
