"""Each option of `clean` does what its help says, and nothing else."""

import pytest
from page_files import DATE, GERMAN, SENTENCES, WIDGET, html, jsonl, packed, parquet, text, write

A, B = "https://a.example/1", "https://b.example/1"
EDITED = SENTENCES[0].replace("hour", "day")
FOUR_WORDS = "Seven loaves of rye"


@pytest.fixture
def two_pages(tmp_path):
    """Two dated pages: one English, one German with an exact and a near copy from the first."""
    records = [
        {
            "url": A,
            "date": DATE % 1,
            "text": text(
                FOUR_WORDS, *SENTENCES[:2], FOUR_WORDS, SENTENCES[2], SENTENCES[2], *WIDGET
            ),
        },
        {
            "url": B,
            "date": DATE % 2,
            "text": text(GERMAN[0], FOUR_WORDS, GERMAN[1], *GERMAN[::-1], EDITED, SENTENCES[1]),
        },
    ]
    return write(tmp_path / "in.jsonl", jsonl(*records))


def rules(ran):
    """(URL's host, rule, text) of every receipt."""
    return {(one["url"][8], one["rule"], one["text"]) for one in ran.receipts}


DUPLICATES = {
    ("a", "duplicate.exact", SENTENCES[2]),
    ("b", "duplicate.exact", GERMAN[0]),
    ("b", "duplicate.exact", GERMAN[1]),
}
ACROSS = {("b", "duplicate.near", EDITED), ("b", "duplicate.exact", SENTENCES[1])}
COMMENTS = {("a", "comments.blogger", line) for line in WIDGET}
SHORT = {("a", "duplicate.exact", FOUR_WORDS)}
SHORT_ACROSS = {("b", "duplicate.exact", FOUR_WORDS)}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], DUPLICATES | ACROSS | COMMENTS),
        (["--dedup=page"], DUPLICATES | COMMENTS),
        (["--dedup=none"], COMMENTS),
        (
            ["--near-duplicates=off"],
            (DUPLICATES | ACROSS | COMMENTS) - {("b", "duplicate.near", EDITED)},
        ),
        (["--radius=0"], (DUPLICATES | ACROSS | COMMENTS) - {("b", "duplicate.near", EDITED)}),
        (["--min-words=200"], COMMENTS),
        (["--min-words=4"], DUPLICATES | ACROSS | COMMENTS | SHORT | SHORT_ACROSS),
        (["--short-duplicates=page"], DUPLICATES | ACROSS | COMMENTS | SHORT),
        (
            ["--short-duplicates=corpus"],
            DUPLICATES | ACROSS | COMMENTS | SHORT | SHORT_ACROSS,
        ),
        (["--rules=none", "--dedup=none"], set()),
        (["--rules=comments", "--dedup=none"], COMMENTS),
        (["--rules=comments.blogger", "--dedup=none"], COMMENTS),
        (["--rules=-comments"], DUPLICATES | ACROSS),
        (["--rules=all,-comments.blogger", "--dedup=none"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_removed(clean, two_pages, options, expected):
    ran = clean(two_pages, options=options)
    assert ran.status == 0, ran.err
    assert rules(ran) == expected
    texts = ran.texts()
    if "--rules=none" in options:
        assert WIDGET[1] in texts[A].split("\n")
    assert SENTENCES[0] in texts[A]


def test_number_variants_can_stay(clean, tmp_path):
    line = "The tram runs every 31 minutes between the river and the old market in the north."
    records = [
        {"url": A, "date": DATE % 1, "text": line},
        {"url": B, "date": DATE % 2, "text": text(line.replace("31", "37"), SENTENCES[0])},
    ]
    path = write(tmp_path / "in.jsonl", jsonl(*records))
    assert {rule for _, rule, _ in rules(clean(path))} == {"duplicate.near"}
    ran = clean(path, options=["--keep-number-variants"], output=tmp_path / "kept")
    assert ran.receipts == []
    assert line.replace("31", "37") in ran.texts()[B]


def test_only_wanted_languages_stay_and_the_rest_has_receipts(clean, tmp_path):
    path = write(
        tmp_path / "in.jsonl",
        jsonl(
            {"url": A, "date": DATE % 1, "text": text(*SENTENCES[:2])},
            # A dropped page takes no part in deduplication: it must not keep what others hold.
            {"url": B, "date": DATE % 2, "text": text(*GERMAN)},
            {"url": "https://c.example/", "date": DATE % 3, "text": text(*GERMAN)},
        ),
    )
    ran = clean(path, options=["--languages=DE"])
    assert ran.texts() == {B: text(*GERMAN)}
    dropped = [one for one in ran.receipts if one["url"] == A]
    assert [(one["rule"], one["text"]) for one in dropped] == [
        ("page.language", sentence) for sentence in SENTENCES[:2]
    ]
    assert dropped[0]["evidence"] == "en 1.00 is not among de"
    assert ran.run["pages"]["dropped"] == {"empty": 1, "language": 1}
    both = clean(path, options=["--languages=en,de"], output=tmp_path / "both")
    assert set(both.texts()) == {A, B}


def test_pages_below_the_least_language_score_go(clean, tmp_path):
    mixed = text(*(one for pair in zip(SENTENCES, GERMAN, strict=False) for one in pair))
    path = write(
        tmp_path / "in.jsonl", jsonl({"url": A, "text": mixed}, {"url": B, "text": SENTENCES[7]})
    )
    ran = clean(path, options=["--min-language-score=0.99"])
    assert set(ran.texts()) == {B}
    assert {one["rule"] for one in ran.receipts} == {"page.language_score"}
    assert all(one["evidence"].endswith("is under 0.99") for one in ran.receipts)


@pytest.mark.parametrize("kind", ["jsonl.gz", "jsonl.zst", "parquet"])
def test_every_output_format_holds_the_same_records(clean, two_pages, kind):
    ran = clean(two_pages, options=[f"--format={kind}"])
    (part,) = (ran.output / "documents").iterdir()
    assert part.name == f"part-000000.{kind}"
    first, second = ran.documents
    assert first["text"] == text(FOUR_WORDS, *SENTENCES[:2], FOUR_WORDS, SENTENCES[2])
    assert second["text"] == text(GERMAN[0], FOUR_WORDS, GERMAN[1])
    assert (second["created"], second["metadata"]["language"]) == (DATE % 2, "de")
    assert second["metadata"]["url"] == B
    assert len(ran.receipts) == 7


def test_without_receipts_all_else_is_the_same(clean, two_pages, tmp_path):
    on = clean(two_pages)
    off = clean(two_pages, options=["--removed=off"], output=tmp_path / "off")
    assert not (off.output / "removed").exists()
    assert off.bytes == {name: data for name, data in on.bytes.items() if "removed" not in name}
    assert off.run["paragraphs"] == on.run["paragraphs"]
    assert off.run["digest"] == on.run["digest"]


def test_names_and_times_are_as_they_were_given(clean, two_pages, tmp_path):
    ran = clean(two_pages, options=["--run-name=nightly-7", "--source=the crawl"])
    assert {one["run"] for one in ran.receipts} == {"nightly-7"} == {ran.run["run"]}
    assert {(one["source"], one["added"]) for one in ran.documents} == {
        ("the crawl", "2024-05-01T10:00:00.000Z")
    }
    derived = clean(two_pages, output=tmp_path / "derived")
    assert derived.run["run"] == "run-20240501T100000000Z"
    assert {one["source"] for one in derived.documents} == {"in.jsonl"}


def test_fields_can_have_other_names(clean, tmp_path):
    record = {
        "address": A,
        "body": SENTENCES[0],
        "text": "not this one",
        "seen": "2024-03-01",
        "key": "k-1",
    }
    options = ["--url-field=address", "--text-field=body", "--date-field=seen", "--id-field=key"]
    for path in (
        write(tmp_path / "in.jsonl", jsonl(record)),
        parquet(tmp_path / "in.parquet", record),
    ):
        ran = clean(path, options=options, output=tmp_path / f"out-{path.suffix}")
        (document,) = ran.documents
        assert (document["text"], document["created"]) == (SENTENCES[0], DATE % 1)
        assert document["metadata"]["url"] == A
        assert document["metadata"]["source_id"] == "k-1"
    page = {"url": A, "markup": html(*SENTENCES[:3]), "html": "<p>no</p>"}
    path = write(tmp_path / "html.jsonl", jsonl(page))
    ran = clean(path, options=["--html-field=markup"], output=tmp_path / "html")
    assert SENTENCES[1] in ran.documents[0]["text"]


def test_the_format_can_be_forced(clean, tmp_path):
    path = write(tmp_path / "pages.data.gz", packed(jsonl({"url": A, "text": SENTENCES[0]}), ".gz"))
    assert clean(path).refused("its name does not tell its format")
    ran = clean(path, options=["--input-format=jsonl"])
    assert ran.texts() == {A: SENTENCES[0]}


def test_several_patterns_name_each_file_once(clean, tmp_path):
    for n, sentence in enumerate(SENTENCES[:4]):
        write(tmp_path / "in" / f"{n}.txt", sentence)
    folder = tmp_path / "in"
    ran = clean(f"{folder}/0.txt,{folder}/[01].txt", f"{folder}/3*", f"{folder}/3.txt")
    assert sorted(ran.texts().values()) == sorted([SENTENCES[0], SENTENCES[1], SENTENCES[3]])
    whole = clean(folder, output=tmp_path / "whole")
    assert sorted(whole.texts().values()) == sorted(SENTENCES[:4])


def test_too_many_rejects_give_status_3_but_the_output_stands(clean, tmp_path):
    path = write(tmp_path / "in.jsonl", jsonl({"url": A, "text": SENTENCES[0]}) + b"{bad\n")
    ran = clean(path, options=["--max-reject-ratio=0.49"])
    assert ran.status == 3
    (line,) = ran.err.splitlines()[1:]
    assert "1 of 2 pages were rejected, more than --max-reject-ratio=0.49" in line
    assert str(ran.output / "rejected") in line
    assert ran.texts() == {A: SENTENCES[0]}
    assert clean(path, options=["--max-reject-ratio=0.5"], output=tmp_path / "ok").status == 0


def test_a_finished_run_is_replaced_only_on_request(clean, two_pages, tmp_path):
    first = clean(two_pages)
    before = first.bytes
    assert clean(two_pages).refused("already holds a run; choose another folder or add --overwrite")
    assert first.bytes == before
    other = write(tmp_path / "other.txt", SENTENCES[6])
    ran = clean(other, options=["--overwrite"])
    assert ran.status == 0, ran.err
    assert list(ran.texts().values()) == [SENTENCES[6]]
    assert ran.receipts == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "other.txt", "out"]


def test_a_larger_page_than_permitted_is_rejected(clean, tmp_path):
    path = write(
        tmp_path / "in.jsonl",
        jsonl({"url": A, "text": SENTENCES[0]}, {"url": B, "text": text(*SENTENCES * 20)}),
    )
    ran = clean(path, options=["--max-page-bytes=2000"])
    assert set(ran.texts()) == {A}
    (reject,) = ran.rejects
    assert (reject["reason"], reject["file"]) == ("too_large", str(path))
    assert reject["offset"] == len(path.read_bytes().split(b"\n")[0]) + 1


def test_both_language_engines_give_the_same_bytes(clean, two_pages, tmp_path):
    options = ["--language-engine=langdetect"]
    assert clean(two_pages).bytes == clean(two_pages, options=options, output=tmp_path / "2").bytes


def test_the_fast_extractor_says_nothing_of_what_it_leaves_out(clean, tmp_path):
    page = html(*(f"{one} {two}" for one, two in zip(SENTENCES, SENTENCES[::-1], strict=True)))
    page = page.replace("<body>", "<body><nav><a href=/>Home page</a></nav>")
    ran = clean(write(tmp_path / "in.html", page), options=["--extractor=fast", "--dedup=none"])
    (document,) = ran.documents
    assert f"{SENTENCES[0]} {SENTENCES[7]}" in document["text"]
    assert "Home page" not in document["text"]
