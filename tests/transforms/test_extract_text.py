"""ExtractText: raw pages become paragraphs, or failures in their place."""

import re

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given, settings
from hypothesis import strategies as st
from page_makers import FAILURE, TEXT, TOO_DEEP, raw, raw_batch

from transforms import extract_text
from transforms.extract_text import (
    ExtractText,
    extract_page,
    extract_pages,
    page_id,
    split_paragraphs,
)
from transforms.records import MAX_RAW_BYTES


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("", []),
        (" \t\n\u3000\n\u00a0", []),
        ("one\ntwo", ["one", "two"]),
        ("one\r\ntwo\rthree", ["one", "two", "three"]),
        ("  one  \n\n\n\ttwo", ["one", "two"]),
        (
            "one\u2028two\u2029three\x85four\x0bfive\x0csix",
            ["one", "two", "three", "four", "five", "six"],
        ),
        ("a\x00b\x07c\x1b[31md\x9be", ["a b c [31md\x9be"]),
        ("\x00\x01", []),
        ("half \ud83d a pair", ["half \ufffd a pair"]),
        ("a whole one \U0001f600", ["a whole one \U0001f600"]),
        ("zero\u200bwidth \u202e turned", ["zero\u200bwidth \u202e turned"]),
        ("one\x1ctwo\x1dthree\x1efour", ["one two three four"]),
    ],
)
def test_lines_become_paragraphs(text, paragraphs):
    assert split_paragraphs(text) == paragraphs


@given(st.text(st.characters(exclude_categories=[])))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_paragraphs_hold_all_visible_characters_and_can_be_written(text):
    paragraphs = split_paragraphs(text)
    for paragraph in paragraphs:
        assert paragraph == paragraph.strip() != ""
        assert len(paragraph.splitlines()) == 1
        assert not re.search("[\x00-\x08\x0e-\x1f\x7f]", paragraph)
        paragraph.encode("utf-8")
    assert split_paragraphs("\n".join(paragraphs)) == paragraphs
    visible = [c for c in text if not c.isspace() and not re.match("[\x00-\x1f\x7f]", c)]
    kept = [c for c in "".join(paragraphs) if not c.isspace()]
    assert kept == ["\ufffd" if "\ud800" <= c <= "\udfff" else c for c in visible]


def test_an_id_is_fixed_and_depends_on_each_argument():
    # The id is written into every corpus: it must never change.
    assert page_id("https://a.example/", "2024-01-01T00:00:00.000Z", "text") == (
        "ps:631a9549cd9eb0e9"
    )
    ids = {page_id(*parts) for parts in (("ab", "", "c"), ("a", "b", "c"), ("a", "", "bc"))}
    assert len(ids) == 3
    assert all(re.fullmatch("ps:[0-9a-f]{16}", one) for one in ids)
    assert page_id("u", "", "\ud800") != page_id("u", "", "\ud801")


def test_a_text_page_keeps_what_it_knows():
    page = extract_page(raw("one\ntwo", date="2024-01-01T00:00:00.000Z"), "blocks")
    assert page.paragraphs == ("one", "two")
    assert (page.url, page.date) == ("https://a.example/1", "2024-01-01T00:00:00.000Z")
    assert (page.source, page.given_id) == ("in/a.jsonl", "given-1")
    assert page.removals == {}
    assert page.dropped is None


def test_html_that_looks_like_text_stays_text():
    page = extract_page(raw("<p>not parsed</p>"), "blocks")
    assert page.paragraphs == ("<p>not parsed</p>",)


def test_html_keeps_what_is_said_and_marks_what_is_chrome():
    said = "".join(f"<p>{sentence} {sentence}</p>" for sentence in TEXT * 3)
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><nav><ul><li><a href=/>Home</a>"
        f"</li></ul></nav><article><h1>The ferry</h1>{said}</article>"
        "<footer>Copyright 2024 Island Post. <a href=/imprint>Imprint</a></footer></body></html>"
    )
    page = extract_page(raw(html, kind="html"), "blocks")
    shown = dict(enumerate(page.paragraphs))
    kept = [text for n, text in shown.items() if n not in page.removals]
    gone = {shown[n]: removal.rule for n, removal in page.removals.items()}
    assert f"{TEXT[0]} {TEXT[0]}" in kept
    assert any("Home" in text for text in gone)
    assert any("Copyright" in text for text in gone)
    assert "p{}" not in " ".join(page.paragraphs)
    for removal in page.removals.values():
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_.-]+", removal.rule)
        assert removal.evidence.isprintable()
        assert 0 < len(removal.evidence) <= 200
    fast = extract_page(raw(html, kind="html"), "fast")
    assert any(TEXT[0] in text for text in fast.paragraphs)
    assert fast.removals == {}


def test_a_page_that_fails_stays_at_its_place():
    pages = [raw("first"), raw(TOO_DEEP, kind="html"), raw(" \n"), raw("last")]
    first, deep, blank, last = extract_pages(pages, "blocks")
    assert (first.paragraphs, last.paragraphs) == (("first",), ("last",))
    assert (deep.stage, deep.reason, deep.url) == ("extract", "too_deep", "https://a.example/1")
    assert (deep.file, deep.offset) == ("in/a.jsonl", 3)
    assert deep.raw == TOO_DEEP.encode()
    assert deep.raw_length == len(TOO_DEEP)
    assert (blank.reason, blank.raw) == ("no_text", b" \n")


def test_html_without_visible_text_is_rejected():
    (found,) = extract_pages([raw("<script>alert(1)</script>", kind="html")], "blocks")
    assert found.reason == "no_text"


def test_too_many_paragraphs_are_rejected(monkeypatch):
    monkeypatch.setattr(extract_text, "MAX_PARAGRAPHS", 3)
    fits, over = extract_pages([raw("a\nb\nc"), raw("a\nb\nc\nd")], "blocks")
    assert fits.paragraphs == ("a", "b", "c")
    assert (over.reason, over.detail) == ("too_large", "4 paragraphs, more than 3")


def test_a_long_reject_is_cut_and_says_how_long_it_was():
    content = "<div>" * 10_050 + "é" * MAX_RAW_BYTES
    (found,) = extract_pages([raw(content, kind="html")], "blocks")
    assert len(found.raw) == MAX_RAW_BYTES
    assert found.raw == content.encode()[:MAX_RAW_BYTES]
    assert found.raw_length == len(content.encode())


def test_a_batch_keeps_its_number_its_failures_and_every_page():
    pages = (raw("first"), raw(TOO_DEEP, kind="html"), raw("last"))
    given_batch = raw_batch(
        *pages, number=4, last=False, failures=(FAILURE,), skipped={"http_status": 2}, first_page=64
    )
    (out,) = extract_text._ExtractFn("blocks").process(given_batch)
    assert (out.shard, out.number, out.last, out.first_page) == (2, 4, False, 64)
    assert out.skipped == {"http_status": 2}
    assert [page.paragraphs for page in out.pages] == [("first",), ("last",)]
    assert [failure.reason for failure in out.failures] == ["malformed", "too_deep"]
    assert out.failures[0] is FAILURE
    assert out.read == len(pages) == len(out.pages) + len(out.failures) - 1


def test_in_a_pipeline(pipeline):
    batches = [raw_batch(raw("one\ntwo")), raw_batch(raw(" "), number=1)]
    with pipeline as p:
        found = (
            p
            | beam.Create(batches)
            | ExtractText()
            | beam.Map(lambda b: (b.number, [q.paragraphs for q in b.pages], len(b.failures)))
        )
        assert_that(found, equal_to([(0, [("one", "two")], 0), (1, [], 1)]))


def test_readers_comments_can_be_had_apart():
    page = (
        "<html><head><title>On  bridges</title></head><body><article><h1>On bridges</h1>"
        + "".join(
            f"<p>The bridge number {i} was built by people who had no plans.</p>" for i in range(9)
        )
        + "</article><div id='comments'><h2>1 comment</h2><ol class='commentlist'>"
        "<li class='comment' id='comment-1'><div class='comment-author vcard'>"
        "<cite>Ada</cite></div><div class='comment-metadata'><time>May 3, 2024</time></div>"
        "<p>I crossed the third one every day of my life.</p></li></ol></div></body></html>"
    )
    (dropped,) = extract_pages([raw(page, kind="html")], "blocks")
    (apart,) = extract_pages([raw(page, kind="html")], "blocks", "separate")
    assert dropped.extra == {"title": "On bridges"}
    assert apart.extra["comments"] == [
        {
            "author": "Ada",
            "date": "May 3, 2024",
            "text": "I crossed the third one every day of my life.",
        }
    ]
    assert (apart.paragraphs, apart.removals) == (dropped.paragraphs, dropped.removals)
    number = apart.paragraphs.index("I crossed the third one every day of my life.")
    assert apart.removals[number].rule.startswith("comments.")
