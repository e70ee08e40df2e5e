"""`pagesieve filter`: a run once more, without the pages that fail filters by their signals."""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from pipeline.errors import RunError, UsageError
from pipeline.inspect.each_shard import each_shard
from pipeline.inspect.pages import PAGE_RULES, pages_of
from pipeline.inspect.parts import for_each, records_of
from pipeline.inspect.restore import restore_page, what_came_in
from pipeline.inspect.run_folder import KINDS, Part, RunFolder, open_run
from pipeline.inspect.times import now
from pipeline.inspect.tune import chosen_filters
from pipeline.outputs.commit import WorkLock, check_output, clear, commit, staging, work_root
from pipeline.outputs.counts import Counts
from pipeline.outputs.run_json import describe_counts
from pipeline.outputs.sinks import LineSink, close_with, open_sink
from pipeline.outputs.summary_files import write_summary_files
from pipeline.outputs.write_page import OutputOptions, write_page
from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import counted
from pipeline.storage import is_local, join, list_files, read_bytes, write_bytes
from transforms.assess_quality import QualityRules, drop_failing
from transforms.records import Page

_BATCH_PAGES = 256


@dataclass(frozen=True, slots=True)
class Filtering:
    """What pages have to pass, and where the new run is built.

    Attributes:
      rules: the filters and their limits.
      out: folder of the tree.
      format: extension of documents/.
    """

    rules: QualityRules
    out: str
    format: str


@dataclass(frozen=True, slots=True)
class Filtered:
    """What came of some shards.

    Attributes:
      counts: of what was written.
      dropped: hashes in the ids of the pages that the filters dropped.
    """

    counts: Counts = field(default_factory=Counts)
    dropped: list[int] = field(default_factory=list)


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run or rule set, or no new run may be written.
      RunError: when the parts do not make up the run; nothing was committed.
    """
    folder = open_run(options.output)
    into = options.into
    names, limits = chosen_filters(options.filters, options.limits)
    if not names:
        raise UsageError("--filters is empty; give rule sets, for example gopher-quality,fineweb")
    if os.path.abspath(into) == os.path.abspath(folder.path):
        raise UsageError("--into is the run itself; give another folder")
    if not folder.has_receipts:
        raise UsageError(
            f"{folder.path} was made with --removed=off, so dropped pages could have no receipts; "
            "clean the input again with --filters instead"
        )
    if options.overwrite and not is_local(into):
        raise UsageError("--overwrite works on local folders alone; give a prefix without a run")
    check_output(into, overwrite=options.overwrite, option="--into")
    with WorkLock(work_root(into)):
        clear(work_root(into))
        made = filter_run(folder, names, limits, staging(into))
        write_summary_files(staging(into), made)
        commit(into)
    print("\n".join(_told(made, into)))
    return 0


def filter_run(
    folder: RunFolder, names: Sequence[str], limits: Mapping[str, float], out: str
) -> dict[str, Any]:
    """Writes the parts of the new run.

    Args:
      folder: the run that is read.
      names: of rule sets, in the order in which a page has to pass them.
      limits: that differ from the reference.
      out: folder of the tree.

    Returns:
      The content of run.json.

    Raises:
      UsageError: when a record has no signals.
      RunError: when the counts do not add up.
    """
    started = now()
    before = folder.run
    rules = QualityRules(signals=False, filters=tuple(names), limits=dict(limits))
    filtering = Filtering(rules, out, str(folder.options.get("format", "jsonl.gz")))
    total = Filtered()
    for one in each_shard(folder.shards(), partial(filter_shard, folder, filtering)):
        total.counts.add(one.counts)
        total.dropped.extend(one.dropped)
    total.counts.n.update(what_came_in(before))
    total.counts.rejects = list(before.get("rejects", []))
    told = describe_counts(total.counts)
    if not told["conservation"]["holds"]:
        raise RunError(
            "the counts do not add up, so nothing was committed: "
            + "; ".join(told["conservation"]["broken"])
        )
    options = {
        **folder.options,
        "filters": [*folder.options.get("filters", []), *names],
        "limits": sorted((dict(folder.options.get("limits", [])) | dict(limits)).items()),
    }
    return {
        **before,
        **told,
        "run": f"{folder.name}-filtered",
        "started": started,
        "finished": now(),
        "engine": "filter",
        "options": options,
        "duplicates": before.get("duplicates", {}),
        "files": {
            kind: [path.rpartition("/")[2] for path in list_files(join(out, kind))]
            for kind in KINDS
        },
        "origin": {
            "command": "filter",
            "output": folder.path,
            "run": folder.name,
            "filters": list(names),
            "limits": dict(limits),
            "pages_dropped": before["pages"]["written"] - told["pages"]["written"],
            "paragraphs_without_keeper": _without_keeper(out, total.dropped),
        },
    }


def filter_shard(folder: RunFolder, filtering: Filtering, shard: int) -> Filtered:
    """Writes the files of one shard.

    Returns:
      What was written, what came in not counted; and which pages were dropped.
    """
    done = Filtered()
    documents, removed = folder.part("documents", shard), folder.part("removed", shard)
    if rejected := folder.part("rejected", shard):
        name = rejected.path.rpartition("/")[2]
        write_bytes(join(filtering.out, "rejected", name), read_bytes(rejected.path))
    options = OutputOptions(format=filtering.format, added="", run=folder.name)
    with ExitStack() as stack:
        name = f"part-{shard:06d}"
        new = open_sink(join(filtering.out, "documents", f"{name}.{filtering.format}"))
        receipts = LineSink(join(filtering.out, "removed", f"{name}.jsonl.gz"))
        close_with(stack, new)
        close_with(stack, receipts)
        pages = pages_of(
            records_of(documents) if documents else (), records_of(removed) if removed else ()
        )
        while batch := list(islice(pages, _BATCH_PAGES)):
            for page in batch:
                if not page.is_whole:
                    raise RunError(
                        f"{folder.path}: the record and the receipts of {page.id} do not make up "
                        "its page, so nothing was committed; copy the run again"
                    )
            rebuilt = [restore_page(page, frozenset()) for page in batch]
            judged = _judge(rebuilt, filtering.rules, folder.path)
            for page, old, made in zip(batch, rebuilt, judged, strict=True):
                if old.dropped is None and made.dropped is not None:
                    done.dropped.append(_number(made.id))
                record = page.record or {"added": "", "source": ""}
                here = replace(options, added=record["added"], source=record["source"])
                for lines in write_page(made, made.removals, here, new, done.counts):
                    receipts.write_lines(lines)
    return done


def _judge(pages: Sequence[Page], rules: QualityRules, path: str) -> list[Page]:
    """Drops the pages of a batch that fail, by the signals in their records."""
    standing = [page for page in pages if page.dropped is None]
    signals = [page.extra.get("signals") for page in standing]
    measured = [values for values in signals if isinstance(values, dict)]
    if len(measured) < len(signals):
        raise UsageError(
            f"{path} has records without signals; clean the input again with --signals=on"
        )
    judged = iter(drop_failing(standing, measured, rules))
    return [next(judged) if page.dropped is None else page for page in pages]


def _number(page_id: str) -> int:
    return int(page_id.removeprefix("ps:"), 16)


def _without_keeper(out: str, dropped: Sequence[int]) -> int:
    """Counts duplicates whose text stood on a page that is now dropped: it is nowhere any more."""
    if not dropped:
        return 0
    gone = np.unique(np.array(dropped, np.uint64))
    files = list_files(join(out, "removed"))
    parts = [Part(number, file) for number, file in enumerate(files)]
    return sum(for_each(parts, partial(_count_orphans, gone)))


def _count_orphans(gone: "np.ndarray[Any, Any]", part: Part) -> int:
    keepers = [
        _number(receipt["keeper"]["id"])
        for receipt in records_of(part)
        if receipt.get("keeper") and not str(receipt["rule"]).startswith(PAGE_RULES)
    ]
    return int(np.isin(np.array(keepers, np.uint64), gone).sum())


def _told(made: dict[str, Any], into: str) -> list[str]:
    origin, pages = made["origin"], made["pages"]
    dropped, written = (counted(n, "page") for n in (origin["pages_dropped"], pages["written"]))
    lines = [f"{dropped} dropped; {written} in {visible(into, 400)}"]
    for reason, count in list(pages["dropped"].items())[:20]:
        lines.append(f"  {count:>9,}  {visible(reason, 80)}")
    if lost := origin["paragraphs_without_keeper"]:
        lines.append(
            f"  {counted(lost, 'paragraph')} had gone as duplicates of text on these pages; "
            "`pagesieve clean --filters` keeps a copy elsewhere"
        )
    return lines
