"""The search for site templates in one partition of the line rows.

What an earlier run of the history found to be a template is one in every later run, too, on
however few pages the line stands there.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.partitions import (
    BYTES_A_ROW,
    EarlierRows,
    MatchWriter,
    PartitionResult,
)
from pipeline.duplicates.runs import ROW_TYPES, Slice, complete_keys, read_blocks
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.rows import Rows
from transforms.text.templates import (
    find_remembered,
    find_templates,
    matches_of,
    pages_of,
    rows_to_remember,
)

_ROWS = ROW_TYPES["line"]


def search_lines(
    slices: Sequence[Slice],
    hosts: npt.NDArray[np.void],
    rules: DedupRules,
    memory_bytes: int,
    path: str,
    earlier: EarlierRows | None = None,
    remember: Callable[[Rows], None] | None = None,
) -> PartitionResult:
    """Finds all copies of template lines among the rows of one partition.

    Args:
      slices: the part of each run that lies in the partition.
      hosts: see `find_templates`.
      rules: how many pages a template line stands on.
      memory_bytes: about what the search may take, however large the partition is.
      path: of the file of matches.
      earlier: templates of earlier runs.
      remember: is given a row of each template that they have not, by ascending key.
    """
    past = _Past(rules.run, earlier, remember)
    rows_at_once = max(memory_bytes // BYTES_A_ROW, 1024)
    with MatchWriter(path, rows_at_once) as writer:
        for piece in complete_keys(sorted(slices), _ROWS, rows_at_once):
            if isinstance(piece, np.ndarray):
                known = past.known(piece)
                found = find_templates(piece, hosts, rules.template_pages, rules.template_share)
                past.tell(piece, found, known)
                old = find_remembered(piece, known)
                writer.add(found)
                writer.add(old[~np.isin(old["address"], found["address"])])
                continue
            for matches in _search_one_line(piece, hosts, rules, rows_at_once, past):
                writer.add(matches)
    return PartitionResult(writer.slices, 0, 0, sum(s.count for s in slices))


class _Past:
    """What the search has to do with earlier and later runs; nothing, most often."""

    def __init__(
        self, run: int, earlier: EarlierRows | None, remember: Callable[[Rows], None] | None
    ) -> None:
        self._run = run
        self._earlier = earlier
        self._remember = remember

    def known(self, rows: Rows) -> Rows:
        """Gives what earlier runs know of the lines."""
        if self._earlier is None:
            return rows[:0]
        return self._earlier.look_up("line", np.unique(rows["key"]), 1)

    def tell(self, rows: Rows, found: npt.NDArray[np.void], known: Rows) -> None:
        """Has the templates remembered that earlier runs do not know."""
        if self._remember is not None and len(found):
            self._remember(rows_to_remember(rows, found, known, self._run))


def _search_one_line(
    slices: Sequence[Slice],
    hosts: npt.NDArray[np.void],
    rules: DedupRules,
    rows_at_once: int,
    past: _Past,
) -> Iterator[npt.NDArray[np.void]]:
    """Judges one line with more rows than are read at once: counts first, then takes all."""
    pages = np.empty(0, np.uint64)
    for one in slices:
        for block in read_blocks(one, _ROWS, rows_at_once):
            pages = np.union1d(pages, block["page_hash"])
    known, told = past.known(next(read_blocks(slices[0], _ROWS, 1))), False
    for one in slices:
        for block in read_blocks(one, _ROWS, rows_at_once):
            of_pages = pages_of(hosts, block["check"])
            enough = (len(pages) >= rules.template_pages) & (of_pages > 0)
            enough &= len(pages) >= rules.template_share * of_pages
            on_pages = np.full(int(enough.sum()), len(pages))
            found = matches_of(block[enough], on_pages, of_pages[enough])
            if len(found) and not told:
                told = True
                past.tell(block, found, known)
            yield found
            yield find_remembered(block[~enough], known)
