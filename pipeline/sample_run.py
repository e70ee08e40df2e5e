"""A trial on a piece of the input: what a page, a byte and a paragraph cost on this machine."""

import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.config import CleanConfig, RunSettings
from pipeline.engine import LOCAL, choose_engine, run_pipeline
from pipeline.inputs.plan import Piece, Shard
from pipeline.inputs.splitting import weight
from pipeline.outputs.counts import Counts
from pipeline.scratch import scratch_folder
from pipeline.storage import read_bytes
from pipeline.work import WorkFolder

SAMPLE_BYTES = 4 << 20
"""Uncompressed bytes of the input that are tried."""

_WARM_UP_BYTES = 64 << 10
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """What the trial found, already scaled to the whole input.

    Attributes:
      share: 0..1: how much of the input was tried, by weight.
      read: pages in the sample.
      rejected: of them.
      pages: expected in the whole input.
      cpu_s: expected processor seconds, without start-up.
      work_bytes: expected size of the work folder, without the output.
      output_bytes: expected size of the output.
      memory_bytes: of one process, at its most in the trial.
    """

    share: float
    read: int
    rejected: int
    pages: int
    cpu_s: float
    work_bytes: int
    output_bytes: int
    memory_bytes: int


def take_sample(shards: Sequence[Shard], config: CleanConfig) -> Sample:
    """Cleans the beginning of the first shard in a temporary folder.

    Raises:
      Exception: whatever the pipeline raises.
    """
    config = replace(config, added=config.added or "2000-01-01T00:00:00.000Z", run_name="sample")
    total = sum(shard.size for shard in shards)
    with scratch_folder("sample") as folder:
        _run(cut(shards[0], _WARM_UP_BYTES), config, f"{folder}/warm-up")  # imports and models
        sample = cut(shards[0], SAMPLE_BYTES)
        started = time.process_time()
        counts = _run(sample, config, f"{folder}/sample")
        cpu_s = time.process_time() - started
        out = _size(f"{folder}/sample/out")
        work = _size(f"{folder}/sample") - out
    scale = max(total, 1) / max(sample.size, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return Sample(
        share=min(1 / scale, 1.0),
        read=counts.n["pages.read"],
        rejected=sum(counts.group("pages.rejected").values()),
        pages=round(counts.n["pages.read"] * scale),
        cpu_s=cpu_s * scale,
        work_bytes=round(work * scale),
        output_bytes=round(out * scale),
        memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    )


def cut(shard: Shard, size: int) -> Shard:
    """Gives the beginning of a shard: about so many bytes, but one whole unit at least."""
    pieces: list[Piece] = []
    left = size
    for piece in shard.pieces[:_MOST_FILES]:
        if left <= 0:
            break
        whole = shard.size if len(shard.pieces) == 1 else weight(piece.file)
        splits = piece.file.format in ("jsonl", "warc")
        if splits and whole > left:
            # Ranges of WARC count bytes on storage, those of JSON lines bytes of the text.
            packed = piece.file.format == "warc" and piece.file.compression != "none"
            pieces.append(replace(piece, end=piece.start + (left // 4 if packed else left)))
            left = 0
        elif piece.file.format == "parquet" and whole > left:
            pieces.append(replace(piece, end=piece.start + 1))
            left = 0
        else:
            pieces.append(piece)
            left -= whole
    return Shard(0, shard.name, tuple(pieces), max(min(size - left, shard.size), 1))


def _run(shard: Shard, config: CleanConfig, folder: str) -> Counts:
    from pipeline.clean import CleanPages

    work = WorkFolder(folder, f"{folder}/out")
    settings = RunSettings(workers=1, memory_per_worker=64 << 20, work=folder, progress_folder="")
    engine = choose_engine(LOCAL, (), 1, 1)
    run_pipeline(engine, lambda pipeline: pipeline | CleanPages([shard], config, settings, work))
    return Counts.from_json(read_bytes(work.counts))


def _size(folder: str) -> int:
    return sum(
        os.path.getsize(os.path.join(here, name))
        for here, _, names in os.walk(folder)
        for name in names
    )
