"""What names hint at: compiled and in Python alike."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.text import kernel
from transforms.text.html import forum, hints, known
from transforms.text.html.dom import parse
from transforms.text.html.vocabulary import BIT, GROUPS, STEMS

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
PARTS = sorted(
    {word for words in GROUPS.values() for word in words.split()}
    | {stem for stem, _ in STEMS}
    | {"category", "tag", "no", "not", "postid", "post-id", "page-id", "wp-custom", "enabled"}
    | {"commentary", "template-default", "bgcolor", "maincolor", "textcolor", "disabled", "entry"}
    | {*known.CLASSES, *known.IDS, *known.CLASS_STARTS, *known.ID_STARTS, "content", "body", "text"}
    | {*forum.CLASSES_OF_POSTS, *forum.ID_STARTS_OF_POSTS, "story", "copy", "x" * 299, "7" * 300}
)
NAMES = st.lists(
    st.sampled_from(PARTS)
    | st.sampled_from(PARTS).map(str.title)
    | st.sampled_from(["-", "_", "--", " ", "\t", "\x1c", "\x00", ":", "1", "42", "A", "Z", "b"])
    | st.text("abzABZ019-_ \x00\x1f\x7f/[{@`^", max_size=4)
    | st.text(max_size=2),
    max_size=30,
).map("".join)


@needs_kernel
@settings(max_examples=1_000)
@given(NAMES | st.text())
@example("no-content no-Body no_text no-x NO")
@example("post-id-7 post-idx post-7 wp-custom_x wp-customx")
@example("entryContent entry-content entry_body1 bodyEntry entry")
@example(" ".join(["nav", "footer"] * 6) + " comment postbody")
@example("x" * 298 + " navigation disqus_thread post-text")
@example("h1footer footer1 1footer foot1Er fuß-footer")
@example("msg_ msg_7 msg_7a PID_12 post_message_1")
def test_names_hint_at_the_same(text):
    if text.isascii():
        assert kernel.compiled.hint_mask(hints.COMPILED, text, False) == hints.class_mask(text)
        assert kernel.compiled.hint_mask(hints.COMPILED, text, True) == hints.id_mask(text)
    else:
        assert kernel.compiled.hint_mask(hints.COMPILED, text, False) is None
    for name in text.split()[:5]:
        if name.isascii():
            assert kernel.compiled.hint_mask(hints.COMPILED, name, True) == hints.id_mask(name)


@needs_kernel
def test_every_word_hints_at_the_same():
    for name in (*PARTS, *map(str.upper, PARTS), *(f"{name}7" for name in PARTS)):
        if name.isascii():
            for is_id, mask in ((False, hints.class_mask), (True, hints.id_mask)):
                assert kernel.compiled.hint_mask(hints.COMPILED, name, is_id) == mask(name), name


def test_other_scripts_hint_as_well():
    tree = parse("<div class='fuß'>a</div><div class='FUSS'>b</div><div id='é-nav'>c</div>")
    assert [tree.mask[element] & BIT["footer"] > 0 for element in tree.element] == [1, 1, 0]
    assert tree.mask[tree.element[2]] & BIT["navigation"]


@needs_kernel
@pytest.mark.parametrize(
    "texts",
    [
        (),
        ((),) * 12,
        ((),) * 11 + ((("", 1),) * 2,),
        ((("a", 1, 2),),) + ((),) * 10 + ((("", 1),) * 3,),
        ((("a",),),) + ((),) * 10 + ((("", 1),) * 3,),
        (("a",),) + ((),) * 10 + ((("", 1),) * 3,),
        ("a",) + ((),) * 10 + ((("", 1),) * 3,),
        (((1, 1),),) + ((),) * 10 + ((("", 1),) * 3,),
    ],
)
def test_only_lists_are_taken(texts):
    with pytest.raises(TypeError):
        kernel.compiled.make_hints(texts)


@needs_kernel
def test_only_what_was_made_for_it_is_looked_up():
    with pytest.raises(ValueError, match="PyCapsule"):
        kernel.compiled.hint_mask(None, "a", False)
    with pytest.raises(TypeError):
        kernel.compiled.hint_mask(hints.COMPILED, b"a", False)
    nothing = kernel.compiled.make_hints(((),) * 11 + ((("", 2), ("", 4), ("", 1)),))
    assert kernel.compiled.hint_mask(nothing, "nav footer", False) == 0


@needs_kernel
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text", ["nav " * 300_000, "n" * 1_000_000, "-" * 1_000_000, "comment7" * 99]
)
def test_hostile_names_take_linear_time(text):
    assert kernel.compiled.hint_mask(hints.COMPILED, text, False) == hints.class_mask(text)
    assert kernel.compiled.hint_mask(hints.COMPILED, text, True) == hints.id_mask(text)
