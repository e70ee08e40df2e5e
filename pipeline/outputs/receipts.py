"""Receipts of one page as JSON lines: the bytes of `make_receipt`, many made together.

What is the same for the page is written once, what several paragraphs share once for all of them,
and texts become JSON many a call.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import orjson
import xxhash

from pipeline.outputs.counts import SAMPLES, Counts
from pipeline.outputs.records import masked_field, origin_fields
from transforms.records import Page, Removal

_AT_ONCE: Final = 1024
_REPEATED_BYTES: Final = 2 << 20
"""Receipts that are made together, and bytes of URLs in them, about, which pages choose freely."""

_SAMPLE_CHARS: Final = 300
_RANK_SHIFT: Final = 11
"""Ranks have 53 bits, which every reader of JSON keeps."""

_FEW: Final = 4096
_PLACES: Final = [b'%d,"text":"' % n for n in range(_FEW)]
_NAMES: Final = [b"#%d" % n for n in range(_FEW)]
"""Numbers of paragraphs, as they stand in receipts and in the names that are hashed."""


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
    head = orjson.dumps({"id": page.id, "url": page.url})[:-1] + b',"paragraph":'
    end = b',"run":' + orjson.dumps(run) + b"}\n"
    keepers = [removal.keeper for removal in removals.values() if removal.keeper is not None]
    longest = len(head) + max((len(keeper.url) for keeper in keepers), default=0)
    at_once = max(1, min(_AT_ONCE, _REPEATED_BYTES // longest))
    numbers = iter(sorted(removals))
    while some := list(islice(numbers, at_once)):
        gone = [removals[n] for n in some]
        texts = strings_as_json([page.paragraphs[n] for n in some])
        places = [_PLACES[n] if n < _FEW else b'%d,"text":"' % n for n in some]
        by_removal = _reasons(gone)
        reasons = [by_removal[id(removal)] for removal in gone]
        lines = [
            head + place + text + reason
            for place, text, reason in zip(places, texts, reasons, strict=True)
        ]
        if page.masks:
            _add_masks(page, some, lines)
        _add_samples(page, some, gone, counts)
        counts.add_lines([line + b"}" for line in lines])
        lines.append(b"")
        yield end.join(lines)


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
    return b'","rule":' + orjson.dumps(rule) + b',"evidence":"'


def _add_masks(page: Page, numbers: Sequence[int], lines: list[bytes]) -> None:
    for place, number in enumerate(numbers):
        if number in page.masks:
            lines[place] += b"," + orjson.dumps(masked_field(page, number))[1:-1]


def _add_samples(
    page: Page, numbers: Sequence[int], removals: Sequence[Removal], counts: Counts
) -> None:
    """Offers each paragraph as an example of its rule; those of the least ranks are kept."""
    identity = page.id.encode()
    hashes = map(
        xxhash.xxh3_64_intdigest,
        [identity + (_NAMES[n] if n < _FEW else b"#%d" % n) for n in numbers],
    )
    rules = [removal.rule for removal in removals]
    limits = {rule: counts.sample_limit(rule) << _RANK_SHIFT for rule in set(rules)}
    found: dict[str, list[tuple[int, int]]] = {}
    for place, (value, rule) in enumerate(zip(hashes, rules, strict=True)):
        if value < limits[rule]:
            found.setdefault(rule, []).append((value >> _RANK_SHIFT, place))
    for rule, some in found.items():
        for rank, place in sorted(some)[:SAMPLES]:
            if counts.wants_sample(rule, rank):
                sample = _sample(page, numbers[place], removals[place])
                counts.add_sample(rule, rank, sample)


def _sample(page: Page, paragraph: int, removal: Removal) -> dict[str, object]:
    sample: dict[str, object] = {
        "url": page.url,
        "text": page.paragraphs[paragraph][:_SAMPLE_CHARS],
        "evidence": removal.evidence,
    }
    if removal.keeper is not None:
        sample["keeper"] = origin_fields(removal)["keeper"]
    return sample
