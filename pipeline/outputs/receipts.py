"""Receipts of one page as JSON lines: the bytes of `make_receipt`, many made together.

What is the same for the page is written once, what several paragraphs share once for all of them,
and texts become JSON many a call.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson
import xxhash

from pipeline.outputs.counts import SAMPLES, Counts
from pipeline.outputs.records import masked_field, origin_fields
from transforms.records import Page, Removal
from transforms.text import kernel

_AT_ONCE: Final = 1024
_REPEATED_BYTES: Final = 2 << 20
"""Receipts that are made together, and bytes of URLs in them, about, which pages choose freely."""

_SAMPLE_CHARS: Final = 300
_RANK_BITS: Final = 50
"""Of a page's rank; its further examples use three more, and every reader of JSON keeps 53."""


def receipt_lines(
    page: Page, removals: Mapping[int, Removal], run: str, counts: Counts
) -> Iterator[bytes]:
    """Yields the receipts in the order of the paragraphs, several lines with their ends at a time.

    Args:
      page: all of its paragraphs.
      removals: paragraph number to removal.
      run: name of the run.
      counts: its digest and its samples are added to.
    """
    _add_samples(page, removals, counts)
    head = orjson.dumps({"id": page.id, "url": page.url})[:-1] + b',"paragraph":'
    end = b',"run":' + orjson.dumps(run) + b"}\n"
    keepers = [removal.keeper for removal in removals.values() if removal.keeper is not None]
    longest = len(head) + max((len(keeper.url) for keeper in keepers), default=0)
    at_once = max(1, min(_AT_ONCE, _REPEATED_BYTES // longest))
    numbers = sorted(removals)
    for start in range(0, len(numbers), at_once):
        some = numbers[start : start + at_once]
        gone = [removals[n] for n in some]
        by_removal = _reasons(gone)
        reasons = [by_removal[id(removal)] for removal in gone]
        if page.masks:
            _add_masks(page, some, reasons)
        joined, lines = _join(head, some, [page.paragraphs[n] for n in some], reasons, end)
        counts.add_lines(lines)
        yield joined


def _join(
    head: bytes, numbers: list[int], texts: list[str], reasons: list[bytes], end: bytes
) -> tuple[bytes, list[bytes]]:
    """Puts lines together: gives all of them, and each with a bracket instead of its end."""
    if kernel.compiled is not None:
        strings = orjson.dumps(texts, option=orjson.OPT_INDENT_2)
        return kernel.compiled.join_receipts(head, numbers, strings, reasons, end)
    lines = [
        b'%b%d,"text":"%b"%b' % (head, n, text, reason)
        for n, text, reason in zip(numbers, strings_as_json(texts), reasons, strict=True)
    ]
    return end.join([*lines, b""]), [line + b"}" for line in lines]


def strings_as_json(texts: Sequence[str]) -> list[bytes]:
    """Gives each text as it stands between the quotation marks of its JSON.

    Indented JSON has line ends between its strings, and never inside of one.
    """
    if not texts:
        return []
    return orjson.dumps(texts, option=orjson.OPT_INDENT_2)[5:-3].split(b'",\n  "')


def _reasons(removals: Sequence[Removal]) -> dict[int, bytes]:
    """Gives what follows the text in a receipt, by the removal's identity."""
    different = {id(removal): removal for removal in removals}
    evidence = strings_as_json([removal.evidence for removal in different.values()])
    reasons: dict[int, bytes] = {}
    for (key, removal), saw in zip(different.items(), evidence, strict=True):
        reason = _rule(removal.rule) + saw + b'"'
        if removal.keeper is not None or removal.distance is not None:
            reason += b"," + orjson.dumps(origin_fields(removal))[1:-1]
        reasons[key] = reason
    return reasons


@functools.lru_cache(maxsize=1024)
def _rule(rule: str) -> bytes:
    return b',"rule":' + orjson.dumps(rule) + b',"evidence":"'


def _add_masks(page: Page, numbers: Sequence[int], reasons: list[bytes]) -> None:
    for place, number in enumerate(numbers):
        if number in page.masks:
            reasons[place] += b"," + orjson.dumps(masked_field(page, number))[1:-1]


def _add_samples(page: Page, removals: Mapping[int, Removal], counts: Counts) -> None:
    """Offers paragraphs as examples of their rules, those of other pages before a page's second.

    A hash ranks the pages and chooses among the paragraphs, so that the order of the input does not
    matter.
    """
    ranks = {}
    for rule in {removal.rule for removal in removals.values()}:
        rank = xxhash.xxh3_64_intdigest(f"{page.id}#{rule}".encode()) >> 64 - _RANK_BITS
        if counts.wants_sample(rule, rank):
            ranks[rule] = rank
    if not ranks:
        return
    places: dict[str, list[int]] = {rule: [] for rule in ranks}
    for number, removal in removals.items():
        if removal.rule in places:
            places[removal.rule].append(number)
    for rule, rank in ranks.items():
        numbers = sorted(places[rule])
        step = max(1, len(numbers) // SAMPLES)
        for turn in range(min(SAMPLES, len(numbers))):
            later = rank + (turn << _RANK_BITS)
            if not counts.wants_sample(rule, later):
                break
            number = numbers[(rank + turn * step) % len(numbers)]
            counts.add_sample(rule, later, _sample(page, number, removals[number]))


def _sample(page: Page, paragraph: int, removal: Removal) -> dict[str, object]:
    sample: dict[str, object] = {
        "url": page.url,
        "text": page.paragraphs[paragraph][:_SAMPLE_CHARS],
        "evidence": removal.evidence,
    }
    if removal.keeper is not None:
        sample["keeper"] = origin_fields(removal)["keeper"]
    return sample
