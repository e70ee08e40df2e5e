"""The client of Google Cloud Storage: credentials, retries, and errors that say what to do."""

import errno
import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from google.cloud.storage import Client

T = TypeVar("T")

Doing = Literal["read", "write", "list", "delete"]

RETRY_S = 120.0
"""Seconds for which a call that fails for a passing reason is tried again."""

_MAY_PASS = (408, 429)
"""Statuses of errors on the client's side that may pass."""

TIMEOUT_S = (10.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""

_PERMISSION: dict[Doing, str] = {
    "read": "storage.objects.get",
    "write": "storage.objects.create and storage.objects.delete",
    "list": "storage.objects.list",
    "delete": "storage.objects.delete",
}
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_LOG_IN = "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"


class CloudError(OSError):
    """A call failed, after further tries where they could help; the message is one line."""

    number = errno.EIO

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.errno = self.number


class MissingObjectError(CloudError, FileNotFoundError):
    """There is no such object or bucket."""

    number = errno.ENOENT


class DeniedError(CloudError, PermissionError):
    """The credentials do not permit it, or there are none."""

    number = errno.EACCES


class RefusedError(CloudError):
    """The request itself is wrong, as one for a name that no object can have is."""

    number = errno.EINVAL


class ChangedObjectError(CloudError):
    """The object is not the one that was to be replaced: someone else was first."""

    number = errno.ESTALE


class ShortReadError(ConnectionError):
    """An answer ended before its announced end; asked again, it may come whole."""


class BrokenUploadError(ConnectionError):
    """An upload in pieces cannot go on; it has to begin anew."""


def client() -> "Client":
    """Gives this process's client.

    With `STORAGE_EMULATOR_HOST` it is anonymous; otherwise it has Google's application default
    credentials, and where there are none it is anonymous too, which suffices for public buckets.

    Raises:
      DeniedError: when the credentials that were named cannot be used.
    """
    return _client(
        os.environ.get("STORAGE_EMULATOR_HOST", ""),
        os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", ""),
    )


@functools.lru_cache(maxsize=8)
def _client(emulator: str, key_file: str) -> "Client":
    import google.auth
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage import Client

    if emulator:
        return Client.create_anonymous_client()
    try:
        credentials, project = google.auth.default(scopes=[_SCOPE])
    except GoogleAuthError as error:
        if key_file:
            raise DeniedError(
                f"GOOGLE_APPLICATION_CREDENTIALS={key_file} cannot be used: {_line(error)}"
            ) from error
        # Looking for a metadata server takes seconds; processes started from here need not.
        os.environ.setdefault("NO_GCE_CHECK", "true")
        return Client.create_anonymous_client()
    return Client(project=project or "<none>", credentials=credentials)


def account() -> str:
    """Says as whom the client calls: an account's address, or `anonymous`."""
    credentials: Any = getattr(client(), "_credentials", None)
    if type(credentials).__name__ == "AnonymousCredentials":
        return "anonymous"
    return str(getattr(credentials, "service_account_email", "") or "your Google account")


def retry() -> Any:
    """Gives the policy of retries: exponential, with jitter, for all errors that may pass."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_delay(initial=0.5, maximum=20.0, multiplier=2.0).with_timeout(RETRY_S)


def call(action: Callable[[], T], path: str, doing: Doing, retry_s: float | None = None) -> T:
    """Calls Google Cloud Storage, again if need be.

    Args:
      action: may be called several times.
      path: of the object or folder, for messages.
      doing: what the call does, for messages.
      retry_s: seconds for which it is tried again; None: `RETRY_S`.

    Raises:
      CloudError: or one of its children, in one line.
    """
    from google.api_core.exceptions import RetryError

    policy = retry() if retry_s is None else retry().with_timeout(retry_s)
    try:
        result: T = policy(action)()
    except CloudError:
        raise
    except RetryError as error:
        raise _told(error.cause or error, path, doing, retry_s) from error
    except Exception as error:  # whatever the client and the layers below it raise
        raise _told(error, path, doing, retry_s) from error
    return result


def _told(error: BaseException, path: str, doing: Doing, retry_s: float | None) -> CloudError:
    """Puts an error into words."""
    from google.auth.exceptions import GoogleAuthError

    response = getattr(error, "response", None)
    status = getattr(error, "code", None) or getattr(response, "status_code", None)
    if isinstance(error, GoogleAuthError) and status is None:
        return DeniedError(f"{path}: cannot log in to Google: {_line(error)}; {_LOG_IN}")
    if status in (401, 403):
        who = account()
        if who == "anonymous":
            return DeniedError(
                f"{path}: no permission to {doing} it ({status}), and no credentials were found: "
                f"{_LOG_IN}"
            )
        return DeniedError(
            f"{path}: {who} has no permission to {doing} it ({status}); grant it "
            f"{_PERMISSION[doing]} on the bucket"
        )
    if status == 404:
        return MissingObjectError(f"{path}: no such bucket or object (404)")
    if status == 412:
        return ChangedObjectError(f"{path}: another process has changed it meanwhile")
    what = f"it fails with status {status}" if status else _line(error)
    if isinstance(status, int) and 400 <= status < 500 and status not in _MAY_PASS:
        told: CloudError = RefusedError(f"{path}: cannot {doing} it: {what}")
    else:
        told = CloudError(
            f"{path}: cannot {doing} it, tried for {retry_s or RETRY_S:.0f} s: {what}"
        )
    return told


def _line(error: BaseException) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:300]
