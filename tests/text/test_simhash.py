"""Fingerprints: those of the simhash package, bit for bit, for text of every kind."""

import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from simhash import Simhash

from transforms.text.normal import strip_to_words
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import FACTORS, fingerprints, hamming, sketch

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)
HASHER = ShingleHasher()
WORDS = st.integers(0, 2**64 - 1)


def package(text):
    return Simhash(text).value


@given(st.lists(ANY, max_size=5))
def test_random_text_has_the_fingerprint_of_the_package(texts):
    assert fingerprints(texts, HASHER).tolist() == [package(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "abc",
        "abcd",
        "?!…",
        "The ferry leaves at nine, and again at five.",
        "aaaaaaaaaaaa",
        "İstanbul'da IĞDIR ILIK ışık",
        "ΟΔΟΣ ΤΩΝ ΦΙΛΩΝ ΣΟΦΟΣ",
        "STRASSE und Straße ẞ",
        "cafe\u0301 a\u0308o\u0308u\u0308",
        "हिन्दी में एक वाक्य",
        "渡し船は一日に二回しか出ない。次は九時。",
        "渡船每天只开两次。",
        "เรือข้ามฟากออกวันละสองเที่ยว",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈𐍉𐍊𐍋𐍌 😀😀😀",
        "a\nb\rc\u2028d e f",
        "\x00\x01 nul \x1f unit",
    ],
)
def test_known_kinds_of_text_have_the_fingerprint_of_the_package(text):
    assert fingerprints([text]).tolist() == [package(text)]


def test_real_text_has_the_fingerprint_of_the_package():
    lines = Path(__file__).read_text("utf-8").splitlines()
    lines += (Path(__file__).parents[2] / "LICENSE").read_text("utf-8").split("\n\n")
    assert fingerprints(lines).tolist() == [package(line) for line in lines]


def test_golden_values():
    texts = ["How are you? I am fine. Thanks.", "How old are you ? :-) i am fine. Thanks."]
    assert fingerprints(texts).tolist() == [3419227768443824139, 572952796494448905]


def plain(text):
    """The algorithm without the package's limits."""
    import hashlib

    words = strip_to_words([text])[0]
    grams = [words[i : i + 4] for i in range(max(len(words) - 3, 1))]
    ones = [0] * 64
    for gram in grams:
        data = gram.encode("utf-8", "surrogatepass")
        value = int.from_bytes(hashlib.md5(data, usedforsecurity=False).digest()[-8:], "big")
        for bit in range(64):
            ones[bit] += value >> bit & 1
    return sum(1 << bit for bit in range(64) if 2 * ones[bit] > len(grams))


@given(st.text(st.characters(), max_size=60))
def test_lone_surrogates_are_letters_like_others(text):
    assert fingerprints([text], HASHER).tolist() == [plain(text)]


@pytest.mark.parametrize("times", [255, 256, 257, 1000, 70_000])
def test_shingles_that_repeat_often_count_in_full(times):
    text = "ab" * times + "the ferry leaves at nine"
    assert fingerprints([text]).tolist() == [plain(text)]


def test_a_tie_clears_the_bit():
    # Two shingles: a bit that one of them has is half of the weight, not more.
    one, other, both = fingerprints(["abcd", "bcde", "abcde"])
    assert both == one & other


@given(st.lists(ANY, min_size=1, max_size=8), st.lists(ANY, max_size=8))
def test_the_state_of_the_hasher_changes_nothing(texts, before):
    used = ShingleHasher()
    fingerprints(before, used)
    assert fingerprints(texts, used).tolist() == fingerprints(texts).tolist()


@given(st.lists(ANY, min_size=1, max_size=6), st.integers(0, 8))
def test_batches_give_what_single_texts_give(texts, minima):
    words = strip_to_words(texts)
    whole = sketch(words, minima, HASHER)
    for place, word in enumerate(words):
        single = sketch([word], minima, HASHER)
        assert whole.simhash[place] == single.simhash[0]
        assert whole.minima[place].tolist() == single.minima[0].tolist()


@given(st.text(st.characters(categories=["L", "Nd"]), min_size=4))
def test_minima_do_not_depend_on_repeats(text):
    words = strip_to_words([text])[0]
    assume(len(words) >= 4)
    once = sketch([words], 16, HASHER).minima
    # Joined with itself a text gains at most the three shingles across the seam.
    twice = sketch([words + words], 16, HASHER).minima
    seam = sketch([words[-3:] + words[:3]], 16, HASHER).minima
    assert (twice == np.minimum(once, seam)).all()


def test_factors_are_odd_different_and_for_ever():
    assert (FACTORS % 2 == 1).all()
    assert len(set(FACTORS.tolist())) == len(FACTORS) == 128
    assert FACTORS[:3].tolist() == [3793791033, 1853398635, 113532185]


@given(WORDS, WORDS, WORDS)
def test_hamming_is_a_metric(a, b, c):
    one, two, three = (np.array([x], np.uint64) for x in (a, b, c))

    def d(x, y):
        return int(hamming(x, y)[0])

    assert d(one, two) == d(two, one) == (a ^ b).bit_count()
    assert (d(one, two) == 0) == (a == b)
    assert d(one, three) <= d(one, two) + d(two, three)
    assert 0 <= d(one, two) <= 64


def test_nothing_gives_nothing():
    assert fingerprints([]).shape == (0,)


def test_a_paragraph_of_ten_megabytes_takes_bounded_time_and_memory():
    text = " ".join(f"word{n % 5000}" for n in range(1_000_000))
    assert len(text) > 8_000_000
    hasher = ShingleHasher()
    started = time.process_time()
    tracemalloc.start()
    words = strip_to_words([text])
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    sketch(words, 76, hasher)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert peak < 40 << 20
    assert time.process_time() - started < 60
