"""Pages from WARC and WET files: the records of a piece, in order."""

import math
from collections.abc import Iterator

from pipeline.inputs.compression import DamagedError, Members
from pipeline.inputs.failures import failure
from pipeline.inputs.options import ReadOptions, Skipped
from pipeline.inputs.shards import Piece
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile
from pipeline.inputs.warc_boundaries import find_member
from pipeline.inputs.warc_pages import page_of
from pipeline.inputs.warc_records import Record, Window, records
from transforms.records import MAX_RAW_BYTES, Failure, RawPage


def read_warc(
    storage: StorageFile, piece: Piece, options: ReadOptions, skipped: Skipped
) -> Iterator[RawPage | Failure]:
    """The pages of the records that start inside the piece, in order.

    Args:
      storage: the file, as it lies on storage.
      piece: the range of bytes in which a plain file's records start, or a packed file's members.
      options: limits.
      skipped: counts the records that are neither pages nor failures.
    """
    if piece.file.size == 0:
        yield failure("no_text", "the file is empty", piece.file.path)
        return
    reader = _plain_records if piece.file.compression == "none" else _packed_records
    for found in reader(storage, piece, options):
        if isinstance(found, Failure):
            yield found
            continue
        offset, record = found
        result = page_of(record, piece.file.path, offset, options)
        if isinstance(result, str):
            skipped[result] = skipped.get(result, 0) + 1
        else:
            yield result
    if storage.tell() < piece.file.size and (piece.end < 0 or storage.tell() < piece.end):
        detail = f"storage gave {storage.tell()} bytes of {piece.file.size}"
        yield failure("truncated", detail, piece.file.path, offset=storage.tell(), raw_length=-1)


def _plain_records(
    storage: StorageFile, piece: Piece, options: ReadOptions
) -> Iterator[tuple[int, Record]]:
    if piece.start:
        storage.seek(piece.start)
    window = Window(lambda: storage.read(BLOCK_BYTES), piece.start, rewind=storage.rewind)
    for record in records(window, options.max_page_bytes):
        if 0 <= piece.end <= record.offset:
            return
        yield record.offset, record


def _packed_records(  # noqa: C901 - one loop, told in order
    storage: StorageFile, piece: Piece, options: ReadOptions
) -> Iterator[tuple[int, Record] | Failure]:
    """The records with the offsets of their members, and a failure for each damaged stretch."""
    start = find_member(storage, options, piece.start, piece.end) if piece.start else 0
    if start is None:
        return
    members = Members(storage, piece.file.compression, options, start)
    end = _End(storage, piece, options)
    more = True
    while more:
        damage: DamagedError | None = None
        try:
            more = members.open_next()
        except DamagedError as error:
            damage = error
        begin = members.start
        if end.is_near(begin):
            end.find()
            members.seek(begin)  # the search has moved the storage
            continue
        if begin >= end.found:
            return
        if damage is None:
            window = Window(members.read)
            for record in records(window, options.max_page_bytes):
                if record.problem is None or window.damage is None:
                    yield begin, record
            damage = window.damage
        if damage is not None:
            resume = None
            if piece.file.compression == "gz":
                cut = damage.reason == "truncated"
                resume = find_member(storage, options, begin + 1, chain=cut)
            yield _damaged(storage, damage, piece, begin, resume)
            if resume is None:
                storage.seek(piece.file.size)
                return
            members.seek(resume)


class _End:
    """Knows where the next piece takes over: at the first member that it can find by itself.

    Attributes:
      found: byte on storage; infinite while it has not been looked for, and where there is none.
    """

    def __init__(self, storage: StorageFile, piece: Piece, options: ReadOptions) -> None:
        self._storage = storage
        self._end = piece.end
        self._options = options
        self._looked = piece.end < 0
        self.found = math.inf

    def is_near(self, offset: int) -> bool:
        """Whether a member at this byte asks for the search, which is done once."""
        return not self._looked and offset >= self._end

    def find(self) -> None:
        """Searches by the rule by which the next piece does; moves the storage."""
        self._looked = True
        following = find_member(self._storage, self._options, self._end)
        self.found = math.inf if following is None else following


def _damaged(
    storage: StorageFile, damage: DamagedError, piece: Piece, begin: int, resume: int | None
) -> Failure:
    end = piece.file.size if resume is None else resume
    storage.seek(begin)
    raw = storage.read(max(0, min(MAX_RAW_BYTES, end - begin)))
    after = "nothing after it can be read" if resume is None else f"reading went on at {resume}"
    return failure(
        damage.reason,
        f"{damage.detail}; {after}",
        piece.file.path,
        offset=begin,
        raw=raw,
        raw_length=end - begin,
    )
