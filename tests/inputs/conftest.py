"""Reads files the way the pipeline does: plan, then every shard."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.inputs.options import ReadOptions, Skipped
from pipeline.inputs.plan import plan
from pipeline.inputs.read import read_shard
from transforms.records import MAX_RAW_BYTES, Failure, RawPage


@dataclass
class Outcome:
    """What reading gave, in order."""

    results: list[RawPage | Failure] = field(default_factory=list)
    skipped: Skipped = field(default_factory=dict)
    shards: int = 0

    @property
    def pages(self) -> list[RawPage]:
        return [result for result in self.results if isinstance(result, RawPage)]

    @property
    def failures(self) -> list[Failure]:
        return [result for result in self.results if isinstance(result, Failure)]

    @property
    def contents(self) -> list[str]:
        return [page.content for page in self.pages]

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return [(failure.reason, failure.offset) for failure in self.failures]


Read = Callable[..., Outcome]


def read_all(*patterns: str | Path, **options) -> Outcome:
    """Plans and reads; `input_format` and `shard_bytes` are the planner's."""
    planning = {key: options.pop(key) for key in ("input_format", "shard_bytes") if key in options}
    shards = plan([str(pattern) for pattern in patterns], **planning)
    outcome = Outcome(shards=len(shards))
    for shard in shards:
        outcome.results.extend(read_shard(shard, ReadOptions(**options), outcome.skipped))
    for failure in outcome.failures:
        assert failure.stage == "read"
        assert failure.detail
        assert failure.detail.isprintable()
        assert len(failure.detail) <= 300
        assert len(failure.raw) <= MAX_RAW_BYTES
        assert failure.raw_length == -1 or failure.raw_length >= len(failure.raw)
    for page in outcome.pages:
        assert page.url
        assert page.url.isprintable()
        assert "\0" not in page.content
        page.content.encode("utf-8")
    return outcome


@pytest.fixture
def read() -> Read:
    return read_all
