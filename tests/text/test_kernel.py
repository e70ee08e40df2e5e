"""The compiled inner loops and their twins in Python: the same answers, bit for bit."""

import os
import shutil
import subprocess
import sys
import sysconfig
import unicodedata

import numpy as np
import pytest
from duplicate_oracle import exact_rows_lists, near_rows_lists
from hypothesis import given, settings
from hypothesis import strategies as st
from real_paragraphs import read_pages
from twins import without_kernel

from transforms.text import kernel, utf8
from transforms.text.beginnings import LENGTHS, MASKS
from transforms.text.duplicates import find_near
from transforms.text.normal import drop_digits, read_forms
from transforms.text.rows import NEAR_ROW, sort_rows, sort_shared
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import sketch
from transforms.text.templates import have_words
from transforms.text.text_duplicates import text_rows

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
LETTERS = "aAzZ019_ .,-\t\n\x1f\x85\xa0éÉßİΣσςžКї٣৩²Ⅷ中日本あアกကខ\u0301\u200b\ud800\udfff😀𝔘𐐀"
SOME = st.text(st.one_of(st.sampled_from(LETTERS), st.characters()), max_size=80)
PLAIN = st.text(st.characters(max_codepoint=127), max_size=80)


def same_forms(texts, min_words):
    mine, twin = read_forms(texts, min_words), without_kernel(read_forms, texts, min_words)
    assert (mine.exact, mine.words) == (twin.exact, twin.words)
    assert mine.digits.tolist() == twin.digits.tolist()
    assert drop_digits(mine.words) == without_kernel(drop_digits, mine.words)
    assert have_words(texts).tolist() == without_kernel(have_words, texts).tolist()
    assert mine.long.tolist() == twin.long.tolist()
    assert mine.numbers.tolist() == twin.numbers.tolist()


def same_sketches(words, minima):
    mine = sketch(words, minima, ShingleHasher())
    twin = without_kernel(sketch, words, minima, ShingleHasher())
    assert mine.simhash.tolist() == twin.simhash.tolist()
    assert mine.minima.tolist() == twin.minima.tolist()
    assert mine.beginnings.tolist() == twin.beginnings.tolist()


def same_search(rows, radius_bits, max_pivots, *, keep_number_variants):
    def found():
        options = {"max_pivots": max_pivots, "keep_number_variants": keep_number_variants}
        matches, *counts = find_near(rows, radius_bits, **options)
        return sorted(matches[["address", "keeper", "kind", "distance"]].tolist()), counts

    mine = found()
    assert mine == without_kernel(found)
    return mine


def test_it_is_built_where_there_is_a_compiler():
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        pytest.skip(f"no compiler: {compiler} is not there")
    if os.environ.get(kernel.WITHOUT):
        pytest.skip(f"{kernel.WITHOUT} is set")
    assert kernel.compiled is not None
    assert kernel.compiled.VERSION == kernel.VERSION


def test_it_can_be_left_out():
    done = subprocess.run(
        [sys.executable, "-c", "from transforms.text import kernel; print(kernel.compiled)"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {kernel.WITHOUT: "1"},
    )
    assert done.stdout.strip() == "None"


@needs_kernel
@given(
    st.lists(st.sampled_from(["word ", "x" * 40, "é", "…", "😀", "中" * 9, "\ud800"]) | SOME),
    st.sampled_from(["replace", "surrogatepass"]),
)
def test_text_is_encoded_in_the_same_way(parts, errors):
    text = "".join(parts)
    assert utf8.encode(text, errors) == text.encode("utf-8", errors)


@needs_kernel
@pytest.mark.parametrize("last", ["é", "…", "😀"])
def test_every_character_is_encoded_in_the_same_way(last):
    largest = {"é": 0xFF, "…": 0xFFFF, "😀": sys.maxunicode}[last]
    letters = [c for c in range(largest + 1) if not 0xD800 <= c < 0xE000]
    text = "".join(map(chr, letters)) + last
    assert kernel.compiled.encode_utf8(text) == text.encode()
    assert kernel.compiled.encode_utf8(text + "\udfff") is None


@needs_kernel
@given(st.lists(st.one_of(SOME, PLAIN), max_size=8), st.integers(1, 12))
def test_forms_are_the_same(texts, min_words):
    same_forms(texts, min_words)


@needs_kernel
def test_every_character_is_read_in_the_same_way():
    characters = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) != "Cn"]
    same_forms([f"1{c}2 {c}{c} a" for c in characters], 3)


@needs_kernel
@given(st.lists(SOME, max_size=6), st.sampled_from([0, 1, 12, 76, 128]))
def test_sketches_are_the_same(words, minima):
    same_sketches(words, minima)


@needs_kernel
@settings(max_examples=10)
@given(st.integers(0, 2**32), st.sampled_from([3, 4, 5, 255, 258, 259, 1027, 1028, 5000]))
def test_sketches_of_any_length_are_the_same(seed, length):
    dice = np.random.default_rng(seed)
    words = ["".join(dice.choice(list("abcdeé中"), length + n)) for n in range(3)]
    same_sketches(words, 76)


@needs_kernel
def test_a_long_text_is_read_in_parts():
    same_sketches(["".join(map(str, range(100_000)))], 76)


@needs_kernel
@given(st.one_of(exact_rows_lists(), near_rows_lists()))
def test_rows_are_sorted_in_the_same_way(rows):
    assert sort_rows(rows).tobytes() == without_kernel(sort_rows, rows).tobytes()
    assert sort_shared(rows).tobytes() == without_kernel(sort_shared, rows).tobytes()


@needs_kernel
@given(near_rows_lists(60), st.integers(0, 64), st.sampled_from([1, 2, 5, 256]), st.booleans())
def test_near_rows_are_found_in_the_same_way(rows, radius_bits, max_pivots, keep):
    same_search(rows, radius_bits, max_pivots, keep_number_variants=keep)


@needs_kernel
@pytest.mark.parametrize(("radius_bits", "max_pivots"), [(24, 256), (24, 3), (40, 10**9)])
def test_large_keys_are_sorted_and_searched_in_the_same_way(radius_bits, max_pivots):
    """Texts around each bound of the verdict, hundreds under a key, some of them copies."""
    dice = np.random.default_rng(5)
    rows = np.zeros(4000, NEAR_ROW)
    text = dice.integers(0, 1500, len(rows))
    rows["key"] = dice.integers(0, 8, len(rows))
    base = dice.integers(0, 2**64, 3, np.uint64)
    noise = np.bitwise_and.reduce(dice.integers(0, 2**64, (2, 1500, 3), np.uint64), axis=0)
    noise[:, 1:] &= dice.integers(0, 2**64, (1500, 2), np.uint64)
    rows["simhash"], rows["minima"] = base[0] ^ noise[text, 0], base[1:] ^ noise[text, 1:]
    rows["shingles"] = dice.choice([1, 60, 129, 130, 250, 499, 500, 65535], 1500)[text]
    rows["digitless"] = dice.integers(0, 40, 1500)[text]
    rows["beginning"] = dice.choice([0, 0, 1, 2**32 - 1], 1500)[text]
    rows["date"], rows["page_hash"] = dice.integers(0, 3, (2, len(rows)))
    rows["address"] = dice.permutation(len(rows)).astype(np.uint64) << np.uint64(19)
    assert sort_rows(rows).tobytes() == without_kernel(sort_rows, rows).tobytes()
    for keep in (False, True):
        matches, counts = same_search(rows, radius_bits, max_pivots, keep_number_variants=keep)
        assert 500 < len(matches) < 3992
        assert bool(counts[1]) == (max_pivots < 10**9)


@needs_kernel
def test_real_text_is_searched_in_the_same_way():
    texts = [line for lines in read_pages(4000).values() for line in lines]
    places = np.arange(len(texts), dtype=np.uint64)
    _, near = text_rows(texts, places % np.uint64(7), places, places, ShingleHasher())
    matches, _ = same_search(near, 24, 256, keep_number_variants=False)
    assert len(matches) > 500


@needs_kernel
def test_a_table_serves_both():
    hasher, texts = ShingleHasher(), ["the same words in both", "die gleichen Wörter"]
    first = sketch(texts, 4, hasher)
    second = without_kernel(sketch, texts, 4, hasher)
    assert first.simhash.tolist() == second.simhash.tolist()
    assert len(np.flatnonzero(hasher.table[:, 0])) > 20


@needs_kernel
def test_only_text_is_encoded():
    with pytest.raises(TypeError):
        kernel.compiled.encode_utf8(b"a")


@needs_kernel
@pytest.mark.parametrize("broken", [["a", 1], ["a", None], ["a", b"b"]])
def test_what_is_no_text_is_refused(broken):
    with pytest.raises(TypeError):
        kernel.compiled.read_texts(broken, 3)
    with pytest.raises(TypeError):
        kernel.compiled.have_words(broken)
    with pytest.raises(TypeError):
        kernel.compiled.drop_digits(broken)
    hasher = ShingleHasher()
    tables = LENGTHS, hasher.table
    out = np.empty(2, np.uint64), np.empty((2, 0), np.uint32), np.empty((2, 8), np.uint64)
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.sketch(broken, np.empty(0, np.uint32), *tables, *out)


@needs_kernel
def test_buffers_of_other_sizes_are_refused():
    small = np.zeros(8, np.uint64)
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.sort_within_keys(small, 24)
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.sort_within_keys(small[:7], 40)
    rows = np.zeros(2, NEAR_ROW)
    for wrong in ((rows, small, MASKS, 2), (rows, LENGTHS, small, 2), (rows, LENGTHS, MASKS, 3)):
        *some, size = wrong
        with pytest.raises(ValueError, match="do not fit"):
            kernel.compiled.find_near(*some, 24, 256, 0, small[:size], small[:size])
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.sketch(["a"], small[:0], LENGTHS, small, small[:1], small[:0], small)
