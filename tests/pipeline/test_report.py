"""The report: what it shows, and that nothing from a page does anything in it."""

import re
from html.parser import HTMLParser

import pytest
from run_example import example_run

from pipeline.reporting.report import render_report

ALLOWED_TAGS = {
    *("html", "head", "meta", "title", "link", "style", "body", "header", "main", "footer"),
    *("nav", "section", "h1", "h2", "h3", "p", "a", "ul", "li", "dl", "dt", "dd", "div", "span"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "blockquote"),
    *("b", "i", "strong", "code", "bdi", "br", "wbr", "svg", "path", "rect", "g", "text"),
    *("ol", "h4", "small", "figure", "figcaption", "del", "ins"),
}
VOID = {"meta", "link", "br", "wbr"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</bdi></td></table><iframe src=https://evil.example></iframe>",
    "javascript:alert(1)",
    "&lt;script&gt; &#60;b&#62; &amp;",
    "$title ${heading} $$ %s {0}",
    "\u202egnp.exe\u2066\u2069\u200f",
    "\x1b[31mred\x1b[0m\x00\x07\x9b",
    "\ud800 lone",
    "]]><!-- --><![CDATA[",
    "url(https://evil.example/x.png)",
]


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that every element is closed in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def with_everywhere(value):
    """A run in which everything that a page or a user could choose is hostile."""
    run = example_run()
    for key in ("pagesieve", "run", "started", "finished", "engine", "rules_version", "digest"):
        run[key] = value
    run["options"] = {value: value, "deep": {value: [value]}}
    run["input"] = {"digest": value, value: value}
    run["pages"] |= {"dropped": {value: 3}, "rejected": {value: 4}, "skipped": {value: 5}}
    run["paragraphs"] |= {"removed": {value: 4900}, "dropped": {value: 100}}
    run["languages"] = {value: 9}
    run["hosts"] = {value: {"pages": 1, "in": 2, "kept": 1}}
    run["duplicates"] = run["versions"] = {value: value}
    run["conservation"] = {"holds": False, "broken": [value]}
    sample = {"url": value, "text": value, "evidence": value, "keeper": {"url": value}}
    run["samples"] = {value: [sample]}
    run["rejects"] = [{"file": value, "offset": value, "reason": value, "detail": value}]
    run["years"] = {value: 4, "unknown": 2}
    run["months"] = {value: 4, "2024-01": 1, "2024-03": 2}
    variants = [{"url": value, "text": value, "distance": value}] * 2
    keeper = {"url": value, "text": value, "id": value, "paragraph": value}
    run["groups"] = [{"copies": 3, "keeper": keeper, "variants": variants}]
    run["groups"] += [{"copies": 2, "keeper": {}, "variants": variants}]
    run["templates"] = [{"host": value, "text": value, "evidence": value, "pages": 9}]
    run["signals"]["words"]["edges"][2] = value
    run["signals"][value] = run["signals"]["words"]
    run["options"]["filters"] = [value, "gopher-quality"]
    run["options"]["limits"] = [[value, value], ["gopher-quality.min_words", 7]]
    return run


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_is_inert(value):
    html = render_report(with_everywhere(value), with_everywhere("before"))
    html.encode("utf-8")
    reader = read(html)
    assert set(reader.tags) <= ALLOWED_TAGS
    assert reader.tags.count("style") == 1
    for tag, name, content in reader.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in {"href", "src", "action", "srcset", "data", "xlink:href"}:
            assert content.startswith("#") or content == "data:,"
        if name == "style":
            assert re.fullmatch(r"(width:[\d.]+%|min-height:[\d.]+rem)", content)
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f]", html
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_changes_no_structure(value):
    def skeleton(text):
        run = with_everywhere(text)
        html = render_report(run, with_everywhere(text))
        return [tag for tag in read(html).tags if tag != "wbr"]

    assert skeleton(value) == skeleton("harmless")


def test_page_text_is_shown_as_it_is():
    run = example_run()
    run["samples"]["duplicate.near"][0]["text"] = "a < b && \"c\" 'd' يفتح أبو سليم 日本 $x"
    assert "a < b && \"c\" 'd' يفتح أبو سليم 日本 $x" in read(render_report(run)).text


def test_no_address_outside_the_file_is_referred_to():
    html = render_report(example_run())
    for found in re.findall(r"(?:href|src)=\"([^\"]*)\"", html):
        assert found.startswith("#") or found == "data:,"
    assert "@import" not in html
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_the_figures_are_shown():
    shown = " ".join(" ".join(read(render_report(example_run())).text).split())
    for expected in (
        "nightly-7",
        "15,000 of 20,000 paragraphs",
        "2 min 5 s",
        "Everything is accounted for.",
        "comment forms and readers' comments of WordPress",
        "3,000",
        "English (en)",
        "a.example",
        "The ferry crosses every 30 minutes.",
        "3 of 64 bits differ",
        "https://a.example/1",
        "in/bad.jsonl",
        "line 3: no JSON",
        "languages.keep",
        "12,345,678",
        "bb22",
    ):
        assert expected in shown


def test_links_within_the_page_have_targets_and_tables_have_headings():
    reader = read(render_report(example_run()))
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in reader.attributes:
        if name == "href" and value.startswith("#"):
            assert value[1:] in ids
        if name == "aria-labelledby":
            assert value in ids
    assert reader.tags.count("caption") == reader.tags.count("table")
    assert ("html", "lang", "en") in reader.attributes


def test_counts_that_do_not_add_up_are_said_first():
    run = example_run()
    run["paragraphs"]["kept"] -= 7
    html = render_report(run)
    assert "The counts do not add up" in html
    assert "7 paragraphs are missing" in html
    assert "Everything is accounted for" not in html
    run = example_run()
    run["conservation"] = {"holds": False, "broken": ["pages: 5 came in, but <4> went"]}
    assert "The counts do not add up</strong>: pages: 5 came in, but &lt;4&gt;" in render_report(
        run
    )
    run["conservation"] = {"holds": False}
    assert "The counts do not add up</strong>. Do not" in render_report(run)


def test_capped_comparisons_are_said():
    run = example_run()
    run["duplicates"]["not_compared"] = 4321
    assert "4,321 comparisons left out by the cap" in render_report(run)


@pytest.mark.parametrize(
    "run",
    [
        {},
        {"pages": None, "paragraphs": [], "hosts": "x", "samples": 3, "rejects": {}, "options": []},
        {"pages": {"read": "many", "dropped": 4}, "paragraphs": {"in": float("nan"), "removed": 3}},
        {"languages": {"en": -1}, "hosts": {"a": 3}, "samples": {"r": [1, {}]}, "rejects": [None]},
        {"started": "yesterday", "finished": 7, "duplicates": {"not_compared": True}},
    ],
)
def test_missing_and_odd_values_are_left_out(run):
    read(render_report(run))


def test_the_size_is_bounded():
    long = "<&\u202e" * 50_000
    run = with_everywhere(long)
    sample = {"url": long, "text": long, "evidence": long, "keeper": {"url": long}}
    run["samples"] = {f"{long}{i}": [sample] * 50 for i in range(500)}
    run["hosts"] = {f"{long}{i}": {"pages": i} for i in range(500)}
    run["rejects"] = [{"file": long, "detail": long}] * 500
    run["options"] = {f"{long}{i}": long for i in range(500)}
    run["paragraphs"]["removed"] = {f"{long}{i}": 1 for i in range(500)}
    run["pages"]["dropped"] = {f"{long}{i}": 1 for i in range(500)}
    assert len(render_report(run)) < 8_000_000


def test_the_same_run_gives_the_same_report():
    assert render_report(example_run()) == render_report(example_run())
