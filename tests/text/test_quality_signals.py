"""What is measured: against plain definitions, on hostile pages, in any batch."""

import json
import math
import re
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import without_kernel

from transforms.text import quality
from transforms.text.quality import parse_word_lists, signals
from transforms.text.quality.characters import PUNCTUATION, TERMINAL_MARKS
from transforms.text.quality.tokens import Splitter

KEYS = signals([[]], ["en"])[0].keys()
HOSTILE = {
    "no paragraph": [],
    "empty": [""],
    "blank": [" \t\u00a0", "", "  "],
    "one line": ["One line."],
    "german": ["Der schnelle braune Fuchs springt über den faulen Hund."],
    "chinese": ["今天天气很好，我们去公园散步。" * 5],
    "japanese": ["これは日本語の文章です。とても短いです。"],
    "thai": ["นี่คือประโยคภาษาไทยที่ไม่มีช่องว่าง"],
    "surrogate": ["a \ud800 b \udfff\ud83d"],
    "nul": ["a\x00b \x00 \x01"],
    "breaks": ["a\rb\x0bc\x0cd\x1ce\x85f\u2028g\u2029h\r\n- i", "\n\n", "\n"],
    "astral": ["🟩🟨⬛️ 𝐀𝐁 𠀀𠀁 \U0010ffff"],
}
PIECES = st.one_of(
    st.sampled_from(
        ["the", "cat", "cat.", "…", "...", "#", "- x", "1,5", "", " ", "|a|b|", "x\n\ny", "\n"]
    ),
    st.text(st.characters(max_codepoint=0x52F), max_size=12),
    st.text("中あก𠀀🟩²٣\ud800\x00", max_size=6),
)
PAGES = st.lists(st.lists(PIECES, max_size=12).map(" ".join), max_size=8)
LANGUAGES = st.sampled_from(["en", "de", "zh-cn", "th", "xx", "und", ""])


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("language", ["en", "de", "zh-tw", "th", "und"])
def test_hostile_pages_have_every_signal(page, language):
    (found,) = signals([page], [language])
    assert found.keys() == KEYS
    assert all(isinstance(v, (int, float)) and math.isfinite(v) for v in found.values())
    assert all(0 <= v <= 1 for name, v in found.items() if name.endswith("_share"))
    for name in quality.RULE_SETS:
        quality.judge([page], [language], [found], [name], {})


@pytest.mark.parametrize("language", ["en", "de", "th"])
def test_words_of_any_length_are_measured_alike_without_the_kernel(language):
    words = ["x" * size for size in (1, 2, 254, 255, 256, 257, 400, 70_000)]
    pages = [
        words,
        words[3:],
        words[5:],
        ["Ab1\u0663 #\n" * 20_000],
        ["...", "--", "1\uff11", "\uff11\uff11"],
        *HOSTILE.values(),
    ]
    languages = [language] * len(pages)
    assert signals(pages, languages) == without_kernel(signals, pages, languages)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(PAGES, LANGUAGES), max_size=6))
def test_a_batch_is_the_map_of_singles_and_repeatable(batch):
    pages, languages = [page for page, _ in batch], [language for _, language in batch]
    found = signals(pages, languages)
    assert found == [signals([page], [language])[0] for page, language in batch]
    assert found == signals(pages, languages)
    assert found == without_kernel(signals, pages, languages)
    for one in found:
        assert all(0 <= v <= 1 for name, v in one.items() if name.endswith("_share"))
        assert all(math.isfinite(v) for v in one.values())


def words_of(text):
    splitter = Splitter("en")
    return [token for piece in text.split() for token in splitter.split(piece)]


def copies(items):
    seen, count, chars = set(), 0, 0
    for item in items:
        if item in seen:
            count, chars = count + 1, chars + len(item)
        seen.add(item)
    return count, chars


def stepped(words, n):
    seen, chars, i = set(), 0, 0
    while i + n <= len(words):
        gram = tuple(words[i : i + n])
        if gram in seen:
            chars += sum(map(len, gram))
            i += n
        else:
            seen.add(gram)
            i += 1
    return chars


SMALL = st.lists(st.sampled_from("a b cc d. … # - the of".split()), max_size=60)  # noqa: SIM905
TEXTS = st.one_of(
    st.lists(SMALL.map(" ".join), max_size=10).map("\n".join),
    st.lists(PAGES.map("\n".join), min_size=1, max_size=3).map(
        lambda texts: "\n\n".join(texts * 2)
    ),
)


@settings(max_examples=250, deadline=None)
@given(TEXTS)
def test_signals_follow_their_definitions(text):
    (found,) = signals([text.split("\n")], ["en"])
    words = words_of(text)
    size = max(1, len(text))
    lines = [line for line in text.split("\n") if line.strip()]
    real = [w for w in words if not set(w) <= PUNCTUATION]
    assert found["tokens"] == len(words)
    assert found["words"] == len(real)
    assert found["mean_word_chars"] == (statistics.fmean(map(len, real)) if real else 0)
    if all(len(w) < 255 for w in real):
        assert found["median_word_chars"] == (statistics.median(map(len, real)) if real else 0)
    alpha = sum(any(c.isalpha() for c in w) for w in words)
    assert found["alpha_token_share"] == alpha / max(1, len(words))
    assert found["lines"] == len(lines)
    ends = sum(line[-1] in TERMINAL_MARKS for line in lines)
    assert found["end_mark_line_share"] == ends / max(1, len(lines))
    assert found["dup_char_share"] == copies(lines)[1] / max(1, len(text.replace("\n", "")))
    rows = re.split("\n+", text)
    assert found["dup_line_share"] == copies(rows)[0] / len(rows)
    assert found["dup_line_char_share"] == copies(rows)[1] / size
    blocks = re.split("\n{2,}", text.strip())
    assert found["dup_block_share"] == copies(blocks)[0] / len(blocks)
    printed = text.splitlines()
    bullets = sum(line.lstrip().startswith(("•", "-")) for line in printed)
    assert found["bullet_line_share"] == bullets / max(1, len(printed))
    dotted = sum(line.rstrip().endswith(("...", "…")) for line in printed)
    assert found["ellipsis_line_share"] == dotted / max(1, len(printed))
    for n in range(2, 11):
        grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
        repeats = len(grams) - len(set(grams))
        assert found[f"repeated_{n}_gram_share"] == repeats / max(1, len(grams))
        if n < 5:
            top = Counter(grams).most_common(1)
            chars = (sum(map(len, top[0][0])) + n - 1) * top[0][1] if top else 0
            assert found[f"top_{n}_gram_chars_per_char"] == chars / size
        else:
            assert found[f"dup_{n}_gram_char_share"] == stepped(words, n) / size


def test_every_signal_is_in_the_table_of_the_docs():
    table = Path(__file__).parents[2].joinpath("docs", "quality.md").read_text("utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    missing = []
    for name in KEYS:
        any_number = re.sub(r"_\d+_gram", "_N_gram", name)
        head, _, tail = any_number.partition("_")
        shortened = f"{head}_", tail.partition("_")[2], tail
        if not any(
            any_number in row
            or (shortened[0] in row and (shortened[1] in row or shortened[2] in row))
            for row in rows
        ):
            missing.append(name)
    assert missing == []


def test_percentiles_code_and_tables():
    page = ["x" * n for n in range(1, 101)]
    found = signals([page], ["en"])[0]
    assert [found[f"line_chars_p{p}"] for p in (10, 50, 90)] == [10, 50, 90]
    found = signals([["def f(x):", "    return x", "Plain.", "a | b | c"]], ["en"])[0]
    assert (found["code_line_share"], found["table_line_share"]) == (0.5, 0.25)


def test_character_shares():
    found = signals([["Ab 1٣ #ü"]], ["en"])[0]
    assert found["letter_char_share"] == 3 / 8
    assert found["digit_char_share"] == 2 / 8
    assert found["upper_char_share"] == 1 / 8
    assert found["symbol_char_share"] == 1 / 8


def test_stop_words_are_counted_once_each_and_as_written():
    assert signals([["the the THE of"]], ["en"])[0]["stop_words"] == 2
    assert signals([["der der die"]], ["de"])[0]["stop_words"] == 2
    assert signals([["der der die"]], ["en"])[0]["stop_words"] == 0


def test_word_lists_of_the_user():
    example = Path(quality.__file__).with_name("word_lists_example.json").read_text("utf-8")
    lists = parse_word_lists(example)
    found = signals([["NSFW content. All rights reserved. nsfwx"]], ["en"], lists)[0]
    assert found["adult_words_per_word"] == 1 / 6
    assert found["boilerplate_phrases"] == 1
    assert found.keys() == KEYS
    inside = parse_word_lists(json.dumps({"adult": ["坏词"]}))
    assert signals([["这是坏词吗"]], ["zh"], inside)[0]["adult_words_per_word"] == 1


@pytest.mark.parametrize(
    "content", ["[]", '{"other": []}', '{"adult": "x"}', '{"adult": [""]}', "{"]
)
def test_word_lists_of_another_form_are_refused(content):
    with pytest.raises(ValueError, match=r".+"):
        parse_word_lists(content)


def test_as_many_languages_as_pages():
    with pytest.raises(ValueError, match="2 pages but 1 languages"):
        signals([[], []], ["en"])


def test_a_batch_larger_than_a_group_and_of_two_kinds():
    pages = [["The cat and the dog. " * 2000]] * 12
    languages = ["en", "de"] * 6
    found = signals(pages, languages)
    assert found[0] == found[10] == signals(pages[:1], ["en"])[0]
    assert found[1] == found[11] == signals(pages[:1], ["de"])[0]


@pytest.mark.parametrize("unit", ["a", "a b ", "(", "ab.", "中", "x-", "... ", "\x00"])
def test_time_is_linear_in_one_long_line(unit):
    def seconds(chars):
        page = [[unit * (chars // len(unit))]]
        start = time.process_time()
        signals(page, ["en"])
        return time.process_time() - start

    seconds(100_000)
    assert seconds(1_600_000) < 16 * 4 * max(0.01, seconds(100_000))


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a", "lorem ipsum dolor sit amet ", "中"])
def test_ten_megabytes_in_one_line(unit):
    (found,) = signals([[unit * (10_000_000 // len(unit))]], ["en"])
    assert found["chars"] > 9_000_000
