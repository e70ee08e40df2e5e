"""Pages in the work folder: whatever a page is, it comes back."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.spilled_pages import decode_batch, encode_batch
from transforms.records import Failure, Keeper, Mask, Page, PageBatch, Removal

LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBER = st.integers(0, 40)
REMOVALS = st.builds(
    Removal,
    st.sampled_from(["meta.words", "duplicate.near"]),
    st.sampled_from(["", "a", "ü"]),
    st.none() | st.builds(Keeper, LINE, LINE, NUMBER),
    st.none() | NUMBER,
)
PAGES = st.builds(
    Page,
    LINE,
    LINE,
    LINE,
    st.lists(LINE, max_size=4).map(tuple),
    st.dictionaries(NUMBER, REMOVALS, max_size=6),
    LINE,
    st.floats(0, 1),
    LINE,
    LINE,
    st.none() | REMOVALS,
    st.dictionaries(LINE, NUMBER | LINE | st.lists(LINE, max_size=2), max_size=3),
    st.sampled_from(["html", "text"]),
    st.dictionaries(NUMBER, st.lists(st.builds(Mask, LINE, NUMBER), max_size=2).map(tuple)),
)
FAILURES = st.builds(
    Failure, st.just("read"), st.just("corrupt"), LINE, LINE, NUMBER, LINE, st.binary(), NUMBER
)


def batch(first, pages, failures):
    return PageBatch(0, 0, True, tuple(pages), tuple(failures), {}, first, len(pages))


@given(NUMBER, st.lists(PAGES, max_size=3), st.lists(FAILURES, max_size=2))
def test_a_batch_comes_back(first, pages, failures):
    numbered, failed = decode_batch(encode_batch(batch(first, pages, failures)))
    assert numbered == list(enumerate(pages, first))
    assert failed == failures
    for (_, back), page in zip(numbered, pages, strict=True):
        assert list(back.removals) == list(page.removals)


def test_a_reason_that_many_lines_share_is_written_once():
    shared = {n: Removal("navigation.hints", "the same words for all") for n in range(500)}
    page = Page("ps:1", "u", "", ("x",) * 500, shared)
    assert encode_batch(batch(0, [page], [])).count(b"the same words") == 1
