"""The work folder: what lies where between the steps of a run."""

from dataclasses import dataclass

from pipeline.storage import join


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Names every file of a run in progress.

    Attributes:
      root: the folder, local or on an object store.
      out: where the output tree is built; the output itself where a folder cannot be renamed.
    """

    root: str
    out: str

    @property
    def plan(self) -> str:
        """What this work was begun for; other work does not continue it."""
        return join(self.root, "plan.json")

    @property
    def counts(self) -> str:
        """The counts of all shards, summed up by the last step."""
        return join(self.root, "counts.json")

    def shard(self, shard: int, name: str) -> str:
        """A file of a shard's first step: `pages`, `ids`, `exact`, `near`, `index`, `done`."""
        return join(self.root, "map", f"{shard:06d}", name)

    def matches(self, partition: str) -> str:
        """What the search of one partition found."""
        return join(self.root, "find", f"{partition}.matches")

    def chosen(self, shard: int) -> str:
        """The one match of each paragraph of a shard that goes."""
        return join(self.root, "keep", f"{shard:06d}.chosen")

    def requests(self, asked: int, shard: int) -> str:
        """Questions of a shard, in one round, to those that hold its keepers."""
        return join(self.root, "keep", f"{shard:06d}.asked-{asked}")

    def answers(self, asked: int, shard: int) -> str:
        """Answers of a shard to one round of questions."""
        return join(self.root, "keep", f"{shard:06d}.answered-{asked}")

    def written(self, shard: int) -> str:
        """The counts of a shard whose records are written."""
        return join(self.root, "write", f"{shard:06d}.json")

    def part(self, kind: str, shard: int, suffix: str) -> str:
        """A file of the output: `documents`, `removed` or `rejected`."""
        return join(self.out, kind, f"part-{shard:06d}.{suffix}")
