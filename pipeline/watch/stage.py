"""One tick becomes lines and a segment in the work folder, before its window is committed."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
import numpy.typing as npt
import orjson

from pipeline.errors import RunError
from pipeline.outputs.counts import Counts, check_conservation
from pipeline.outputs.records import make_reject
from pipeline.outputs.sinks import LineSink
from pipeline.outputs.write_page import OutputOptions, write_page
from pipeline.outputs.write_records import count_reject
from pipeline.storage import join, read_bytes, write_bytes
from pipeline.watch.arrivals import read_batch, read_batch_facts
from pipeline.watch.elements import Decided, Spilled, WasRead, kind_of
from pipeline.watch.manifest import Segment
from pipeline.watch.past import Past, page_number
from pipeline.watch.segments import LINK, IdWriter
from transforms.records import Keeper, Removal
from transforms.text.duplicates import MATCH, choose_matches
from transforms.text.page_duplicates import evidence_of, follow, rule_of
from transforms.text.rows import paragraph_of

KINDS = ("documents", "removed", "rejected")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StagedTick:
    """What a tick has come to.

    Attributes:
      tick_ms: its end.
      folder: where its lines and the files of its segment are.
      segment: of what there is to remember.
      suffix: of its files of lines.
    """

    tick_ms: int
    folder: str
    segment: Segment
    suffix: str

    def lines(self, kind: str) -> str:
        """Gives the path of its documents, receipts or rejects; without any there is no file."""
        return join(self.folder, f"{kind}.{self.suffix if kind == 'documents' else 'jsonl.gz'}")

    def counts(self) -> Counts:
        """Gives its counts."""
        return Counts.from_json(read_bytes(join(self.folder, "counts.json")))


def stage_tick(
    folder: str,
    first_page: int,
    batches: Sequence[Spilled],
    reads: Sequence[WasRead],
    decided: Sequence[Decided],
    past: Past,
    options: OutputOptions,
) -> StagedTick:
    """Writes the lines and the segment of a tick.

    Args:
      folder: of the tick; holds what was decided.
      first_page: number of the page that follows the tick before.
      batches: of the tick.
      reads: of the tick.
      decided: of the tick, by all partitions.
      past: what came before it.
      options: how the output looks.

    Raises:
      RunError: when rows or pages are missing: this runner does not keep time.
    """
    if sum(b.rows for b in batches) != sum(d.searched for d in decided):
        raise RunError(
            f"tick {reads[0].tick_ms if reads else 0}: not all of its rows were searched; this "
            "is a bug: report it. Nothing of it was committed; start again"
        )
    tick_ms = (reads[0] if reads else batches[0]).tick_ms
    batches = sorted(batches, key=lambda batch: batch.first_page)
    end_page = max([first_page, *(r.end_page for r in reads), *(b.first_page + 1 for b in batches)])
    ids = IdWriter(first_page)
    for batch in batches:
        ids.add(batch.first_page, read_batch_facts(batch.path)[1])
    ids.write(folder, end_page)
    matches, keepers = _settle(decided, ids, past)
    counts = Counts(_counted(reads, decided))
    suffix = "jsonl.zst" if options.format != "jsonl.gz" else "jsonl.gz"
    staged = StagedTick(
        tick_ms=tick_ms,
        folder=folder,
        segment=Segment(
            folder=folder,
            tier=0,
            first_page=first_page,
            end_page=end_page,
            parts=tuple((d.partition, d.row_count) for d in decided if d.row_count),
            links=len(matches),
            files=sum(len(read.keys) for read in reads),
        ),
        suffix=suffix,
    )
    _write_lines(staged, batches, matches, keepers, options, counts)
    if broken := check_conservation(counts):
        raise RunError(
            f"the counts do not add up, so the window was not committed: {'; '.join(broken)}; "
            "this is a bug: report it"
        )
    write_bytes(join(folder, "counts.json"), counts.to_json())
    links = np.empty(len(matches), LINK)
    links["address"], links["keeper"] = matches["address"], matches["stays"]
    write_bytes(join(folder, "links"), links.tobytes())
    write_bytes(join(folder, "files"), b"".join(key for read in reads for key in read.keys))
    return staged


_SETTLED = np.dtype([*MATCH.descr[:2], ("stays", "<u8"), ("kind", "u1"), ("distance", "u1")])
"""A match, and the paragraph that stays at the end of the chain."""


def _settle(
    decided: Sequence[Decided], ids: IdWriter, past: Past
) -> tuple[npt.NDArray[np.void], dict[int, tuple[str, str]]]:
    """Takes one match of each paragraph that goes, and finds what stays for it.

    Returns:
      Array of `_SETTLED`, sorted by address; and id and URL of the page of each that stays.
    """
    found = [np.frombuffer(read_bytes(d.matches), MATCH) for d in decided if d.matches]
    chosen = choose_matches(np.concatenate([np.empty(0, MATCH), *found]))
    settled = np.empty(len(chosen), _SETTLED)
    for name in ("address", "keeper", "kind", "distance"):
        settled[name] = chosen[name]
    ends = follow(chosen["address"], chosen["keeper"], chosen["keeper"])
    own = page_number(ends) >= np.uint64(ids.first_page)
    old = np.unique(ends[~own])
    final = past.follow(old)
    if len(old):
        ends[~own] = final[np.searchsorted(old, ends[~own])]
    settled["stays"] = ends
    pages = past.ids_of(np.unique(final))
    pages |= {a: ids.of(a) for a in np.unique(ends[own]).tolist()}
    return settled, pages


def _counted(reads: Sequence[WasRead], decided: Sequence[Decided]) -> Counter[str]:
    """Counts what is known without looking at the pages."""
    n: Counter[str] = Counter()
    for read in reads:
        n["watch.arrivals"] += 1
        n["watch.changed"] += len(read.changed)
        for reason, count in read.skipped.items():
            n[f"pages.skipped:{reason}"] += count
    for one in decided:
        kind = kind_of(one.partition)
        n[f"duplicates.{kind}_rows"] += one.searched
        n[f"duplicates.{kind}_compared"] += one.compared
        n[f"duplicates.{kind}_capped"] += one.capped
    return n


def _write_lines(
    staged: StagedTick,
    batches: Sequence[Spilled],
    matches: npt.NDArray[np.void],
    keepers: dict[int, tuple[str, str]],
    options: OutputOptions,
    counts: Counts,
) -> None:
    """Writes documents, receipts and rejects of all pages, in the order of their arrival."""
    numbers = page_number(matches["address"])
    with ExitStack() as stack:
        sinks = {kind: LineSink(staged.lines(kind)) for kind in KINDS}

        def give_up(_kind: object, error: BaseException | None, _trace: object) -> None:
            for sink in sinks.values():
                sink.close() if error is None else sink.abort(error)

        stack.push(give_up)
        for batch in batches:
            pages, failures = read_batch(batch.path)
            counts.n.update(read_batch_facts(batch.path)[0])
            for failure in failures:
                sinks["rejected"].write(orjson.dumps(make_reject(failure, options.run)))
                count_reject(counts, failure)
            for number, (_, page) in enumerate(pages, batch.first_page):
                start, end = np.searchsorted(numbers, np.array([number, number + 1], np.uint64))
                removals = page.removals | _removals(matches[start:end], keepers)
                for lines in write_page(page, removals, options, sinks["documents"], counts):
                    if options.removed:
                        sinks["removed"].write_lines(lines)


def _removals(
    matches: npt.NDArray[np.void], keepers: dict[int, tuple[str, str]]
) -> dict[int, Removal]:
    """Makes the removals of one page, as `WriteRecords` words them."""
    removals: dict[int, Removal] = {}
    for match in matches:
        kind, distance, stays = int(match["kind"]), int(match["distance"]), int(match["stays"])
        evidence = evidence_of(kind, distance)
        if stays != int(match["keeper"]):
            evidence += ", which repeats the one that is kept"
        page_id, url = keepers[stays]
        removals[int(paragraph_of(match["address"]))] = Removal(
            rule_of(kind),
            evidence,
            Keeper(page_id, url, int(paragraph_of(match["stays"]))),
            distance,
        )
    return removals
