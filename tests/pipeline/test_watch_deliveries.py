"""What is pulled is queued once, and acknowledged when a committed window has it."""

import time

import faulty_proxy
import pytest
from pubsub_topics import Topic

from pipeline.cloud.pubsub import Subscriber
from pipeline.watch.deliveries import Deliveries
from pipeline.watch.manifest import Segment, StreamManifest, store
from pipeline.watch.subscription import Subscription

pytestmark = pytest.mark.slow

WAIT_S = 60


@pytest.fixture
def topic(pubsub_server, monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server)
    made = Topic()
    yield made
    made.close()


class Stream:
    """A subscription being read, and the memory of what was committed."""

    def __init__(self, topic, folder):
        self.topic, self.memory = topic, folder / "memory"
        self.manifest = None
        self.folder = folder / "messages"

    def open(self):
        self.deliveries = Deliveries(Subscriber(self.topic.subscription))
        self.deliveries.check()
        self.subscription = Subscription(
            self.deliveries,
            None,
            memory=str(self.memory),
            manifest=self.manifest,
            folder=str(self.folder),
            tick_ms=1000,
        )
        return self.subscription

    def take(self, count):
        """Looks until so many messages were taken; gives their arrivals."""
        arrivals = []
        until = time.monotonic() + WAIT_S
        while sum(len(arrival.keys) for arrival in arrivals) < count:
            assert time.monotonic() < until, f"only {arrivals}"
            self.subscription.look()
            arrivals += self.subscription.take(9)
            time.sleep(0.02)
        return arrivals

    def commit(self, keys):
        """Commits a window with these entries in its ledger."""
        before = self.manifest or StreamManifest(settings={})
        name = f"segments/{before.next_window:06d}-x"
        folder = self.memory / name
        folder.mkdir(parents=True)
        (folder / "files").write_bytes(b"".join(keys))
        first = before.next_page
        self.manifest = StreamManifest(
            settings={},
            next_page=first + len(keys),
            next_window=before.next_window + 1,
            end_ms=before.end_ms + 1000,
            segments=(
                *before.segments,
                Segment(
                    folder=name,
                    tier=0,
                    first_page=first,
                    end_page=first + len(keys),
                    parts=(),
                    links=0,
                    files=len(keys),
                ),
            ),
        )
        store(str(self.memory), self.manifest)


@pytest.fixture
def stream(topic, tmp_path):
    made = Stream(topic, tmp_path)
    made.open()
    yield made
    made.subscription.close()


def keys_of(arrivals):
    return [key for arrival in arrivals for key in arrival.keys]


def test_what_is_committed_is_acknowledged_and_the_rest_given_back(topic, stream):
    ids = [topic.publish(b'{"text": "One."}') for _ in range(5)]
    keys = keys_of(stream.take(5))
    assert len(set(keys)) == 5
    assert topic.delivers() == set()  # all are held
    stream.commit(keys[:3])
    stream.subscription.committed(stream.manifest.end_ms)
    stream.subscription.close()
    assert len(topic.delivers()) == 2
    assert topic.delivers() < set(ids)


def test_what_the_ledger_has_is_acknowledged_when_it_comes_again(topic, stream):
    topic.publish(b'{"text": "One."}')
    topic.publish(b'{"text": "Two."}')
    keys = keys_of(stream.take(2))
    stream.subscription.close()  # as a kill: committed, but nothing was acknowledged
    stream.commit(keys)
    assert len(topic.delivers()) == 2
    again = stream.open()
    topic.publish(b'{"text": "Three."}')
    (key,) = keys_of(stream.take(1))
    assert key not in keys
    until = time.monotonic() + WAIT_S
    while topic.delivers():
        assert time.monotonic() < until
        again.look()
    again.close()
    assert len(topic.delivers()) == 1  # the third


def test_messages_come_in_the_order_in_which_they_were_published(topic, stream):
    stream.subscription.close()
    for number in range(30):
        topic.publish(b'{"text": "%d"}' % number)
    stream.open()
    until = time.monotonic() + WAIT_S
    while topic.delivers():
        assert time.monotonic() < until
    stream.take(30)
    written = b"".join(path.read_bytes() for path in sorted(stream.folder.iterdir()))
    names = [line.split(b'"')[3].decode() for line in written.splitlines()]
    numbers = [int(name.rpartition("/m")[2]) for name in names]
    assert numbers == sorted(numbers)


def test_nothing_is_pulled_while_too_much_is_unread(topic, stream, monkeypatch):
    monkeypatch.setattr("pipeline.watch.deliveries.MOST_UNREAD_BYTES", 1000)
    topic.publish(b"x" * 2000)
    until = time.monotonic() + WAIT_S
    while not stream.subscription.waiting.files:
        assert time.monotonic() < until
        stream.subscription.look()
    second = topic.publish(b"y")
    for _ in range(3):
        stream.subscription.look()
        assert topic.delivers() == {second}  # nobody holds it
    assert len(stream.take(2)) == 2
    assert topic.delivers() == set()


def test_large_messages_are_pulled_a_few_at_a_time(topic, stream):
    """An answer above 4 MB is more than Google's library takes from an emulator."""
    stream.subscription.close()
    ids = [topic.publish(b"x" * 1_500_000) for _ in range(12)]
    stream.open()
    arrivals = stream.take(len(ids))
    assert len({key for arrival in arrivals for key in arrival.keys}) == len(ids)
    assert stream.deliveries.error == ""


def test_no_notification_stands_in_the_way_of_another(
    topic, stream, gcs_bucket, gcs_emulator, monkeypatch
):
    bucket = gcs_bucket.removeprefix("gs://")
    gcs_emulator.client().bucket(bucket).blob("good.txt").upload_from_string("page")
    nothing = [
        *(("", "a.txt"), ("-no bucket-", "a.txt"), ("../..", "etc/a.txt"), ("B", "a.txt")),
        *((bucket, "\n\0.txt"), (bucket, f"{'x' * 3000}.txt"), (bucket, "missing.txt")),
    ]

    def notify(name, path):
        topic.publish(b"", eventType="OBJECT_FINALIZE", bucketId=name, objectId=path)

    port = int(gcs_emulator.url.rsplit(":", 1)[1])
    with faulty_proxy.faulty_proxy(port, deny=lambda _, path: "/b/secret" in path) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        notify("secret", "a.txt")
        for name, path in nothing:
            notify(name, path)
        notify("secret", "b.txt")
        notify(bucket, "good.txt")
        arrivals = stream.take(len(nothing) + 1)
        stream.subscription.look()
    pieces = [piece for arrival in arrivals for piece in arrival.pieces]
    found = [piece.file.path for piece in pieces if piece.file.format != "messages"]
    assert found == [f"{gcs_bucket}/good.txt"]
    waiting = stream.subscription.waiting
    assert waiting.files == 2  # those of the bucket that may not be looked into
    assert waiting.error.startswith("gs://secret/")  # a.txt or b.txt, as they were delivered
    assert "no permission to read it" in waiting.error
