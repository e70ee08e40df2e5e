"""The work folder: what lies where between the steps of a run, and in the runs before it."""

from dataclasses import dataclass

from pipeline.storage import join


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """Names every file of a run in progress.

    Shards are numbered through all runs of a history; without one they begin at 0.

    Attributes:
      root: the folder, local or on an object store.
      out: where the output tree is built; the output itself where a folder cannot be renamed.
      first_shard: number of the run's first shard; lower ones are of earlier runs.
      remembered: where the run's part of its history is built; "" without a history.
      past: for each earlier run (its first shard, the shard after its last, its folder).
      tag: on an object store, what tells this run's files from those of others; "" elsewhere.
    """

    root: str
    out: str
    first_shard: int = 0
    remembered: str = ""
    past: tuple[tuple[int, int, str], ...] = ()
    tag: str = ""

    @property
    def plan(self) -> str:
        """What this work was begun for; other work does not continue it."""
        return join(self.root, "plan.json")

    @property
    def ready(self) -> str:
        """What to commit, once all work is done."""
        return join(self.root, "ready.json")

    @property
    def counts(self) -> str:
        """The counts of all shards, summed up by the last step."""
        return join(self.root, "counts.json")

    def shard(self, shard: int, name: str) -> str:
        """A file of a shard's first step.

        One of `pages`, `exact`, `near`, `line`, `index`, `hosts` and, last, `done`.
        """
        return join(self.root, self.tag, "map", f"{shard:06d}", name)

    def ids(self, shard: int) -> str:
        """The ids and URLs of a shard's pages, of this run or an earlier one."""
        earlier = self._earlier(shard)
        return join(earlier, f"{shard:06d}.ids") if earlier else self.shard(shard, "ids")

    def matches(self, partition: str) -> str:
        """What the search of one partition found."""
        return join(self.root, self.tag, "find", f"{partition}.matches")

    def chosen(self, shard: int) -> str:
        """The one match of each paragraph of a shard that goes; of earlier runs, as it ended."""
        earlier = self._earlier(shard)
        if earlier:
            return join(earlier, f"{shard:06d}.links")
        return join(self.root, self.tag, "keep", f"{shard:06d}.chosen")

    def requests(self, asked: int, shard: int) -> str:
        """Questions of a shard, in one round, to those that hold its keepers."""
        return join(self.root, self.tag, "keep", f"{shard:06d}.asked-{asked}")

    def answers(self, asked: int, shard: int) -> str:
        """Answers of a shard to one round of questions."""
        return join(self.root, self.tag, "keep", f"{shard:06d}.answered-{asked}")

    def written(self, shard: int) -> str:
        """The counts of a shard whose records are written."""
        return join(self.root, self.tag, "write", f"{shard:06d}.json")

    def part(self, kind: str, shard: int, suffix: str) -> str:
        """A file of the output: `documents`, `removed` or `rejected`."""
        tag = f"-{self.tag}" if self.tag else ""
        return join(self.out, kind, f"part-{shard - self.first_shard:06d}{tag}.{suffix}")

    def remembered_rows(self, partition: str) -> str:
        """The rows of one partition that the history shall keep."""
        return join(self.remembered, f"{partition}.rows")

    def remembered_shard(self, shard: int, name: str) -> str:
        """What the history keeps of a shard's pages: `ids` or `links`."""
        return join(self.remembered, f"{shard:06d}.{name}")

    def _earlier(self, shard: int) -> str:
        if shard >= self.first_shard:
            return ""
        return next(folder for first, end, folder in self.past if first <= shard < end)
