"""Texts that no writer meant: what becomes of them is stated here and in docs/duplicates.md."""

import numpy as np
import pytest

from transforms.text.text_duplicates import drop_near_duplicates

SENTENCE = "The ferry number {} crosses the bay of {} twice a day, at nine and at five. "


def found(*texts, **options):
    return [one and (one.keeper, one.kind) for one in drop_near_duplicates(texts, **options)]


@pytest.mark.parametrize("text", ["", " ", "…", "… " * 50, "- - - * * * " * 9, "\x00" * 99])
@pytest.mark.parametrize("min_words", [1, 10])
def test_texts_without_word_characters_stay_all_of_them(text, min_words):
    assert found(text, text, text + "!", min_words=min_words) == [None] * 3


@pytest.mark.parametrize("text", ["a", "A.", "7", "\U0001d400", "\u9f8d"])
def test_texts_of_one_character_have_copies_and_nothing_near(text):
    assert found(text, text, "bc", "q", min_words=1) == [None, (0, "exact"), None, None]


def test_lone_surrogates_are_characters_that_are_no_words():
    text = SENTENCE.format(4, "Arnis")
    half, other = text.replace("ferry", "fer\ud800ry"), text.replace("bay", "b\udfff\udfffay")
    assert found(text, half, other) == [None, (0, "exact"), (0, "exact")]
    assert found("\ud800 \udc00 " * 20, "\ud800 \udc00 " * 20) == [None, None]


def test_ten_megabytes_are_compared_like_any_text():
    long = "".join(SENTENCE.format(n, chr(97 + n % 26) * 3) for n in range(130_000))
    assert len(long) > 10_000_000
    middle = len(long) // 2
    edited = f"{long[:middle]} word {long[middle:]}"
    other = long[: middle // 2][::-1]
    assert found(long, edited, other, long.upper()) == [None, (0, "near"), None, (0, "exact")]


def test_texts_of_one_repeated_character_are_alike_at_any_length():
    once = "x" * 1_000_000
    texts = [once, once + "x", "x " * 10, "y " * 10]
    assert found(*texts, min_words=1) == [None, (0, "near"), (0, "near"), None]


@pytest.mark.parametrize("radius", [-1, 65, 2**40])
def test_a_radius_that_is_none_is_refused(radius):
    with pytest.raises(ValueError, match="from 0 to 64"):
        drop_near_duplicates(["a"], radius_bits=radius)


def test_the_largest_radius_takes_no_strangers():
    dice = np.random.default_rng(1)
    words = np.array([f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "rnlt"])
    texts = [" ".join(dice.choice(words, 30)) for _ in range(200)]
    assert found(*texts, radius_bits=24) == [None] * 200
    copies = [*texts[:5], *(text.title() for text in texts[:5])]
    assert found(*copies, radius_bits=64)[5:] == [(n, "exact") for n in range(5)]
    assert found(*copies, radius_bits=0)[5:] == [(n, "exact") for n in range(5)]
