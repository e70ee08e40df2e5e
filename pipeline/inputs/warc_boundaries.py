"""Where gzip members begin in a WARC file, seen from anywhere inside it.

A page may itself hold an archive: then members stand inside a member. Deflate keeps what it cannot
shrink in stored blocks of at most 65,535 bytes, each behind a header of five bytes, and nowhere
else do bytes stand as they were. So a member inside a member that is longer than a block is torn,
and fails its check sum; a chain of whole ones ends with the block at the latest. A chain of whole
members that goes on for more than a block, or right to the end of the file, is the file's own.
"""

import re
from collections.abc import Iterator

from pipeline.inputs.compression import GZIP_MAGIC, DamagedError, Members, find_bytes
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile

_STORED_BLOCK_BYTES = 65_535
_SIGNATURE = b"WARC/"
_HEAD_BYTES = 8 << 10
_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)


def find_member(
    storage: StorageFile, options: ReadOptions, start: int, stop: int = -1, *, chain: bool = True
) -> int | None:
    """The first byte in `start <= byte < stop` where a member with a WARC record begins, or None.

    Depends on the file alone, so that two neighbouring pieces find the same. Moves the storage.

    Args:
      storage: the file.
      options: for the limits on growth.
      start: first byte looked at.
      stop: byte behind the last one; negative for the end of the file.
      chain: asks for the chain that no archive inside a page can have; otherwise one whole
        member is enough.
    """
    at = start
    while stop < 0 or at < stop:
        storage.seek(at)
        block = storage.read(BLOCK_BYTES)
        if len(block) < len(GZIP_MAGIC):
            return None
        found = find_bytes(block, GZIP_MAGIC, 0)
        while found >= 0:
            if 0 <= stop <= at + found:
                return None
            if _begins(storage, options, at + found, chain):
                return at + found
            found = find_bytes(block, GZIP_MAGIC, found + 1)
        at += len(block) - len(GZIP_MAGIC) + 1
    return None


def _begins(storage: StorageFile, options: ReadOptions, offset: int, chain: bool) -> bool:
    members = Members(storage, "gz", options, offset)
    try:
        members.open_next()
        head = b""
        while len(head) < len(_SIGNATURE) and (block := members.read()):
            head += block
        if not head.startswith(_SIGNATURE):
            return False
        while True:
            while members.read():
                pass
            if not chain or members.position > offset + _STORED_BLOCK_BYTES:
                return True
            if not members.open_next():
                return True
    except DamagedError:
        return False


def record_starts(storage: StorageFile) -> Iterator[int]:
    """Where the records of a plain WARC file start, by their chain from its first byte.

    Ends at the file's end, or at the first record that leads nowhere. Bodies are not read.
    """
    offset = 0
    while True:
        storage.seek(offset)
        head = storage.read(_HEAD_BYTES)
        blank = len(head) - len(head.lstrip(b"\r\n"))
        if blank:
            if blank == len(head):
                return
            offset += blank
            continue
        end = head.find(b"\r\n\r\n")
        length = (
            _LENGTH.search(head, 0, end + 2) if end > 0 and head.startswith(_SIGNATURE) else None
        )
        if length is None:
            return
        yield offset
        offset += end + 4 + int(length[1]) + 4
        storage.seek(offset - 4)
        if storage.read(4) != b"\r\n\r\n":
            return
