"""FingerprintParagraphs: which paragraphs get rows, under which address; repeats within a page."""

import dataclasses

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.testing.util import assert_that, equal_to
from page_makers import TEXT, batch, page, removal

from transforms.fingerprint_paragraphs import (
    DedupRules,
    FingerprintParagraphs,
    _FingerprintFn,
    order_of_date,
)
from transforms.text.rows import EXACT_ROW, NEAR_ROW, UNDATED, page_of, paragraph_of, shard_of


def fingerprint(given, **rules):
    fn = _FingerprintFn(DedupRules(**rules))
    fn.setup()
    (out,) = fn.process(given)
    return out


def places(rows):
    """(shard, page, paragraph) of each row, each once, in order."""
    at = rows["address"]
    columns = (column.tolist() for column in (shard_of(at), page_of(at), paragraph_of(at)))
    return sorted(set(zip(*columns, strict=True)))


def exact_places(out):
    return places(np.frombuffer(out.exact, EXACT_ROW))


def near_places(out):
    return places(np.frombuffer(out.near, NEAR_ROW))


def test_rows_lead_to_kept_long_paragraphs_of_pages_that_stay():
    given = batch(
        page(*TEXT, "short one"),
        page(*TEXT, removals={1: removal()}),
        page(*TEXT, dropped=removal("page.language")),
        page("x", *TEXT),
        first_page=64,
    )
    out = fingerprint(given)
    expected = [(2, 64, 0), (2, 64, 1), (2, 65, 0), (2, 67, 1), (2, 67, 2)]
    assert exact_places(out) == expected
    assert near_places(out) == expected
    assert out.pages == given.pages


def test_without_near_duplicates_there_are_no_near_rows():
    out = fingerprint(batch(page(*TEXT)), near=False)
    assert out.near == b""
    assert exact_places(out) == [(2, 0, 0), (2, 0, 1)]


def test_equal_words_have_equal_keys_and_others_do_not():
    shouted = TEXT[0].upper().replace(" ", "  ")
    out = fingerprint(batch(page(TEXT[0], TEXT[1]), page(shouted)))
    rows = {
        place: row["key"]
        for row in np.frombuffer(out.exact, EXACT_ROW)
        for place in places(row.reshape(1))
    }
    assert rows[2, 0, 0] == rows[2, 1, 0] != rows[2, 0, 1]


@pytest.mark.parametrize("scope", ["page", "none"])
def test_scopes_within_a_page_send_nothing_across(scope):
    out = fingerprint(batch(page(TEXT[0], TEXT[1], TEXT[0])), scope=scope)
    assert out.exact == out.near == b""
    gone = {n: one.keeper.paragraph for n, one in out.pages[0].removals.items()}
    assert gone == ({2: 0} if scope == "page" else {})


def test_the_scope_page_does_not_look_at_other_pages_and_names_the_keeper():
    edited = TEXT[0].replace("hour", "day")
    given = batch(page(*TEXT, number=1), page(*TEXT, edited, number=2), first_page=7)
    first, second = fingerprint(given, scope="page").pages
    assert first.removals == {}
    assert list(second.removals) == [2]
    gone = second.removals[2]
    assert gone.rule == "duplicate.near"
    assert (gone.keeper.id, gone.keeper.url, gone.keeper.paragraph) == (second.id, second.url, 0)
    assert 0 < gone.distance <= 24
    assert gone.evidence.startswith(f"{gone.distance} of 64 bits")


@pytest.mark.parametrize(
    ("short", "scope", "gone", "across"),
    [
        ("keep", "corpus", [], False),
        ("page", "corpus", [1], False),
        ("corpus", "corpus", [], True),
        ("keep", "page", [], False),
        ("page", "page", [1], False),
        ("corpus", "page", [1], False),
        ("page", "none", [], False),
    ],
)
def test_short_paragraphs_follow_their_own_switch(short, scope, gone, across):
    out = fingerprint(batch(page("Read more", "read more!", "Other")), short=short, scope=scope)
    assert list(out.pages[0].removals) == gone
    assert exact_places(out) == ([(2, 0, 0), (2, 0, 1), (2, 0, 2)] if across else [])
    assert out.near == b""


def test_paragraphs_without_words_are_like_no_other():
    out = fingerprint(batch(page("* * * * * * * * * * * *", "- - - - - - - - - - - -")))
    assert out.exact == b""


def test_dates_sort_as_they_should():
    dates = ["", "2024-03-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "1999-12-31T00:00:00.000Z"]
    assert sorted(dates, key=order_of_date) == [dates[3], dates[2], dates[1], ""]
    assert order_of_date("") == UNDATED


def test_the_batch_does_not_matter():
    pages = [page(*TEXT, number=n, date="2024-01-01T00:00:00.000Z") for n in range(1, 6)]
    whole = fingerprint(batch(*pages))
    singles = [fingerprint(batch(one, first_page=n)) for n, one in enumerate(pages)]
    assert whole.exact == b"".join(one.exact for one in singles)
    assert whole.near == b"".join(one.near for one in singles)


def test_in_a_pipeline(pipeline):
    given = batch(page(TEXT[0], TEXT[0]), number=1)
    with pipeline as p:
        found = (
            p
            | beam.Create([given, dataclasses.replace(given, number=2)])
            | FingerprintParagraphs(DedupRules(scope="page"))
            | beam.Map(lambda b: (b.number, sorted(b.pages[0].removals), b.exact))
        )
        assert_that(found, equal_to([(1, [1], b""), (2, [1], b"")]))
