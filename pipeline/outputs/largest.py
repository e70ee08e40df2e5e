"""The largest of a kind, with a few examples each: bounded, and the same in whatever order."""

from dataclasses import dataclass, field
from typing import Any, Final

import xxhash

MOST: Final = 20
"""Groups that are kept."""

MAX_VARIANTS: Final = 5
"""Different texts that are kept of each group."""

_TEXT_CHARS: Final = 300
_URL_CHARS: Final = 400


@dataclass(slots=True)
class Group:
    """Things that belong together.

    Attributes:
      size: how many they are.
      name: tells groups of one size apart.
      about: what is known of the group; every part knows the same, or nothing, of each key.
      variants: different texts, those with the least hash: each with `rank`, `url` and `text`.
    """

    size: int
    name: str
    about: dict[str, Any] = field(default_factory=dict)
    variants: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Largest:
    """The groups of the greatest size that were added.

    The size of a group has to be the same each time that something is added to it; then what stays
    depends neither on the order nor on how parts were merged.

    Attributes:
      most: groups that are kept.
      groups: by minus their size, and their name.
    """

    most: int = MOST
    groups: dict[tuple[int, str], Group] = field(default_factory=dict)
    _least: tuple[int, str] | None = None

    def wants(self, size: int) -> bool:
        """Says whether a group of this size can be among the largest."""
        return self._least is None or -size <= self._least[0]

    def add(
        self,
        size: int,
        name: str,
        about: dict[str, Any],
        variant: dict[str, Any] | None = None,
    ) -> None:
        """Adds what is known of a group, and one of its texts.

        Args:
          size: of the whole group.
          name: of the group.
          about: as JSON knows it; `url` and `text` are cut.
          variant: a dict with `url` and `text` at least.
        """
        key = (-size, name)
        mine = self.groups.get(key)
        if mine is None and self._least is not None and key > self._least:
            return
        variants = []
        if variant is not None:
            rank = xxhash.xxh3_64_intdigest(str(variant["text"]).encode("utf-8", "replace")) >> 11
            if mine is None or _has_room(mine.variants, rank):
                variants.append({"rank": rank, **_cut(variant)})
        if mine is None or variants or not about.keys() <= mine.about.keys():
            self._merge(Group(size, name, _cut(about), variants))

    def merge(self, other: "Largest") -> None:
        """Adds all that another holds."""
        for group in other.groups.values():
            if self.wants(group.size):
                self._merge(Group(group.size, group.name, dict(group.about), group.variants))

    def _merge(self, group: Group) -> None:
        key = (-group.size, group.name)
        mine = self.groups.get(key)
        if mine is None:
            self.groups[key] = group
            if len(self.groups) > self.most:
                del self.groups[max(self.groups)]
            if len(self.groups) == self.most:
                self._least = max(self.groups)
            return
        mine.about.update(group.about)
        mine.variants = least_variants([*mine.variants, *group.variants])

    def to_list(self) -> list[dict[str, Any]]:
        """Gives the groups as JSON knows them, the largest first."""
        return [
            {"size": g.size, "name": g.name, "about": g.about, "variants": g.variants}
            for _, g in sorted(self.groups.items())
        ]

    @classmethod
    def from_list(cls, values: list[dict[str, Any]], most: int = MOST) -> "Largest":
        """Reads what `to_list` gave."""
        found = cls(most)
        for value in values:
            found._merge(Group(**value))
        return found


def _has_room(variants: list[dict[str, Any]], rank: int) -> bool:
    return len(variants) < MAX_VARIANTS or rank <= int(variants[-1]["rank"])


def least_variants(variants: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Gives the variants with the least hash, one of each text: that with the least URL."""
    ordered = sorted(variants, key=lambda v: (v["rank"], v["url"]))
    first = {v["rank"]: v for v in reversed(ordered)}
    return sorted(first.values(), key=lambda v: v["rank"])[:MAX_VARIANTS]


def _cut(value: dict[str, Any]) -> dict[str, Any]:
    most = {"text": _TEXT_CHARS, "url": _URL_CHARS}
    return {k: v[: most[k]] if k in most else v for k, v in value.items()}
