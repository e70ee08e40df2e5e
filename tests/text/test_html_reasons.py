"""Rules and evidence of what goes: compiled and in Python alike."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import without_kernel

from transforms.text import kernel
from transforms.text.html.decide import find_containers
from transforms.text.html.dom import parse
from transforms.text.html.model import CHROME
from transforms.text.html.reasons import Reasons
from transforms.text.html.systems import compile_systems, from_selectors

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
NAMES = """
    nav menu share-buttons comments comment disqus_thread wpdcom newsletter cookie-bar footer
    entry-meta related x addtoany_share_save_container fb-comments acme jp-relatedposts
    """
NAME = (
    st.lists(
        st.sampled_from(NAMES.split()) | st.text("aä\u3000\u200b\x7f -_", max_size=3), max_size=3
    )
    .map(" ".join)
    .map(lambda name: name + "x" * (117 * ("x" in name)))
)
LINES = """Share Cookies
Read more
A line of text that says nothing at all of where it stands on a page
Anmelden
3 comments
Kommentare
© 2024
a b c
x"""
TEXT = st.sampled_from(LINES.split("\n"))
BLOCK = st.builds(
    "<{0} class='{1}' id='{2}'>{3} <span class='{4}'>{3}</span>".format,
    st.sampled_from(["div", "nav", "footer", "section", "p", "form", "aside", "header", "main"]),
    NAME,
    NAME,
    TEXT,
    NAME,
)
PAGE = st.lists(BLOCK | TEXT | st.sampled_from(["</div>", "</section>", "</nav>", "<hr>"])).map(
    "".join
)
SYSTEMS = compile_systems([from_selectors("widgets.acme", (".acme",))])


def labels(tree, containers, keep, logits):
    found = Reasons(tree, containers).label(keep, logits)
    return list(found.items())


@needs_kernel
@settings(deadline=None, max_examples=300)
@given(
    PAGE,
    st.lists(st.booleans(), min_size=1),
    st.lists(st.floats(-20, 20) | st.sampled_from([CHROME, 0.0, math.log(3 / 197)]), min_size=1),
    st.booleans(),
)
def test_reasons_are_found_the_same_way(html, stay, scores, with_systems):
    tree = parse(html)
    count = len(tree.lines)
    if not count:
        return
    containers = find_containers(tree, SYSTEMS) if with_systems else find_containers(tree)
    keep = (stay * count)[:count]
    logits = (scores * count)[:count]
    found = labels(tree, containers, keep, logits)
    assert found == without_kernel(labels, tree, containers, keep, logits)
    assert [unit for unit, _ in found] == [unit for unit, stays in enumerate(keep) if not stays]
    assert all(rule and evidence.isprintable() for _, (rule, evidence) in found)


def constants(**changed):
    """What the kernel needs to know of rules."""
    parts = {
        "any_hint": 1, "known": 2, "hints": (("x.hints", 1),), "tags": (("nav", 4),),
        "by_word": {}, "words": (), "scores": ("low", "high"), "steps": np.zeros(1),
        "chrome": -16.0,
    }  # fmt: skip
    assert parts.keys() >= changed.keys()
    return tuple((parts | changed).values())


def call(**changed):
    """Calls the kernel with arguments of which some do not fit."""
    parts = {
        "keep": [False], "logits": [0.0], "lines": (["a"],), "name": [("b", "c")],
        "elements": np.array([[0], [1], [0], [0], [1]]), "units": np.zeros((7, 1), dtype=np.int64),
        "comment": [-1], "system": [-1], "rules": {},
        "constants": constants(), "functions": (str, str),
    }  # fmt: skip
    assert parts.keys() >= changed.keys()
    return kernel.compiled.name_reasons(*(parts | changed).values())


@needs_kernel
def test_evidence_is_the_first_name():
    assert call() == {0: ("x.hints", "in #c, high")}
    assert call(name=[("b d", " ")]) == {0: ("x.hints", "in .b, high")}
    assert call(name=[("", "\x00c\ud800d" + "e" * 200)], logits=[-1.0]) == {
        0: ("x.hints", "in #?c?d" + "e" * 96 + ", low")
    }
    assert call(name=[("", "")]) == {0: ("x.hints", "in a block without a name, high")}


@needs_kernel
@pytest.mark.parametrize(
    "changed",
    [
        {"keep": []},
        {"logits": [0.0, 1.0]},
        {"logits": ["a"]},
        {"lines": ([],)},
        {"lines": ([1],)},
        {"lines": ("a",)},
        {"name": [("b",)]},
        {"name": [("b", None)]},
        {"elements": np.zeros((4, 1), dtype=np.int64)},
        {"elements": np.array([[1], [1], [0], [1], [1]])},
        {"elements": np.array([[-1], [1], [0], [1], [1]])},
        {
            "elements": np.array([[0], [0], [0], [0], [1]]),
            "comment": [0],
            "functions": (str, int),
        },
        {"units": np.ones((7, 1), dtype=np.int64)},
        {"comment": [1]},
        {"comment": ["a"]},
        {"comment": []},
        {"system": []},
        {"system": ["a"], "rules": {0: ("a", "b")}},
        {"system": [1], "rules": {0: ("a", "b")}},
        {"constants": constants(hints=(("x", 1 << 70),))},
        {"constants": constants(hints=(("x",),))},
        {"constants": constants(hints=())},
        {"constants": constants(words=(("x", "y"),))},
        {"constants": constants(tags=("x",))},
        {"constants": constants(scores=("", 1))},
        {"constants": constants(scores=("",))},
        {
            "constants": constants(by_word={"a": "b"}),
            "elements": np.array([[0], [0], [0], [0], [1]]),
        },
    ],
)
def test_what_does_not_fit_is_an_error(changed):
    with pytest.raises((ValueError, TypeError, KeyError)):
        call(**changed)


@needs_kernel
@pytest.mark.parametrize("place", range(2))
def test_errors_of_functions_are_passed_on(place):
    def fail(_):
        raise ZeroDivisionError

    functions = [str, str]
    functions[place] = fail
    mask, comment = ((2, -1), (0, 0))[place]
    with pytest.raises(ZeroDivisionError):
        call(
            elements=np.array([[0], [mask], [0], [0], [1]]),
            comment=[comment],
            functions=tuple(functions),
        )
