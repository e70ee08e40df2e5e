"""`pagesieve restore`: a run once more, with what some rules removed back at its place."""

import argparse
import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pipeline.errors import RunError, UsageError
from pipeline.inspect.each_shard import each_shard
from pipeline.inspect.pages import PAGE_RULES, RebuiltPage, Receipt, pages_of
from pipeline.inspect.parts import records_of
from pipeline.inspect.run_folder import KINDS, RunFolder, open_run
from pipeline.inspect.times import now
from pipeline.outputs.commit import WorkLock, check_output, clear, commit, staging, work_root
from pipeline.outputs.counts import Counts, sum_up
from pipeline.outputs.run_json import describe_counts
from pipeline.outputs.sinks import LineSink, close_with, open_sink
from pipeline.outputs.summary_files import write_summary_files
from pipeline.outputs.write_page import OutputOptions, write_page
from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import counted
from pipeline.reporting.wording import group_of
from pipeline.storage import is_local, join, list_files, read_bytes, write_bytes
from transforms.records import Keeper, Mask, Page, Removal
from transforms.text.language import LanguageDetector

_FIXED = {
    *("url", "date", "language", "language_score", "removed", "source_id"),
    *("paragraphs_in", "paragraphs_out", "masked"),
}
"""Metadata that `make_record` writes itself."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """What to put back, and where the new run is built.

    Attributes:
      rules: names of rules.
      out: folder of the tree.
      format: extension of documents/.
      added: time stamp for the records of pages that had none.
      run: name of the run that is read, which its receipts keep.
      language_engine: for pages that had no record.
    """

    rules: frozenset[str]
    out: str
    format: str
    added: str
    run: str
    language_engine: Any


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run or rule, or no new run may be written.
      RunError: when the parts do not make up the run; nothing was committed.
    """
    folder = open_run(options.output)
    into = options.into
    if os.path.abspath(into) == os.path.abspath(folder.path):
        raise UsageError("--into is the run itself; give another folder")
    if not folder.has_receipts:
        raise UsageError(
            f"{folder.path} was made with --removed=off and holds nothing to put back; "
            "clean the input again with --rules=-NAME instead"
        )
    rules = choose_rules(folder, options.rule)
    if options.overwrite and not is_local(into):
        raise UsageError("--overwrite works on local folders alone; give a prefix without a run")
    check_output(into, overwrite=options.overwrite, option="--into")
    with WorkLock(work_root(into)):
        clear(work_root(into))
        made = restore(folder, rules, staging(into))
        write_summary_files(staging(into), made)
        commit(into)
    origin = made["origin"]
    print(
        f"{counted(origin['paragraphs_restored'], 'paragraph')} put back; "
        f"{counted(made['pages']['written'], 'page')} in {visible(into, 400)}, "
        f"{origin['pages_restored']:,} of them without a record before"
    )
    return 0


def choose_rules(folder: RunFolder, names: str) -> frozenset[str]:
    """Settles which rules are meant.

    Args:
      folder: the run, whose rules can be named.
      names: rules and groups of rules, separated by commas.

    Raises:
      UsageError: when a name stands for no rule that removed anything in this run.
    """
    run = folder.run
    known = {str(rule) for rule in run["paragraphs"].get("removed", {})}
    known |= {f"{PAGE_RULES}{reason}" for reason in run["paragraphs"].get("dropped", {})}
    chosen: set[str] = set()
    for name in filter(None, (name.strip() for name in names.split(","))):
        found = {rule for rule in known if name in (rule, group_of(rule))}
        if not found:
            there = visible(", ".join(sorted(known)), 600) or "none"
            raise UsageError(f"--rule={visible(name, 80)} removed nothing here; rules: {there}")
        chosen |= found
    if not chosen:
        raise UsageError("--rule is empty; give rules or groups, separated by commas")
    return frozenset(chosen)


def restore(folder: RunFolder, rules: frozenset[str], out: str) -> dict[str, Any]:
    """Writes the parts of the new run.

    Args:
      folder: the run that is read.
      rules: whose removals are undone.
      out: folder of the tree.

    Returns:
      The content of run.json.

    Raises:
      RunError: when the counts do not add up.
    """
    started = now()
    before = folder.run
    restoring = Restoring(
        rules,
        out,
        str(folder.options.get("format", "jsonl.gz")),
        started,
        folder.name,
        folder.options.get("language_engine", "langdetect-rs"),
    )
    counts = sum_up(each_shard(folder.shards(), partial(restore_shard, folder, restoring)))
    counts.n.update(what_came_in(before))
    counts.rejects = list(before.get("rejects", []))
    told = describe_counts(counts)
    if not told["conservation"]["holds"]:
        raise RunError(
            "the counts do not add up, so nothing was committed: "
            + "; ".join(told["conservation"]["broken"])
        )
    lost, kept = before["paragraphs"], told["paragraphs"]
    return {
        **before,
        **told,
        "run": f"{folder.name}-restored",
        "started": started,
        "finished": now(),
        "engine": "restore",
        "duplicates": before.get("duplicates", {}),
        "files": {
            kind: [path.rpartition("/")[2] for path in list_files(join(out, kind))]
            for kind in KINDS
        },
        "origin": {
            "command": "restore",
            "output": folder.path,
            "run": folder.name,
            "rules": sorted(rules),
            "paragraphs_restored": kept["kept"] - lost["kept"],
            "pages_restored": told["pages"]["written"] - before["pages"]["written"],
        },
    }


def what_came_in(run: dict[str, Any]) -> dict[str, int]:
    """Gives the counts of what was read, which do not change."""
    pages = run["pages"]
    return {
        "pages.read": pages["read"],
        "paragraphs.in": run["paragraphs"]["in"],
        "characters.in": run["characters"]["in"],
        **{f"pages.rejected:{reason}": n for reason, n in pages["rejected"].items()},
        **{f"pages.skipped:{reason}": n for reason, n in pages["skipped"].items()},
    }


def restore_shard(folder: RunFolder, restoring: Restoring, shard: int) -> Counts:
    """Writes the files of one shard.

    Returns:
      What was written; what came in is not counted.
    """
    counts = Counts()
    documents, removed = folder.part("documents", shard), folder.part("removed", shard)
    rejected = folder.part("rejected", shard)
    if rejected:
        name = rejected.path.rpartition("/")[2]
        write_bytes(join(restoring.out, "rejected", name), read_bytes(rejected.path))
    detector = LanguageDetector(restoring.language_engine)
    options = OutputOptions(format=restoring.format, added=restoring.added, run=restoring.run)
    with ExitStack() as stack:
        name = f"part-{shard:06d}"
        new = open_sink(join(restoring.out, "documents", f"{name}.{restoring.format}"))
        receipts = LineSink(join(restoring.out, "removed", f"{name}.jsonl.gz"))
        close_with(stack, new)
        close_with(stack, receipts)
        pages = pages_of(
            records_of(documents) if documents else (), records_of(removed) if removed else ()
        )
        for page in pages:
            if not page.is_whole:
                raise RunError(
                    f"{folder.path}: the record and the receipts of {page.id} do not make up its "
                    "page, so nothing was committed; copy the run again"
                )
            made = restore_page(page, restoring.rules, detector)
            if page.record is not None:
                here = replace(options, added=page.record["added"], source=page.record["source"])
            else:
                here = options
            for lines in write_page(made, made.removals, here, new, counts):
                receipts.write_lines(lines)
    return counts


def restore_page(
    page: RebuiltPage, rules: frozenset[str], detector: LanguageDetector | None = None
) -> Page:
    """Makes the page as it was before these rules; all other removals stand.

    A page that was dropped by a rule not among them stays dropped, as it is. A page without a
    record gets its language anew; its date is not known any more.

    Args:
      page: from its record and its receipts.
      rules: whose removals are undone.
      detector: of languages; needed where a rule of `rules` dropped the page.
    """
    dropped_by = page.dropped_by
    stays_dropped = dropped_by is not None and dropped_by["rule"] not in rules
    removals = {
        number: _removal(receipt)
        for number, receipt in page.receipts.items()
        if (stays_dropped or receipt["rule"] not in rules)
        and not str(receipt["rule"]).startswith(PAGE_RULES)
    }
    paragraphs = tuple(text for _, text, _ in page.paragraphs())
    metadata = dict(page.metadata)
    if page.record is None and stays_dropped:
        metadata = {"language": "und", "language_score": 0.0}  # written nowhere
    elif page.record is None:
        left = [text for n, text in enumerate(paragraphs) if n not in removals]
        found = (detector or LanguageDetector()).detect_pages([left])[0]
        metadata = {"language": found.code, "language_score": found.score}
    return Page(
        id=page.id,
        url=page.url,
        date=metadata.get("date", ""),
        paragraphs=paragraphs,
        removals=removals,
        language=metadata["language"],
        language_score=metadata["language_score"],
        source=page.url.removeprefix("file:").partition("#")[0]
        if page.url.startswith("file:")
        else "",
        given_id=metadata.get("source_id", ""),
        dropped=_removal(dropped_by) if stays_dropped and dropped_by else None,
        extra={name: value for name, value in metadata.items() if name not in _FIXED},
        masks=_masks(page),
    )


def _masks(page: RebuiltPage) -> dict[int, tuple[Mask, ...]]:
    """Gathers what was masked, from the record and from the receipts."""
    masks: dict[int, tuple[Mask, ...]] = {}
    for mask in page.metadata.get("masked", ()):
        number = mask["paragraph"]
        masks[number] = (*masks.get(number, ()), Mask(mask["rule"], mask["at"]))
    for number, receipt in page.receipts.items():
        if found := receipt.get("masked"):
            masks[number] = tuple(Mask(mask["rule"], mask["at"]) for mask in found)
    return masks


def _removal(receipt: Receipt) -> Removal:
    keeper = receipt.get("keeper")
    return Removal(
        receipt["rule"],
        receipt["evidence"],
        Keeper(keeper["id"], keeper["url"], keeper["paragraph"]) if keeper else None,
        receipt.get("distance"),
    )
