"""StripWidgets: widget lines are marked, nothing is lost, and switches are obeyed."""

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from page_makers import TEXT, batch, page, removal

from transforms.strip_widgets import StripWidgets, _StripFn, check_rules, strip_pages
from transforms.text.selection import RuleSelection
from transforms.text.widgets import GROUPS

ALL = RuleSelection(("all",))
BLOG = (*TEXT, "No comments:", "Post a Comment")


def rules_of(found):
    return {n: found_removal.rule for n, found_removal in found.removals.items()}


def test_comment_widget_lines_are_marked_with_their_evidence():
    (found,) = strip_pages([page(*BLOG)], ALL)
    assert found.paragraphs == BLOG
    assert rules_of(found) == {2: "comments.blogger", 3: "comments.blogger"}
    assert "Post a Comment" in found.removals[3].evidence


def test_numbers_count_all_paragraphs_not_only_those_still_kept():
    given = page("Share this page", *BLOG, removals={0: removal()})
    (found,) = strip_pages([given], ALL)
    assert rules_of(found) == {0: "share.buttons", 3: "comments.blogger", 4: "comments.blogger"}
    assert found.removals[0] is given.removals[0]


def test_a_rule_that_is_off_removes_nothing_and_takes_back_what_was_removed():
    given = page("Share this page", *BLOG, removals={0: removal()})
    (none,) = strip_pages([given], RuleSelection(("none",)))
    assert none.removals == {}
    (no_share,) = strip_pages([given], RuleSelection(("-share",)))
    assert "share.buttons" not in rules_of(no_share).values()
    assert rules_of(no_share)[4] == "comments.blogger"
    (one,) = strip_pages([given], RuleSelection(("share.buttons",)))
    assert rules_of(one) == {0: "share.buttons"}


def test_lines_that_a_dom_has_judged_go_by_their_phrases_only():
    results = ("24.11.2022 - Island Choir - Town Hall", "26.11.2022 - The Ferrymen - Old Pier")
    lines = (*results, *BLOG, "Home", "Menu", "Search", "Log in", "Imprint", "Sitemap")
    text, html = strip_pages([page(*lines), page(*lines, kind="html", number=2)], ALL)
    assert rules_of(html).keys() < rules_of(text).keys()
    assert {rules_of(html)[n] for n in (4, 5)} == {"comments.blogger"}
    assert not {0, 1} & rules_of(html).keys()
    (alone,) = strip_pages([page(*TEXT, "No comments:", kind="html")], ALL)
    assert rules_of(alone) == {2: "comments.blogger"}
    assert not {"boilerplate.context", "meta.byline"} & set(rules_of(html).values())


def test_the_given_pages_are_left_alone():
    given = page(*BLOG)
    strip_pages([given], ALL)
    assert given.removals == {}


def test_a_page_depends_on_nothing_but_itself():
    pages = [page(*BLOG), page(*TEXT, number=2), page("Post a Comment", number=3)]
    together = strip_pages(pages, ALL)
    assert together == [strip_pages([one], ALL)[0] for one in pages]
    assert together[1].removals == {}
    assert strip_pages([], ALL) == []


def test_a_batch_keeps_everything_else():
    given = batch(page(*BLOG), page(*TEXT, number=2), number=3, last=False, first_page=9)
    (out,) = _StripFn(("all",)).process(given)
    assert (out.number, out.last, out.first_page, out.read) == (3, False, 9, 2)
    assert [one.id for one in out.pages] == [one.id for one in given.pages]
    assert [one.paragraphs for one in out.pages] == [one.paragraphs for one in given.pages]


def test_unknown_rules_are_refused_before_work():
    assert check_rules(["comments", "-share.buttons"]) == ("comments", "-share.buttons")
    with pytest.raises(ValueError, match="no rule or group is called 'coments'"):
        check_rules(["coments"])
    assert all(check_rules([group]) == (group,) for group in GROUPS)


def test_in_a_pipeline(pipeline):
    with pipeline as p:
        found = (
            p
            | beam.Create([batch(page(*BLOG)), batch(page(*TEXT))])
            | StripWidgets(("all", "-share"))
            | beam.Map(lambda b: [sorted(one.removals) for one in b.pages])
        )
        assert_that(found, equal_to([[[2, 3]], [[]]]))
