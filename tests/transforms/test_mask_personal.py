"""MaskPersonal: personal data is gone from all that is written, and it is said where it stood."""

import dataclasses

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from page_makers import TEXT, batch, page

from transforms.mask_personal import MaskPersonal, _MaskFn, check_masks, mask_pages
from transforms.records import Mask, Removal
from transforms.text.quality.personal import KINDS

MAIL, CALL = "Write to jo.doe@mail.example.", "Call +49 30 1234567 or mail x@y.example now."


def test_every_paragraph_is_masked_and_the_places_are_those_of_the_masked_text():
    given = page(TEXT[0], MAIL, CALL, removals={1: Removal("meta.byline", "a byline")})
    (found,) = mask_pages([given], KINDS)
    assert found.paragraphs == (
        TEXT[0],
        "Write to <email>.",
        "Call <phone> or mail <email> now.",
    )
    assert found.masks == {
        1: (Mask("mask.email", 9),),
        2: (Mask("mask.phone", 5), Mask("mask.email", 21)),
    }
    for number, masks in found.masks.items():
        for mask in masks:
            kind = mask.rule.removeprefix("mask.")
            assert found.paragraphs[number][mask.at :].startswith(f"<{kind}>")
    assert found.removals == given.removals
    assert given.paragraphs[1] == MAIL


@pytest.mark.parametrize(
    ("evidence", "masked"),
    [
        ("Write to jo.doe@mail.example.", "Write to <email>."),
        ("write to JO.DOE@MAIL.EXAMPLE", "write to <email>"),
        ("Write to jo.doe@mai", "Write to <email>"),
        ("Write to jo.doe", "Write to <email>"),
        ("oe@mail.example. end", "<email>. end"),
        ("ends in jo.", "ends in jo."),
    ],
)
def test_evidence_quotes_no_value_not_even_a_part(evidence, masked):
    given = page(MAIL, removals={0: Removal("meta.byline", evidence)})
    (found,) = mask_pages([given], KINDS)
    assert found.removals[0] == Removal("meta.byline", masked)


def test_titles_and_readers_comments_are_masked_and_the_url_is_not():
    extra = {
        "title": "Mail jo@mail.example",
        "comments": [{"author": "jo@mail.example", "text": "8.8.8.8 is up"}],
        "shares": 3,
    }
    given = page(*TEXT, url="https://a.example/?who=jo@mail.example", extra=extra)
    (found,) = mask_pages([given], KINDS)
    assert found.extra == {
        "title": "Mail <email>",
        "comments": [{"author": "<email>", "text": "<ip> is up"}],
        "shares": 3,
    }
    assert found.url == given.url
    assert found.masks == {}


def test_a_hostile_paragraph_of_many_values_takes_no_time():
    many = " ".join(f"u{n}@mail.example" for n in range(30_000))
    given = page(many, removals={0: Removal("meta.byline", many[:200])})
    (found,) = mask_pages([given], KINDS)
    assert len(found.masks[0]) == 30_000
    assert "@" not in found.removals[0].evidence


def test_only_the_chosen_kinds_go():
    (found,) = mask_pages([page(CALL)], ("phone",))
    assert found.paragraphs == ("Call <phone> or mail x@y.example now.",)
    card = page("Tel. 4111 1111 1111 1111")
    assert mask_pages([card], ("phone",))[0].paragraphs == card.paragraphs
    assert mask_pages([card], ()) == [card]


def test_masking_twice_is_masking_once_but_for_the_places():
    once = mask_pages([page(MAIL, CALL)], KINDS)
    twice = mask_pages(once, KINDS)
    assert twice == once


def test_a_page_depends_on_nothing_but_itself():
    pages = [page(MAIL), page(*TEXT, number=2), page(CALL, MAIL, number=3)]
    assert mask_pages(pages, KINDS) == [mask_pages([one], KINDS)[0] for one in pages]
    assert mask_pages([], KINDS) == []


def test_names():
    assert check_masks(()) == ()
    assert check_masks(("pii",)) == KINDS == check_masks(KINDS[::-1])
    assert check_masks(("phone", "email")) == ("email", "phone")
    with pytest.raises(ValueError, match="--mask: 'name' is none of pii, email, ip, card, phone"):
        check_masks(("email", "name"))
    with pytest.raises(ValueError, match="none of pii"):
        MaskPersonal(("e-mail",))


def test_in_a_pipeline(pipeline):
    given = batch(page(MAIL), page(*TEXT, number=2), number=3, last=False, first_page=9)
    expected = dataclasses.replace(given, pages=tuple(mask_pages(given.pages, KINDS)))
    assert list(_MaskFn(KINDS).process(given)) == [expected]
    with pipeline as p:
        found = p | beam.Create([given], reshuffle=False) | MaskPersonal(("pii",))
        assert_that(found, equal_to([expected]))
