"""The table of widget systems: one row a system, for text and for the DOM.

`SYSTEMS` is what the judge of plain text and the HTML extractor share. A row says how the system's
blocks are called in the DOM (`selectors`), what its lines say (`phrases`, from
`phrases/<language>.json`, under the key `group.name`), and where both come from (`source`).

To add a system: one row in `systems.json`, its lines under `group.name` in the language files,
one fixture in `tests/data/widgets/`. To add a language: one file in `phrases/`, and a fixture.
"""

import json
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_PACKAGE: Final = "transforms.text.widgets"

GROUPS: Final = (
    "comments",
    "share",
    "navigation",
    "cookies",
    "newsletter",
    "related",
    "login",
    "meta",
    "footer",
    "boilerplate",
)
"""The first half of every rule name; users switch whole groups off."""


@dataclass(frozen=True, slots=True)
class System:
    """One widget system, or one kind of block that many systems share.

    Attributes:
      name: lower case, `[a-z0-9_]+`; unique within its group.
      group: one of `GROUPS`.
      selectors: CSS selectors of the system's outermost blocks, most specific first: `#id`,
        `.class`, `tag.class`,
        `tag`, `[id^="prefix"]`, `[class^="prefix"]`, `[itemtype$="X"]`. A block that matches
        one of them is the system's, with all it holds; never `html`, `body` or `main`.
      phrases: language (ISO 639-1) to the lines that the system writes, in the pattern language
        of `transforms.text.widgets.phrases`. Empty for systems that share the general lines.
      source: where the facts come from: the system's own template or translation file.
    """

    name: str
    group: str
    selectors: tuple[str, ...]
    phrases: MappingProxyType[str, tuple[str, ...]] = field(hash=False)
    source: str

    @property
    def rule(self) -> str:
        """The rule's name in receipts: `group.name`."""
        return f"{self.group}.{self.name}"


def read_phrases() -> dict[str, dict[str, tuple[str, ...]]]:
    """Reads the packaged phrase files: rule name -> language -> phrases, languages sorted."""
    folder = files(_PACKAGE).joinpath("languages")
    table: dict[str, dict[str, tuple[str, ...]]] = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".json"):
            continue
        rules: dict[str, list[str]] = json.loads(entry.read_text(encoding="utf-8"))
        for rule, phrases in rules.items():
            table.setdefault(rule, {})[entry.name.removesuffix(".json")] = tuple(phrases)
    return table


def _build() -> tuple[System, ...]:
    text = files(_PACKAGE).joinpath("systems.json").read_text(encoding="utf-8")
    phrases = read_phrases()
    systems = tuple(
        System(
            name=row["name"],
            group=row["group"],
            selectors=tuple(row["selectors"]),
            phrases=MappingProxyType(phrases.pop(f"{row['group']}.{row['name']}", {})),
            source=row["source"],
        )
        for row in json.loads(text)
    )
    if phrases:
        raise ValueError(f"phrases without a row in systems.json: {sorted(phrases)}")
    return systems


SYSTEMS: Final[tuple[System, ...]] = _build()
"""All systems, in the order of `systems.json`; of two rows with the same line the first counts."""
