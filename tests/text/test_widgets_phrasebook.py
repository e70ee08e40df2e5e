"""The pattern language of the phrase files, and the look-up."""

from types import MappingProxyType

import pytest

from transforms.text.widgets.phrasebook import BOOK, OPENS, PACES, STRONG, WEAK, Phrasebook
from transforms.text.widgets.phrasebook import normalise as keys
from transforms.text.widgets.systems import SYSTEMS, System


def book(*phrases):
    table = MappingProxyType({"en": phrases})
    return Phrasebook([System("test", "comments", (), table, "made for the test")])


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("  No comments:  ", "no comments"),
        ("» POST A COMMENT «", "post a comment"),
        ("1,234 Comments", "0 comments"),
        ("Comments (12)", "comments (0"),
        ("Ｎｏ\u00a0comments", "no comments"),
        ("a\u200b \t b", "a b"),
        ("12:30", "0"),
        ("…", ""),
        ("", ""),
        ("a\nb", "a b"),
        ("x" * 241, ""),
    ],
)
def test_keys(line, key):
    assert keys([line]) == [key]


def test_keys_keep_the_number_of_lines():
    lines = ["a", "", "b\nc", "\u2028", "\x00", "\ud800", "x" * 400]
    assert len(keys(lines)) == len(lines)
    assert keys([]) == []


@pytest.mark.parametrize(
    ("phrase", "line", "hit"),
    [
        ("Post a Comment", "post a comment.", True),
        ("Post a Comment", "Post a comment here", False),
        ("{n} Comments", "1.204 comments", True),
        ("{n} Comments", "many comments", False),
        ("{name} says", "Ada Brook says:", True),
        ("{name} says", "says:", False),
        ("{name} says", "x" * 41 + " says", False),
        ("Posted by {name} at {date}", "Posted by Jo at 10:30 AM", True),
        ("Posted by {name} at {date}", "Posted by Jo at noon", False),
        ("{title}に{n}件のコメント", "「橋」に3件のコメント", True),
    ],
)
def test_phrases_match_whole_lines(phrase, line, hit):
    assert (book(phrase).look_up(keys([line])) == [0]) is hit


def test_roles():
    made = book("Post a Comment", "~Reply", "#Comments", "@{name} says")
    assert [phrase.role for phrase in made.phrases] == [STRONG, WEAK, OPENS, PACES]
    assert made.look_up(keys(["Reply", "Comments", "Jo says"])) == [1, 2, 3]


@pytest.mark.parametrize("phrase", ["{name}", "{title}x", "...", "~"])
def test_phrases_without_a_key_are_refused(phrase):
    with pytest.raises(ValueError, match="phrase"):
        book(phrase)


def test_each_phrase_of_the_table_is_found_as_some_phrase():
    fill = {"{n}": "3", "{name}": "Ana", "{title}": "Bridge", "{date}": "12.03.2024 10:30"}
    for phrase in BOOK.phrases:
        line = phrase.text
        for slot, value in fill.items():
            line = line.replace(slot, value)
        assert BOOK.look_up(keys([line])) != [-1], (phrase.language, phrase.system.rule, line)


def test_phrases_name_only_known_slots():
    for system in SYSTEMS:
        for phrases in system.phrases.values():
            for phrase in phrases:
                bare = phrase
                for slot in ("{n}", "{name}", "{title}", "{date}"):
                    bare = bare.replace(slot, "")
                assert "{" not in bare, (system.rule, phrase)
