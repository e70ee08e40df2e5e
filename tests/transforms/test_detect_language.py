"""DetectLanguage: labels, and the pages that are dropped for theirs."""

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from page_makers import TEXT, batch, page, removal

from transforms.detect_language import DetectLanguage, _DetectFn, label_page
from transforms.text.language import Language

GERMAN = (
    "Die Fähre zur Insel fährt jede Stunde vom alten Steg neben dem Marktplatz ab.",
    "Fahrkarten gibt es an Bord, und die Überfahrt dauert bei ruhiger See vierzig Minuten.",
)


def detect(*pages, languages=(), min_score=0.0):
    fn = _DetectFn(tuple(languages), min_score, "langdetect-rs")
    fn.setup()
    (out,) = fn.process(batch(*pages))
    return list(out.pages)


def test_pages_are_labelled_in_their_order():
    english, german, short = detect(page(*TEXT), page(*GERMAN), page("ok"))
    assert (english.language, german.language, short.language) == ("en", "de", "und")
    assert english.language_score > 0.99
    assert short.language_score == 0.0
    assert english.dropped is german.dropped is short.dropped is None


def test_removed_paragraphs_have_no_say():
    (found,) = detect(page(TEXT[0], *GERMAN, removals={1: removal(), 2: removal()}))
    assert found.language == "en"
    (found,) = detect(page(TEXT[0], *GERMAN * 3, removals={0: removal()}))
    assert found.language == "de"


@pytest.mark.parametrize(
    ("code", "languages", "stays"),
    [
        ("en", ("en",), True),
        ("en", ("de", "en"), True),
        ("en", ("de",), False),
        ("zh-tw", ("zh",), True),
        ("zh-tw", ("zh-cn",), False),
        ("zh-cn", ("zh-cn",), True),
        ("und", ("en",), False),
        ("und", ("und",), True),
        ("en", (), True),
    ],
)
def test_wanted_languages_stay(code, languages, stays):
    found = label_page(page("x"), Language(code, 0.9), languages, 0.0)
    assert (found.dropped is None) == stays
    if not stays:
        assert found.dropped.rule == "page.language"
        assert found.dropped.evidence == f"{code} 0.90 is not among {','.join(languages)}"


def test_uncertain_pages_go_below_the_least_score():
    assert label_page(page("x"), Language("en", 0.7), (), 0.7).dropped is None
    found = label_page(page("x"), Language("en", 0.69), (), 0.7)
    assert (found.dropped.rule, found.dropped.evidence) == (
        "page.language_score",
        "en 0.69 is under 0.7",
    )


def test_a_page_that_is_dropped_already_keeps_its_reason():
    reason = removal("page.quality")
    found = label_page(page("x", dropped=reason), Language("en", 0.1), ("de",), 0.9)
    assert found.dropped is reason
    assert found.language == "en"


def test_no_page_is_lost(pipeline):
    given = batch(page(*TEXT), page(*GERMAN, number=2), page("ok", number=3), first_page=5)
    with pipeline as p:
        found = (
            p
            | beam.Create([given])
            | DetectLanguage(("de",), 0.5)
            | beam.FlatMap(lambda b: [(q.language, q.dropped is None) for q in b.pages])
        )
        assert_that(found, equal_to([("en", False), ("de", True), ("und", False)]))
