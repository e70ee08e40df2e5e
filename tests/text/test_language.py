"""The language of a page: langdetect's own answers, whichever engine, and the rules around them."""

import json
import os
from pathlib import Path

import langdetect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.text.language import LANGUAGES, Language, LanguageDetector, sample

SOURCES = Path(__file__).resolve().parents[2] / "samples" / "sources"
RUST, PYTHON = LanguageDetector("langdetect-rs"), LanguageDetector("langdetect")
ENGINES = pytest.mark.parametrize("detector", [RUST, PYTHON], ids=["langdetect-rs", "langdetect"])

ENGLISH = "The ferry to the island leaves every hour from the old stone pier near the market."
GERMAN = "Die Fähre zur Insel fährt jede Stunde vom alten Steg neben dem Marktplatz ab."
TRADITIONAL = "該公司於二零零三年成立，總部設於香港灣仔"
KOREAN = "섬으로 가는 배는 매시간 오래된 돌 부두에서 출발하며 표는 배 위에서 살 수 있습니다."
UNKNOWN = {
    "Georgian": "გემი კუნძულზე ყოველ საათში გადის ძველი ქვის ნავმისადგომიდან ბაზრის მახლობლად.",
    "Armenian": "Նավը ամեն ժամ մեկնում է շուկայի մոտ գտնվող հին քարե նավամատույցից.",
    "Amharic": "ጀልባው በየሰዓቱ ከአሮጌው የድንጋይ መድረክ ይነሳል እና ትኬቶች በመርከቡ ላይ ይሸጣሉ",
    "Tibetan": "བོད་ཀྱི་སྐད་ཡིག་ནི་བོད་མི་རིགས་ཀྱི་སྐད",
    "Khmer": "ទូកទៅកោះចេញដំណើររៀងរាល់ម៉ោងពីផែថ្មចាស់នៅជិតផ្សារ",
    "Burmese": "ကျွန်းသို့သွားသော သင်္ဘောသည် နာရီတိုင်း ဈေးအနီးမှ ထွက်သည်",
    "Sinhala": "දිවයිනට යන තොටුපළ සෑම පැයකටම වරක් වෙළඳපොළ අසල පැරණි ජැටියෙන් පිටත් වේ",
    "Lao": "ເຮືອໄປເກາະອອກທຸກຊົ່ວໂມງຈາກທ່າເຮືອຫີນເກົ່າໃກ້ຕະຫຼາດ",
}


def real_texts():
    """Paragraphs of the sample pages, and pieces of them: some twenty languages."""
    for path in sorted(SOURCES.rglob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        yield "\n".join(lines)
        for line in lines:
            yield from (line, line[:40], line[len(line) // 2 :])


def by_langdetect(text):
    """What langdetect itself says, without any rule of ours."""
    langdetect.DetectorFactory.seed = 0
    try:
        best = langdetect.detect_langs(text)[0]
    except langdetect.LangDetectException:
        return Language("und", 0.0)
    return Language(best.lang, round(best.prob, 6))


def expected(text):
    """langdetect's answer with our two rules."""
    if sum(c.isalpha() for c in text) < 10:
        return Language("und", 0.0)
    code, score = by_langdetect(text)
    if code == "ko" and not any(
        "\uac00" <= c <= "\ud7a3" or "\u3130" <= c <= "\u318f" for c in text
    ):
        code = "zh-tw"
    return Language(code, score)


def test_real_texts_get_langdetects_answers_from_both_engines():
    texts = list(real_texts())
    answers = RUST.detect(texts)
    assert len({answer.code for answer in answers}) > 10
    assert answers == PYTHON.detect(texts)
    assert answers == [expected(text) for text in texts]


@pytest.mark.slow
@pytest.mark.eval
def test_labelled_texts_get_langdetects_answers():
    folder = os.environ.get("PAGESIEVE_EVAL")
    if not folder:
        pytest.skip("PAGESIEVE_EVAL names no folder of labelled data")
    with (Path(folder) / "languages" / "pages.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    assert len(texts) > 1000
    assert RUST.detect(texts) == PYTHON.detect(texts)


@given(
    st.text(
        st.one_of(
            st.characters(max_codepoint=0x24F),
            st.characters(min_codepoint=0x370, max_codepoint=0x11FF),
            st.characters(min_codepoint=0x3040, max_codepoint=0xD7FF),
            st.sampled_from(list(" .,0123456789\n\x00\ufffd\U0001f600\u202e")),
        ),
        max_size=200,
    )
)
@settings(derandomize=True, max_examples=250, deadline=None)
def test_random_texts_get_langdetects_answers_from_both_engines(text):
    (answer,) = RUST.detect([text])
    assert answer == PYTHON.detect([text])[0]
    assert 0 <= answer.score <= 1
    assert answer.code in LANGUAGES


@ENGINES
@pytest.mark.parametrize(
    "text",
    ["", " ", "1234567890 1234567890", "ok then", "!!!! ???? ----", "\x00\ud800", "a1b2c3d4e"],
)
def test_too_little_text_has_no_language(detector, text):
    assert detector.detect([text]) == [Language("und", 0.0)]


@ENGINES
@pytest.mark.parametrize("name", UNKNOWN)
def test_a_script_that_langdetect_does_not_know_has_no_language(detector, name):
    text = UNKNOWN[name]
    assert detector.detect([text, ENGLISH + text[:20]]) == [
        Language("und", 0.0),
        by_langdetect(ENGLISH + text[:20]),
    ]


def test_langdetect_itself_is_sure_of_what_it_does_not_know():
    assert by_langdetect(UNKNOWN["Georgian"]).score > 0.99
    with pytest.raises(langdetect.LangDetectException):
        langdetect.detect_langs(UNKNOWN["Amharic"])


@ENGINES
def test_korean_is_written_in_hangul(detector):
    # langdetect takes Chinese in traditional characters for Korean.
    assert by_langdetect(TRADITIONAL).code == "ko"
    assert [found.code for found in detector.detect([TRADITIONAL, KOREAN])] == ["zh-tw", "ko"]
    mixed = KOREAN + TRADITIONAL
    assert detector.detect([mixed])[0].code == by_langdetect(mixed).code


@ENGINES
def test_answers_depend_on_the_text_alone(detector):
    texts = [ENGLISH, GERMAN, ENGLISH[:30] + GERMAN[:30], "Das ist a mixed Satz of words"]
    alone = [detector.detect([text])[0] for text in texts]
    assert detector.detect(texts) == alone
    assert detector.detect(texts[::-1]) == alone[::-1]
    assert [LanguageDetector("langdetect-rs").detect([text])[0] for text in texts] == alone
    assert alone[0].code == "en"
    assert alone[1].code == "de"


def test_every_code_of_langdetect_can_be_asked_for():
    langdetect.detect(ENGLISH)
    profiles = Path(langdetect.__file__).parent / "profiles"
    assert {path.name for path in profiles.iterdir()} | {"und"} == LANGUAGES


def test_short_lines_inherit_the_language_of_the_long_ones():
    menu = ["Startseite", "Über uns", "Kontakt und Impressum", "Nach oben"]
    assert sample([*menu, ENGLISH, *menu]) == ENGLISH
    assert RUST.detect_pages([[*menu, ENGLISH, *menu], menu, []]) == [
        RUST.detect([ENGLISH])[0],
        RUST.detect(["\n".join(menu)])[0],
        Language("und", 0.0),
    ]


def test_a_page_within_the_limit_is_taken_whole():
    paragraphs = [ENGLISH, GERMAN, ENGLISH]
    assert sample(paragraphs) == "\n".join(paragraphs)
    assert sample(["kurz", "auch kurz"]) == "kurz\nauch kurz"
    assert sample([]) == ""


def test_of_a_long_page_every_part_is_heard():
    paragraphs = [f"{n:03d} " + ENGLISH * 3 for n in range(40)]
    taken = sample(paragraphs).split("\n")
    assert [line[:3] for line in taken] == [f"{n:03d}" for n in range(40)]
    assert all(
        line == paragraph[: len(line)] for line, paragraph in zip(taken, paragraphs, strict=True)
    )
    assert 3500 < sum(map(len, taken)) <= 4100


@pytest.mark.parametrize("count", [500, 5000, 50_000])
def test_the_sample_of_a_very_long_page_is_bounded(count):
    paragraphs = [f"{n:05d} {ENGLISH}" for n in range(count)]
    taken = sample(paragraphs)
    assert 3000 < len(taken) <= 6000
    numbers = [int(line[:5]) for line in taken.split("\n")]
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    assert numbers[-1] > 0.9 * count
    assert len(sample(["x" * 10_000_000])) == 4000
