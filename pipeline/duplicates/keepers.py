"""From matches to keepers: which paragraph stays for each that goes, and on which page.

A match names an earlier paragraph, which may itself go for a still earlier one. Each shard asks
those that hold its keepers; they answer with the page, or pass the question on.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import zstandard

from pipeline.duplicates.partitions import write_by_shard
from pipeline.duplicates.runs import Slice, read_slice
from pipeline.storage import exists, open_for_writing, read_bytes, read_range
from pipeline.work import WorkFolder
from transforms.records import Keeper
from transforms.text.duplicates import (
    ASKED_FOR,
    EXACT,
    MATCH,
    NEAR,
    TEMPLATE,
    choose_matches,
)
from transforms.text.page_duplicates import follow
from transforms.text.rows import page_of, paragraph_of, shard_of

REQUEST = np.dtype([("at", "<u8"), ("address", "<u8")])
"""16 bytes: the address asked for, and that of the paragraph that goes."""

_ANSWER = np.dtype(
    [("address", "<u8"), ("keeper", "<u8"), ("page", "<u4"), ("stays", "<u4"), ("copies", "<u8")]
)
"""32 bytes: the paragraph that goes, its keeper, the number of the keeper's page in the block,
whether the keeper stays, and how many paragraphs of this round have it as their keeper."""

Part = tuple[int, str, int, int]
"""(shard that it is for, path, first row, rows); of answers (shard, path, first byte, bytes)."""

_MOST_OWN = 64
"""Keepers with many copies that a shard learns of, a round."""

ROUNDS = 4
"""Times that a question is passed on between shards, at most; within a shard there is no limit."""


def write_ids(work: WorkFolder, shard: int, ids: Sequence[tuple[str, str]]) -> None:
    """Stores id and URL of each page of a shard."""
    data = zstandard.ZstdCompressor(level=1).compress(orjson.dumps(ids))
    with open_for_writing(work.ids(shard)) as handle:
        handle.write(data)


def choose(work: WorkFolder, shard: int, slices: Sequence[Slice]) -> list[Part]:
    """Settles which match counts for each paragraph of a shard that goes.

    Returns:
      The questions about the keepers, by the shard that holds them.
    """
    if not slices:
        return []
    found = np.concatenate([read_slice(s, MATCH) for s in sorted(slices)])
    matches = choose_matches(found)
    with open_for_writing(work.chosen(shard)) as handle:
        handle.write(matches.tobytes())
    copied = np.isin(matches["address"], found["address"][found["kind"] == EXACT])
    matches["mark"][copied & (matches["kind"] == TEMPLATE)] &= ~np.uint8(ASKED_FOR)
    copies = matches[matches["kind"] != TEMPLATE]
    questions = np.empty(len(copies), REQUEST)
    questions["at"], questions["address"] = copies["keeper"], copies["address"]
    return write_by_shard(work.requests(0, shard), np.sort(questions), "at")


def read_chosen(work: WorkFolder, shard: int) -> npt.NDArray[np.void]:
    """Gives the settled matches of a shard, sorted by address; none where nothing goes."""
    path = work.chosen(shard)
    return np.frombuffer(read_bytes(path) if exists(path) else b"", MATCH)


class Replies(NamedTuple):
    """Answers, by the shard that asked, and questions passed on, by the shard to ask next."""

    answers: list[Part]
    questions: list[Part]


def answer(work: WorkFolder, shard: int, slices: Sequence[Slice], asked: int) -> Replies:
    """Answers what other shards ask about paragraphs of this one.

    Args:
      work: where the shard's files lie.
      shard: number of the shard that is asked.
      slices: arrays of `REQUEST`.
      asked: number of the round, 0..`ROUNDS` - 1; in the last one nothing is passed on.
    """
    requests = np.concatenate([read_slice(s, REQUEST) for s in sorted(slices)])
    chosen = read_chosen(work, shard)
    template = chosen["kind"] == TEMPLATE
    gone, chosen = chosen["address"][template], chosen[~template]
    ends = follow(chosen["address"], chosen["keeper"], requests["at"])
    here = shard_of(ends) == shard
    stays = here & ~np.isin(ends, gone)
    if asked == ROUNDS - 1 and not here.all():
        # Too long a chain: the last paragraph of it that this shard holds has to do.
        ends = np.where(here, ends, _last_here(chosen, requests["at"], shard))
        here = np.ones(len(ends), bool)
    passed = np.empty(int((~here).sum()), REQUEST)
    passed["at"], passed["address"] = ends[~here], requests["address"][~here]
    questions = write_by_shard(work.requests(asked + 1, shard), np.sort(passed), "at")
    answers = np.zeros(int(here.sum()), _ANSWER)
    answers["address"], answers["keeper"] = requests["address"][here], ends[here]
    answers["stays"] = stays[here]
    answers = _with_copies(answers, own=shard >= work.first_shard)
    return Replies(_write_answers(work, shard, answers, asked), questions)


class Keepers:
    """The keepers of the paragraphs of one shard that go.

    Args:
      work: where the answers lie.
      parts: (path, first byte, bytes) of each block of answers.
    """

    def __init__(self, parts: Sequence[tuple[str, int, int]]) -> None:
        blocks = [np.empty(0, _ANSWER)]
        self._pages: list[tuple[str, str]] = []
        for path, first, size in sorted(parts):
            data = read_range(path, first, size)
            length = int.from_bytes(data[:8], "little")
            block = np.frombuffer(data[8 : 8 + length], _ANSWER).copy()
            block["page"] += len(self._pages)
            blocks.append(block)
            self._pages.extend(orjson.loads(data[8 + length :]))
        answers = np.concatenate(blocks)
        own = answers["address"] == answers["keeper"]
        self._copies: dict[int, dict[int, int]] = {}
        for one in answers[own]:
            on_page = self._copies.setdefault(int(page_of(one["keeper"])), {})
            paragraph = int(paragraph_of(one["keeper"]))
            on_page[paragraph] = on_page.get(paragraph, 0) + int(one["copies"])
        answers = answers[~own]
        self._answers = answers[np.argsort(answers["address"])]
        self._addresses = self._answers["address"].tolist()

    def copies_on(self, page: int) -> dict[int, int]:
        """Gives, of a page of the shard itself, paragraph to copies, where these are the most."""
        return self._copies.get(page, {})

    def of(self, address: int) -> tuple[Keeper, int, bool, int]:
        """Gives the keeper of a paragraph, its address, whether it stays itself, and its copies."""
        place = bisect_left(self._addresses, address)
        if place == len(self._addresses) or self._addresses[place] != address:
            raise LookupError(f"no keeper was found for paragraph {address:#x}")
        found = self._answers[place]
        _, keeper, page, stays, copies = found.item()
        page_id, url = self._pages[page]
        paragraph = int(paragraph_of(found["keeper"]))
        return Keeper(page_id, url, paragraph), keeper, bool(stays), copies if stays else 0

    def addresses_of(self, addresses: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        """Gives the address of each one's keeper."""
        places = np.searchsorted(self._answers["address"], addresses)
        found: npt.NDArray[np.uint64] = self._answers["keeper"][places]
        return found


def remember_shard(work: WorkFolder, shard: int, parts: Sequence[tuple[str, int, int]]) -> None:
    """Keeps, for later runs, a shard's ids, and what became of paragraphs that leave rows behind.

    Those are near-duplicates and the first copies of template lines. Exact copies leave no row, so
    nothing will ask about them.
    """
    with open_for_writing(work.remembered_shard(shard, "ids")) as handle:
        handle.write(read_bytes(work.ids(shard)))
    links = read_chosen(work, shard)
    near = links["kind"] == NEAR
    links = links[near | ((links["kind"] == TEMPLATE) & (links["mark"] & ASKED_FOR != 0))].copy()
    if len(links):
        near = links["kind"] == NEAR
        links["keeper"][near] = Keepers(parts).addresses_of(links["address"][near])
        with open_for_writing(work.remembered_shard(shard, "links")) as handle:
            handle.write(links.tobytes())


def _write_answers(
    work: WorkFolder, shard: int, answers: npt.NDArray[np.void], asked: int
) -> list[Part]:
    if not len(answers):
        return []
    ids = orjson.loads(zstandard.ZstdDecompressor().decompress(read_bytes(work.ids(shard))))
    answers = np.sort(answers, order="address")
    asking = shard_of(answers["address"])
    path = work.answers(asked, shard)
    parts: list[Part] = []
    with open_for_writing(path) as handle:
        at = 0
        for one in np.unique(asking):
            block = answers[asking == one]
            pages, block["page"] = np.unique(page_of(block["keeper"]), return_inverse=True)
            rows = block.tobytes()
            data = len(rows).to_bytes(8, "little") + rows
            data += orjson.dumps([ids[page] for page in pages.tolist()])
            handle.write(data)
            parts.append((int(one), path, at, len(data)))
            at += len(data)
    return parts


def _with_copies(answers: npt.NDArray[np.void], *, own: bool) -> npt.NDArray[np.void]:
    """Counts the copies of each keeper; `own` adds a row for each of those with the most.

    In such a row the keeper stands for itself, so that its shard learns of it.
    """
    _, first, place, copies = np.unique(
        answers["keeper"], return_index=True, return_inverse=True, return_counts=True
    )
    answers["copies"] = copies[place]
    if not own:
        return answers
    stay = first[answers["stays"][first] == 1]
    most = answers[stay[np.argsort(-answers["copies"][stay].astype(np.int64), kind="stable")]]
    most = most[:_MOST_OWN].copy()
    most["address"] = most["keeper"]
    return np.concatenate([answers, most])


def _last_here(
    chosen: npt.NDArray[np.void], start: npt.NDArray[np.uint64], shard: int
) -> npt.NDArray[np.uint64]:
    inside = chosen[shard_of(chosen["keeper"]) == shard]
    return follow(inside["address"], inside["keeper"], start)


def as_slices(parts: Iterable[tuple[str, int, int]]) -> list[Slice]:
    """Turns elements as they travel between steps into slices, in a fixed order."""
    return sorted(Slice(*part) for part in parts)
