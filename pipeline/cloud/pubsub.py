"""Google Pub/Sub as far as it is needed: pull, acknowledge, hold on to, give back."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pipeline.cloud.client import CloudError, DeniedError, MissingObjectError
from pipeline.errors import UsageError

T = TypeVar("T")

SUBSCRIPTION = re.compile(r"projects/[^/\s]+/subscriptions/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
"""A subscription's full name."""

_IDS_A_CALL = 1000
"""A request may have 512 KiB; the names of deliveries have about 200 bytes each."""

_PULL_S = 30.0
"""A pull waits so long for a message."""

CALL_S = 5.0
"""Other calls may take so long. None is tried again here: what it was for comes up again."""

_LOG_IN = "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it was delivered once.

    Attributes:
      ack_id: name of this delivery.
      message_id: name of the message within its topic, the same in each delivery.
      data: its bytes.
      attributes: its attributes.
      published_s: when it was published, in seconds since 1970.
    """

    ack_id: str
    message_id: str
    data: bytes
    attributes: dict[str, str]
    published_s: float


def find_library() -> Any:
    """Gives the class of the client.

    Raises:
      UsageError: when the library is not installed.
    """
    try:
        from google.cloud.pubsub_v1 import SubscriberClient
    except ImportError as error:
        raise UsageError(
            "--subscription needs google-cloud-pubsub, which is not installed: "
            "pip install 'pagesieve[pubsub]'"
        ) from error
    return SubscriberClient


class Subscriber:
    """The client of one subscription; `PUBSUB_EMULATOR_HOST` leads it to an emulator.

    Calls may come from several threads.

    Args:
      subscription: its full name.

    Raises:
      UsageError: when the library is not installed.
      DeniedError: when there are no credentials.
    """

    def __init__(self, subscription: str) -> None:
        self.subscription = subscription
        self._client: Any = self._call(find_library())

    def pull(self, most: int, timeout_s: float = _PULL_S) -> list[Delivery]:
        """Waits for messages and gives up to `most` of them; none when the time is over.

        Raises:
          CloudError: or one of its children, in one line.
        """
        from google.api_core.exceptions import DeadlineExceeded

        request = {"subscription": self.subscription, "max_messages": most}

        def wait() -> Any:
            try:
                return self._client.pull(request, timeout=timeout_s, retry=None).received_messages
            except DeadlineExceeded:
                return ()

        return [_delivery(received) for received in self._call(wait)]

    def acknowledge(self, ack_ids: Sequence[str], timeout_s: float = CALL_S) -> None:
        """Says that messages are not to be delivered again.

        Raises:
          CloudError: or one of its children, in one line.
        """
        for some in _in_parts(ack_ids):
            request = {"subscription": self.subscription, "ack_ids": some}
            self._call(partial(self._client.acknowledge, request, timeout=timeout_s, retry=None))

    def hold(self, ack_ids: Sequence[str], seconds: int, timeout_s: float = CALL_S) -> None:
        """Keeps messages from being delivered again for some time from now on; 0 gives them back.

        Raises:
          CloudError: or one of its children, in one line.
        """
        for some in _in_parts(ack_ids):
            request = {
                "subscription": self.subscription,
                "ack_ids": some,
                "ack_deadline_seconds": seconds,
            }
            self._call(
                partial(self._client.modify_ack_deadline, request, timeout=timeout_s, retry=None)
            )

    def close(self) -> None:
        """Ends all calls."""
        self._client.close()

    def _call(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except Exception as error:  # whatever the client and the layers below it raise
            raise _told(error, self.subscription) from error


def _delivery(received: Any) -> Delivery:
    message = received.message
    return Delivery(
        received.ack_id,
        message.message_id,
        message.data,
        dict(message.attributes),
        message.publish_time.timestamp() if message.publish_time else 0.0,
    )


def _in_parts(ack_ids: Sequence[str]) -> list[list[str]]:
    return [
        list(ack_ids[first : first + _IDS_A_CALL]) for first in range(0, len(ack_ids), _IDS_A_CALL)
    ]


def _told(error: Exception, subscription: str) -> CloudError:
    """Puts an error into words."""
    from google.api_core.exceptions import Forbidden, NotFound, Unauthenticated
    from google.auth.exceptions import GoogleAuthError

    lines = str(error).splitlines() or [""]
    said = f"{type(error).__name__}: {lines[0]}"[:300]
    if isinstance(error, NotFound):
        return MissingObjectError(f"{subscription}: no such subscription; create it, or check it")
    if isinstance(error, (GoogleAuthError, Unauthenticated)):
        return DeniedError(f"{subscription}: cannot log in to Google: {said}; {_LOG_IN}")
    if isinstance(error, Forbidden):
        return DeniedError(
            f"{subscription}: no permission to read it; grant the account roles/pubsub.subscriber"
        )
    return CloudError(f"{subscription}: Pub/Sub does not answer as it should: {said}")
