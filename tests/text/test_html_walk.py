"""The pass over markup: compiled and in Python alike, with the text of the parser's own tree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from twins import without_kernel

from transforms.text import kernel
from transforms.text.errors import TooDeep
from transforms.text.html import limits
from transforms.text.html import walk as walk_module
from transforms.text.html.dom import cut, parse
from transforms.text.html.markup import KINDS, SKIP, unescape

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
COLUMNS = (
    "parent", "mask", "name", "first", "last", "end", "lines", "element", "link_chars",
    "bold_chars", "links", "inline",
)  # fmt: skip
TAGS = """
    <p> </p> <div> </div> <table> <tr> </tr> <td> </td> </table> <ul> <li> <br> <br><br> <hr>
    <a> </a> <pre> </pre> <b> </b> <i> </i> <h1> </h1> <!-- --> --!> <body> </body> <main>
    <form> <select> <option> </select> <svg> </svg> <math> <template> </template> <nav> <html>
    <head> </head> <title> </title> <frameset> <frame> <textarea> <plaintext> </plaintext>
    <xmp> </xmp> <script> </script> </SCRIPT> <style> </style> <noscript> </noscript> <iframe>
    </iframe> <object> </object> <button> <img> <input> <a<b> <!x> <?y> &amp; &lt; &nbsp; &
    < > =" ' / one two <strong> <caption> <listing> <!--> <!---> <td>cell</td> <a/href>
    """
WITH_ATTRIBUTES = """
    <script><!-- <script>
    <svg><style>&lt;/style&gt;
    <p hidden>
    <a href="/x">
    <div class="comment list" id="c1">
    <p class="a&amp;b">
    <div role="navigation">
    <span itemprop="author" class="x">
    <p style="display: NONE">
    <p style="Display : none;x">
    <b hidden="until-found" style="display:none">
    <p aria-hidden="true">
    <p ="x" "y" z='"'>
    <tr><td>1<td>2</tr>
    <title>A &amp; B</title>
    <body class="page" id="top">
    """
CHARACTERS = list(" \n\t\xa0\x00\x01\x85\u2028\u200b\x7fé中😀")
PIECES = st.sampled_from(
    [*TAGS.split(), *map(str.strip, WITH_ATTRIBUTES.splitlines()), *CHARACTERS, "word " * 80]
)
MARKUP = st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join)


def columns(tree):
    found = {name: getattr(tree, name) for name in ("title", "body")}
    for name in COLUMNS:
        found[name] = list(getattr(tree, name))
    found["arrays"] = [tree.elements.tolist(), tree.units.tolist()]
    return found


def visible(node):
    """The text that the tree shows, by the rules of `parse`, without white space."""
    if node.tag == "-text":
        return node.text_content or ""
    if node.tag in {"head", "-comment"} or KINDS.get(node.tag, (0,))[0] == SKIP:
        return ""
    attributes = node.attributes
    if node.tag not in {"br", "hr"} and attributes:
        style = (attributes.get("style") or "") if "hidden" not in attributes else ""
        if "hidden" in attributes and attributes["hidden"] != "until-found":
            return ""
        if "hidden" not in attributes and (
            ("none" in style and "display:none" in style.lower().replace(" ", ""))
            or attributes.get("aria-hidden") == "true"
        ):
            return ""
    return "".join(visible(child) for child in node.iter(include_text=True))


@needs_kernel
@settings(max_examples=400, deadline=None)
@given(MARKUP)
def test_pages_are_cut_the_same_way(html):
    assert columns(parse(html)) == columns(without_kernel(parse, html))


@needs_kernel
@settings(max_examples=400, deadline=None)
@given(MARKUP)
def test_markup_that_no_parser_wrote_is_cut_the_same_way(markup):
    markup = markup.encode("utf-8", "replace").decode()
    assert columns(cut(markup)) == columns(without_kernel(cut, markup))


TAGS = st.sampled_from(
    [
        "<b>",
        "<b a=1>",
        "</b>",
        "<i>",
        "</i>",
        "<p>",
        "<svg>",
        "</svg>",
        "<path/>",
        "<path>",
        "<td>",
        "</td>",
        "<!--",
        "-->",
        "<p-x>",
        "</p-x>",
        "<rt>",
        "<a\x00",
        "<",
        "<!-->",
        "<math/>",
        "/",
        ">",
        "<B\t>",
        "x",
    ]
)


@needs_kernel
@given(
    st.lists(PIECES | st.from_regex(r"<[/a-zA-Z0-9]{1,40}", fullmatch=True), max_size=60)
    | st.lists(TAGS, max_size=80)
)
def test_markup_is_measured_the_same_way(pieces):
    encoded = "".join(pieces).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "_FEW_TAGS", 2)
        measured = limits.measure_markup(encoded)
        assert measured == without_kernel(limits.measure_markup, encoded)
    assert measured[:2] == (encoded.count(b"<"), encoded.count(b"="))


@needs_kernel
@given(
    st.lists(
        st.sampled_from(["<", ">", '"', "'", "/", "a", "=", "<a", "<B", "é", "x"]), max_size=40
    ).map("".join)
)
def test_long_tags_are_found_the_same_way(html):
    encoded = html.encode()
    for least in (0, 3, 9):
        found = limits.long_tags(encoded, least)
        assert found == without_kernel(limits.long_tags, encoded, least)
        assert all(len(tag) > least and tag in encoded for tag in found)


@needs_kernel
def test_markup_of_many_names_is_measured_the_same_way():
    encoded = "".join(f"<n{n % 3000}><P></n{n % 2000}></{'x' * (n % 50)}>" for n in range(9_000))
    measured = limits.measure_markup(encoded.encode())
    assert measured == without_kernel(limits.measure_markup, encoded.encode())
    assert measured[2] == 3000


@settings(max_examples=200, deadline=None)
@given(MARKUP.filter(lambda html: "&lt;/style" not in html and "<plaintext" not in html))
def test_the_text_is_that_of_the_tree(html):
    root = LexborHTMLParser(html.encode("utf-8", "replace"), scripting=True).root
    mine = "".join(line for lines in parse(html).lines for line in lines).replace(" | ", "")
    theirs = "" if root is None else visible(root)
    dropped = dict.fromkeys([*range(32), *range(127, 160)])
    theirs = "".join("".join(theirs.split()).translate(dropped).split())
    assert "".join(mine.split()).replace("|", "") == theirs.replace("|", "")


def test_a_script_ends_where_the_standard_says():
    tree = parse("<p>a<script><!-- <SCRIPT >x</script> --> 2 </script>b<script>3</script>c")
    assert list(tree.lines) == [["abc"]]
    assert list(parse("<p>a<script><!--></script>b<!-- </script> -->c").lines) == [["abc"]]


def test_a_page_that_ends_inside_of_a_script_goes_on_behind_it():
    html = "<p>a</p>" + "<script><!--<script </script>b" * 3
    assert list(cut(html).lines) == [["a"], ["bbb"]]
    assert columns(cut(html)) == columns(without_kernel(cut, html))


def test_text_without_escapes_stays_what_it_is():
    lines = list(parse("1 &amp;lt; 2<xmp>&amp; <b>x</b></xmp>3").lines)
    assert lines == [["1 &lt; 2&amp; <b>x</b>3"]]
    assert unescape("&lt;&amp;lt;&nbsp;&quot;&gt;&copy;") == '<&lt;\xa0">&copy;'


def test_plaintext_is_read_as_markup():
    assert list(parse("a<plaintext>b</plaintext>c<p>d").lines) == [["abc"], ["d"]]


def test_forged_ends_in_a_picture_do_no_more_than_show_it():
    html = "<p>a</p><svg><style>&lt;/style>&lt;/svg>&lt;div class=x></style></svg><p>b</p>"
    lines = [line for unit in parse(html).lines for line in unit]
    assert lines[0] == "a"
    assert lines[-1] == "b"


@pytest.mark.parametrize("as_twin", [False, True])
def test_nested_too_deep(as_twin, monkeypatch):
    monkeypatch.setattr(walk_module, "MAX_DEPTH", 50)
    monkeypatch.setattr("transforms.text.html.dom.MAX_DEPTH", 50)
    html = "<i>" * 60 + "x"
    with pytest.raises(TooDeep, match="nested"):
        without_kernel(cut, html) if as_twin else cut(html)
    assert cut("<i>" * 50 + "x").lines == (["x"],)


@pytest.mark.parametrize(
    "markup",
    [
        "<a" * 200_000,
        "<a " * 200_000,
        '<a b="' * 100_000,
        "<a x<a" * 100_000,
        "<!--" * 100_000,
        "<script><!--" + "<script>" * 100_000,
        "<svg>" + "<script><!--<script </script>" * 30_000 + "</svg>",
        "<script><!--<script </script>" * 30_000,
        "<svg>" + "<plaintext></plaintext>" * 50_000,
        "<p" + ' a="b"' * 100_000,
        "&" * 300_000,
        "<pre>" + "\n" * 300_000,
    ],
)
@pytest.mark.timeout(20)
def test_hostile_markup_takes_linear_time(markup):
    cut(markup)
    without_kernel(cut, markup)
