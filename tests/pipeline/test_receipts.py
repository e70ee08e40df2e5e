"""The receipts' lines are those of their fields."""

from collections import Counter

import orjson
import pytest
import xxhash
from hypothesis import example, given
from hypothesis import strategies as st
from twins import without_kernel

from pipeline.outputs.counts import SAMPLES, Counts
from pipeline.outputs.receipts import receipt_lines, strings_as_json
from pipeline.outputs.records import make_receipt
from transforms.records import Keeper, Mask, Page, Removal
from transforms.text import kernel

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
TEXTS = st.text(st.characters(codec="utf-8"))
KEEPERS = st.none() | st.builds(Keeper, TEXTS, TEXTS, st.integers(0, 2**20))
REMOVALS = st.builds(Removal, TEXTS, TEXTS, KEEPERS, st.none() | st.integers(0, 64))
MASKS = st.just(()) | st.tuples(st.builds(Mask, TEXTS, st.integers(0, 9)))


@given(
    st.tuples(TEXTS, TEXTS, TEXTS),
    st.lists(st.tuples(TEXTS, st.none() | REMOVALS, MASKS), max_size=6),
)
def test_lines_are_what_their_fields_give(names, paragraphs):
    identifier, url, run = names
    texts = tuple(text for text, _, _ in paragraphs)
    removals = {n: removal for n, (_, removal, _) in enumerate(paragraphs) if removal}
    masks = {n: masks for n, (_, _, masks) in enumerate(paragraphs) if masks}
    check(Page(identifier, url, "", texts, masks=masks), removals, run)


@pytest.mark.parametrize("number", [0, 1023, 1024, 4095, 4096, 5000])
def test_pages_of_many_paragraphs_have_the_same_lines(number):
    page = Page("ps:1", "http://a.example/", "", tuple(f'say "{n}",' for n in range(number + 1)))
    shared = Removal("a.b", "the same for all")
    check(page, {n: shared if n % 3 else Removal("c.d", f"{n}") for n in range(number + 1)}, "r")
    check(page, {number: shared}, "r")


@pytest.mark.parametrize("of_keeper", [False, True])
def test_long_urls_are_not_repeated_in_memory(of_keeper):
    url = "http://a.example/" + "u" * (1 << 20)
    page = Page("ps:1", "u" if of_keeper else url, "", tuple("abcdefgh" * 8))
    removals = {
        n: Removal("a.b", "c", Keeper("ps:2", url, n) if of_keeper else None) for n in range(64)
    }
    blocks = list(receipt_lines(page, removals, "r", Counts()))
    assert max(map(len, blocks)) < 3 << 20
    assert sum(block.count(b"\n") for block in blocks) == 64


def check(page, removals, run):
    for with_kernel in (True, False):
        check_lines(page, removals, run, with_kernel)


def check_lines(page, removals, run, with_kernel):
    def make():
        return list(receipt_lines(page, dict(reversed(removals.items())), run, counts))

    counts, by_hand = Counts(), Counts()
    blocks = make() if with_kernel else without_kernel(make)
    receipts = [make_receipt(page, n, removals[n], run) for n in sorted(removals)]
    lines = b"".join(blocks).splitlines(keepends=True)
    assert lines == [orjson.dumps(receipt) + b"\n" for receipt in receipts]
    assert all(block.endswith(b"\n") for block in blocks)
    for receipt in receipts:
        del receipt["run"]
        by_hand.add_line(orjson.dumps(receipt))
    assert counts.digest == by_hand.digest
    check_samples(counts, page, removals)


def check_samples(counts, page, removals):
    for rule in {removal.rule for removal in removals.values()}:
        texts = [page.paragraphs[n] for n, removal in removals.items() if removal.rule == rule]
        ranks = [rank_of(page, rule, turn) for turn in range(min(SAMPLES, len(texts)))]
        samples = counts.samples[rule]
        assert [sample["rank"] for sample in samples] == ranks
        assert not Counter(sample["text"] for sample in samples) - Counter(texts)


def rank_of(page, rule, turn):
    return (xxhash.xxh3_64_intdigest(f"{page.id}#{rule}".encode()) >> 14) + (turn << 50)


def test_examples_come_from_as_many_pages_as_there_are():
    pages = [Page(f"ps:{n}", f"u{n}", "", ("a", "b", "c")) for n in range(9)]
    removals = {n: Removal("a.b", "c") for n in range(3)}

    def urls(pages):
        counts = Counts()
        for page in pages:
            list(receipt_lines(page, removals, "r", counts))
        return [sample["url"] for sample in counts.samples["a.b"]]

    assert len(set(urls(pages))) == SAMPLES
    assert urls(pages) == urls(pages[::-1])
    assert Counter(urls(pages[:2])).most_common() in (
        [("u0", 3), ("u1", 2)],
        [("u1", 3), ("u0", 2)],
    )


@needs_kernel
@pytest.mark.parametrize(
    "wrong",
    [
        (b"h", [1], b'[\n  "a",\n  "b"\n]', [b"r"], b"e"),
        (b"h", [1, 2], b'[\n  "a"\n]', [b"r", b"r"], b"e"),
        (b"h", [1, 2], b'[\n  "a"\n]', [b"r"], b"e"),
        (b"h", [1], b"[]", [b"r"], b"e"),
        (b"h", [1], b"", [b"r"], b"e"),
        (b"h", ["1"], b'[\n  "a"\n]', [b"r"], b"e"),
        (b"h", [1], b'[\n  "a"\n]', ["r"], b"e"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(wrong):
    with pytest.raises(ValueError, match="join_receipts: sizes or types"):
        kernel.compiled.join_receipts(*wrong)


@needs_kernel
@pytest.mark.parametrize("number", [-1, 1 << 64])
def test_numbers_that_no_paragraph_has_are_refused(number):
    with pytest.raises(OverflowError):
        kernel.compiled.join_receipts(b"h", [number], b'[\n  "a"\n]', [b"r"], b"e")


@given(st.lists(TEXTS))
@example(['ends like a list",', '",', ""])
@example(["\\", '\\"', "\n", '",\n  "', "\x85\u2028"])
def test_many_strings_are_as_one_by_one(texts):
    assert strings_as_json(texts) == [orjson.dumps(text)[1:-1] for text in texts]
