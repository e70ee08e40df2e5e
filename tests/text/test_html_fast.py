"""What stands around the fast extractor: its lines and bounds, compiled and in Python alike."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twins import without_kernel

from transforms.extract_text import extract_page, page_id
from transforms.records import RawPage
from transforms.text import kernel
from transforms.text.errors import TooDeep, TooLarge
from transforms.text.html import extract_fast, limits
from transforms.text.html.blocks import clean_line, clean_lines

needs_kernel = pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
LINES = st.lists(
    st.text("ab \n\n\t\r\v\f\x00\x1c\x1f\x7f\x85\x9f\xa0\xad\u2028\u3000\u200b\ud800\udfffäяß語😀")
    | st.text()
    | st.sampled_from(["a b", "a  b", " a", "a ", "a\x00 b", "a \x00 b", "\x00", " \ud800 "])
).map("".join)


@needs_kernel
@given(LINES)
@example("a\n" * 3 + " b \x7f\n\n \n\x00\n\ud800")
def test_lines_are_cleaned_the_same_way(text):
    assert clean_lines(text) == without_kernel(clean_lines, text)


@given(LINES)
def test_clean_lines_are_clean(text):
    lines = clean_lines(text)
    assert lines == [line for line in map(clean_line, text.split("\n")) if line]
    assert [clean_line(line) for line in lines] == lines


@needs_kernel
def test_only_text_is_cleaned():
    with pytest.raises(TypeError, match="string"):
        kernel.compiled.clean_lines(b"a")


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 255 * 32, 255 * 32 + 31, 600 * 32 + 5])
def test_many_marks_are_counted(size):
    text = "<" * size + "é" + "=" * (2 * size)
    assert limits.measure_markup(text)[:2] == (size, 2 * size)
    assert limits.measure_markup(text.encode())[:2] == (size, 2 * size)


@given(st.text())
def test_text_is_checked_as_bytes_are(html):
    assert limits.checked_text(html).encode() == limits.checked_bytes(html)


@pytest.mark.parametrize("surrogate", ["", "\ud800"])
def test_text_is_rejected_as_bytes_are(surrogate, monkeypatch):
    monkeypatch.setattr(limits, "MAX_TAGS", 10)
    with pytest.raises(TooLarge, match="11 tags"):
        limits.checked_text("<" * 11 + surrogate)
    tag = "<p " + "".join(f"a{n}=1 " for n in range(15_000)) + ">" + surrogate
    with pytest.raises(TooDeep, match="full of attributes"):
        limits.checked_text(tag)


@pytest.mark.parametrize("letter", ["e", "é", "я", "😀", "\ud800"])
def test_a_page_is_the_same_with_and_without_the_kernel(letter):
    html = f"<p>A text of a few words, {letter} among them.</p> <p>\x00Two\x1f  lines.</p>" * 9
    raw = RawPage("https://a.example/", "", "html", html, "a.warc")
    page = extract_page(raw, "fast")
    assert page == without_kernel(extract_page, raw, "fast")
    assert page.id == page_id(raw.url, raw.date, html)
    assert list(page.paragraphs) == extract_fast(html)
    assert len(page.paragraphs) == 18
