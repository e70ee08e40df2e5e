"""The files of a segment: rows by partition, ids of pages, links of duplicates, the ledger.

`pages.ids` holds id and URL of each page as JSON, one after the other, and `pages.index` the byte
at which each begins, so that one page is read without the others. Pages are numbered through the
stream; a number without a page is empty there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import orjson

from pipeline.duplicates.earlier_rows import RowWriter, earliest
from pipeline.duplicates.runs import ROW_TYPES, Slice, complete_keys, read_blocks
from pipeline.storage import (
    join,
    open_for_reading,
    open_for_writing,
    read_bytes,
    read_range,
    write_bytes,
)
from pipeline.watch.elements import PARTITIONS, kind_of
from pipeline.watch.manifest import Segment
from transforms.text.rows import PARAGRAPH_BITS, Rows

LINK = np.dtype([("address", "<u8"), ("keeper", "<u8")])
"""16 bytes: a paragraph that went, and the one that stays for it."""

KEY_BYTES = 16
"""Length of a ledger entry."""

MERGE_ROWS = 1 << 18
"""Rows in memory at a time while segments are merged."""


class IdWriter:
    """Collects ids and URLs of consecutive pages.

    Args:
      first_page: number of the first one.
    """

    def __init__(self, first_page: int) -> None:
        self.first_page = first_page
        self._data: list[bytes] = []
        self._places: dict[int, int] = {}
        self._starts: list[int] = [0]

    def add(self, page: int, ids: Iterable[tuple[str, str]]) -> None:
        """Takes pages from number `page` on; numbers that were passed over have none."""
        self._pad(page)
        for number, one in enumerate(ids, page):
            self._places[number] = len(self._data)
            self._data.append(orjson.dumps(one))
            self._starts.append(self._starts[-1] + len(self._data[-1]))

    def of(self, address: int) -> tuple[str, str]:
        """Gives id and URL of the page of an address."""
        page_id, url = orjson.loads(self._data[self._places[address >> PARAGRAPH_BITS]])
        return page_id, url

    def write(self, folder: str, end_page: int) -> None:
        """Writes the files, for all pages before `end_page`."""
        self._pad(end_page)
        write_bytes(join(folder, "pages.ids"), b"".join(self._data))
        write_bytes(join(folder, "pages.index"), np.array(self._starts, "<u8").tobytes())

    def _pad(self, page: int) -> None:
        missing = page - self.first_page - len(self._starts) + 1
        if missing < 0:
            raise ValueError(f"page {page} comes again")
        self._starts.extend([self._starts[-1]] * missing)


def read_ids(folder: str, segment: Segment, pages: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Gives id and URL of some pages of a segment, by their numbers."""
    found: dict[int, tuple[str, str]] = {}
    index = np.dtype("<u8").itemsize
    with (
        open_for_reading(join(folder, "pages.index")) as starts,
        open_for_reading(join(folder, "pages.ids")) as data,
    ):
        for page in sorted(pages):
            starts.seek((page - segment.first_page) * index)
            first, end = np.frombuffer(starts.read(2 * index), "<u8").tolist()
            data.seek(first)
            page_id, url = orjson.loads(data.read(end - first))
            found[page] = (page_id, url)
    return found


def read_links(folder: str, segment: Segment) -> npt.NDArray[np.void]:
    """Gives the links of a segment, sorted by address."""
    if not segment.links:
        return np.empty(0, LINK)
    return np.memmap(join(folder, "links"), LINK, "r")


def read_keys(folder: str, segment: Segment) -> Iterator[bytes]:
    """Yields the ledger entries of a segment."""
    data = read_bytes(join(folder, "files")) if segment.files else b""
    for start in range(0, len(data), KEY_BYTES):
        yield data[start : start + KEY_BYTES]


def last_keys(memory: str, segments: Sequence[Segment], most: int) -> Iterator[bytes]:
    """Yields the ledger entries that were written last.

    Args:
      memory: folder of what is committed.
      segments: in their order.
      most: entries.
    """
    for segment in reversed(segments):
        count = min(most, segment.files)
        if count:
            first = (segment.files - count) * KEY_BYTES
            path = join(memory, segment.folder, "files")
            data = read_range(path, first, count * KEY_BYTES)
            yield from (data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES))
        most -= count


class GivenUpError(Exception):
    """A merge was given up; what it wrote counts for nothing."""


def merge(
    segments: Sequence[tuple[str, Segment]],
    folder: str,
    most_a_key: int,
    first_date: int,
    tier: int,
    rows_at_once: int = MERGE_ROWS,
    give_up: Callable[[], bool] = lambda: False,
) -> Segment:
    """Merges consecutive segments into one.

    No answer changes by it: rows that no look-up can give, because enough earlier ones have their
    key, are left out.

    Args:
      segments: (folder, segment), in the order of their pages.
      folder: where the new files go; what the new segment calls it.
      most_a_key: rows of one key that stay, the earliest ones.
      first_date: rows with a lower `date` are forgotten.
      tier: of the new segment.
      rows_at_once: about how many rows are in memory at a time.
      give_up: is asked again and again whether to end without a result.

    Raises:
      GivenUpError: when `give_up` said so.
    """
    parts = []
    for partition in PARTITIONS:
        slices = [
            Slice(join(place, f"{partition}.rows"), 0, rows)
            for place, segment in segments
            for name, rows in segment.parts
            if name == partition and rows
        ]
        path = join(folder, f"{partition}.rows")
        if not slices:
            continue
        with RowWriter(path) as writer:
            for rows in _merged(slices, partition, most_a_key, first_date, rows_at_once):
                if give_up():
                    raise GivenUpError
                writer.write(rows)
        if writer.rows:
            parts.append((partition, writer.rows))
    first = segments[0][1].first_page
    _merge_ids(segments, folder)
    for name in ("links", "files"):
        with open_for_writing(join(folder, name)) as handle:
            for place, segment in segments:
                if getattr(segment, name):
                    handle.write(read_bytes(join(place, name)))
    return Segment(
        folder=folder,
        tier=tier,
        first_page=first,
        end_page=segments[-1][1].end_page,
        parts=tuple(parts),
        links=sum(segment.links for _, segment in segments),
        files=sum(segment.files for _, segment in segments),
    )


def _merge_ids(segments: Sequence[tuple[str, Segment]], folder: str) -> None:
    before, page = 0, segments[0][1].first_page
    with (
        open_for_writing(join(folder, "pages.ids")) as data,
        open_for_writing(join(folder, "pages.index")) as index,
    ):
        for place, segment in segments:
            missing = segment.first_page - page
            starts = np.frombuffer(read_bytes(join(place, "pages.index")), "<u8")
            index.write(np.full(missing, before, "<u8").tobytes())
            index.write((starts[:-1] + np.uint64(before)).tobytes())
            ids = read_bytes(join(place, "pages.ids"))
            data.write(ids)
            before, page = before + len(ids), segment.end_page
        index.write(np.array([before], "<u8").tobytes())


def _merged(
    slices: Sequence[Slice],
    partition: str,
    most_a_key: int,
    first_date: int,
    rows_at_once: int,
) -> Iterator[Rows]:
    """Yields the rows of some files that are remembered, by key and order."""
    dtype = ROW_TYPES[kind_of(partition)]
    for piece in complete_keys(slices, dtype, rows_at_once):
        yield from _whole_keys(piece, dtype, rows_at_once, most_a_key, first_date)


def _whole_keys(
    piece: Rows | list[Slice],
    dtype: np.dtype[np.void],
    rows_at_once: int,
    most_a_key: int,
    first_date: int,
) -> Iterator[Rows]:
    if isinstance(piece, np.ndarray):
        yield earliest(piece[piece["date"] >= first_date], most_a_key)
        return
    rows = np.empty(0, dtype)  # one key that has more rows than fit in memory
    for one in piece:
        for block in read_blocks(one, dtype, rows_at_once):
            fresh = block[block["date"] >= first_date]
            rows = earliest(np.concatenate([rows, fresh]), most_a_key)
    yield rows
