"""Counts of a run: integers under dotted names, summed over shards, checked at the end."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import cast

import orjson
import xxhash

from pipeline.outputs.histograms import add_histograms
from pipeline.outputs.largest import Largest

SAMPLES = 5
"""Examples kept of each rule."""

_RANK_AND_URL = itemgetter("rank", "url")
_MOST_HOSTS = 200
_MOST_COPIES = 40
_DIGEST_MASK = (1 << 128) - 1


@dataclass(slots=True)
class Counts:
    """What happened in a shard, or in a whole run.

    Attributes:
      n: counters. `pages.read`, `pages.written`, `pages.rejected:REASON`, `pages.dropped:REASON`,
        `pages.skipped:REASON`, `paragraphs.in`, `paragraphs.kept`, `paragraphs.removed:RULE`,
        `paragraphs.dropped:REASON`, `paragraphs.rejected`, `pages.masked`, `paragraphs.masked`,
        `masks:RULE` (all three of what is kept), `characters.in`, `characters.kept`,
        `languages:CODE`, `years:YYYY`, `years:unknown` and `months:YYYY-MM` (of the pages
        written), and `duplicates.*`.
      hosts: host to [pages, paragraphs in, paragraphs kept], the largest ones.
      samples: rule to examples, those with the least rank.
      rejects: examples of rejected input.
      groups: paragraphs that stay, with the most duplicates.
      copies: texts of such duplicates; the sizes are those of one round of answers (`ROUNDS`).
      templates: lines on the most pages of their host.
      histograms: of the quality signals, see `add_signals`.
      digest: sum of the hashes of all records and receipts: equal for equal sets of them.
    """

    n: Counter[str] = field(default_factory=Counter)
    hosts: dict[str, list[int]] = field(default_factory=dict)
    samples: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    rejects: list[dict[str, object]] = field(default_factory=list)
    groups: Largest = field(default_factory=Largest)
    copies: Largest = field(default_factory=lambda: Largest(_MOST_COPIES))
    templates: Largest = field(default_factory=Largest)
    histograms: dict[str, list[int]] = field(default_factory=dict)
    digest: int = 0

    def add_line(self, line: bytes) -> None:
        """Adds a record or receipt to the digest."""
        self.digest = (self.digest + xxhash.xxh3_128_intdigest(line)) & _DIGEST_MASK

    def add_lines(self, lines: Iterable[bytes]) -> None:
        """Adds many, as `add_line` would one by one."""
        self.digest = (self.digest + sum(map(xxhash.xxh3_128_intdigest, lines))) & _DIGEST_MASK

    def wants_sample(self, rule: str, rank: int) -> bool:
        """Says whether an example of a rule would be kept."""
        some = self.samples.get(rule)
        return not some or len(some) < SAMPLES or rank < cast("int", some[-1]["rank"])

    def add_sample(self, rule: str, rank: int, sample: dict[str, object]) -> None:
        """Keeps an example of a rule if its rank is among the least."""
        if self.wants_sample(rule, rank):
            some = self.samples.setdefault(rule, [])
            some.append({"rank": rank, **sample})
            some.sort(key=_RANK_AND_URL)
            del some[SAMPLES:]

    def add(self, other: "Counts") -> None:
        """Adds all that another holds."""
        self.n.update(other.n)
        for host, numbers in other.hosts.items():
            mine = self.hosts.setdefault(host, [0, 0, 0])
            self.hosts[host] = [a + b for a, b in zip(mine, numbers, strict=True)]
        for rule, samples in other.samples.items():
            for sample in samples:
                rest = {k: v for k, v in sample.items() if k != "rank"}
                self.add_sample(rule, int(str(sample["rank"])), rest)
        self.rejects = sorted(
            self.rejects + other.rejects, key=lambda r: (str(r["file"]), int(str(r["offset"])))
        )[:20]
        self.groups.merge(other.groups)
        self.copies.merge(other.copies)
        self.templates.merge(other.templates)
        add_histograms(self.histograms, other.histograms)
        self.digest = (self.digest + other.digest) & _DIGEST_MASK

    def to_json(self) -> bytes:
        """Writes everything down; of the hosts only those with the most pages."""
        most = sorted(self.hosts, key=lambda h: (-self.hosts[h][0], h))[:_MOST_HOSTS]
        return orjson.dumps(
            {
                "n": dict(self.n),
                "hosts": {h: self.hosts[h] for h in most},
                "samples": self.samples,
                "rejects": self.rejects,
                "groups": self.groups.to_list(),
                "copies": self.copies.to_list(),
                "templates": self.templates.to_list(),
                "histograms": self.histograms,
                "digest": f"{self.digest:032x}",
            },
            option=orjson.OPT_SORT_KEYS,
        )

    @classmethod
    def from_json(cls, data: bytes) -> "Counts":
        """Reads what `to_json` wrote."""
        values = orjson.loads(data)
        return cls(
            Counter(values["n"]),
            values["hosts"],
            values["samples"],
            values["rejects"],
            Largest.from_list(values["groups"]),
            Largest.from_list(values["copies"], _MOST_COPIES),
            Largest.from_list(values["templates"]),
            values["histograms"],
            int(values["digest"], 16),
        )

    def group(self, prefix: str) -> dict[str, int]:
        """Gives the counters `prefix:NAME` as {NAME: count}, the largest first."""
        start = f"{prefix}:"
        found = {k.removeprefix(start): v for k, v in self.n.items() if k.startswith(start)}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def sum_up(parts: Iterable[Counts]) -> Counts:
    """Adds up any number of counts."""
    total = Counts()
    for part in parts:
        total.add(part)
    return total


def check_conservation(counts: Counts) -> list[str]:
    """Checks that nothing was lost or made: what came in went somewhere, once.

    The sides of each equation are counted at different places: what comes in where it is read and
    extracted, what goes out where it is written.

    Returns:
      A line for each equation that does not hold; none when all is well.
    """
    n = counts.n
    pages_out = (
        n["pages.written"]
        + sum(counts.group("pages.dropped").values())
        + sum(counts.group("pages.rejected").values())
    )
    paragraphs_out = (
        n["paragraphs.kept"]
        + sum(counts.group("paragraphs.removed").values())
        + sum(counts.group("paragraphs.dropped").values())
    )
    checks = (
        ("pages", n["pages.read"], pages_out),
        ("paragraphs", n["paragraphs.in"], paragraphs_out),
    )
    return [
        f"{what}: {came} came in, but {went} were kept, removed, dropped or rejected"
        for what, came, went in checks
        if came != went
    ]
