"""What flows between the steps of a stream: pointers and numbers, never the text of a page."""

from dataclasses import dataclass

from pipeline.duplicates.runs import RowKind
from pipeline.inputs.shards import Piece

RANGES = 4
"""Parts of the key space of each kind of rows, each with a state of its own."""

PARTITIONS: tuple[str, ...] = tuple(
    f"{kind}-{number}" for kind in ("exact", "near") for number in range(RANGES)
)
"""Keys of the search for duplicates."""


def kind_of(partition: str) -> RowKind:
    """Gives the kind of rows that a partition has."""
    return "near" if partition.startswith("near") else "exact"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Input that arrived together, and is read by one worker.

    Attributes:
      number: in this process, from 0.
      pieces: files, or ranges of large ones, in the order in which they arrived.
      keys: what the ledger is to know them by.
      at_ms: when it was taken in, in milliseconds since 1970; never before an earlier arrival.
      tick_ms: end of the tick, exclusive, in which its duplicates are decided.
    """

    number: int
    pieces: tuple[Piece, ...]
    keys: tuple[bytes, ...]
    at_ms: int
    tick_ms: int


@dataclass(frozen=True, slots=True)
class Spilled:
    """A batch of pages on its way, in files of the work folder.

    Attributes:
      tick_ms: of its arrival.
      first_page: number of its first page in the stream.
      path: of its files, without an extension.
      rows: how many it has, of all kinds.
    """

    tick_ms: int
    first_page: int
    path: str
    rows: int


@dataclass(frozen=True, slots=True)
class RowPart:
    """The rows of one batch that lie in one partition.

    Attributes:
      tick_ms: of the arrival.
      path: of a file of rows.
      first: of the rows.
      count: of the rows.
    """

    tick_ms: int
    path: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class WasRead:
    """An arrival was read to its end.

    Attributes:
      tick_ms: of the arrival.
      arrival: its number.
      at_ms: when it was taken in.
      keys: what the ledger knows its pieces by.
      end_page: number of the page that follows it.
      skipped: what was no page by its kind, by reason.
      changed: paths of files that were written to while they were read.
    """

    tick_ms: int
    arrival: int
    at_ms: int
    keys: tuple[bytes, ...]
    end_page: int
    skipped: dict[str, int]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """What the search of one partition found in one tick.

    Attributes:
      tick_ms: of the tick.
      partition: that was searched.
      matches: path of an array of `MATCH`; "" where there are none.
      rows: path of the rows to remember, sorted by key; "" where there are none.
      row_count: how many.
      searched, compared, capped: see `PartitionResult`.
    """

    tick_ms: int
    partition: str
    matches: str
    rows: str
    row_count: int
    searched: int
    compared: int
    capped: int
