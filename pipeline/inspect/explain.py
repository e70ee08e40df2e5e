"""`pagesieve explain`: one page, paragraph by paragraph: kept, or removed by what and why."""

import argparse
import sys
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import UsageError
from pipeline.inspect.find import AmbiguousError, Target, find, load_page, load_pages, load_rejects
from pipeline.inspect.pages import RebuiltPage, Receipt
from pipeline.inspect.run_folder import RunFolder, open_run
from pipeline.reporting.run_facts import counted
from pipeline.reporting.word_diff import Stretch, compare


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph and what became of it.

    Attributes:
      number: in the page, from 0; -1 where it is not known.
      text: the paragraph.
      receipt: why it went; None where it stayed.
      keeper_text: of a duplicate, the text that stays; None where it could not be found.
      changes: of a near-duplicate, the words that differ from `keeper_text`.
    """

    number: int
    text: str
    receipt: Receipt | None = None
    keeper_text: str | None = None
    changes: list[Stretch] | None = None


@dataclass(slots=True)
class Explanation:
    """All that is known of a page.

    Attributes:
      run: name of the run.
      url, id: of the page; the id is "" for what became no page.
      record: of documents/; None where the page was not written.
      fate: what became of the page, one sentence.
      lines: its paragraphs, in order.
      rejects: lines of rejected/.
      notes: what the reader has to know, a sentence each.
    """

    run: str
    url: str
    id: str
    record: dict[str, Any] | None
    fate: str
    lines: list[Line] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def removed(self) -> dict[str, int]:
        """Rule to number of paragraphs, the largest first."""
        counts: dict[str, int] = {}
        for line in self.lines:
            if line.receipt is not None:
                rule = str(line.receipt["rule"])
                counts[rule] = counts.get(rule, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run, or not exactly one such page.
    """
    folder = open_run(options.output)
    try:
        explanation = explain(folder, find(folder, options.page))
    except AmbiguousError as error:
        print(f"pagesieve: {error}", *error.candidates, sep="\n", file=sys.stderr)
        return error.exit_status
    if options.html is None:
        from pipeline.inspect.explain_text import print_explanation

        print_explanation(explanation, sys.stdout)
        return 0
    from pipeline.inspect.explain_html import render_page
    from pipeline.storage import write_bytes

    name = (explanation.id or "rejected").replace(":", "-")
    path = options.html or f"explain-{name}.html"
    try:
        write_bytes(path, render_page(explanation).encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"--html={path} cannot be written: {error.strerror or error}") from error
    print(path)
    return 0


def explain(folder: RunFolder, target: Target) -> Explanation:
    """Gathers all that a run knows of one page, or of a piece of input that became none."""
    rejects = load_rejects(folder, target)
    if not target.id:
        count = len(rejects)
        fate = f"rejected: {'it' if count == 1 else f'{count} pieces of it'} could not be read"
        return Explanation(folder.name, target.url, "", None, fate, rejects=rejects)
    shards = set[int]().union(*(target.shards.get(k, set()) for k in ("documents", "removed")))
    page = load_page(folder, target.id, target.shards.get("documents") or shards)
    if page is None:
        raise UsageError(f"{folder.path} changed while it was read; try again")
    keepers = _keeper_pages(folder, page)
    explanation = Explanation(
        folder.name,
        page.url,
        page.id,
        page.record,
        _fate(page),
        [_line(n, text, receipt, keepers) for n, text, receipt in page.paragraphs()],
        rejects,
        _notes(folder, page, target),
    )
    if not page.is_whole:
        explanation.lines = [
            Line(-1, line.text) if line.receipt is None else line for line in explanation.lines
        ]
    return explanation


def _fate(page: RebuiltPage) -> str:
    if page.record is not None:
        language = page.metadata.get("language", "und")
        return f"written to documents/, {counted(len(page.kept), 'paragraph')}, language {language}"
    dropped = page.dropped_by
    if dropped is None:
        return "dropped (page.empty): every paragraph was removed"
    return f"dropped ({dropped['rule']}): {dropped['evidence']}"


def _notes(folder: RunFolder, page: RebuiltPage, target: Target) -> list[str]:
    notes = []
    if not folder.has_receipts:
        gone = page.metadata.get("removed") or {}
        counts = ", ".join(f"{rule} {count}" for rule, count in gone.items()) or "none"
        notes.append(
            "this run was made with --removed=off: which paragraphs were removed is not known, "
            f"only how many by each rule: {counts}"
        )
    elif not page.is_whole:
        notes.append("the record and its receipts do not make up the whole page")
    also = sorted(target.shards.get("documents", set()))[1:]
    if also:
        parts = ", ".join(f"part-{shard:06d}" for shard in also)
        notes.append(f"the same page was read more than once; it stands in {parts} as well")
    return notes


def _keeper_pages(folder: RunFolder, page: RebuiltPage) -> dict[str, RebuiltPage]:
    ids = {str(r["keeper"]["id"]) for r in page.receipts.values() if r.get("keeper")}
    return load_pages(folder, ids - {page.id}) | {page.id: page}


def _line(
    number: int,
    text: str,
    receipt: Receipt | None,
    keepers: dict[str, RebuiltPage],
) -> Line:
    keeper = receipt.get("keeper") if receipt else None
    if not keeper:
        return Line(number, text, receipt)
    holder = keepers.get(str(keeper["id"]))
    kept = holder.text_of(int(keeper["paragraph"])) if holder and holder.is_whole else None
    changes = None if kept is None or kept == text else compare(text, kept)
    return Line(number, text, receipt, kept, changes)
