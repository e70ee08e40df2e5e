"""The shards of a finished run, worked on one by one or on all cores."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def each_shard(shards: Sequence[int], work: Callable[[int], T]) -> Iterator[T]:
    """Yields what `work` gives for each shard, in their order.

    Args:
      shards: their numbers.
      work: can be pickled; it is called in other processes where there are several cores.
    """
    processes = min(len(shards), os.cpu_count() or 1)
    if processes < 2:
        yield from map(work, shards)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(work, shards)
