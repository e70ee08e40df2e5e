"""C4's line and page rules: each reason, the two references, languages, hostile lines."""

import pytest

from transforms.records import Removal
from transforms.text.quality import Verdict, c4_lines, judge, signals
from transforms.text.quality.languages import STOP_WORDS

GOOD = "This line has more than five words in it."


def one(page, rule_set="c4", language="en", overrides=None):
    return c4_lines([page], [language], rule_set, overrides)[0]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("This line has no mark at its end", "c4.no_end_mark"),
        ("This line ends in an ellipsis...", "c4.no_end_mark"),
        ("Only four words here.", "c4.too_few_words"),
        ("Please enable JavaScript to see all of this page.", "c4.javascript"),
        ("By reading on you agree to our Privacy Policy today.", "c4.policy"),
        ("This site uses cookies for many good reasons.", "c4.policy"),
        ("x" * 1001 + " and four more words.", "c4.word_too_long"),
        ("", "c4.no_end_mark"),
    ],
)
def test_each_line_rule_removes_its_line(line, rule):
    found = one([GOOD, line, GOOD, GOOD])
    assert {n: r.rule for n, r in found.removals.items()} == {1: rule}
    assert found.verdict is None
    assert found.lines == (GOOD,) * 3


@pytest.mark.parametrize("rule_set", ["c4", "c4-datatrove"])
@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("The text goes on with Lorem Ipsum from here.", "max_lorem_ipsum"),
        ("A line of code { with words } in it.", "max_curly_brackets"),
    ],
)
def test_content_drops_the_page(rule_set, line, rule):
    assert one([GOOD] * 9 + [line], rule_set).verdict == Verdict(rule_set, rule, 1, 0)


@pytest.mark.parametrize("rule_set", ["c4", "c4-datatrove"])
@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("The text goes on with Lorem Ipsum from here.", "max_lorem_ipsum"),
        ("A line of code { with words } in it.", "max_curly_brackets"),
    ],
)
def test_limits_on_content_can_be_set(rule_set, line, rule):
    limits = {f"{rule_set}.{rule}": 2}
    page = [GOOD] * 9 + [line, line]
    found = one(page, rule_set, overrides=limits)
    assert found.verdict is None
    assert found.lines == tuple(page)
    dropped = one([*page, line], rule_set, overrides=limits)
    assert dropped.verdict == Verdict(rule_set, rule, 3, 2)
    off = {f"{rule_set}.{rule}": 1e9}
    assert one([*page, f"{line} Javascript."], rule_set, overrides=off).removals[11].rule == (
        "c4.javascript"
    )


def test_a_line_may_show_both():
    limits = {"c4.max_lorem_ipsum": 1, "c4.max_curly_brackets": 1}
    both = "Lorem ipsum { goes on and on } here."
    assert one([GOOD] * 3 + [both], overrides=limits).verdict is None
    found = one([GOOD] * 3 + [both], overrides={"c4.max_lorem_ipsum": 1}).verdict
    assert found == Verdict("c4", "max_curly_brackets", 1, 0)
    policy = f"{both[:-1]} by our privacy policy."
    assert one([policy], overrides=limits).removals[0].rule == "c4.policy"


@pytest.mark.parametrize("rule_set", ["c4", "c4-datatrove"])
def test_the_longest_word_can_be_set(rule_set):
    line = "x" * 40 + " and four more words."
    limits = {f"{rule_set}.max_word_chars": 39}
    assert one([line], rule_set, overrides=limits).removals[0].rule == "c4.word_too_long"
    limits = {f"{rule_set}.max_word_chars": 40}
    assert one([line], rule_set, overrides=limits).removals == {}


def test_content_counts_only_in_lines_that_passed_so_far():
    page = [GOOD] * 5 + [
        "lorem ipsum without a mark",
        "{",
        "All of javascript is in { these lines.",
    ]
    assert one(page).verdict is None


@pytest.mark.parametrize(("rule_set", "least"), [("c4", 3), ("c4-datatrove", 5)])
def test_sentences_at_and_under_the_limit(rule_set, least):
    assert one([GOOD] * least, rule_set).verdict is None
    assert one([f"{GOOD} {GOOD}"] * ((least + 1) // 2), rule_set).verdict is None
    assert one([GOOD] * (least - 1), rule_set).verdict == Verdict(
        rule_set, "min_sentences", least - 1, least
    )
    limits = {f"{rule_set}.min_sentences": least + 1}
    assert one([GOOD] * least, rule_set, overrides=limits).verdict is not None


@pytest.mark.parametrize(("rule_set", "least"), [("c4", 5), ("c4-datatrove", 3)])
def test_words_at_and_under_the_limit(rule_set, least):
    exact, fewer = " ".join(["word"] * least) + ".", " ".join(["word"] * (least - 1)) + "."
    assert one([exact], rule_set).lines == (exact,)
    assert one([fewer], rule_set).removals[0].rule == "c4.too_few_words"
    limits = {f"{rule_set}.min_words_per_line": least - 1}
    assert one([fewer], rule_set, overrides=limits).lines == (fewer,)


def test_word_length_at_and_over_the_limit():
    assert one(["x" * 1000 + " and four more words."]).removals == {}
    assert one(["x" * 1001 + " and four more words."]).removals[0].rule == "c4.word_too_long"


def test_citations_go_and_the_two_references_count_words_around_them():
    line = "Water [1] is [edit] wet [citation needed] [23]."
    assert one([line], "c4-datatrove").lines == ("Water  is  wet  .",)
    assert one(["Water [1] [2] is [3] wet."], "c4").removals[0].rule == "c4.too_few_words"


def test_an_apostrophe_ends_a_line_in_one_reference_only():
    line = "He said 'this is the end of it all'"
    assert one([line], "c4").removals[0].rule == "c4.no_end_mark"
    assert one([line], "c4-datatrove").lines == (line,)


def test_paragraphs_with_line_breaks_go_when_no_line_stays():
    found = one([f"Menu\n{GOOD}\nTop", "Menu\nTop"])
    assert found.lines == (GOOD,)
    assert list(found.removals) == [1]


def test_evidence_is_one_printable_line():
    removal = one(["Menu\x00\ttop\u2028of \ud800 page " + "y" * 500]).removals[0]
    assert isinstance(removal, Removal)
    assert removal.evidence.isprintable()
    assert len(removal.evidence) <= 200


def test_other_languages_end_lines_in_their_own_marks():
    assert one(["यह एक लंबा वाक्य है और यहाँ समाप्त होता है।"], language="hi").removals == {}
    assert one(["这是一个完整的句子，没有空格。"], language="zh-cn").removals == {}
    assert one(["นี่คือประโยคภาษาไทยที่ไม่มีเครื่องหมายจบ"], language="th").removals == {}
    assert one(["นี่คือประโยคภาษาไทยที่ไม่มีเครื่องหมายจบ"], language="th").verdict is None
    assert one(["Er sagte: „Das ist alles, was ich weiß.“"], language="de").removals == {}


@pytest.mark.parametrize("rule_set", ["c4", "c4-datatrove"])
@pytest.mark.parametrize("language", ["und", "ja", *sorted(STOP_WORDS)])
def test_hostile_pages_do_not_crash(rule_set, language):
    pages = [[], [""], [" \t"], ["\ud800\x00."], ["." * 1000], ["。" * 9], ["\n\r\x85"], ['"' * 99]]
    assert len(c4_lines(pages, [language] * len(pages), rule_set)) == len(pages)


@pytest.mark.parametrize("unit", ["a", "a ", ". ", "a. ", "[1]", "[", "...", "{ ", "B! "])
@pytest.mark.parametrize("rule_set", ["c4", "c4-datatrove"])
def test_a_line_of_megabytes(unit, rule_set):
    found = one([unit * (2_000_000 // len(unit)) + "."], rule_set)
    assert len(found.removals) + len(found.lines) <= 1


def test_only_c4_has_line_rules():
    with pytest.raises(ValueError, match="line rules belong to c4"):
        c4_lines([], [], "fineweb")
    with pytest.raises(ValueError, match="no limit"):
        c4_lines([], [], "c4", {"c4.max_words": 1})


def test_batch_is_the_map_of_singles():
    pages = [[GOOD] * 3, ["Menu"], [GOOD, "{ and five more words here."]]
    languages = ["en", "de", "en"]
    singles = [c4_lines([p], [x])[0] for p, x in zip(pages, languages, strict=True)]
    assert c4_lines(pages, languages) == singles


def test_judge_gives_the_same_verdict_in_its_turn():
    pages = [[GOOD] * 3, ["Menu"], [GOOD] * 4 + ["{ and five more words here."]]
    languages = ["en"] * 3
    measured = signals(pages, languages)
    alone = [page.verdict for page in c4_lines(pages, languages)]
    assert judge(pages, languages, measured, ["c4"], {}) == alone
    both = judge(pages, languages, measured, ["fineweb", "c4"], {})
    assert [v and v.rule_set for v in both] == ["fineweb", "fineweb", "fineweb"]
    easier = {"c4.min_sentences": 0}
    assert judge(pages, languages, measured, ["c4"], easier)[:2] == [None, None]


def test_the_cases_of_the_reference():
    page = [
        "This line has enough words and ends in punctuation, Dr. Roberts!",
        "Like this one, it should be kept, and so it is.",
        "Too short.",
        "This line has enough words but no punctuation",
        "This one ends in an ellipsis, so it goes...",
        "You must enable Javascript to see this page.",
        "JavaScript is needed here as well, sorry for that.",
        "Our privacy policy is described over there, dear reader.",
        "The terms of use can be found on another page.",
        "We use cookies on this site, and so do others.",
    ]
    found = one(page)
    assert found.lines == tuple(page[:2])
    rules = [removal.rule.removeprefix("c4.") for removal in found.removals.values()]
    assert rules == ["too_few_words", *["no_end_mark"] * 2, *["javascript"] * 2, *["policy"] * 3]
    assert found.verdict == Verdict("c4", "min_sentences", 2, 3)
