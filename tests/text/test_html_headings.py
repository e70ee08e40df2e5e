"""A text keeps its headings: the page's main one, and those right above its paragraphs."""
# ruff: noqa: E501  the pages are easier to read than their line breaks

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import without_kernel

from transforms.text import kernel
from transforms.text.html import extract_blocks, extract_page
from transforms.text.html.dom import parse
from transforms.text.html.headings import (
    ALIKE_UNITS,
    FAR_UNITS,
    KEEP_HEADING_FROM,
    NEAR_UNITS,
    find_headings,
    look_for_headings,
)

PROSE = "".join(
    f"<p>{text}</p>"
    for text in (
        "The ferry leaves the harbour at seven in the morning, long before the first visitors wake up.",
        "On the island, the baker has been up since three; her bread is gone by nine, so the queue is long.",
        "Nobody here remembers when the lighthouse was last repaired, but everyone has an opinion on it.",
    )
)
MENU = '<nav class="menu"><ul><li><a href="/">Home</a></li><li><a href="/a">About</a></li><li><a href="/c">Contact</a></li></ul></nav>'


def page(title, above, text=PROSE, below=""):
    return f"<!doctype html><html><head><title>{title}</title></head><body>{MENU}{above}<div class='post-body entry-content'>{text}</div>{below}</body></html>"


def kept(html):
    return [block.text for block in extract_blocks(html) if not block.rule]


@pytest.mark.parametrize(
    "above",
    [
        "<h1>The bread of the island</h1>",
        "<header class='entry-header'><h1 class='entry-title'>The bread of the island</h1><div class='entry-meta'><span>Posted on 3 May 2024</span> <span>by <a href='/ada'>Ada</a></span></div></header>",
        "<h3 class='post-title entry-title'><a href='/2024/05/bread.html'>The bread of the island</a></h3><div class='post-header'></div>",
        "<h2>The bread of the island</h2><ul class='share-buttons'><li><a href='#f'>Facebook</a></li><li><a href='#t'>Twitter</a></li></ul>",
        "<h1><a href='/'>Island Post</a></h1><p class='tagline'>News from the sea</p><div class='date'>3 May 2024</div><h2 class='title'>The bread of the island</h2>",
    ],
)
def test_a_main_heading_that_the_title_repeats_stays(above):
    html = page("The bread of the island | Island Post", above)
    lines = kept(html)
    assert lines.count("The bread of the island") == 1
    assert not {"Island Post", "Home", "Facebook", "Posted on 3 May 2024 by Ada"} & set(lines)
    (block,) = [b for b in extract_blocks(html) if b.text == "The bread of the island"]
    assert (block.rule, block.evidence) == ("", "")


def test_the_closest_heading_of_the_title_is_the_main_one():
    above = "<h1>Island Post</h1><h2>The bread of the island</h2>"
    lines = kept(page("The bread of the island | Island Post", above))
    assert "The bread of the island" in lines
    assert "Island Post" not in lines


def test_a_first_level_heading_right_above_the_text_stays_whatever_it_says():
    lines = kept(page("Island Post", "<h1>Gone by nine</h1>"))
    assert lines[0] == "Gone by nine"


@pytest.mark.parametrize(
    "below",
    [
        "<aside class='related'><h3>The bread of the island</h3><ul><li><a href='/x'>More on bread</a></li></ul></aside>",
        "<div id='comments'><h3>The bread of the island</h3><p>Nice post about the bread, I would like to try it some time soon, thank you Ada!</p></div>",
        "<footer><h1>The bread of the island</h1><p>Imprint</p></footer>",
    ],
)
def test_headings_elsewhere_do_not_come_back(below):
    assert "The bread of the island" not in kept(page("The bread of the island", "", below=below))


def test_a_page_without_text_gets_no_heading():
    assert kept(f"<title>Home</title>{MENU}<h1>Home</h1>{MENU}") == []


UNIT = "<p>x</p>"
TEXT = f"<p>{'The ferry leaves at seven in the morning. ' * 3}</p>"


@pytest.mark.parametrize(
    ("title", "tag", "heading", "units", "stays"),
    [
        ("Bread, cake and tea", "h3", "Bread, cake and tea", FAR_UNITS, True),
        ("Bread, cake and tea", "h3", "Bread, cake and tea", FAR_UNITS + 1, False),
        ("Bread, cake and tea: a guide", "h2", "Bread, cake and milk", ALIKE_UNITS, True),
        ("Bread, cake and tea: a guide", "h2", "Bread, cake and milk", ALIKE_UNITS + 1, False),
        ("Bread, cake and tea: a guide", "h1", "Bread, cake and milk", FAR_UNITS, True),
        ("Bread, cake and tea: a guide", "h2", "Bread with milk, please", 1, False),
        ("Bread, cake and tea: a guide", "h2", "Cake tart", 1, False),
        ("Something else", "h1", "Bread", NEAR_UNITS, True),
        ("Something else", "h1", "Bread", NEAR_UNITS + 1, False),
        ("Something else", "h2", "Bread", 1, False),
        ("", "h1", "Bread", 1, True),
        ("面包和茶 | 岛报", "h2", "面包和茶", 5, True),
        ("Bread, cake and tea", "h2", "¡!", 1, False),
    ],
)
def test_how_far_and_how_like_the_title(title, tag, heading, units, stays):
    html = f"<title>{title}</title><{tag}>{heading}</{tag}>{UNIT * (units - 1)}{TEXT}"
    tree = parse(html)
    keep = [False] * units + [True]
    found = find_headings(tree, keep, [KEEP_HEADING_FROM - 1] * units + [2.0])
    assert found == ([0] if stays else [])


@pytest.mark.parametrize(("logit", "found"), [(KEEP_HEADING_FROM, [1]), (-1.01, [])])
def test_a_heading_right_above_a_paragraph_needs_a_lower_score(logit, found):
    tree = parse(f"{TEXT}<h2>The bread</h2>{TEXT}")
    assert find_headings(tree, [True, False, True], [2.0, logit, 2.0]) == found


def test_a_heading_is_found_once():
    tree = parse(f"<title>The bread</title><h1>The bread</h1>{TEXT}")
    assert find_headings(tree, [False, True], [-0.5, 2.0]) == [0]
    assert find_headings(tree, [True, True], [0.5, 2.0]) == []


def test_titles_of_several_posts_stay():
    posts = "".join(
        f"<div class='post hentry'><h3 class='post-title entry-title'><a href='/{n}'>Day {n} on the island</a></h3><div class='post-body entry-content'>{PROSE.replace('The', f'On day {n} the')}</div><div class='post-footer'>Posted by Ada at 10:1{n}</div></div>"
        for n in range(3)
    )
    html = f"<title>Island Post</title>{MENU}<h1 class='title'>Island Post</h1><div class='blog-posts'>{posts}</div>"
    lines = [block.text for block in extract_page(html).blocks if not block.rule]
    assert [line for line in lines if line.startswith("Day ")] == [
        f"Day {n} on the island" for n in range(3)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("フェリーは朝七時に港を出ます。最初の観光客が目を覚ます前です。", [0]),
        ("フェリーは朝七時に港を出ます。", []),
        ("The ferry leaves the harbour at seven", []),
        ("Die Fähre verlässt den Hafen um sieben Uhr früh", []),
    ],
)
def test_letters_of_scripts_without_spaces_count_three_times(text, found):
    tree = parse(f"<title>パン屋</title><h1>パン屋</h1><p>{text}</p>")
    assert find_headings(tree, [False, True], [-3.0, 2.0]) == found


needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
TEXT = st.sampled_from(
    ["The bread of the island", "x" * 79, "x" * 80, "x" * 301, "é" * 79, "島" * 26, "島" * 27, "a"]
)
BLOCK = st.builds(
    "<{0} class='{1}'>{2}{3}".format,
    st.sampled_from(["h1", "h2", "h4", "div", "p", "nav", "section", "footer", "h3"]),
    st.sampled_from(["", "post-title", "entry-title", "x"]),
    TEXT,
    st.sampled_from(["", "<br>y", "<br>é"]),
)
PAGE = st.lists(BLOCK | st.sampled_from(["</h1>", "</div>", "</nav>", "</section>", "</h2>"]))


@needs_kernel
@settings(deadline=None, max_examples=300)
@given(PAGE, st.lists(st.booleans(), min_size=1), st.lists(st.floats(-3, 3), min_size=1))
def test_headings_are_found_the_same_way(blocks, stay, scores):
    tree = parse("<title>The bread of the island</title>" + "".join(blocks))
    count = len(tree.lines)
    if not count:
        return
    keep, logits = (stay * count)[:count], (scores * count)[:count]
    looked, twin = look_for_headings(tree, keep), without_kernel(look_for_headings, tree, keep)
    assert (looked is None) == (twin is None)
    if looked and twin:
        assert [list(part) for part in looked[:-1]] == [list(part) for part in twin[:-1]]
        assert looked.start == twin.start
    assert find_headings(tree, keep, logits) == without_kernel(find_headings, tree, keep, logits)


@needs_kernel
@pytest.mark.parametrize(
    "changed",
    [
        {"keep": []},
        {"lines": ("a",)},
        {"lines": ([1],)},
        {"elements": np.zeros((4, 1), dtype=np.int64)},
        {"elements": np.ones((5, 1), dtype=np.int64)},
        {"elements": np.zeros((5, 0), dtype=np.int64)},
        {"units": np.zeros((6, 1), dtype=np.int64)},
        {"units": np.ones((7, 1), dtype=np.int64)},
        {"units": -np.ones((7, 1), dtype=np.int64)},
    ],
)
def test_what_does_not_fit_is_an_error(changed):
    parts = {
        "keep": [True], "lines": (["a"],), "elements": np.zeros((5, 1), dtype=np.int64),
        "units": np.zeros((7, 1), dtype=np.int64), "constants": (80, 300, 1, 2),
    }  # fmt: skip
    assert kernel.compiled.look_for_headings(*parts.values()) is None
    assert parts.keys() >= changed.keys()
    with pytest.raises(ValueError, match="do not fit"):
        kernel.compiled.look_for_headings(*(parts | changed).values())
