"""Which lines of a page go: fixtures of every system and language, and lines judged in context."""

import pathlib

import pytest

from transforms.text.widgets import GROUPS, SYSTEMS, find_widgets

FIXTURES = pathlib.Path(__file__).parents[1] / "data" / "widgets"
PROSE = [
    (
        "The council opened the new bridge on Monday after three years of work, and hundreds of "
        "people came from the villages around to walk across it for the first time."
    ),
    (
        "The mayor said that the bridge would shorten the way to the school and to the hospital, "
        "and that the trees on both banks would stay as they are."
    ),
    (
        "On the far side, where the ferry used to land, a bakery has moved into the old ticket "
        "office and sells plum cake to everybody who arrives on foot."
    ),
]


def read(path):
    """A fixture: lines that start with `- ` go, those that start with two spaces stay."""
    rows = path.read_text(encoding="utf-8").splitlines()
    assert all(row[:2] in ("- ", "  ") for row in rows)
    return [row[2:] for row in rows], {i for i, row in enumerate(rows) if row[0] == "-"}


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.txt")), ids=lambda path: path.stem)
def test_exactly_the_marked_lines_of_a_fixture_go(path):
    lines, goes = read(path)
    assert set(find_widgets([lines])[0]) == goes


def test_every_system_with_lines_and_every_language_has_a_fixture():
    languages = {language for system in SYSTEMS for language in system.phrases}
    assert {path.stem for path in (FIXTURES / "languages").glob("*.txt")} == languages
    systems = {path.stem for path in (FIXTURES / "systems").glob("*.txt")}
    assert {system.rule for system in SYSTEMS if "en" in system.phrases} - systems <= {
        "meta.blogger"  # its lines all hold names: they stand in blogger_desktop.txt
    }
    assert len(languages) >= 36
    assert len(systems) >= 60


def test_a_fixture_of_a_system_names_its_rule():
    for path in (FIXTURES / "systems").glob("comments.*.txt"):
        lines, _ = read(path)
        rules = {removal.rule for removal in find_widgets([lines])[0].values()}
        assert all(rule.split(".")[0] in GROUPS for rule in rules)
        assert any(rule.startswith("comments.") for rule in rules), path.stem


def test_the_widget_at_the_end_of_a_blog_page_goes_and_nothing_else():
    page = [PROSE[0], PROSE[1], PROSE[2], PROSE[1], PROSE[2], PROSE[2], "No comments:"]
    found = find_widgets([[*page, "Post a Comment"]])[0]
    assert {i: removal.rule for i, removal in found.items()} == {
        6: "comments.blogger",
        7: "comments.blogger",
    }
    assert found[7].evidence == "en: Post a Comment"


@pytest.mark.parametrize("phrase", ["Leave a Reply", "No comments", "Comments", "Share", "Home"])
def test_a_phrase_alone_between_paragraphs_stays(phrase):
    assert find_widgets([[PROSE[0], PROSE[1], phrase, PROSE[2]]]) == [{}]


def test_a_comment_widget_alone_after_the_last_paragraph_goes():
    assert set(find_widgets([[*PROSE, "Leave a Reply"]])[0]) == {3}


def test_nothing_goes_from_a_page_without_a_sign_of_chrome():
    pages = [PROSE, [PROSE[0]], ["All rights reserved."], ["Bridges", *PROSE, "Sources"], []]
    assert find_widgets(pages) == [{}, {}, {}, {}, {}]


def test_the_bodies_of_paced_comments_go_and_name_their_heading():
    page = [
        *PROSE,
        "2 Comments",
        "Ada Brook says:",
        "14 March 2021 at 9:12 am",
        "I walked over it on Sunday and counted eleven herons on the way.",
        "Reply",
        "Tom Abbot says:",
        "15 March 2021 at 7:40 pm",
        "Were they not cormorants? They stand on the posts all day long.",
        "Reply",
        "Leave a Reply",
    ]
    found = find_widgets([page])[0]
    assert set(found) == set(range(3, 13))
    assert found[6].rule == "comments.section"
    assert found[6].evidence == "after line 3: 2 Comments"


def test_text_without_spaces_is_not_taken_for_single_words():
    chinese = "经过三年的施工，市政府于星期一开放了横跨河流的新桥，来自附近村庄的居民参加了仪式。"
    thai = "เทศบาลเปิดสะพานใหม่ข้ามแม่น้ำเมื่อวันจันทร์หลังจากทำงานมาสามปีและชาวบ้านมาร่วมงาน"
    assert find_widgets([[chinese] * 2 + [chinese[:20] + "。"], [thai, thai[:40]]]) == [{}, {}]


def test_pages_are_judged_one_by_one():
    pages = [read(path)[0] for path in sorted(FIXTURES.glob("*.txt"))] + [[], PROSE]
    assert find_widgets(pages * 30) == [find_widgets([page])[0] for page in pages] * 30


def test_what_stays_of_a_fixture_stays():
    for path in FIXTURES.rglob("*.txt"):
        lines, goes = read(path)
        kept = [line for i, line in enumerate(lines) if i not in goes]
        assert find_widgets([kept]) == [{}], path.stem


def test_systems_are_well_formed():
    rules = [system.rule for system in SYSTEMS]
    assert len(set(rules)) == len(rules) >= 60
    for system in SYSTEMS:
        assert system.group in GROUPS
        assert system.source
        assert system.selectors or system.phrases
        for selector in system.selectors:
            assert selector.split(".")[0] not in {"html", "body", "main"}, system.rule
            assert " " not in selector, system.rule
