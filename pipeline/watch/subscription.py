"""What a Pub/Sub subscription delivers: messages that are pages, or that name objects.

A message is held until the ledger of a committed window has it, and acknowledged then; one that
comes again is known by the ledger. So the work folder may be lost at any moment.
"""

import os
import time
from collections.abc import Callable
from typing import Final

import xxhash

from pipeline.cloud.client import CloudError, DeniedError
from pipeline.cloud.pubsub import Delivery
from pipeline.inputs.listing import find_object
from pipeline.inputs.messages import MESSAGE_SCHEME, Message, write_messages
from pipeline.inputs.shards import Format, InputError, InputFile, Piece
from pipeline.storage import join, write_bytes
from pipeline.watch.deliveries import Deliveries
from pipeline.watch.intake import ARRIVAL_BYTES, Intake, Waiting, key_of, pieces_of
from pipeline.watch.manifest import StreamManifest, load
from pipeline.watch.segments import last_keys, read_keys

KNOWN: Final = 1 << 18
"""So many messages at least, the last ones, are known when they come again."""

_FILE_MESSAGES: Final = 64
_ALL: Final = "*"
"""No bucket has this name; here it stands for all."""

_LOOK_S: Final = 5.0
_NAMING_S: Final = 1.0
"""For so long one look finds objects that are named; the rest is for the next one."""

_AGAIN_S: Final = 5.0
"""Where a bucket cannot be looked into for so long, it is left alone for a while."""


class _Recent:
    """Remembers the last `KNOWN` keys, and up to as many before them."""

    def __init__(self, keys: set[bytes]) -> None:
        self._new = keys
        self._old: set[bytes] = set()

    def __contains__(self, key: bytes) -> bool:
        return key in self._new or key in self._old

    def add(self, key: bytes) -> None:
        if len(self._new) >= KNOWN:
            self._new, self._old = set(), self._new
        self._new.add(key)


class _Messages:
    """Messages that will be one file, with their keys."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.keys: list[bytes] = []
        self.since_s = 0.0
        self.bytes = 0

    def add(self, message: Message, key: bytes, published_s: float) -> None:
        if not self.messages:
            self.since_s = published_s
        self.messages.append(message)
        self.keys.append(key)
        self.bytes += len(message.data)

    @property
    def is_full(self) -> bool:
        return self.bytes >= ARRIVAL_BYTES or len(self.messages) >= _FILE_MESSAGES


class Subscription(Intake):
    """Queues what is delivered, in the order in which it was published as far as that is known.

    Args:
      deliveries: of the subscription; closed with it.
      forced: format of objects, or None: by their names.
      memory: folder of what is committed.
      manifest: of what is committed, None before the first window.
      folder: where messages are put for the readers, who delete them.
      tick_ms, now_s: see `Intake`.
    """

    def __init__(
        self,
        deliveries: Deliveries,
        forced: Format | None,
        *,
        memory: str,
        manifest: StreamManifest | None,
        folder: str,
        tick_ms: int,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        last_ms = manifest.end_ms if manifest else 0
        super().__init__(last_ms=last_ms, tick_ms=tick_ms, now_s=now_s)
        segments = manifest.segments if manifest else ()
        self._deliveries, self._forced = deliveries, forced
        self._memory, self._folder = memory, folder
        self._known = _Recent(set(last_keys(memory, segments, KNOWN)))
        self._message_of: dict[bytes, str] = {}
        self._parts: dict[str, int] = {}
        self._later: list[Delivery] = []
        self._again_s, self._trouble = 0.0, ""
        self._files = 0
        self._end_ms = last_ms
        self._seen = {segment.folder for segment in segments}
        self._seen_page = manifest.next_page if manifest else 0

    def look(self) -> None:
        """Queues what was pulled since the last time."""
        received = self._deliveries.receive()
        if self._later and time.monotonic() >= self._again_s:
            received, self._later, self._trouble = [*self._later, *received], [], ""
        received.sort(key=lambda delivery: delivery.published_s)
        self._queue_all(received)
        own = [piece.file.size for piece, _ in self._queue if piece.file.format == "messages"]
        self._deliveries.leave_unread(sum(own))
        self.waiting = Waiting(
            files=len(self._later) + sum(len(keys) for _, keys in self._queue),
            bytes=sum(piece.file.size for piece, _ in self._queue),
            since_s=_since_s(self._queue[0][0].file) if self._queue else 0.0,
            taken=self._taken(),
            error=self._trouble or self._deliveries.error,
        )

    def committed(self, end_ms: int) -> None:
        """Notes what is committed up to a time, and has it acknowledged."""
        super().committed(end_ms)
        if end_ms != self._end_ms:
            self._settle()

    def stop(self) -> None:
        """Has nothing more delivered."""
        self._deliveries.stop()

    def close(self) -> None:
        """Acknowledges what is committed, and gives back all else."""
        self._settle()
        self._deliveries.close()

    def _queue_all(self, received: list[Delivery]) -> None:
        """Queues messages, and the objects that they name."""
        some = _Messages()
        closed: set[str] = set()
        until_s = 0.0
        for delivery in received:
            name = f"{MESSAGE_SCHEME}{self._deliveries.subscription}/{delivery.message_id}"
            message = Message(name, delivery.data, delivery.attributes)
            if is_notification(delivery):
                bucket = delivery.attributes["bucketId"]
                until_s = until_s or time.monotonic() + _NAMING_S
                if not closed.isdisjoint((bucket, _ALL)) or time.monotonic() > until_s:
                    self._later.append(delivery)
                    continue
                try:
                    files, refusal = self._named_by(delivery)
                except CloudError as error:  # not what it says, but that nothing can be said
                    self._trouble = str(error)
                    closed.add(bucket if isinstance(error, DeniedError) else _ALL)
                    self._later.append(delivery)
                    self._again_s = time.monotonic() + _AGAIN_S
                    continue
                if not refusal:
                    some = self._put(some)
                    self._put_files(delivery.message_id, files)
                    continue
                message = Message(name, delivery.data, {}, refusal, "unreadable")
            key = xxhash.xxh3_128_digest(name.encode())
            if key in self._known:
                self._deliveries.done(delivery.message_id)
                continue
            self._note(key, delivery.message_id)
            some.add(message, key, delivery.published_s)
            if some.is_full:
                some = self._put(some)
        self._put(some)

    def _named_by(self, delivery: Delivery) -> tuple[list[InputFile], str]:
        """Finds what a notification names, if it is of interest; or says why it cannot be read.

        Raises:
          CloudError: when the bucket cannot be looked into.
        """
        if not names_a_page(delivery):
            return [], ""
        path = object_of(delivery)
        try:
            file = find_object(path, self._forced, _LOOK_S)
        except InputError as error:
            return [], str(error)
        return ([file], "") if file else ([], f"{path}: there is no such object")

    def _put_files(self, message_id: str, files: list[InputFile]) -> None:
        fresh = [(piece, key_of(piece)) for file in files for piece in pieces_of(file)]
        fresh = [(piece, key) for piece, key in fresh if key not in self._known]
        if not fresh:
            self._deliveries.done(message_id)
        for piece, key in fresh:
            self._note(key, message_id)
            self.put(piece, key)

    def _put(self, some: _Messages) -> _Messages:
        if some.messages:
            data = write_messages(some.messages)
            path = join(self._folder, f"{self._files:012d}")
            self._files += 1
            os.makedirs(self._folder, exist_ok=True)
            write_bytes(path, data)
            file = InputFile(path, len(data), f"{some.since_s:.6f}", "messages", "none")
            self.put(Piece(file), *some.keys)
        return _Messages()

    def _note(self, key: bytes, message_id: str) -> None:
        self._known.add(key)
        self._message_of[key] = message_id
        self._parts[message_id] = self._parts.get(message_id, 0) + 1

    def _settle(self) -> None:
        """Has all acknowledged that the ledger has."""
        manifest = load(self._memory)
        if manifest is None:
            return
        for segment in manifest.segments:
            if segment.folder in self._seen:
                continue
            if segment.tier and segment.end_page <= self._seen_page:
                continue  # merged from what was seen
            for key in read_keys(join(self._memory, segment.folder), segment):
                message_id = self._message_of.pop(key, None)
                if message_id is None:
                    continue
                self._parts[message_id] -= 1
                if not self._parts[message_id]:
                    del self._parts[message_id]
                    self._deliveries.done(message_id)
        self._end_ms, self._seen_page = manifest.end_ms, manifest.next_page
        self._seen = {segment.folder for segment in manifest.segments}


def is_notification(delivery: Delivery) -> bool:
    """Tells whether a message tells of an object in Google's storage."""
    return {"eventType", "bucketId", "objectId"} <= delivery.attributes.keys()


def names_a_page(delivery: Delivery) -> bool:
    """Tells whether the object of a notification was written, and is not hidden."""
    name = delivery.attributes["objectId"].rpartition("/")[2]
    written = delivery.attributes["eventType"] == "OBJECT_FINALIZE"
    return written and name != "" and not name.startswith(".")


def object_of(delivery: Delivery) -> str:
    """Gives the path of the object of a notification."""
    return f"gs://{delivery.attributes['bucketId']}/{delivery.attributes['objectId']}"


def _since_s(file: InputFile) -> float:
    """Gives when a file of messages was published, or an object written."""
    return float(file.token) / (1 if file.format == "messages" else 1e6)
