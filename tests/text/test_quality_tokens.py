"""Word splitting: cases that the reference decides, and the batch against the splitter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_paragraphs import read_pages
from twins import without_kernel

from transforms.text import kernel
from transforms.text.quality import charclass
from transforms.text.quality.hashing import PrefixHash, WordSet
from transforms.text.quality.segments import tokenize
from transforms.text.quality.sentences import count_marked, count_sentences
from transforms.text.quality.tokens import Splitter

ENGLISH = Splitter("en")
MARKS = " ab1.…,:;!?'’\"()[]{}<>-–—~/*+#%$€_=@&\\|^¯°\n\t8DPxkmsS中ü"


def batch(text, kind="en"):
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    arguments = text, codes, charclass.table()[codes], PrefixHash(codes), kind
    found, twin = tokenize(*arguments), without_kernel(tokenize, *arguments)
    assert (found.start.tolist(), found.end.tolist()) == (twin.start.tolist(), twin.end.tolist())
    return [text[a:b] for a, b in zip(found.start, found.end, strict=True)]


def one_by_one(text, kind="en"):
    splitter = Splitter(kind)
    return [token for piece in text.split() for token in splitter.split(piece)]


# what spaCy 3.8 returns for the English of datatrove
@pytest.mark.parametrize(
    ("piece", "tokens"),
    [
        ("don't", "do n't"),
        ("don’t", "do n’t"),
        ("(e.g.", "( e.g."),
        ("https://a.bc/d?x=1).", "https://a.bc/d?x=1 ) ."),
        ("foo.Bar", "foo . Bar"),
        ("well-known", "well - known"),
        ("10km", "10 km"),
        ("$5.00", "$ 5.00"),
        ("5€", "5 €"),
        ("a/b", "a / b"),
        ("U.S.", "U.S."),
        ("U.", "U."),
        ("John's", "John 's"),
        ("3-4", "3 - 4"),
        ("__init__", "_ _ init _ _"),
        ("2010–2012", "2010–2012"),
        ("'tis", "' tis"),
        ("o'clock.", "o'clock ."),
        ("wait...", "wait ..."),
        ("«Bonjour»", "« Bonjour »"),
        ("→Ziel", "→Ziel"),
        ("[…]", "[ … ]"),
        ("2.5.", "2.5 ."),
        ("etc.).", "etc . ) ."),
        ("12:30pm", "12:30pm"),
        (":-)", ":-)"),
        ("great:)", "great :)"),
        ("can't've", "ca n't 've"),
        ("Mr.Smith", "Mr. Smith"),
        ("user@example.com", "user@example.com"),
        ("==x", "= = x"),
        ("90°F.", "90 ° F ."),
        ("foo…bar", "foo … bar"),
        ("中文，中文。", "中文，中文 。"),
    ],
)
def test_pieces_are_split_as_the_reference_splits_them(piece, tokens):
    assert list(ENGLISH.split(piece)) == tokens.split()
    assert batch(piece) == tokens.split()


@pytest.mark.parametrize(
    ("piece", "tokens"),
    [
        ("E-Mail-Adresse", "E-Mail-Adresse"),
        ("z.B.", "z.B."),
        ("1.", "1."),
        ("2019.", "2019."),
        ("Haus.", "Haus ."),
        ("und/oder", "und / oder"),
        ("Arbeit/", "Arbeit /"),
        ("3-4", "3 - 4"),
        ("it's", "it's"),
        ("it’s", "it ’s"),
        ("Autor(in)nen", "Autor ( in ) nen"),
        ("Wort–", "Wort–"),
        ("„Ja“,", "„ Ja “ ,"),
    ],
)
def test_german_pieces_are_split_as_the_reference_splits_them(piece, tokens):
    assert list(Splitter("de").split(piece)) == tokens.split()
    assert batch(piece, "de") == tokens.split()


@settings(max_examples=400, deadline=None)
@given(st.text(st.sampled_from(MARKS), max_size=60))
def test_tokens_are_all_of_the_text_but_its_spaces(text):
    assert "".join(batch(text)) == "".join(text.split())
    assert "".join(one_by_one(text)) == "".join(text.split())


HARD = (
    "don't Mr. e.g. it's (well-known) wait... 10km 5% foo.Bar http://a.bc/d 3-4 :) "
    "[1] U.S. a/b d’« s’ Wort–. (a)b 1. 5. z.B. a--b a!b und/oder 2.5 cannot, «so» "
    "“yes,” x_y C++ … - -- -5 $5 €7 1,000.50 im its were id. co."
)
WORDS = st.sampled_from(HARD.split())


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=30), st.sampled_from(["en", "de", ""]))
def test_the_batch_splits_as_the_splitter(words, kind):
    text = " ".join(words)
    assert batch(text, kind) == one_by_one(text, kind)


INSIDE = (
    "a ab abc 1 12 : ; = / \\ _ ' ’ s D x o and or w lovin Goin Ol 'm don't :-) :D (o: vs Mr "
    ", ( ) . °C и \u0301 ١ http 5km 𠀀 𝔘 中 가 अ"
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(INSIDE.split()), max_size=7).map("".join), max_size=20),
    st.sampled_from(["en", "de", ""]),
)
def test_marks_inside_of_words_are_read_as_without_the_kernel(words, kind):
    batch(" ".join(words), kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ab=lovin' ab=cd@١.٢.٣.٤ and/or xand/or ab:D ab/Mr. ab_cd.com ab_cd. ab;cd ab=12", "en"),
        ("l’intérêt l’s c’est. ab’cd.ef a_b’c \\ab'cd \\ab. don't", ""),
        ("00=𠀀0 ab_𠀀 ab/中b ab:𝔘b ab;अab", "en"),
    ],
)
def test_marks_inside_of_words_are_read_as_the_splitter_reads_them(text, kind):
    assert batch(text, kind) == one_by_one(text, kind)


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        st.one_of(
            st.sampled_from(MARKS + "\x85\u2028ßΣЖӁ٣अकम्กあ가°€™😀𝔘𐐀𠀀\ud800"), st.characters()
        )
    ),
    st.sampled_from(["en", "de", ""]),
)
def test_any_text_is_split_without_loss(text, kind):
    assert "".join(batch(text, kind)) == "".join(text.split())


def test_every_character_is_split_as_without_the_kernel():
    characters = [chr(c) for c in (*range(0xD800), *range(0xE000, 0x30000, 7))]
    for kind in ("en", "de"):
        batch(" ".join(f"a{c}b 1{c}2 {c}. ({c}) {c}{c}" for c in characters), kind)


def test_real_text_is_split_as_the_splitter_splits_it():
    text = "\n".join(line for page in read_pages(500).values() for line in page)
    for kind in ("en", ""):
        assert batch(text, kind) == one_by_one(text, kind)


@pytest.mark.skipif(kernel.compiled is None, reason="no compiled kernel")
def test_the_kernel_refuses_what_does_not_fit():
    codes, classes = np.zeros(2, np.uint32), np.zeros(2, np.uint16)
    words, kind = WordSet(["a"]), (False, True)
    sets = words.hashes, words.seen, words.hashes, words.seen, 1
    compiled = kernel.compiled.cut_words
    for wrong in (("abc", codes, classes, *kind, *sets), ("ab", codes, classes[:1], *kind, *sets)):
        with pytest.raises(ValueError, match="do not fit"):
            compiled(*wrong, {}, list)
    with pytest.raises(ValueError, match="do not fit"):
        compiled("ab", codes, classes, *kind, words.hashes, words.seen[:9], *sets[2:], {}, list)
    rare = np.full(2, charclass.RARE, np.uint16)
    with pytest.raises(TypeError, match="tuples"):
        compiled("ab", codes, rare, *kind, *sets, {}, list)
    with pytest.raises(ZeroDivisionError):
        compiled("ab", codes, rare, *kind, *sets, {}, lambda _: 1 / 0)


def test_long_pieces_take_linear_time():
    for piece in ("(" * 200_000, "a." * 100_000, "-" * 200_000, "a-" * 100_000, "x" * 200_000):
        assert "".join(batch(piece)) == piece


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.data())
def test_equal_stretches_have_equal_hashes(text, data):
    both = text + " " + text
    codes = np.frombuffer(both.encode("utf-32-le", "surrogatepass"), np.uint32)
    hashes = PrefixHash(codes)
    first = data.draw(st.integers(0, len(text)))
    last = data.draw(st.integers(first, len(text)))
    shift = len(text) + 1
    one = hashes.between(np.array([first]), np.array([last]))
    two = hashes.between(np.array([first + shift]), np.array([last + shift]))
    assert one == two


def test_word_sets_find_their_words_only():
    words = WordSet(["the", "of", "ƒ"])
    codes = np.frombuffer("the of oft ƒ".encode("utf-32-le"), np.uint32)
    hashes = PrefixHash(codes).between(np.array([0, 4, 7, 11]), np.array([3, 6, 10, 12]))
    assert words.find(hashes).tolist() == [0, 1, -1, 2]
    assert WordSet([]).find(hashes).tolist() == [-1] * 4


@pytest.mark.parametrize(
    ("line", "marked", "running"),
    [
        ("", 0, 0),
        ("One.", 1, 1),
        ("One. Two! Three?", 3, 3),
        ('He said "Stop." Then he left.', 2, 2),
        ("Dr. Smith met Mr. Jones.", 1, 1),
        ("It costs 2.50 euros.", 1, 1),
        ("No end", 1, 1),
        ("Wait... what?", 1, 1),
        ("J. Smith wrote it. It sold.", 2, 2),
    ],
)
def test_sentences(line, marked, running):
    assert count_marked(line) == marked
    assert count_sentences(line) == running
