"""Which page of a run a user means, and the pages with given ids."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.errors import UsageError
from pipeline.inputs.failures import printable
from pipeline.inspect.pages import RebuiltPage, pages_of
from pipeline.inspect.parts import any_id, for_each, json_text, lines_of, parse, records_of
from pipeline.inspect.run_folder import KINDS, Kind, Part, RunFolder
from pipeline.reporting.printable import visible

_LISTED: Final = 10
"""Candidates that are named when several match."""

_REMEMBERED: Final = 1000
"""Candidates that are remembered at each closeness; more are counted as "more than"."""

_ID: Final = re.compile(r"ps:[0-9a-f]{16}")

_EXACT, _PREFIX, _INSIDE = range(3)
"""How close a candidate is to what was asked for."""


@dataclass(slots=True)
class Target:
    """What a user means.

    Attributes:
      url: of the page; of a reject without one, its file.
      id: of the page; "" for what became none.
      shards: kind to the numbers of the shards where it stands.
    """

    url: str
    id: str
    shards: dict[Kind, set[int]] = field(default_factory=dict)


_Matches = list[dict[tuple[str, str], Target]]
"""By closeness: (URL, id) to target."""


class AmbiguousError(UsageError):
    """Several pages match.

    Attributes:
      candidates: a line for each of the first, safe to print.
    """

    def __init__(self, message: str, candidates: list[str]) -> None:
        super().__init__(message)
        self.candidates = candidates


def find(run: RunFolder, wanted: str) -> Target:
    """Finds the page, or the piece of input that became none, that a user means.

    What is called exactly so comes first, then what begins so, then what holds it.

    Args:
      run: where to look.
      wanted: an id, a URL, a file of rejected input, or a part of one.

    Raises:
      AmbiguousError: when several match.
      UsageError: when nothing does.
    """
    if not wanted.strip():
        raise UsageError("the URL or id is empty; see `pagesieve explain --help`")
    name = printable(wanted)  # as URLs are when they are read
    matches: _Matches = [{}, {}, {}]
    for kind in KINDS:
        for some in for_each(run.parts[kind], lambda part, kind=kind: _search(part, kind, name)):  # type: ignore[misc]
            _merge(matches, some)
            if _ID.fullmatch(name) and matches[_EXACT]:
                break  # an id stands for one content; its receipts lie in the same shard
        if _ID.fullmatch(name) and matches[_EXACT]:
            break
    return _only(next((some for some in matches if some), {}), run, wanted)


def _search(part: Part, kind: Kind, wanted: str) -> _Matches:
    needle = re.compile(re.escape(json_text(wanted)))
    matches: _Matches = [{}, {}, {}]
    last = b""
    for line in lines_of(part, needle):
        if kind == "removed":
            head = line[: line.find(b'"paragraph":')]
            if head == last:
                continue  # of the same page
            last = head
        record = parse(line, part)
        url, page_id, names = _names(record, kind)
        closeness = min((_closeness(name, wanted) for name in names), default=3)
        if closeness <= _INSIDE and len(matches[closeness]) < _REMEMBERED:
            target = matches[closeness].setdefault((url, page_id), Target(url, page_id))
            target.shards.setdefault(kind, set()).add(part.shard)
    return matches


def _names(record: dict[str, Any], kind: Kind) -> tuple[str, str, list[str]]:
    """Gives URL, id, and all names that one may use."""
    if kind == "rejected":
        url = str(record["url"] or record["file"])
        return url, "", [url, str(record["file"]), f"file:{record['file']}"]
    url = str(record["metadata"]["url"] if kind == "documents" else record["url"])
    return url, str(record["id"]), [url, str(record["id"])]


def _closeness(name: str, wanted: str) -> int:
    if name == wanted:
        return _EXACT
    at = name.find(wanted)
    return 3 if at < 0 else _INSIDE if at else _PREFIX


def _merge(into: _Matches, some: _Matches) -> None:
    for mine, theirs in zip(into, some, strict=True):
        for key, target in theirs.items():
            if key not in mine and len(mine) >= _REMEMBERED:
                continue
            shards = mine.setdefault(key, Target(target.url, target.id)).shards
            for kind, numbers in target.shards.items():
                shards.setdefault(kind, set()).update(numbers)


def _only(best: dict[tuple[str, str], Target], run: RunFolder, wanted: str) -> Target:
    """Gives the one target; a reject of the same URL belongs to its page."""
    asked = visible(wanted, 200)
    if not best:
        hint = "" if run.has_receipts else " (with --removed=off, dropped pages leave no trace)"
        raise UsageError(f"{run.path} has no page whose URL or id holds {asked!r}{hint}")
    for (url, page_id), reject in list(best.items()):
        pages = [target for key, target in best.items() if key[0] == url and key[1]]
        if not page_id and len(pages) == 1:
            pages[0].shards["rejected"] = reject.shards["rejected"]
            del best[url, page_id]
    if len(best) == 1:
        return next(iter(best.values()))
    count = f"more than {_REMEMBERED:,}" if len(best) >= _REMEMBERED else f"{len(best):,}"
    lines = [
        f"  {visible(page_id or 'rejected', 40):<19}  {visible(url, 200)}"
        for url, page_id in sorted(best)[:_LISTED]
    ]
    if len(best) > _LISTED:
        lines.append(f"  ... and {len(best) - _LISTED:,} more")
    raise AmbiguousError(
        f"{asked!r} stands for {count} pages; give the id or the whole URL of one", lines
    )


def load_page(run: RunFolder, page_id: str, shards: set[int]) -> RebuiltPage | None:
    """Puts one page together from the parts of its shard; the first that was written, if any."""
    pages = [page for shard in sorted(shards) for page in _pages_in(run, shard, {page_id})]
    return next((page for page in pages if page.record is not None), pages[0] if pages else None)


def load_pages(run: RunFolder, ids: set[str]) -> dict[str, RebuiltPage]:
    """Finds pages that were written, wherever they are; those that are not found are left out."""
    found: dict[str, RebuiltPage] = {}
    if not ids:
        return found
    needle = any_id(ids)

    def held(part: Part) -> tuple[int, set[str]]:
        return part.shard, {str(r["id"]) for r in records_of(part, needle)} & ids

    for shard, some in for_each(run.parts["documents"], held):
        if new := some - found.keys():
            pages = _pages_in(run, shard, new)
            found |= {page.id: page for page in pages if page.record is not None}
        if len(found) == len(ids):
            break
    return found


def _pages_in(run: RunFolder, shard: int, ids: set[str]) -> Iterator[RebuiltPage]:
    needle = any_id(ids)

    def lines(kind: Kind) -> Iterator[dict[str, Any]]:
        part = run.part(kind, shard)
        records = records_of(part, needle) if part else iter(())
        return (record for record in records if record["id"] in ids)

    return pages_of(lines("documents"), lines("removed"))


def load_rejects(run: RunFolder, target: Target) -> list[dict[str, Any]]:
    """Gives the rejects of one URL or file."""
    needle = re.compile(re.escape(json_text(target.url)))
    return [
        record
        for shard in sorted(target.shards.get("rejected", ()))
        if (part := run.part("rejected", shard))
        for record in records_of(part, needle)
        if _names(record, "rejected")[0] == target.url
    ]
