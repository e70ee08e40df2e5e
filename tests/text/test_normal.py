"""Normal forms: what two copies have in common, and what counts as a word."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.normal import (
    count_words,
    drop_digits,
    exact_form,
    exact_hashes,
    has_words,
    is_mostly_numbers,
    strip_to_words,
)

ANY = st.text(st.characters(), max_size=60)


@given(st.lists(ANY, max_size=6))
def test_words_are_those_of_the_simhash_package(texts):
    expected = ["".join(re.findall(r"[\w\u4e00-\u9fcc]+", text.lower())) for text in texts]
    assert strip_to_words(texts) == expected


@given(st.lists(ANY, max_size=6))
def test_forms_of_many_texts_are_those_of_each(texts):
    assert exact_form(texts) == [form for text in texts for form in exact_form([text])]
    words = strip_to_words(texts)
    assert drop_digits(words) == [form for word in words for form in drop_digits([word])]


@given(ANY, ANY)
def test_equal_exact_forms_have_equal_words(one, other):
    forms = exact_form([one, other])
    assert [form.replace("\x1f", "") for form in forms] == strip_to_words([one, other])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The Ferry, at 9.", "the ferry at 9", True),
        ("The\u00a0ferry\tat\n9", "the ferry at 9", True),
        ("1.5 metres", "15 metres", False),
        ("1.5 metres", "1,5 metres", True),
        ("1.5 metres", "1_5 metres", False),
        ("pages 12 - 15", "pages 12–15", True),
        ("a\x1fb 1\x1f2", "ab 1 2", True),
        ("\x1f1", "1", True),
        ("STRASSE", "straße", False),
        ("ΟΔΟΣ", "οδος", True),  # lower() writes a final sigma
        ("ΟΔΟΣ", "οδοσ", False),
        ("İstanbul", "i̇stanbul", True),
        ("cafe\u0301", "cafe", True),  # a combining mark is no word character
        ("\ud800 a lone surrogate", "A LONE SURROGATE", True),
        ("…!?", "", True),
    ],
)
def test_what_counts_as_the_same(one, other, same):
    forms = exact_form([one, other])
    assert (forms[0] == forms[1]) is same


def test_digits_of_any_length_and_script_become_one():
    words = strip_to_words(["On 1 May 2021", "On 30 May 7", "On ٣ May ٢٠٢١", "On May"])
    assert drop_digits(words) == ["on0may0", "on0may0", "on0may0", "onmay"]


def test_hashes_are_fixed_and_take_lone_surrogates():
    hashes = exact_hashes(["", "a", "\udcff"])
    assert hashes.shape == (3, 2)
    assert hashes.dtype == np.uint64
    assert [f"{a:016x}{b:016x}" for a, b in hashes[:2].tolist()] == [
        "99aa06d3014798d86001c324468d497f",
        "a96faf705af16834e6c632b61e964e1f",
    ]
    assert len(set(map(tuple, hashes.tolist()))) == 3
    assert exact_hashes([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one", 1),
        ("  two\twords ", 2),
        ("– and – dashes", 4),
        ("渡し船は一日に二回しか出ない", 7),
        ("渡船每天只开两次", 4),
        ("เรือข้ามฟากออกวันละสองเที่ยว", 7),
        ("iPhone 手机 mit 3 Wörtern", 5),
        ("한국어는 띄어쓰기를 한다", 3),
    ],
)
def test_words_are_counted_in_every_script(text, words):
    assert count_words(text) == words


@given(ANY, st.integers(1, 20))
def test_has_words_agrees_with_the_count(text, least):
    spaced = len(text.split())
    assert has_words(text, least) == (spaced >= least or count_words(text) >= least)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("4. Carver, Nina 1993 4,96 m", True),
        ("The race of 1993 was won by Nina Carver with a throw of 61 metres.", False),
        ("", False),
        ("12", True),
        ("abc1", True),
        ("abcd1", False),
        ("no digits at all", False),
    ],
)
def test_rows_of_figures_are_told_from_sentences(text, yes):
    assert is_mostly_numbers(text) is yes
