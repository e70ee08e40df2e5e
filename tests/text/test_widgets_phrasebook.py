"""The pattern language of the phrase files, and the look-up."""

import unicodedata
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twins import without_kernel

from transforms.text import kernel
from transforms.text.widgets import phrasebook
from transforms.text.widgets.folding import folding_table
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


PLAIN = (
    "aZzßÄéſİǰŉΣςЖё01९٣.,:'’… \t\xa0\x85\u200b\xad\u2028·»«-–()|★→„“€中あガが한אبก"
    "\u0301\u3099\uff21\ufe0f😀\ud800\n\x00"
)
PIECES = st.one_of(
    st.sampled_from([phrase.text for phrase in BOOK.phrases]),
    st.sampled_from(["1,234", "12:30", "{n}", "Ada", "»", " ", "…", "x" * 60]),
    st.text(st.one_of(st.sampled_from(PLAIN), st.characters()), max_size=12),
)


@given(st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=8))
def test_lines_are_found_as_their_keys_are(lines):
    assert BOOK.find(lines) == BOOK.look_up(keys(lines)) == without_kernel(BOOK.find, lines)


def test_every_phrase_is_found_however_it_is_dressed():
    for number, phrase in enumerate(BOOK.phrases):
        text = phrase.text.replace("{n}", "1,234").replace("{date}", "3 May 2019")
        text = text.replace("{name}", "Ada").replace("{title}", "A title of any kind")
        lines = [text, f"» {text.upper()} …", text.replace(" ", " \u200b\xa0")]
        found = BOOK.find(lines)
        assert found == BOOK.look_up(keys(lines))
        assert found[0] >= 0, number


def test_every_character_is_folded_as_in_a_key():
    characters = [chr(c) for c in range(0x30000)]
    lines = [f"{c}No{c} comments{c}" for c in characters] + [f"1{c}2 comments" for c in characters]
    assert BOOK.find(lines) == BOOK.look_up(keys(lines))


def test_plain_characters_do_not_depend_on_their_neighbours():
    table = folding_table(phrasebook._SPACES, phrasebook._INVISIBLE, phrasebook._EDGES)
    plain = [c for c in range(len(table)) if table[c, 0]]
    inert = [chr(c) for low, high in INERT for c in range(low, high + 1)]
    assert len(plain) > 1_500
    for c in inert:
        assert unicodedata.is_normalized("NFKC", c)
        assert c.casefold() == c
        assert not unicodedata.combining(c)
        assert not c.isdecimal()
        assert c not in phrasebook._EDGES
    replaced = {"\xa0", "…", *phrasebook._SPACES, *phrasebook._INVISIBLE}
    for c in (*inert, *(char for char in map(chr, plain) if char not in replaced)):
        assert all(unicodedata.is_normalized("NFKC", f"{before}{c}") for before in "a1가かا. ")


INERT = (
    (0x5D0, 0x5EA),
    (0x621, 0x63A),
    (0x641, 0x64A),
    (0xE01, 0xE30),
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0x4E00, 0x9FA5),
    (0xAC00, 0xD7A3),
)
"""What the kernel takes for itself beside the table: `is_inert` of `_phrases.c`."""


@pytest.mark.skipif(kernel.compiled is None, reason="no compiled kernel")
def test_the_kernel_refuses_what_does_not_fit():
    bits, table = np.zeros(1 << 17, np.uint8), np.zeros((4, 4), np.uint16)
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.add_phrases(["a"], 0, bits[:9])
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.add_phrases(["a"], 5, bits)
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.may_be_phrases(["a"], table, bits[:9])
    with pytest.raises(TypeError):
        kernel.compiled.add_phrases([b"a"], 0, bits)
    with pytest.raises(TypeError):
        kernel.compiled.may_be_phrases(["a", None], table, bits)
