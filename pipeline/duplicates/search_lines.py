"""The search for site templates in one partition of the line rows."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pipeline.duplicates.partitions import BYTES_A_ROW, MatchWriter, PartitionResult
from pipeline.duplicates.runs import ROW_TYPES, Slice, complete_keys, read_blocks
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.templates import find_templates, matches_of, pages_of

_ROWS = ROW_TYPES["line"]


def search_lines(
    slices: Sequence[Slice],
    hosts: npt.NDArray[np.void],
    rules: DedupRules,
    memory_bytes: int,
    path: str,
) -> PartitionResult:
    """Finds all copies of template lines among the rows of one partition.

    Args:
      slices: the part of each run that lies in the partition.
      hosts: see `find_templates`.
      rules: how many pages a template line stands on.
      memory_bytes: about what the search may take, however large the partition is.
      path: of the file of matches.
    """
    rows_at_once = max(memory_bytes // BYTES_A_ROW, 1024)
    with MatchWriter(path, rows_at_once) as writer:
        for piece in complete_keys(sorted(slices), _ROWS, rows_at_once):
            if isinstance(piece, np.ndarray):
                writer.add(find_templates(piece, hosts, rules.template_pages, rules.template_share))
                continue
            for matches in _search_one_line(piece, hosts, rules, rows_at_once):
                writer.add(matches)
    return PartitionResult(writer.slices, 0, 0, sum(s.count for s in slices))


def _search_one_line(
    slices: Sequence[Slice], hosts: npt.NDArray[np.void], rules: DedupRules, rows_at_once: int
) -> Iterator[npt.NDArray[np.void]]:
    """Judges one line with more rows than are read at once: counts first, then takes all."""
    pages = np.empty(0, np.uint64)
    for one in slices:
        for block in read_blocks(one, _ROWS, rows_at_once):
            pages = np.union1d(pages, block["page_hash"])
    for one in slices:
        for block in read_blocks(one, _ROWS, rows_at_once):
            of_pages = pages_of(hosts, block["check"])
            enough = (len(pages) >= rules.template_pages) & (of_pages > 0)
            enough &= len(pages) >= rules.template_share * of_pages
            on_pages = np.full(int(enough.sum()), len(pages))
            yield matches_of(block[enough], on_pages, of_pages[enough])
