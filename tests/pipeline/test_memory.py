"""The expected peak of memory: what the options say, and no more than the input can fill."""

import pytest

from pipeline.config import MIB
from pipeline.inputs.plan import Shard
from pipeline.memory import expected_peak


def shards(count, size):
    return [Shard(number, f"s{number}", (), size) for number in range(count)]


def test_more_memory_for_the_search_and_more_workers_raise_the_peak():
    large = shards(8, 1 << 30)
    two, more, three = (
        expected_peak(large, *options)
        for options in ((2, 256 * MIB), (2, 512 * MIB), (3, 256 * MIB))
    )
    assert two < more < three + 256 * MIB
    assert 1000 * MIB < two < 1200 * MIB


@pytest.mark.parametrize("workers", [1, 2, 64])
def test_a_small_input_needs_no_more_than_it_can_fill(workers):
    one = expected_peak(shards(1, 1000), workers, 1 << 40)
    assert one == expected_peak(shards(1, 1000), 1, 256 * MIB) < 400 * MIB


def test_no_input_still_has_a_process():
    assert expected_peak([], 4, 256 * MIB) > 0
