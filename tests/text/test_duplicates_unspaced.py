"""Chinese, Japanese and Thai: texts without spaces are compared like others.

The paragraphs in tests/data/duplicates were written for this test. Each is edited in four ways at
several places, and mixed with another one to a look-alike.
"""

import json
import random
from pathlib import Path

import pytest

from transforms.text.normal import count_words
from transforms.text.text_duplicates import drop_near_duplicates

PARAGRAPHS = json.loads(
    (Path(__file__).parents[1] / "data" / "duplicates" / "paragraphs.json").read_text("utf-8")
)


def replace(text, places, other):
    letters = list(text)
    for place in places:
        letters[place] = other[place % len(other)]
    return "".join(letters)


def edits(language):
    """(kind, edited text, its original)."""
    dice = random.Random(5)
    texts = PARAGRAPHS[language]
    for number, text in enumerate(texts):
        other = texts[(number + 1) % len(texts)]
        start = dice.randrange(len(text) - 6)
        yield "one_word", replace(text, range(start, start + 2), other), text
        yield "number", f"{text[:start]}{dice.randrange(10, 99)}{text[start:]}", text
        yield "appended", text + other[: len(other) // 4], text
        every = range(dice.randrange(20), len(text), 20)
        yield "five_percent", replace(text, every, other), text
        half = len(text) // 2
        yield "half", text[:half] + other[half:], text


def removed(language):
    """Kind to the share that goes as a duplicate of its own original."""
    originals = PARAGRAPHS[language]
    shares = {}
    for kind, edited, text in edits(language):
        found = drop_near_duplicates([*originals, edited])[-1]
        gone = found is not None and originals[found.keeper] == text
        shares.setdefault(kind, []).append(gone)
    return {kind: sum(gone) / len(gone) for kind, gone in shares.items()}


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_light_edits_go_and_look_alikes_stay(language):
    assert len(list(edits(language))) >= 40
    shares = removed(language)
    assert shares["half"] == 0
    for kind, floor in FLOORS.items():
        assert shares[kind] >= floor, (kind, shares)


FLOORS = {"one_word": 1.0, "number": 1.0, "appended": 1.0, "five_percent": 0.375}


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_originals_stay_and_are_long_enough(language):
    texts = PARAGRAPHS[language]
    assert drop_near_duplicates(texts) == [None] * len(texts)
    assert all(10 <= count_words(text) <= 60 for text in texts)
    found = drop_near_duplicates([*texts, *(text + "。" for text in texts)])
    assert [one.keeper for one in found[len(texts) :]] == list(range(len(texts)))


if __name__ == "__main__":
    for name in PARAGRAPHS:
        print(name, removed(name))
