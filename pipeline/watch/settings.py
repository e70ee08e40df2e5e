"""What the steps of a stream are told."""

from dataclasses import dataclass

from pipeline.config import CleanConfig
from pipeline.storage import join


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How a stream works; nothing here changes what is found, but for the horizon.

    Attributes:
      config: what comes out.
      patterns: of the input; () where there is a subscription.
      subscription: full name of the one that delivers pages; "" for none.
      output: where windows are committed.
      work: local folder for what is in progress; what it holds is of no use to a restart.
      memory: local folder of what is committed, as `pipeline.watch.manifest` has it.
      history: folder of runs to start from; "" for none.
      window_ms: length of a window.
      tick_ms: duplicates are decided, and pages written, so often.
      settle_s: seconds that a file has to be unchanged.
      horizon_ms: how long a paragraph is remembered; 0: for ever.
      memory_bytes: what a search may take.
    """

    config: CleanConfig
    patterns: tuple[str, ...]
    subscription: str = ""
    output: str
    work: str
    memory: str
    history: str = ""
    window_ms: int = 60_000
    tick_ms: int = 1000
    settle_s: float = 1.0
    horizon_ms: int = 0
    memory_bytes: int = 256 << 20

    @property
    def stop_file(self) -> str:
        """Its presence asks the source to end."""
        return join(self.work, "stop")

    @property
    def read_file(self) -> str:
        """Holds how many arrivals have been read."""
        return join(self.work, "read")

    @property
    def inbox_file(self) -> str:
        """Holds what the inbox holds, for people."""
        return join(self.work, "inbox.json")

    @property
    def messages(self) -> str:
        """Holds messages that have not been read."""
        return join(self.work, "messages")

    def batch(self, page: int) -> str:
        """The files of the batch that begins with this page, without an extension."""
        return join(self.batches, f"{page:016d}")

    @property
    def batches(self) -> str:
        """Holds the files of batches that are not staged."""
        return join(self.work, "batches")

    @property
    def ticks(self) -> str:
        """Holds a folder for each tick, by its end."""
        return join(self.work, "ticks")

    def tick(self, tick_ms: int, *name: str) -> str:
        """The folder of a tick, or a file in it."""
        return join(self.work, "ticks", str(tick_ms), *name)
