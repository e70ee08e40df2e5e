"""The facts of a run, read from the dict of `run.json`; what is missing or odd counts as nothing.

A report must be possible for every run, also for one of another version: nothing here raises.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.reporting.wording import group_of


def mapping(value: object) -> Mapping[str, Any]:
    """Returns the value where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def number(value: object) -> int:
    """Returns a count: a finite number that is not negative, else 0."""
    if isinstance(value, (int, float)) and math.isfinite(value) and value > 0:
        return int(value)
    return 0


def text(value: object) -> str:
    """Returns the value where it is text, else ""."""
    return value if isinstance(value, str) else ""


def counts(value: object) -> dict[str, int]:
    """Returns name to count, the largest first and equal ones by name, without zeros.

    A bare number stands for one unnamed count, under "".
    """
    given = {"": number(value)} if isinstance(value, (int, float)) else mapping(value)
    found = {str(name): number(count) for name, count in given.items()}
    return dict(
        sorted((item for item in found.items() if item[1]), key=lambda item: (-item[1], item[0]))
    )


def rows(value: object) -> list[Mapping[str, Any]]:
    """Returns the mappings of a list, without anything else that it holds."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def seconds_between(started: str, finished: str) -> float | None:
    """Returns the seconds between two ISO times, or None where that cannot be said."""
    try:
        seconds = (
            datetime.fromisoformat(finished) - datetime.fromisoformat(started)
        ).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds if seconds >= 0 else None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The counts of a run that both the summary and the report show.

    Attributes:
      name, version: of the run, and of pagesieve.
      seconds: how long it took, or None.
      pages_read, pages_written: counts of pages.
      pages_dropped, pages_rejected, pages_skipped: reason to count.
      paragraphs_in, paragraphs_kept: counts of paragraphs.
      removed: rule to count of paragraphs.
      dropped: reason to count of paragraphs that went with their page.
      rejected: paragraphs of rejected pages.
      characters_in, characters_kept: counts of code points.
      not_compared: pairs that the cap on comparisons left out.
      holds: whether everything that came in is accounted for; None where the run does not say.
      broken: what does not add up, a line each.
    """

    name: str
    version: str
    seconds: float | None
    pages_read: int
    pages_written: int
    pages_dropped: dict[str, int]
    pages_rejected: dict[str, int]
    pages_skipped: dict[str, int]
    paragraphs_in: int
    paragraphs_kept: int
    removed: dict[str, int]
    dropped: dict[str, int]
    rejected: int
    characters_in: int
    characters_kept: int
    not_compared: int
    holds: bool | None
    broken: tuple[str, ...]

    @property
    def adds_up(self) -> bool:
        """Whether the run says so, or says nothing, and its paragraphs do."""
        return self.holds is not False and (not self.paragraphs_in or not self.unaccounted)

    @property
    def removed_by_group(self) -> dict[str, int]:
        """Group of rules to count of paragraphs, the largest first."""
        groups: dict[str, int] = {}
        for rule, count in self.removed.items():
            groups[group_of(rule)] = groups.get(group_of(rule), 0) + count
        return counts(groups)

    @property
    def unaccounted(self) -> int:
        """Paragraphs that are neither kept nor removed, dropped or rejected; negative: too many."""
        gone = sum(self.removed.values()) + sum(self.dropped.values()) + self.rejected
        return self.paragraphs_in - self.paragraphs_kept - gone


def read_facts(run: Mapping[str, Any]) -> RunFacts:
    """Reads the counts of a run from the dict of its `run.json`."""
    pages, paragraphs = mapping(run.get("pages")), mapping(run.get("paragraphs"))
    characters = mapping(run.get("characters"))
    conservation = mapping(run.get("conservation"))
    holds, broken = conservation.get("holds"), conservation.get("broken")
    return RunFacts(
        name=text(run.get("run")),
        version=text(run.get("pagesieve")),
        seconds=seconds_between(text(run.get("started")), text(run.get("finished"))),
        pages_read=number(pages.get("read")),
        pages_written=number(pages.get("written")),
        pages_dropped=counts(pages.get("dropped")),
        pages_rejected=counts(pages.get("rejected")),
        pages_skipped=counts(pages.get("skipped")),
        paragraphs_in=number(paragraphs.get("in")),
        paragraphs_kept=number(paragraphs.get("kept")),
        removed=counts(paragraphs.get("removed")),
        dropped=counts(paragraphs.get("dropped")),
        rejected=sum(counts(paragraphs.get("rejected")).values()),
        characters_in=number(characters.get("in")),
        characters_kept=number(characters.get("kept")),
        not_compared=number(mapping(run.get("duplicates")).get("not_compared")),
        holds=holds if isinstance(holds, bool) else None,
        broken=tuple(map(str, broken)) if isinstance(broken, list) else (),
    )


def share(part: int, whole: int) -> str:
    """Returns a share in percent, never 0 or 100 for what is only close to it."""
    if whole <= 0:
        return "-"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99.9 < percent < 100:
        return ">99.9 %"
    return (
        f"{percent:.1f} %"
        if percent < 10
        else f"{percent:.0f} %"
        if percent < 99
        else f"{percent:.4g} %"
    )


def duration(seconds: float) -> str:
    """Returns a duration in its two largest units, such as "2 min 5 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Returns a count with its noun, such as "1 page" or "1,200 pages"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or f'{noun}s'}"


def amount(size: float) -> str:
    """Writes a number of bytes with its unit: `1.2 GB`."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
        size /= 1000
    raise AssertionError
