"""Keepers: every chain of copies ends at a paragraph that stays, on the page that has it."""

import random
import uuid
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.duplicates.keepers import ROUNDS, Keepers, answer, as_slices, choose, write_ids
from pipeline.duplicates.partitions import write_by_shard
from pipeline.work import WorkFolder
from transforms.text.duplicates import MATCH, NEAR
from transforms.text.rows import pack_address, page_of, paragraph_of, shard_of

PAGES = 3


def address(shard, page, paragraph):
    return int(pack_address(shard, page, np.array([paragraph]))[0])


def settle(folder, links, shards):
    """Runs all rounds over {address: earlier address}; gives {address: (keeper, at, stays)}."""
    work = WorkFolder(str(folder), str(folder))
    for shard in range(shards):
        write_ids(work, shard, [(f"id{shard}.{n}", f"http://s{shard}/{n}") for n in range(PAGES)])
    matches = np.zeros(len(links), MATCH)
    matches["address"] = sorted(links)
    matches["keeper"] = [links[a] for a in sorted(links)]
    matches["kind"] = NEAR
    asking = {}
    for shard, *part in write_by_shard(work.matches("near-00000"), matches, "address"):
        asking.setdefault(shard, []).append(tuple(part))
    questions = [
        part for shard, parts in asking.items() for part in choose(work, shard, as_slices(parts))
    ]
    answers = {}
    for asked in range(ROUNDS):
        by_shard = {}
        for shard, *part in questions:
            by_shard.setdefault(shard, []).append(tuple(part))
        questions = []
        for shard, parts in by_shard.items():
            replies = answer(work, shard, as_slices(parts), asked)
            questions.extend(replies.questions)
            for to, *part in replies.answers:
                answers.setdefault(to, []).append(tuple(part))
    assert not questions
    keepers = {shard: Keepers(answers.get(shard, [])) for shard in range(shards)}
    return {gone: keepers[gone >> 44].of(gone)[:3] for gone in links}


def check(links, found):
    for gone, (keeper, at, stays) in found.items():
        where = np.array([at], np.uint64)
        shard, page = int(shard_of(where)[0]), int(page_of(where)[0])
        assert (keeper.id, keeper.url) == (f"id{shard}.{page}", f"http://s{shard}/{page}")
        assert keeper.paragraph == int(paragraph_of(where)[0])
        # Somewhere on the way back from the paragraph that goes.
        chain = [gone]
        while chain[-1] in links:
            chain.append(links[chain[-1]])
        assert at in chain[1:]
        assert stays == (at == chain[-1])
        hops = sum(a >> 44 != b >> 44 for a, b in pairwise(chain[1:]))
        if hops < ROUNDS:
            assert stays


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
@given(st.integers(1, 5), st.integers(1, 40), st.integers(0, 10**6))
def test_keepers_stand_at_the_end_of_the_chain(tmp_path, shards, count, seed):
    """Random chains over random shards, in an order that has nothing to do with addresses."""
    dice = random.Random(seed)
    places = {
        address(dice.randrange(shards), dice.randrange(PAGES), dice.randrange(50))
        for _ in range(count)
    }
    order = dice.sample(sorted(places), len(places))
    links = {
        gone: dice.choice(order[max(n - 3, 0) : n])
        for n, gone in enumerate(order)
        if n and dice.random() < 0.8
    }
    check(links, settle(tmp_path / uuid.uuid4().hex, links, shards))


@pytest.mark.parametrize("length", [2, ROUNDS, ROUNDS + 1, ROUNDS + 2, 12])
def test_chains_across_more_shards_than_rounds_say_that_they_go_on(tmp_path, length):
    chain = [address(shard, 1, 7) for shard in range(length)]
    links = dict(zip(chain[1:], chain[:-1], strict=True))
    found = settle(tmp_path, links, length)
    check(links, found)
    assert found[chain[-1]][2] is (length <= ROUNDS + 1)
    assert all(found[gone][2] for gone in chain[1 : ROUNDS + 1])


def test_chains_within_a_shard_have_no_limit(tmp_path):
    chain = [address(0, 0, n) for n in range(1000)]
    links = dict(zip(chain[1:], chain[:-1], strict=True))
    found = settle(tmp_path, links, 1)
    assert {at for _, at, _ in found.values()} == {chain[0]}
    assert all(stays for _, _, stays in found.values())


def test_a_paragraph_without_an_answer_is_an_error():
    keepers = Keepers([])
    with pytest.raises(LookupError, match="0x5"):
        keepers.of(5)
