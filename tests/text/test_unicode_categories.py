"""Tables by character against what they are made from, one character after the other."""

import unicodedata

from transforms.text.quality import charclass as cc
from transforms.text.quality.characters import ICONS, spans
from transforms.text.unicode_categories import KNOWN, categories, of_category
from transforms.text.widgets.signals import CLASSES, _classes

NAMES = {"Lu": "upper", "Lt": "upper", "Ll": "lower", "Nd": "digit", "Ps": "bracket"}


def test_categories_stand_one_after_the_other():
    text = categories()
    assert len(text) == 2 * KNOWN
    assert all(text[2 * c : 2 * c + 2] == unicodedata.category(chr(c)) for c in range(KNOWN))
    assert of_category("So") == ICONS
    assert "".join(chr(c) for c in range(KNOWN) if text[2 * c : 2 * c + 2] == "So") == ICONS


def test_classes_are_those_of_each_character():
    for code, found in enumerate(cc.table()[:KNOWN].tolist()):
        char = chr(code)
        category = unicodedata.category(char)
        assert bool(found & cc.SPACE) == char.isspace()
        assert bool(found & cc.LETTER) == (category[0] == "L")
        assert bool(found & cc.UPPER) == (category in {"Lu", "Lt"})
        assert bool(found & cc.CATEGORY_P) == (category[0] == "P")
        assert bool(found & cc.NUMERAL) == (category == "Nd")
        assert bool(found & cc.ICON) == (category == "So" or char == "…")


def test_classes_of_lines_follow_the_categories():
    index = {name: number for number, name in enumerate(CLASSES)}
    signs = {index[name] for name in ("end", "comma", "colon", "divider", "quote")}
    for code, found in enumerate(_classes()[:0x10000].tolist()):
        category = unicodedata.category(chr(code))
        if found in signs:
            assert category[0] not in "LN"
        elif category in NAMES:
            assert found == index[NAMES[category]]
        elif category[0] in "LM":
            assert found in (index["dense"], index["caseless"])
        elif category[0] == "Z":
            assert found == index["space"]


def test_spans_hold_all_of_the_characters():
    assert spans("") == ""
    assert spans("abcxz") == "a-cxz"
    assert spans("cbbaß") == "a-cß"
