"""Every page rule at, just under and just over its limit; limits that users set; abstaining."""

import math

import pytest

from transforms.text.quality import RULE_SETS, Verdict, judge, signals
from transforms.text.quality.languages import END_MARKS, STOP_WORDS, WITHOUT_SPACES

PASSING = {
    "words": 100,
    "mean_word_chars": 5.0,
    "hashes_per_token": 0.0,
    "ellipses_per_token": 0.0,
    "bullet_line_share": 0.0,
    "ellipsis_line_share": 0.0,
    "alpha_token_share": 1.0,
    "stop_words": 5,
    "chars": 500,
    "lines": 10,
    "end_mark_line_share": 1.0,
    "short_line_share": 0.0,
    "dup_char_share": 0.0,
    "newlines_per_token": 0.1,
    "dup_line_share": 0.0,
    "dup_line_char_share": 0.0,
    "dup_block_share": 0.0,
    "dup_block_char_share": 0.0,
    **{f"top_{n}_gram_chars_per_char": 0.0 for n in (2, 3, 4)},
    **{f"dup_{n}_gram_char_share": 0.0 for n in range(5, 11)},
}
RULES = [
    (rule_set.name, rule)
    for rule_set in RULE_SETS.values()
    for rule in rule_set.rules
    if rule.signal in PASSING
]
ENGLISH = "The cat and the dog have to be with the people that we know of in this old town. "


def verdict(measured, rule_set, language="en", overrides=None):
    return judge([[]], [language], [measured], [rule_set], overrides or {})[0]


@pytest.mark.parametrize(("rule_set", "rule"), RULES, ids=[f"{s}.{r.name}" for s, r in RULES])
def test_a_page_at_the_limit_passes_and_just_beyond_it_fails(rule_set, rule):
    outward = -math.inf if rule.name.startswith("min_") else math.inf
    beyond = math.nextafter(rule.limit, outward)
    inside = math.nextafter(rule.limit, -outward)
    assert verdict(PASSING | {rule.signal: rule.limit}, rule_set) is None
    assert verdict(PASSING | {rule.signal: inside}, rule_set) is None
    assert verdict(PASSING | {rule.signal: beyond}, rule_set) == Verdict(
        rule_set, rule.name, beyond, rule.limit
    )


@pytest.mark.parametrize(("rule_set", "rule"), RULES, ids=[f"{s}.{r.name}" for s, r in RULES])
def test_every_limit_can_be_set(rule_set, rule):
    other = rule.limit + (1 if rule.name.startswith("min_") else -0.05)
    name = f"{rule_set}.{rule.name}"
    found = verdict(PASSING | {rule.signal: rule.limit}, rule_set, overrides={name: other})
    assert found == Verdict(rule_set, rule.name, rule.limit, other)


def test_limits_are_those_of_the_references():
    limits = {f"{s.name}.{r.name}": r.limit for s in RULE_SETS.values() for r in s.rules}
    assert limits["gopher-quality.min_words"] == 50
    assert limits["gopher-quality.max_words"] == 100_000
    assert limits["gopher-quality.min_stop_words"] == 2
    assert limits["gopher-repetition.max_dup_10_gram_char_share"] == 0.10
    assert limits["fineweb.max_dup_char_share"] == 0.01
    assert (limits["c4.min_sentences"], limits["c4.min_words_per_line"]) == (3, 5)
    assert (limits["c4-datatrove.min_sentences"], limits["c4-datatrove.min_words_per_line"]) == (
        5,
        3,
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gopher-quality.min_word", "no limit 'gopher-quality.min_word'; gopher-quality has"),
        ("gopher.min_words", "rule sets: gopher-quality"),
        ("min_words", "rule sets: gopher-quality"),
    ],
)
def test_an_unknown_limit_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        verdict(PASSING, "fineweb", overrides={name: 1})


def test_a_limit_must_be_finite():
    with pytest.raises(ValueError, match="finite"):
        verdict(PASSING, "fineweb", overrides={"fineweb.min_lines": math.nan})


def test_an_unknown_rule_set_is_refused():
    with pytest.raises(ValueError, match="no rule set 'gopher'; there are gopher-quality"):
        verdict(PASSING, "gopher")


def test_the_first_failing_rule_in_the_order_of_the_sets_is_the_reason():
    bad = PASSING | {"words": 1, "lines": 0}
    assert judge([[]], ["en"], [bad], ["fineweb", "gopher-quality"], {})[0].rule_set == "fineweb"
    assert judge([[]], ["en"], [bad], ["gopher-quality", "fineweb"], {})[0].rule == "min_words"
    assert judge([[]], ["en"], [bad], [], {}) == [None]


@pytest.mark.parametrize("language", ["xx", "und", "eo"])
def test_stop_words_abstain_where_the_language_has_none(language):
    assert verdict(PASSING | {"stop_words": 0}, "gopher-quality", language) is None
    assert signals([["a"]], [language])[0]["knows_stop_words"] == 0


@pytest.mark.parametrize("language", sorted(WITHOUT_SPACES))
def test_rules_over_words_abstain_in_languages_without_spaces(language):
    few = PASSING | {"words": 1, "mean_word_chars": 40.0, "stop_words": 0}
    few["top_2_gram_chars_per_char"] = 0.9
    assert verdict(few, "gopher-quality", language) is None
    assert verdict(few, "gopher-repetition", language) is None
    assert signals([["a"]], [language])[0]["knows_spaces"] == 0
    assert verdict(PASSING | {"dup_line_share": 0.5}, "gopher-repetition", language) is not None


def test_end_marks_abstain_in_thai_and_not_in_chinese():
    assert verdict(PASSING | {"end_mark_line_share": 0}, "fineweb", "th") is None
    assert verdict(PASSING | {"end_mark_line_share": 0}, "fineweb", "zh-cn") is not None


def test_there_are_words_and_marks_for_at_least_twenty_languages():
    assert len(STOP_WORDS) >= 20
    assert len(END_MARKS) >= 20
    assert all(len(set(words)) >= 8 for words in STOP_WORDS.values())
    assert all(w == w.lower() and len(w.split()) == 1 for ws in STOP_WORDS.values() for w in ws)
    assert STOP_WORDS["en"] == ("the", "be", "to", "of", "and", "that", "have", "with")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Der Hund und die Katze sind in dem alten Haus an der Straße. "),
        ("fr", "Le chien et la maison de la ville que les gens aiment. "),
        ("ru", "Мы не знали, что в этом доме на высоком холме никого нет. "),
        ("tr", "Bu ev ve bahçe çok güzel bir yer olarak bilinir. "),
    ],
)
def test_running_text_of_other_languages_passes_gopher_quality(language, text):
    page = [text * 4, text * 4]
    measured = signals([page], [language])
    assert measured[0]["stop_words"] >= 2
    assert judge([page], [language], measured, ["gopher-quality"], {}) == [None]
    assert judge([page], ["en"], signals([page], ["en"]), ["gopher-quality"], {})[0].rule == (
        "min_stop_words"
    )


@pytest.mark.parametrize(
    ("page", "rule_set", "rule"),
    [
        (["word"], "gopher-quality", "min_words"),
        (["the and ab " * 40], "gopher-quality", "min_mean_word_chars"),
        (["incomprehensibilities " * 60], "gopher-quality", "max_mean_word_chars"),
        ([ENGLISH * 3 + "# " * 9], "gopher-quality", "max_hashes_per_token"),
        ([ENGLISH * 3 + "… " * 9], "gopher-quality", "max_ellipses_per_token"),
        (["- " + ENGLISH] * 10, "gopher-quality", "max_bullet_line_share"),
        ([ENGLISH * 4 + " and so on ...", ENGLISH], "gopher-quality", "max_ellipsis_line_share"),
        ([ENGLISH * 3 + "12345 " * 15], "gopher-quality", "min_alpha_token_share"),
        (["Cats like warm milk very much. " * 10], "gopher-quality", "min_stop_words"),
        ([], "gopher-repetition", "min_chars"),
        (["I am your father."] * 4, "gopher-repetition", "max_dup_line_share"),
        (["I am your father.", ""] * 4, "gopher-repetition", "max_dup_block_share"),
        (["hello there world "] * 2, "gopher-repetition", "max_dup_line_share"),
        (["hi you " * 9], "gopher-repetition", "max_top_2_gram_chars_per_char"),
        ([""], "fineweb", "min_lines"),
        (["a line of text that has no mark at its end"] * 3, "fineweb", "min_end_mark_line_share"),
        (["Short one."] * 3, "fineweb", "max_short_line_share"),
        ([ENGLISH.strip()] * 2, "fineweb", "max_dup_char_share"),
        ([f"{'x' * 40}{n}." for n in range(9)], "fineweb", "max_newlines_per_token"),
    ],
)  # fmt: skip
def test_pages_fail_for_the_reason_they_are_made_for(page, rule_set, rule):
    found = judge([page], ["en"], signals([page], ["en"]), [rule_set], {})[0]
    assert found is not None
    assert (found.rule_set, found.rule) == (rule_set, rule)
