"""How far a run is, how fast, and how long still: from what its workers have counted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

READ_SHARE: Final = 0.85
SEARCH_SHARE: Final = 0.05
"""Of the time that a run takes; the rest is writing."""

STEPS: Final = ("reading and cleaning", "searching for duplicates", "writing")


@dataclass(frozen=True, slots=True)
class Pace:
    """A look at a run.

    Attributes:
      done: sums of the workers' counters.
      total_bytes: of all shards.
      shards: how many there are.
      elapsed_s: seconds since the start.
      reading_s: seconds that reading has taken, or took.
    """

    done: Mapping[str, float]
    total_bytes: int
    shards: int
    elapsed_s: float
    reading_s: float

    @property
    def step(self) -> int:
        """The step that is going on: place in `STEPS`."""
        if self.done.get("written", 0):
            return 2
        return 1 if self.shares[0] >= 1 else 0

    @property
    def shares(self) -> tuple[float, float, float]:
        """How much of each step is done, 0..1; the second says only whether it has begun."""
        written = min(self.done.get("written", 0) / max(self.shards, 1), 1.0)
        read = min(self.done.get("bytes", 0) / max(self.total_bytes, 1), 1.0)
        if written or read > 1 - 1e-9:
            read = 1.0
        searched = 1.0 if written or (read == 1 and self.done.get("searched", 0) > 0) else 0.0
        return read, searched, written

    @property
    def share(self) -> float:
        """How much of the run is done, 0..1."""
        read, searched, written = self.shares
        rest = 1 - READ_SHARE - SEARCH_SHARE
        return READ_SHARE * read + SEARCH_SHARE * searched + rest * written

    @property
    def left_s(self) -> float | None:
        """Seconds still to go; None where that cannot be said yet."""
        if not 0.02 < self.share < 1:
            return None
        return self.elapsed_s * (1 - self.share) / self.share

    def facts(self) -> list[str]:
        """Says what was done so far: pages, pace, removals, drops, rejects."""
        pages, paragraphs = int(self.done.get("pages", 0)), self.done.get("paragraphs", 0)
        parts = [f"{pages:,} pages"]
        if self.reading_s >= 1 and pages:
            parts.append(f"{pages / self.reading_s:,.0f} pages/s")
        if removed := int(self.done.get("removed", 0)):
            parts.append(f"{removed:,} paragraphs removed ({removed / max(paragraphs, 1):.0%})")
        for key, word in (("dropped", "dropped"), ("rejects", "rejected")):
            if count := int(self.done.get(key, 0)):
                parts.append(f"{count:,} {word}")
        return parts

    def line(self) -> str:
        """Says it all in one line."""
        parts = [f"{self.share:4.0%} {STEPS[self.step]}", *self.facts()]
        if self.left_s is not None:
            parts.append(f"about {span(self.left_s)} left")
        return ", ".join(parts)


def span(seconds: float) -> str:
    """Returns a duration in its two largest units, such as "2 min 05 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
