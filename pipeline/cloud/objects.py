"""Objects in a bucket: look, list, read, write, replace, delete. Paths are `gs://bucket/name`."""

import base64
import fnmatch
import io
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from pipeline.cloud.client import (
    TIMEOUT_S,
    BrokenUploadError,
    ChangedObjectError,
    CloudError,
    Doing,
    MissingObjectError,
    ShortReadError,
    call,
    client,
    retry,
)

SCHEME = "gs://"

_MEMORY_BYTES = 8 << 20
"""A file being written is kept in memory up to this size, then in the folder for temporary files.
Uploads go in one request up to it, and in pieces of it above."""

_FIRST_BLOCK = 256 << 10
_LAST_BLOCK = 8 << 20
"""A file read in order is asked for in blocks that grow from the first to the last size."""

_THREADS = 10
"""Deletions at a time: as many as the client keeps connections."""

_OUT_OF_STEP = (200, 308, 410, 416)
"""Answers to a piece of an upload that only a lost answer to an earlier piece explains."""

_FIELDS = "items(name,size,generation,contentEncoding),nextPageToken"


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the listing says of an object.

    Attributes:
      path: `gs://bucket/name`.
      size: bytes as stored.
      generation: changes whenever the object is written.
      encoding: its Content-Encoding, "" without one.
    """

    path: str
    size: int
    generation: int
    encoding: str


def split_path(path: str) -> tuple[str, str]:
    """Gives bucket and name; the name may be empty.

    Raises:
      ValueError: when there is no bucket.
    """
    bucket, _, name = path.removeprefix(SCHEME).partition("/")
    if not path.startswith(SCHEME) or not bucket:
        raise ValueError(f"{path!r} is no path in a bucket; write gs://BUCKET/FOLDER")
    return bucket, name


def stat(path: str, retry_s: float | None = None) -> ObjectInfo | None:
    """Looks at an object; None where there is none. See `call` for `retry_s`."""
    bucket, name = split_path(path)
    if not name:
        return None

    def look() -> Any:
        return client().bucket(bucket).get_blob(name, timeout=TIMEOUT_S, retry=None)

    blob = call(look, path, "read", retry_s)
    return None if blob is None else _info(bucket, blob)


def list_objects(prefix: str, *, deep: bool = True) -> list[ObjectInfo]:
    """Lists the objects whose paths begin with `prefix`, sorted by path.

    Args:
      prefix: a folder ends in a slash.
      deep: also those with a further slash in their names.
    """
    bucket, start = split_path(prefix)

    def look() -> list[ObjectInfo]:
        found = client().list_blobs(
            bucket,
            prefix=start or None,
            delimiter=None if deep else "/",
            fields=_FIELDS if deep else f"prefixes,{_FIELDS}",
            timeout=TIMEOUT_S,
            retry=retry(),  # of each page of the list
        )
        return [_info(bucket, blob) for blob in found]

    return sorted(call(look, prefix, "list"), key=lambda info: info.path)


def list_folder(folder: str, pattern: str) -> list[str]:
    """Lists the paths of objects directly in a folder, sorted."""
    found = list_objects(folder.rstrip("/") + "/", deep=False)
    return [o.path for o in found if fnmatch.fnmatchcase(o.path.rsplit("/", 1)[1], pattern)]


def upload(path: str, data: IO[bytes], size: int, generation: int | None = None) -> int:
    """Writes an object, which appears at once and whole.

    Args:
      path: of the object.
      data: read from its start, more than once if need be.
      size: bytes.
      generation: replace this one only; 0: there must be none; None: whatever is there.

    Returns:
      The new generation.

    Raises:
      ChangedObjectError: when another generation is there.
    """
    bucket, name = split_path(path)
    checksum = _checksum(data)
    spoilt = 0
    replaced = generation

    def send() -> int:
        nonlocal replaced, spoilt
        blob = client().bucket(bucket).blob(name, chunk_size=_MEMORY_BYTES)
        blob.crc32c = checksum  # the server refuses other bytes
        try:
            blob.upload_from_file(
                data,
                rewind=True,
                size=size,
                content_type="application/octet-stream",
                if_generation_match=replaced,
                checksum=None,  # the library would delete whatever has this name by then
                timeout=TIMEOUT_S,
                retry=retry(),  # of each piece
            )
        except Exception as error:
            code = getattr(error, "code", None)
            gone = code == 404 and "upload_id=" in str(error)
            if gone or code in _OUT_OF_STEP:
                raise BrokenUploadError(f"the upload got out of step: {error}") from error
            raise
        new = int(blob.generation or 0)
        if blob.crc32c != checksum:
            # A server that checks nothing, and took a piece twice. The next try replaces just that.
            spoilt = new
            replaced = None if generation is None else new
            raise BrokenUploadError(f"{blob.size} bytes arrived, not these {size}")
        spoilt = 0
        return new

    try:
        return call(send, path, "write")
    except CloudError as error:
        if spoilt and not isinstance(error, ChangedObjectError):
            delete_generation(path, spoilt)
        raise


def replace(path: str, data: bytes, generation: int) -> int:
    """Replaces an object if it is still of this generation; 0: if there is none.

    Writing the very bytes that are there succeeds: an earlier try may have arrived unheard.

    Returns:
      The new generation.

    Raises:
      ChangedObjectError: when the object is another by now; it was not changed.
    """
    try:
        return upload(path, io.BytesIO(data), len(data), generation)
    except ChangedObjectError:
        now = stat(path)
        if now is None or now.size != len(data) or ObjectReader(path, now).read() != data:
            raise
        return now.generation


@contextmanager
def open_new(path: str) -> Iterator[IO[bytes]]:
    """Opens an object for writing; it appears when the block ends well, and not otherwise."""
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES) as spool:
        yield spool
        size = spool.seek(0, io.SEEK_END)
        upload(path, spool, size)


def delete_generation(path: str, generation: int) -> None:
    """Deletes an object if it is still of this generation; does nothing where that fails."""
    bucket, name = split_path(path)
    blob = client().bucket(bucket).blob(name)

    def remove() -> None:
        blob.delete(if_generation_match=generation, timeout=TIMEOUT_S, retry=None)

    with suppress(CloudError):
        call(remove, path, "delete")


def delete(paths: Sequence[str]) -> None:
    """Deletes objects; those that are gone already are no error."""

    def remove(path: str) -> None:
        bucket, name = split_path(path)
        blob = client().bucket(bucket).blob(name)
        try:
            call(lambda: blob.delete(timeout=TIMEOUT_S, retry=None), path, "delete")
        except MissingObjectError:
            return

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(remove, paths))


class ObjectReader(io.RawIOBase):
    """An object's bytes as they are stored, all of one generation.

    Args:
      path: of the object.
      info: what is known of it; looked up otherwise.

    Raises:
      MissingObjectError: there is none, or it was replaced while it was being read.
      CloudError: when it cannot be read, after further tries.
    """

    def __init__(self, path: str, info: ObjectInfo | None = None) -> None:
        super().__init__()
        info = info or stat(path)
        if info is None:
            raise MissingObjectError(f"{path}: no such object")
        bucket, name = split_path(path)
        self.info = info
        self._blob = client().bucket(bucket).blob(name, generation=info.generation)
        self._position = 0
        self._block, self._block_start = b"", 0
        self._next_block = _FIRST_BLOCK

    def read(self, size: int | None = -1) -> bytes:
        """Gives `size` bytes, fewer only at the end; all that is left for -1."""
        left = max(self.info.size - self._position, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        at = self._position - self._block_start
        have = self._block[at : at + wanted] if 0 <= at <= len(self._block) else b""
        if len(have) < wanted:
            have += self._fetch(self._position + len(have), wanted - len(have))
        self._position += len(have)
        return have

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves as files do."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.info.size}[whence]
        position = max(base + offset, 0)
        if position != self._position:
            self._next_block = _FIRST_BLOCK  # no reader in order; do not fetch much in vain
        self._position = position
        return position

    def _fetch(self, start: int, wanted: int) -> bytes:
        """Fetches bytes, and some that follow."""
        end = min(start + max(wanted, self._next_block), self.info.size)
        doing: Doing = "read"

        def get() -> bytes:
            data: bytes = self._blob.download_as_bytes(
                start=start,
                end=end - 1,
                raw_download=True,
                checksum=None,  # of a range there is none
                timeout=TIMEOUT_S,
                retry=None,
            )
            if len(data) != end - start:
                raise ShortReadError(f"{len(data)} of {end - start} bytes came")
            return data

        try:
            block = call(get, self.info.path, doing)
        except MissingObjectError as error:
            raise MissingObjectError(
                f"{self.info.path}: was replaced or deleted while it was being read"
            ) from error
        self._block, self._block_start = block, start
        self._next_block = min(self._next_block * 2, _LAST_BLOCK)
        return block[:wanted]


def _checksum(data: IO[bytes]) -> str:
    """The CRC32C of a file from its start, as the storage writes it."""
    from google_crc32c import Checksum

    checksum = Checksum()
    data.seek(0)
    while block := data.read(_MEMORY_BYTES):
        checksum.update(block)
    return base64.b64encode(checksum.digest()).decode()


def _info(bucket: str, blob: Any) -> ObjectInfo:
    return ObjectInfo(
        f"{SCHEME}{bucket}/{blob.name}",
        int(blob.size or 0),
        int(blob.generation or 0),
        blob.content_encoding or "",
    )
