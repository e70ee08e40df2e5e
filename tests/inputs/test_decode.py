"""Bytes in any encoding become text, and nothing makes it fail."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.inputs.decode import declared_charset, decode, python_codec

GERMAN = (
    "Die Straße führt über die Brücke, und am Abend gehen die Leute spazieren. Größere Häuser "
    "stehen am Ufer, dahinter beginnt der Wald. Später kommt der Regen, und alle laufen zurück."
)
FRENCH = (
    "L’été dernier, nous avons traversé la forêt à pied. Les enfants étaient fatigués, mais très "
    "heureux d’être là. Où irons-nous cette année ? Ça dépendra de la météo – peut-être à la mer."
)
JAPANESE = (
    "昨日は天気がよかったので、家族と公園へ行きました。桜の花がとてもきれいに咲いていました。"
    "お弁当を食べてから、子どもたちは夕方まで遊びました。"
)
CHINESE = (
    "昨天天气很好，我们全家去公园散步。公园里的花开得非常漂亮，孩子们在草地上玩耍。"
    "晚上我们回家做饭，然后一起看电视。"
)
TAIWANESE = (
    "昨天天氣很好，我們全家去公園散步。公園裡的花開得非常漂亮，孩子們在草地上玩耍。"
    "晚上我們回家做飯，然後一起看電視。"
)
KOREAN = (
    "어제는 날씨가 좋아서 가족과 함께 공원에 갔습니다. 꽃이 아주 예쁘게 피어 있었습니다. "
    "아이들은 저녁까지 잔디밭에서 놀았습니다."
)
RUSSIAN = (
    "Вчера была хорошая погода, и мы всей семьёй гуляли в парке. Цветы были очень красивые, "
    "дети играли на траве. Вечером мы вернулись домой и приготовили ужин."
)
POLISH = (
    "Wczoraj była ładna pogoda, więc poszliśmy całą rodziną do parku. Kwiaty pięknie kwitły, "
    "a dzieci bawiły się na trawie. Wieczorem wróciliśmy do domu i zjedliśmy kolację."
)
GREEK = (
    "Χθες ο καιρός ήταν καλός και πήγαμε όλοι μαζί στο πάρκο. Τα λουλούδια ήταν πολύ όμορφα "
    "και τα παιδιά έπαιζαν στο γρασίδι."
)

TEXTS = [
    ("cp1252", GERMAN),
    ("cp1252", FRENCH),
    ("shift_jis", JAPANESE),
    ("euc_jp", JAPANESE),
    ("iso2022_jp", JAPANESE),
    ("gb18030", CHINESE),
    ("gbk", CHINESE),
    ("big5", TAIWANESE),
    ("euc_kr", KOREAN),
    ("cp1251", RUSSIAN),
    ("koi8_r", RUSSIAN),
    ("iso8859_2", POLISH),
    ("cp1250", "„Co?” – " + POLISH),
    ("cp1253", GREEK),
    ("utf-8", GERMAN),
    ("utf-8", KOREAN),
]
IDS = [f"{codec}-{text[:6]}" for codec, text in TEXTS]


def _page(text):
    return (
        "<!DOCTYPE html><html><head><title>Page</title><style>p { color: red }</style></head>"
        f'<body><div class="main"><p>{text}</p></div></body></html>'
    )


@pytest.mark.parametrize(("codec", "text"), TEXTS, ids=IDS)
def test_undeclared_text_is_detected(codec, text):
    assert decode(text.encode(codec)) == text
    assert decode(_page(text).encode(codec), html=True) == _page(text)


@pytest.mark.parametrize(("codec", "text"), TEXTS, ids=IDS)
@pytest.mark.parametrize("short", [False, True])
def test_declared_text_is_read_as_declared(codec, text, short):
    text = text[:12] if short else text
    assert decode(text.encode(codec), charset=codec) == text
    page = _page(text).replace("<head>", f'<head><meta charset="{codec.replace("_", "-")}">')
    assert decode(page.encode(codec), html=True) == page
    assert decode(page.encode(codec), charset="no-such-thing", html=True) == page


@pytest.mark.parametrize(("codec", "text"), TEXTS, ids=IDS)
def test_what_is_declared_as_utf_8_and_is_not(codec, text):
    assert decode(text.encode(codec), charset="utf-8") == text


@pytest.mark.parametrize(
    ("codec", "text"),
    [(codec, text) for codec, text in TEXTS if text not in (POLISH, "„Co?” – " + POLISH)],
)
def test_what_is_declared_as_latin_1_and_is_not(codec, text):
    assert decode(text.encode(codec), charset="ISO-8859-1") == text
    assert decode(_page(text).encode(codec), charset="ISO-8859-1", html=True) == _page(text)


@pytest.mark.parametrize("text", [GERMAN, KOREAN, RUSSIAN, CHINESE, "ASCII only, a few words.\n"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings(codec, text):
    mark = {
        "utf-16-le": codecs.BOM_UTF16_LE,
        "utf-16-be": codecs.BOM_UTF16_BE,
        "utf-32-le": codecs.BOM_UTF32_LE,
        "utf-32-be": codecs.BOM_UTF32_BE,
    }[codec]
    assert decode(mark + text.encode(codec), charset="windows-1252") == text
    lines = (text + "\n") * 3
    assert decode(lines.encode(codec)) == lines
    assert decode(_page(text).encode(codec), charset="utf-8", html=True) == _page(text)


def test_the_mark_of_utf_8_goes():
    assert decode(codecs.BOM_UTF8 + GERMAN.encode()) == GERMAN


def test_utf_8_with_a_few_bad_bytes_stays_utf_8():
    data = RUSSIAN.encode()
    assert decode(data[:-1], charset="windows-1251") == RUSSIAN[:-1] + "."[:0]
    cut = (RUSSIAN + "я").encode()[:-1]
    assert decode(cut, charset="windows-1251") == RUSSIAN + "\ufffd"
    mixed = GERMAN.encode() * 3 + b"\xe4" + GERMAN.encode() * 3
    assert decode(mixed) == GERMAN * 3 + "\ufffd" + GERMAN * 3


def test_bytes_that_an_encoding_does_not_know_are_replaced():
    assert decode(b"caf\xe9 \x81 cr\xe8me", charset="windows-1252") == "café \ufffd crème"
    broken = JAPANESE.encode("shift_jis") * 3 + b"\x85"
    assert decode(broken, charset="shift_jis") == JAPANESE * 3 + "\ufffd"


def test_nul_bytes_go():
    assert decode(b"one\0two\0\0 three") == "onetwo three"
    assert decode(("Größe " * 30).encode("cp1252") + b"\0") == "Größe " * 30
    assert decode(b"\0" * 100) == ""
    assert decode("a\0b".encode("utf-16")) == "ab"


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        (b'<meta charset="Shift_JIS">', "shift_jis"),
        (b"<META CHARSET=koi8-r />", "koi8-r"),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
            "windows-1251",
        ),
        (b"<?xml version='1.0' encoding='EUC-JP'?>", "euc-jp"),
        (b"<p>charset=utf-8</p>", ""),
        (b"<!-- x -->" * 1000 + b"<meta charset=utf-8>", ""),
        (b"", ""),
    ],
)
def test_what_a_page_declares(head, charset):
    assert declared_charset(head) == charset


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("latin1", "cp1252"),
        ("US-ASCII", "cp1252"),
        (" 'gb2312' ", "gb18030"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("hex", ""),
        ("undefined", ""),
        ("idna", ""),
        ("unicode_escape", ""),
        ("no such thing", ""),
        ("a\0b", ""),
        ("x" * 10_000, ""),
        ("", ""),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label, codec):
    assert python_codec(label) == codec


LABELS = st.sampled_from(
    [
        "",
        "utf-8",
        "utf-16",
        "shift_jis",
        "iso-2022-jp",
        "hz",
        "big5",
        "utf-7",
        "cp1252",
        "undefined",
    ]
)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300), charset=LABELS | st.text(max_size=8), html=st.booleans())
def test_no_bytes_make_it_fail(data, charset, html):
    text = decode(data, charset=charset, html=html)
    assert "\0" not in text
    text.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=300), charset=LABELS)
def test_utf_8_comes_back_as_it_was(text, charset):
    data = text.replace("\0", "").removeprefix("\ufeff").encode()
    if b"\x1b" not in data:
        assert decode(data, charset=charset) == data.decode()
