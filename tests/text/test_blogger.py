"""Blogger's templates in ten languages: what stays, and under which rule each other line goes.

A template of `tests/data/blogger` is a page with slots, filled from `words.json`. Beside it stand
its lines in reading order: the rule of the page's HTML, that of the same lines as plain text, and
the line. `=` stays, `*` goes under any rule, `share.*` under one of the group, and `?` may stay in
some language: nothing in the text says what it is.
"""

import fnmatch
import json
import pathlib
from string import Template

import pytest

from transforms.text.html import extract_page
from transforms.text.widgets import find_widgets

FOLDER = pathlib.Path(__file__).parents[1] / "data" / "blogger"
WORDS = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
TEMPLATES = sorted(path.stem for path in FOLDER.glob("*.html"))
POSTS = {"title", "one", "two", "three"}


def fill(name, language):
    """The page, and for each line the pattern of its two rules, its slots and its text."""
    html = Template((FOLDER / f"{name}.html").read_text(encoding="utf-8"))
    rows = []
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        of_html, of_text, slots = (part.strip() for part in line.split(" | ", 2))
        rows.append((of_html, of_text, slots, Template(slots).substitute(WORDS[language])))
    return html.substitute(WORDS[language]), rows


def fits(rule, pattern):
    if pattern == "?":
        return True
    return rule == "" if pattern == "=" else rule != "" and fnmatch.fnmatchcase(rule, pattern)


def test_ten_languages_and_all_kinds_of_templates():
    assert set(WORDS) >= {"en", "de", "fr", "es", "pt", "it", "nl", "ru", "ja", "tr"}
    assert TEMPLATES == [
        "classic", "contempo", "dynamic", "index", "layout", "mobile", "threaded",
    ]  # fmt: skip
    assert len({frozenset(words) for words in WORDS.values()}) == 1


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_what_stays_by_the_post_alone(name):
    _, rows = fill(name, "en")
    stays = {slots for of_html, _, slots, _ in rows if of_html == "="}
    index = {"$blog", "$other", "$snippet"} if name == "index" else set()
    assert stays == {f"${slot}" for slot in POSTS} | index
    for of_html, of_text, slots, _ in rows:
        assert of_html != "?"
        assert (of_text == "=") <= (of_html == "=")
        assert slots in {"$blog", *stays} or of_html != "="
    assert any(of_html == "comments.blogger" for of_html, _, _, _ in rows) == (name != "index")


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_post_stays_and_every_other_line_goes_under_its_rule(name, language):
    html, rows = fill(name, language)
    blocks = extract_page(html).blocks
    assert [block.text for block in blocks] == [text for *_, text in rows]
    wrong = [
        (block.text, block.rule, of_html)
        for block, (of_html, *_) in zip(blocks, rows, strict=True)
        if not fits(block.rule, of_html)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_same_page_as_plain_text(name, language):
    _, rows = fill(name, language)
    lines = [text for *_, text in rows]
    (gone,) = find_widgets([lines])
    rules = [gone[n].rule if n in gone else "" for n in range(len(lines))]
    wrong = [
        (text, rule, of_text)
        for rule, (_, of_text, _, text) in zip(rules, rows, strict=True)
        if not fits(rule, of_text)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("name", [n for n in TEMPLATES if n not in {"index", "mobile"}])
def test_readers_comments_can_be_had_with_who_and_when(name, language):
    html, _ = fill(name, language)
    words = WORDS[language]
    comments = extract_page(html, comments="separate").comments
    second = "Ada" if name == "threaded" else "Ines"
    assert [(comment.author, comment.text) for comment in comments] == [
        ("Tom", words["first"]),
        (second, words["second"]),
    ]
    assert {comment.date for comment in comments} == {words["date"]}
