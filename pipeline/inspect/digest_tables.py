"""What two runs made of their pages, as rows of fixed width on disk, in partitions by URL.

A row has hashes in place of text, so a comparison takes 39 bytes of disk a page and 22 for each of
its rules, and memory for one partition at a time.
"""

import os
from collections.abc import Iterator
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.inspect.parts import for_each, lines_of, parse
from pipeline.inspect.run_folder import Part, RunFolder

PARTITIONS: Final = 64
_BUFFER_ROWS: Final = 4096

PAGE: Final = np.dtype(
    [
        ("url", "<u8"),
        ("id", "<u8"),
        ("text", "<u8"),
        ("removed", "<u8"),
        ("language", "<u2"),
        ("written", "<u1"),
        ("shard", "<u4"),
    ]
)
"""A page: hashes of URL, id, text and removals; number of its language; 1 where it was written."""

RULE: Final = np.dtype([("url", "<u8"), ("id", "<u8"), ("rule", "<u2"), ("count", "<u4")])
"""How many paragraphs of a written page a rule removed."""

Rows = npt.NDArray[np.void]
Side = Literal[0, 1]


class Names:
    """Gives names small numbers, the same in both runs."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """Gives the number of a name; names beyond 65,535 share one."""
        return min(self._numbers.setdefault(name, len(self._numbers)), 0xFFFF)

    def name(self, number: int) -> str:
        """Gives the name of a number."""
        for name, its in self._numbers.items():
            if its == number:
                return name
        return "?"


class DigestTables:
    """The rows of two runs.

    Args:
      folder: where they may lie; emptied by its owner.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.languages, self.rules = Names(), Names()

    def add(self, side: Side, run: RunFolder) -> None:
        """Reads a run and writes its rows down.

        Raises:
          UsageError: when a part file is damaged.
        """
        for kind, read in (("documents", _of_documents), ("removed", _of_receipts)):
            pages, rules = _Buffers(self, side, "pages"), _Buffers(self, side, "rules")
            for shard, some in for_each(run.parts[kind], read):  # type: ignore[index]
                for url, page_id, text, language, removed in some:
                    written = kind == "documents"
                    removals = _hash(repr(sorted(removed.items())))
                    number = self.languages.number(language)
                    pages.add((url, page_id, text, removals, number, written, shard))
                    for rule, count in removed.items():
                        rules.add((url, page_id, self.rules.number(rule), count))
            pages.flush()
            rules.flush()

    def partitions(self) -> Iterator[tuple[tuple[Rows, Rows], tuple[Rows, Rows]]]:
        """Yields, partition by partition, pages and rules of the first run, then of the second."""
        for partition in range(PARTITIONS):
            first, second = (
                (self.read(side, "pages", partition), self.read(side, "rules", partition))
                for side in (0, 1)
            )
            yield first, second

    def read(self, side: int, name: str, partition: int) -> Rows:
        """Reads the rows of a partition."""
        path = self.path(side, name, partition)
        dtype = PAGE if name == "pages" else RULE
        return np.fromfile(path, dtype) if os.path.exists(path) else np.empty(0, dtype)

    def path(self, side: int, name: str, partition: int) -> str:
        """Names a file."""
        return os.path.join(self._folder, f"{side}-{name}-{partition:02d}")


class _Buffers:
    """Rows on their way to the files of their partitions."""

    def __init__(self, tables: DigestTables, side: Side, name: str) -> None:
        self._tables, self._side, self._name = tables, side, name
        self._rows: list[list[tuple[int, ...]]] = [[] for _ in range(PARTITIONS)]

    def add(self, row: tuple[int, ...]) -> None:
        rows = self._rows[row[0] % PARTITIONS]
        rows.append(row)
        if len(rows) >= _BUFFER_ROWS:
            self._write(row[0] % PARTITIONS)

    def flush(self) -> None:
        for partition, rows in enumerate(self._rows):
            if rows:
                self._write(partition)

    def _write(self, partition: int) -> None:
        dtype = PAGE if self._name == "pages" else RULE
        with open(self._tables.path(self._side, self._name, partition), "ab") as handle:
            handle.write(np.array(self._rows[partition], dtype).tobytes())
        self._rows[partition].clear()


_Read = tuple[int, int, int, str, dict[str, int]]
"""Hashes of URL, id and text; language; rule to count."""


def _of_documents(part: Part) -> tuple[int, list[_Read]]:
    found: list[_Read] = []
    for line in lines_of(part):
        record = parse(line, part)
        metadata: dict[str, Any] = record["metadata"]
        found.append(
            (
                _hash(metadata["url"]),
                _hash(record["id"]),
                _hash(record["text"]),
                str(metadata["language"]),
                metadata["removed"],
            )
        )
    return part.shard, found


def _of_receipts(part: Part) -> tuple[int, list[_Read]]:
    """Reads which pages have receipts: those without a document were dropped."""
    found: list[_Read] = []
    last = b""
    for line in lines_of(part):
        head = line[: line.find(b'"paragraph":')]
        if head == last:
            continue  # of the same page
        last = head
        receipt = parse(line, part)
        found.append((_hash(receipt["url"]), _hash(receipt["id"]), 0, "", {}))
    return part.shard, found


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "replace"))
