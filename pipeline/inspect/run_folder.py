"""A finished run on storage: its run.json and its part files, by shard."""

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from pipeline.errors import UsageError
from pipeline.outputs.commit import RUN_FILE, work_root
from pipeline.storage import exists, is_local, join, list_files, read_bytes

Kind = Literal["documents", "removed", "rejected"]
KINDS: Final[tuple[Kind, ...]] = ("documents", "removed", "rejected")

_PART: Final = re.compile(r"part-(\d+)(?:-[0-9a-f]+)?\.(jsonl\.gz|jsonl\.zst|jsonl|parquet)$")


@dataclass(frozen=True, slots=True)
class Part:
    """One part file.

    Attributes:
      shard: its number; the parts of one shard have the same in every kind.
      path: of the file.
    """

    shard: int
    path: str


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run that was committed.

    Attributes:
      path: the folder, without a slash at its end.
      run: the content of run.json.
      parts: part files by kind, in the order of their shards.
    """

    path: str
    run: dict[str, Any]
    parts: dict[Kind, tuple[Part, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self.run.get("run", ""))

    @property
    def options(self) -> dict[str, Any]:
        """What the run was told, as run.json holds it."""
        options = self.run.get("options")
        return options if isinstance(options, dict) else {}

    @property
    def has_receipts(self) -> bool:
        """Whether the run wrote receipts."""
        return self.options.get("removed") is not False

    def part(self, kind: Kind, shard: int) -> Part | None:
        """Finds the part file of a shard; None where the shard had nothing of this kind."""
        return next((part for part in self.parts[kind] if part.shard == shard), None)

    def shards(self) -> list[int]:
        """Gives the numbers of all shards that left anything, ascending."""
        return sorted({part.shard for parts in self.parts.values() for part in parts})


def open_run(output: str, option: str = "--output") -> RunFolder:
    """Opens a finished run.

    Args:
      output: its folder.
      option: how the user named it, for messages.

    Raises:
      UsageError: when there is no finished run; the message says what is there instead.
    """
    path = output.rstrip("/") or "/"
    named = f"{option} {output}".strip()
    data = _run_json(path, named)
    try:
        run = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise UsageError(
            f"{named}: its {RUN_FILE} is damaged ({error}); clean the input again with --overwrite"
        ) from error
    if not isinstance(run, dict) or "paragraphs" not in run:
        raise UsageError(f"{named}: its {RUN_FILE} is not one of pagesieve")
    listed = run.get("files")
    parts = {kind: _parts(path, kind, listed) for kind in KINDS}
    return RunFolder(path, run, parts)


def _run_json(path: str, named: str) -> bytes:
    file = join(path, RUN_FILE)
    try:
        if exists(file):
            return read_bytes(file)
        begun = exists(join(work_root(path), "plan.json"))
        missing = is_local(path) and not exists(path)
    except Exception as error:  # whatever a file system's client raises
        raise UsageError(f"{named}: cannot be read: {error}") from error
    if begun:
        raise UsageError(
            f"{named}: its run is not finished; the `pagesieve clean` that began it goes on "
            "where it stopped"
        )
    if missing:
        raise UsageError(f"{named}: no such folder")
    raise UsageError(f"{named} holds no finished run: there is no {RUN_FILE} in it")


def _parts(path: str, kind: Kind, listed: object) -> tuple[Part, ...]:
    """Finds the part files: those that run.json lists, where it does."""
    names = listed.get(kind) if isinstance(listed, dict) else None
    if isinstance(names, list):
        files = [join(path, kind, str(name)) for name in names]
    else:
        files = list_files(join(path, kind))
    found = [Part(int(match[1]), file) for file in files if (match := _PART.search(file))]
    return tuple(sorted(found, key=lambda part: (part.shard, part.path)))
