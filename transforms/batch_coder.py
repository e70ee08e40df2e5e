"""How batches of pages travel where a runner takes the steps apart, and how large they are."""

import pickle
from typing import Any

from apache_beam.coders import Coder
from apache_beam.coders.typecoders import registry

from transforms.records import PageBatch, RawBatch

_BYTES_A_PAGE = 300


class BatchCoder(Coder):
    """Pickles batches; their size is estimated from the lengths of their texts.

    Beam asks for the size of a sample of all elements, at first of each, also between fused steps:
    the default pickles them for that, which was 5 % of a run.
    """

    def encode(self, value: RawBatch | PageBatch) -> bytes:
        """Pickles a batch."""
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)

    def decode(self, encoded: bytes) -> Any:
        """Gives back the batch."""
        return pickle.loads(encoded)  # noqa: S301 - from a step of this very job

    def estimate_size(self, value: RawBatch | PageBatch) -> int:
        """Estimates the size of a batch in bytes, near enough for progress and autoscaling."""
        size = _BYTES_A_PAGE * len(value.pages) + sum(len(f.raw) for f in value.failures)
        if isinstance(value, RawBatch):
            return size + sum(len(page.content) for page in value.pages)
        text = sum(sum(map(len, page.paragraphs)) for page in value.pages)
        return size + text + len(value.exact) + len(value.near) + len(value.lines)

    def is_deterministic(self) -> bool:
        """Says no: what is pickled has sets and dicts."""
        return False


def register_batch_coder() -> None:
    """Has Beam use the coder for all batches of pipelines that run from now on."""
    registry.register_coder(RawBatch, BatchCoder)
    registry.register_coder(PageBatch, BatchCoder)
