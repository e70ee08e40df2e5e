"""Which rules a selection switches on."""

import pytest

from transforms.text.selection import RuleSelection
from transforms.text.widgets import GROUPS

RULES = ("comments.blogger", "comments.disqus", "share.buttons", "legal.cookies")


@pytest.mark.parametrize(
    ("tokens", "on"),
    [
        ((), ()),
        (("all",), RULES),
        (("none",), ()),
        (("comments",), ("comments.blogger", "comments.disqus")),
        (("comments.disqus",), ("comments.disqus",)),
        (("comments", "share"), ("comments.blogger", "comments.disqus", "share.buttons")),
        (("-comments",), ("share.buttons", "legal.cookies")),
        (("-comments.disqus",), ("comments.blogger", "share.buttons", "legal.cookies")),
        (("all", "-comments"), ("share.buttons", "legal.cookies")),
        (("comments", "-comments.disqus"), ("comments.blogger",)),
        (("-comments", "comments.disqus"), ("comments.disqus", "share.buttons", "legal.cookies")),
        (("all", "none", "share"), ("share.buttons",)),
        (("share", "-none"), RULES),
        (("share", "-all"), ()),
    ],
)
def test_the_later_token_wins(tokens, on):
    selection = RuleSelection(tokens)
    assert tuple(rule for rule in RULES if rule in selection) == on
    assert tuple(rule for rule in RULES if rule in selection) == on  # from memory


def test_a_group_is_a_whole_name():
    selection = RuleSelection(("comment",))
    assert "comments.blogger" not in selection
    assert "comment.blogger" in selection


@pytest.mark.parametrize("token", ["coments", "-coments", "coments.blogger", "All", ""])
def test_a_name_of_no_group_is_refused(token):
    with pytest.raises(ValueError, match="--rules: no rule or group is called") as error:
        RuleSelection(("all", token), GROUPS)
    assert repr(token.removeprefix("-")) in str(error.value)
    assert all(group in str(error.value) for group in GROUPS)


def test_names_of_groups_pass():
    for group in (*GROUPS, "all", "none"):
        RuleSelection((group, f"-{group}"), GROUPS)
