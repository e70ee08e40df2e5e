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

from pipeline.outputs.counts import Counts
from pipeline.outputs.records import make_receipt, masked_field, origin_fields
from transforms.records import Page, Removal

_AT_ONCE: Final = 1024
"""Receipts that are made together; each repeats the page's URL."""

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
    identity = page.id.encode()
    name_hash = xxhash.xxh3_64_intdigest
    numbers = iter(sorted(removals))
    while some := list(islice(numbers, _AT_ONCE)):
        texts = strings_as_json([page.paragraphs[n] for n in some])
        gone = [removals[n] for n in some]
        reasons = _reasons(gone, counts)
        few = some[-1] < _FEW
        lines: list[bytes] = []
        for n, text, removal in zip(some, texts, gone, strict=True):
            reason, least = reasons[id(removal)]
            lines.append(head + (_PLACES[n] if few else b'%d,"text":"' % n) + text + reason)
            name = name_hash(identity + (_NAMES[n] if few else b"#%d" % n))
            if name < least:
                _add_sample(page, n, removal, name >> _RANK_SHIFT, counts)
        if page.masks:
            _add_masks(page, some, lines)
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


def _reasons(removals: Sequence[Removal], counts: Counts) -> dict[int, tuple[bytes, int]]:
    """Gives, by the removal's identity, what follows the text, and below which hash is a sample."""
    different = {id(removal): removal for removal in removals}
    evidence = strings_as_json([removal.evidence for removal in different.values()])
    least = {
        rule: counts.sample_limit(rule) << _RANK_SHIFT
        for rule in {removal.rule for removal in different.values()}
    }
    reasons: dict[int, tuple[bytes, int]] = {}
    for (key, removal), saw in zip(different.items(), evidence, strict=True):
        reason = _rule(removal.rule) + saw + b'"'
        if removal.keeper is not None or removal.distance is not None:
            reason += b"," + orjson.dumps(origin_fields(removal))[1:-1]
        reasons[key] = reason, least[removal.rule]
    return reasons


@functools.lru_cache(maxsize=1024)
def _rule(rule: str) -> bytes:
    return b'","rule":' + orjson.dumps(rule) + b',"evidence":"'


def _add_masks(page: Page, numbers: Sequence[int], lines: list[bytes]) -> None:
    for place, number in enumerate(numbers):
        if number in page.masks:
            lines[place] += b"," + orjson.dumps(masked_field(page, number))[1:-1]


def _add_sample(page: Page, paragraph: int, removal: Removal, rank: int, counts: Counts) -> None:
    if not counts.wants_sample(removal.rule, rank):  # since the page began it has got better ones
        return
    receipt = make_receipt(page, paragraph, removal, "")
    sample = {
        "url": receipt["url"],
        "text": str(receipt["text"])[:_SAMPLE_CHARS],
        "evidence": receipt["evidence"],
    }
    if "keeper" in receipt:
        sample["keeper"] = receipt["keeper"]
    counts.add_sample(removal.rule, rank, sample)
