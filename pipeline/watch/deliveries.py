"""Messages of a subscription on their way: pulled, held while they are at work, acknowledged."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from pipeline.cloud.client import CloudError
from pipeline.cloud.pubsub import CALL_S, Delivery, Subscriber

MOST_HELD: Final = 50_000
"""Messages that are not acknowledged yet. The names of their deliveries take about 25 MB."""

MOST_UNREAD_BYTES: Final = 32 << 20
"""Nothing is pulled while so much has been pulled that no step has taken."""

HOLD_S: Final = 20
"""Messages of a process that was killed are delivered again after so many seconds."""

_RENEW_ROUNDS: Final = 25
_ROUND_S: Final = 0.2
_FULL_S: Final = 0.1
_PULL_BYTES: Final = 4 << 20
_PULL_MESSAGES: Final = 1000
_LONGEST_PAUSE_S: Final = 30.0
_ANSWER_S: Final = 3.0
_END_S: Final = 1.0
"""At the end each call and each thread may take so long: whoever waits wants an end."""


class Deliveries:
    """Pulls messages in a thread of its own, and holds them in another.

    Args:
      subscriber: the client, which is closed at the end.
    """

    def __init__(self, subscriber: Subscriber) -> None:
        self.subscription = subscriber.subscription
        self._subscriber = subscriber
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._received: list[Delivery] = []
        self._unread_bytes = 0
        self._done: list[str] = []
        self._error = ""
        self._refusal: CloudError | None = None
        self._answered = threading.Event()
        self._mean_bytes = _PULL_BYTES
        self._stopped, self._closed = threading.Event(), threading.Event()
        self._puller = threading.Thread(target=self._pull, name="pull", daemon=True)
        self._keeper = threading.Thread(target=self._keep, name="hold", daemon=True)
        self._puller.start()
        self._keeper.start()

    def check(self) -> None:
        """Waits for the first answer, for a moment.

        Raises:
          CloudError: when it was a refusal.
        """
        self._answered.wait(_ANSWER_S)
        if self._refusal is not None:
            raise self._refusal

    @property
    def error(self) -> str:
        """Why no messages can be had at this moment; "" when they can."""
        with self._lock:
            return self._error

    def receive(self) -> list[Delivery]:
        """Gives what was pulled since the last time; a message that is held comes once."""
        with self._lock:
            received, self._received = self._received, []
            return received

    def leave_unread(self, unread_bytes: int) -> None:
        """Says how much of what was received has not been taken."""
        with self._lock:
            self._unread_bytes = unread_bytes + sum(len(d.data) for d in self._received)

    def done(self, message_id: str) -> None:
        """Has a message acknowledged.

        Where that fails the message comes again, as one that nobody holds.
        """
        with self._lock:
            ack_id = self._held.pop(message_id, None)
            if ack_id is not None:
                self._done.append(ack_id)

    def stop(self) -> None:
        """Pulls no more."""
        self._stopped.set()

    def close(self) -> None:
        """Acknowledges what is done, and gives back all else."""
        self._stopped.set()
        self._closed.set()
        self._keeper.join(_END_S)
        self._send(_END_S)
        with self._lock:
            left = list(self._held.values())
        self._try(partial(self._subscriber.hold, left, 0, _END_S))
        self._subscriber.close()
        self._puller.join(_END_S)

    def _pull(self) -> None:
        pause_s = 1.0
        while not self._stopped.is_set():
            most = self._room()
            if most < 1:
                self._stopped.wait(_FULL_S)
                continue
            try:
                self._take_in(self._subscriber.pull(most))
            except CloudError as error:
                if not self._answered.is_set():
                    self._refusal = error
                    self._answered.set()
                if not self._stopped.is_set():
                    self._say(str(error))
                self._expect_larger()
                self._stopped.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                self._answered.set()
                pause_s = 1.0

    def _room(self) -> int:
        """Gives how many messages may be pulled."""
        with self._lock:
            if self._unread_bytes >= MOST_UNREAD_BYTES:
                return 0
            most = max(_PULL_BYTES // self._mean_bytes, 1)
            return min(most, _PULL_MESSAGES, MOST_HELD - len(self._held))

    def _expect_larger(self) -> None:
        """Has fewer pulled at a time: it may be that an answer was too large."""
        with self._lock:
            self._mean_bytes = min(4 * self._mean_bytes, _PULL_BYTES)

    def _take_in(self, deliveries: list[Delivery]) -> None:
        size = sum(len(delivery.data) for delivery in deliveries)
        with self._lock:
            self._error = ""
            if deliveries:  # a few small ones say little of the next
                self._mean_bytes = max(size // len(deliveries), self._mean_bytes // 2, 1)
            for delivery in deliveries:
                if delivery.message_id not in self._held:
                    self._received.append(delivery)
                    self._unread_bytes += len(delivery.data)
                self._held[delivery.message_id] = delivery.ack_id

    def _keep(self) -> None:
        rounds = 0
        while not self._closed.wait(_ROUND_S):
            self._send()
            rounds += 1
            if rounds % _RENEW_ROUNDS == 0:
                with self._lock:
                    held = list(self._held.values())
                self._try(partial(self._subscriber.hold, held, HOLD_S))

    def _send(self, timeout_s: float = CALL_S) -> None:
        with self._lock:
            done, self._done = self._done, []
        self._try(partial(self._subscriber.acknowledge, done, timeout_s))

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except CloudError as error:
            self._say(str(error))

    def _say(self, error: str) -> None:
        with self._lock:
            self._error = error
