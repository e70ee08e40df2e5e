"""What the words of a line hint at: compiled and in Python alike."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twins import without_kernel

from transforms.text import kernel
from transforms.text.html.words import BIT, BY_WORD, MAX_CHARS, words_mask

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
WORDS = sorted(BY_WORD)
LINES = st.lists(
    st.sampled_from(WORDS)
    | st.sampled_from(WORDS).map(str.upper)
    | st.text("aZ09_ '’-.|\x00\x7f²½٣ⅧſİıΣςß\ud800語😀", max_size=3)
    | st.sampled_from([" ", " ", "3", "s'"])
    | st.text(max_size=2),
    max_size=20,
).map("".join)


@needs_kernel
@settings(max_examples=1_000)
@given(LINES)
@example("3comments comments3 3 comments")
@example("٣comments ²comments Ⅷcomments 3_comments 3-comments 3'comments")
@example("ABONNİEREN KAΣ İ comments’ s'abonner E-MAIL")
def test_words_hint_at_the_same(line):
    assert words_mask(line) == without_kernel(words_mask, line)


@needs_kernel
def test_every_word_hints_at_the_same():
    for word in WORDS:
        for line in (word, word.upper(), f"{word}|x", f"3{word}", f"{word}3"):
            assert words_mask(line) == without_kernel(words_mask, line), line


def test_long_lines_hint_at_nothing():
    assert words_mask("comments" + " " * (MAX_CHARS - 8)) & BIT["comment"]
    assert words_mask("comments" + " " * (MAX_CHARS - 7)) == 0
    assert words_mask("") == 0


@needs_kernel
def test_only_what_fits_is_taken():
    assert kernel.compiled.words_mask("a b", {"a": 1, "b": 2}) == 3
    with pytest.raises(TypeError):
        kernel.compiled.words_mask(b"a", {})
    with pytest.raises(TypeError):
        kernel.compiled.words_mask("a", [])
    with pytest.raises(TypeError):
        kernel.compiled.words_mask("a b", {"a": "x", "b": 1})
    with pytest.raises(OverflowError):
        kernel.compiled.words_mask("a", {"a": 1 << 70})
