"""HTML to blocks: what is kept, what is removed and under which rule, how text is cut."""
# ruff: noqa: E501  the pages are easier to read than their line breaks

import hashlib

import numpy as np
import pytest

from transforms.text.errors import TooDeep
from transforms.text.html import (
    extract,
    extract_blocks,
    extract_fast,
    extract_page,
    extract_pages,
    from_selectors,
)
from transforms.text.html.dom import parse
from transforms.text.html.features import build
from transforms.text.html.model import SCORE_STEPS, load_weights, scores
from transforms.text.html.scales import log

PROSE = (
    "The ferry leaves the harbour at seven in the morning, long before the first visitors wake up.",
    "On the island, the baker has been up since three; her bread is gone by nine, so the queue is long.",
    "Nobody here remembers when the lighthouse was last repaired, but everyone has an opinion on it.",
    "In winter the boat comes twice a week, and the shop closes when the shelves are empty.",
)
GERMAN = (
    "Die Fähre legt um sieben Uhr morgens ab, lange bevor die ersten Gäste wach sind.",
    "Auf der Insel steht die Bäckerin seit drei Uhr in der Backstube, und um neun ist das Brot weg.",
    "Niemand weiß mehr, wann der Leuchtturm zuletzt repariert wurde, aber jeder hat eine Meinung.",
)
FRENCH = (
    "Le bac quitte le port à sept heures du matin, bien avant le réveil des premiers visiteurs.",
    "Sur l'île, la boulangère est debout depuis trois heures, et à neuf heures il n'y a plus de pain.",
    "Personne ne se souvient de la dernière réparation du phare, mais chacun a son avis.",
)
NAV = """<nav class="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li>
<li><a href="/sport">Sport</a></li><li><a href="/about">About us</a></li></ul></nav>"""
FOOTER = """<footer><p>© 2024 Island Post. All rights reserved.</p>
<ul><li><a href="/imprint">Imprint</a></li><li><a href="/privacy">Privacy policy</a></li></ul></footer>"""


def page(body, prose=PROSE):
    text = "".join(f"<p>{paragraph}</p>" for paragraph in prose)
    return f"""<!doctype html><html><head><title>The ferry to the island</title></head><body>
<header><a href="/">Island Post</a></header>{NAV}<main><article class="post"><h1>The ferry to the
island</h1><div class="entry-content">{text}</div></article>{body}</main>{FOOTER}</body></html>"""


def kept(blocks):
    return [block.text for block in blocks if not block.rule]


def rule_of(blocks, start):
    found = [block for block in blocks if block.text.startswith(start)]
    assert found, f"{start!r} is not in {[block.text for block in blocks]}"
    return found[0].rule


@pytest.mark.parametrize("prose", [PROSE, GERMAN, FRENCH])
def test_article_stays_and_chrome_goes(prose):
    blocks = extract_blocks(page("", prose))
    assert [text for text in kept(blocks) if text in prose] == list(prose)
    assert not {"Home", "Sport", "Imprint", "Privacy policy"} & set(kept(blocks))
    assert rule_of(blocks, "Sport").startswith("navigation.")
    assert rule_of(blocks, "Imprint").startswith("footer.")


COMMENTS = {
    "wordpress": """<div id="comments" class="comments-area"><h2 class="comments-title">2 thoughts on
“The ferry”</h2><ol class="comment-list"><li id="comment-11" class="comment even depth-1"><article
id="div-comment-11" class="comment-body"><div class="comment-author vcard"><b class="fn">Ada</b>
<span class="says">says:</span></div><div class="comment-metadata"><time>May 3, 2024 at 10:12
am</time></div><div class="comment-content"><p>{first}</p></div><div class="reply"><a>Reply</a></div>
</article></li><li id="comment-12" class="comment odd depth-1"><article id="div-comment-12"
class="comment-body"><div class="comment-author vcard"><b class="fn">Ben</b> <span
class="says">says:</span></div><div class="comment-metadata"><time>May 4, 2024 at 9:01 am</time></div>
<div class="comment-content"><p>{second}</p></div></article></li></ol><div id="respond"
class="comment-respond"><h3>Leave a Reply</h3><form><p>Your email address will not be published.</p>
</form></div></div>""",
    "blogger": """<div class="comments" id="comments"><h4>2 comments:</h4><div id="comment-holder"><div
class="comment-thread toplevel-thread"><ol id="top-ra"><li class="comment" id="c11"><div
class="comment-block"><div class="comment-header"><cite class="user">Ada</cite><span class="datetime">
May 3, 2024</span></div><p class="comment-content">{first}</p></div></li><li class="comment" id="c12">
<div class="comment-block"><div class="comment-header"><cite class="user">Ben</cite></div><p
class="comment-content">{second}</p></div></li></ol></div></div><p class="comment-footer"><a
href="#">Post a Comment</a></p></div>""",
    "disqus": """<div id="disqus_thread"><div class="d-noscript-comments"><div class="comment"><div
class="comment-body">{first}</div></div><div class="comment"><div class="comment-body">{second}</div>
</div></div><a href="https://disqus.com">comments powered by Disqus.</a></div>""",
}
FIRST = "We took the ferry last spring and the bread really was gone before nine, what a pity!"
SECOND = "Nice read, but the lighthouse was painted in 2019, my uncle held the ladder."


@pytest.mark.parametrize("system", sorted(COMMENTS))
def test_comment_sections_go_and_can_be_had(system):
    html = page(COMMENTS[system].format(first=FIRST, second=SECOND))
    blocks = extract_blocks(html)
    assert rule_of(blocks, FIRST).startswith("comments.")
    assert rule_of(blocks, SECOND).startswith("comments.")
    assert [text for text in kept(blocks) if text in PROSE] == list(PROSE)

    with_comments = kept(extract_blocks(html, comments="keep"))
    assert FIRST in with_comments
    assert SECOND in with_comments
    assert "Leave a Reply" not in with_comments

    separate = extract_page(html, comments="separate")
    assert [comment.text for comment in separate.comments] == [FIRST, SECOND]
    assert FIRST not in kept(separate.blocks)


def test_author_and_date_of_comments():
    html = page(COMMENTS["wordpress"].format(first=FIRST, second=SECOND))
    comments = extract_page(html, comments="separate").comments
    assert [comment.author for comment in comments] == ["Ada", "Ben"]
    assert [comment.date for comment in comments] == [
        "May 3, 2024 at 10:12 am",
        "May 4, 2024 at 9:01 am",
    ]


def test_systems_name_the_rule():
    html = page(
        f'<div class="acme-talk"><p>{FIRST}</p></div><div id="acme-7"><p>{SECOND}</p></div>'
    )
    blocks = extract_blocks(html, systems=[("comments.acme", ".ACME-talk", "#acme-*")])
    assert rule_of(blocks, FIRST) == "comments.acme"
    assert rule_of(blocks, SECOND) == "comments.acme"
    assert next(block.evidence for block in blocks if block.text == FIRST) == "in .acme-talk"


def test_systems_from_selectors():
    selectors = ("#disqus_thread", ".a-b", '[id^="fb-"]', "[class^=fbc]", "div.x", "nav", "#a .b")
    system = from_selectors("comments.acme", selectors)
    assert system == ("comments.acme", "#disqus_thread", ".a-b", "#fb-*", ".fbc*")


def test_html_body_and_main_are_never_containers():
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PROSE)
    html = f"""<html class="comments"><body class="comments" id="comments"><main class="comments">
{text}</main></body></html>"""
    blocks = extract_blocks(html, systems=[("comments.acme", "comments")])
    assert kept(blocks) == list(PROSE)


@pytest.mark.parametrize("systems", [[("acme", ".x")], [("comments.acme", "")], [("a.b", ".x*y")]])
def test_wrong_systems_are_refused(systems):
    with pytest.raises(ValueError, match=r"."):
        extract_blocks("<p>x", systems=systems)


def test_wrong_comments_option_is_refused():
    with pytest.raises(ValueError, match="remove, keep or separate"):
        extract_blocks("<p>x", comments="drop")


def test_posts_of_a_forum_stay():
    post = '<div class="post"><div class="postprofile"><a href="/u/{0}">{0}</a></div><div '
    post += 'class="postbody"><div class="content">{1}</div></div></div>'
    posts = "".join(post.format(f"user{k}", text) for k, text in enumerate((*PROSE, "Me too.")))
    extract = extract_page(
        f'<body id="phpbb">{NAV}<div id="page-body">{posts}</div>{FOOTER}</body>'
    )
    assert extract.forum
    assert [text for text in kept(extract.blocks) if text in PROSE] == list(PROSE)
    assert "Me too." in kept(extract.blocks)


def test_anchors_without_a_target_are_not_links():
    html = page("").replace('<div class="entry-content">', '<div><a name="top">')
    assert [text for text in kept(extract_blocks(html)) if text in PROSE] == list(PROSE)


def test_title():
    extract = extract_page(page(""))
    assert extract.title == "The ferry to the island"
    assert not extract.forum


def texts(html):
    return [block.text for block in extract_blocks(html)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>one<br>two<br/><br>three", ["one", "two", "three"]),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", ["a", "b", "c"]),
        ("<table><tr><th>Name<th>Age<tr><td>Ada<td>36</table>", ["Name | Age", "Ada | 36"]),
        ("<table><tr><td><p>a<p>b<td>c</table>", ["a", "b", "c"]),
        ("<pre>def f():\n    return 1\n\nx = f()</pre>", ["def f():", "return 1", "x = f()"]),
        ("<dl><dt>term<dd>meaning</dl>", ["term", "meaning"]),
        ("<p>a &amp; b &eacute;&nbsp;c &#x1F600;", ["a & b é c 😀"]),
        ("<p>a<b>b</b> <i>c</i>d", ["ab cd"]),
        ("<div>a<p>b</p>c</div>", ["a", "b", "c"]),
        ("<p>a\x00b\x01c\u0085d\ud800e", ["abc d?e"]),
        ("text without a tag", ["text without a tag"]),
        ("<p>shown<p hidden>x<p style='display: none'>y<p aria-hidden=true>z", ["shown"]),
        ("<script>var x = '<p>no</p>'</script><style>p{}</style><p>yes", ["yes"]),
        ("<noscript><p>no</noscript><template><p>no</template><p>yes", ["yes"]),
        ("<svg><text>no</text></svg><select><option>no</select><p>yes", ["yes"]),
        ("<p>a<!-- no -->b", ["ab"]),
        ("<hr>a<hr>b", ["a", "b"]),
        ("", []),
        (" \n\t ", []),
        ("<html><head><title>t</title></head></html>", []),
        ("<foo-bar>a</foo-bar><p>b", ["a", "b"]),
    ],
)
def test_cutting(html, expected):
    assert texts(html) == expected


def test_removed_blocks_have_a_rule_and_evidence():
    for block in extract_blocks(page(COMMENTS["wordpress"].format(first=FIRST, second=SECOND))):
        assert bool(block.rule) == bool(block.evidence)
        if block.rule:
            group, _, name = block.rule.partition(".")
            assert group
            assert name
            assert block.evidence.isprintable()


def test_fast_keeps_the_article_a_paragraph_a_line():
    html = page(COMMENTS["wordpress"].format(first=FIRST, second=SECOND))
    lines = extract_fast(html)
    assert [line for line in lines if line in PROSE] == list(PROSE)
    assert FIRST not in lines


def test_fast_replaces_lone_surrogates():
    html = page("").replace(PROSE[0], f"{PROSE[0]} \ud800 and on")
    assert f"{PROSE[0]} ? and on" in extract_fast(html)


def test_scores_are_exact():
    tree = parse(page(COMMENTS["wordpress"].format(first=FIRST, second=SECOND)))
    weights = load_weights()
    rows, _ = build([tree], weights.bits)
    assert (rows == np.floor(rows)).all()
    assert rows.shape[1] == len(weights.low)
    for row, score in zip(rows.tolist(), scores(rows, weights).tolist(), strict=True):
        bounds = zip(row, weights.low.tolist(), weights.high.tolist(), strict=True)
        clipped = [int(min(max(value, low), high)) for value, low, high in bounds]
        total = int(weights.second_bias)
        for unit, second in enumerate(weights.second.tolist()):
            column = weights.first[:, unit].tolist()
            hidden = sum(v * int(w) for v, w in zip(clipped, column, strict=True))
            hidden += int(weights.first_bias[unit])
            total += (max(hidden, 0) >> 6) * int(second)
        assert score == total / SCORE_STEPS


def test_pages_are_judged_alike_alone_and_in_a_batch(monkeypatch):
    comments = [text.format(first=FIRST, second=SECOND) for text in COMMENTS.values()]
    pages = [
        page(""),
        "",
        *map(page, comments),
        "<p>x",
        f"<nav><a href=x>{FIRST}</a></nav>",
        FOOTER,
    ]
    deep = len(pages) // 2
    pages.insert(deep, "<div>" * 10_050 + "x")
    alone = [None if n == deep else extract_page(html) for n, html in enumerate(pages)]
    for at_once in (1, 2, 3, 100):
        monkeypatch.setattr(extract, "PAGES_AT_ONCE", at_once)
        found = list(extract_pages(pages))
        assert isinstance(found.pop(deep), TooDeep)
        assert found == alone[:deep] + alone[deep + 1 :]
    assert list(extract_pages([])) == []


def test_sums_stay_exact_in_float64():
    weights = load_weights()
    most = np.maximum(abs(weights.low), abs(weights.high)) @ abs(weights.first)
    most += abs(weights.first_bias)
    assert most.max() < 2**53
    assert (most / 64) @ abs(weights.second) + abs(weights.second_bias) < 2**53


def test_logarithms_are_the_same_everywhere():
    digest = hashlib.sha256(log(np.arange(1 << 16)).astype("<i8").tobytes()).hexdigest()
    assert digest.startswith("fbdaa02df7b939af")


def test_a_page_may_end_in_a_row_with_an_empty_cell():
    rows = "".join(f"<tr><td>x{i}</td><td>yes</td><td>no</td><td></td></tr>" for i in range(20))
    blocks = extract_blocks(f"<html><body><p>What follows is a table.</p><table>{rows}</table>")
    assert [block.text for block in blocks][-2:] == ["x18 | yes | no", "x19 | yes | no"]
