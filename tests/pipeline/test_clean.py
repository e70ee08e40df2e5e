"""Whole runs: what comes out of every kind of input, and that each removal is explained."""

from pathlib import Path

import pytest
from page_files import (
    DATE,
    GERMAN,
    SENTENCES,
    WIDGET,
    html,
    jsonl,
    packed,
    parquet,
    text,
    warc,
    write,
)
from simhash import Simhash

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
BLOG = (
    *SENTENCES[:4],
    SENTENCES[2],
    SENTENCES[3],
    *SENTENCES[4:6],
    SENTENCES[5],
    *WIDGET,
)


def distance(one, other):
    return Simhash(one).distance(Simhash(other))


def check_receipts(ran):
    """Each removed duplicate names a paragraph that stays, with the text it is said to repeat."""
    pages = ran.pages()
    urls = {one["id"]: one["metadata"]["url"] for one in ran.documents}
    gone = {(one["id"], one["paragraph"]) for one in ran.receipts}
    for receipt in ran.receipts:
        assert receipt["run"] == ran.run["run"]
        if not receipt["rule"].startswith("duplicate."):
            assert "keeper" not in receipt
            assert "distance" not in receipt
            continue
        keeper = receipt["keeper"]
        assert urls[keeper["id"]] == keeper["url"]
        assert (keeper["id"], keeper["paragraph"]) not in gone
        kept = pages[keeper["id"]][keeper["paragraph"]]
        assert kept in ran.document(keeper["url"])["text"].split("\n")
        if receipt["rule"] == "duplicate.exact":
            assert receipt["distance"] == 0
            assert "".join(filter(str.isalnum, kept.lower())) == "".join(
                filter(str.isalnum, receipt["text"].lower())
            )
        elif "which repeats" not in receipt["evidence"]:
            assert receipt["distance"] == distance(kept, receipt["text"])
    return [one for one in ran.receipts if "keeper" in one]


def check_counts(ran):
    """run.json says what documents/, removed/ and rejected/ hold."""
    run, documents, receipts = ran.run, ran.documents, ran.receipts
    assert run["conservation"] == {"holds": True, "broken": []}
    assert run["pages"]["written"] == len(documents)
    assert sum(run["pages"]["rejected"].values()) == len(ran.rejects)
    pages = ran.pages()
    assert run["pages"]["read"] == len(pages) + len(ran.rejects)
    assert run["paragraphs"]["in"] == sum(map(len, pages.values()))
    assert run["paragraphs"]["kept"] == sum(len(one["text"].split("\n")) for one in documents)
    counted = {}
    for receipt in receipts:
        counted[receipt["rule"]] = counted.get(receipt["rule"], 0) + 1
    dropped = {f"page.{reason}": n for reason, n in run["paragraphs"]["dropped"].items()}
    assert run["paragraphs"]["removed"] | dropped == counted
    languages = [one["metadata"]["language"] for one in documents]
    assert run["languages"] == {code: languages.count(code) for code in set(languages)}
    for document in documents:
        mine = [one["rule"] for one in receipts if one["id"] == document["id"]]
        assert document["metadata"]["removed"] == {rule: mine.count(rule) for rule in set(mine)}
        assert document["metadata"]["paragraphs_out"] == len(document["text"].split("\n"))


def test_a_blog_page_as_text_loses_its_repeats_and_its_widget(clean, tmp_path):
    page = write(tmp_path / "in" / "post.txt", text(*BLOG) + "\n")
    ran = clean(page)
    assert (ran.status, ran.err.count("\n")) == (0, 1)
    (document,) = ran.documents
    assert document["text"] == text(*SENTENCES[:6])
    assert document["source"] == "post.txt"
    known = {
        "url": f"file:{page}",
        "date": "",
        "language": "en",
        "paragraphs_in": 11,
        "paragraphs_out": 6,
        "removed": {"comments.blogger": 2, "duplicate.exact": 3},
    }
    assert document["metadata"].items() >= known.items()
    assert document["metadata"]["language_score"] > 0.99
    found = {one["paragraph"]: one for one in ran.receipts}
    assert {n: (one["rule"], one["text"]) for n, one in found.items()} == {
        4: ("duplicate.exact", SENTENCES[2]),
        5: ("duplicate.exact", SENTENCES[3]),
        8: ("duplicate.exact", SENTENCES[5]),
        9: ("comments.blogger", WIDGET[0]),
        10: ("comments.blogger", WIDGET[1]),
    }
    assert {n: one["keeper"]["paragraph"] for n, one in found.items() if "keeper" in one} == {
        4: 2,
        5: 3,
        8: 7,
    }
    assert "Post a Comment" in found[10]["evidence"]
    assert ran.pages() == {document["id"]: list(BLOG)}
    assert len(check_receipts(ran)) == 3
    check_counts(ran)
    assert ran.rejects == []
    assert sorted(path.name for path in ran.output.iterdir()) == [
        "card.md",
        "documents",
        "removed",
        "report.html",
        "run.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize("extension", ["", ".gz", ".zst"])
@pytest.mark.parametrize("kind", ["txt", "html", "jsonl", "warc", "wet"])
def test_every_format_and_compression_gives_the_same_text(clean, tmp_path, kind, extension):
    url = "https://a.example/1"
    content = {
        "txt": text(*BLOG).encode(),
        "html": html(*BLOG).encode(),
        "jsonl": jsonl({"url": url, "text": text(*BLOG)}),
        "warc": warc((url, html(*BLOG))),
        "wet": warc((url, text(*BLOG)), wet=True),
    }[kind]
    path = write(tmp_path / "in" / f"post.{kind}{extension}", packed(content, extension))
    ran = clean(path)
    assert ran.status == 0
    (document,) = ran.documents
    assert document["text"] == text(*SENTENCES[:6])
    given = kind in {"jsonl", "warc", "wet"}
    assert document["metadata"]["url"] == (url if given else f"file:{path}")
    if kind in {"warc", "wet"}:
        assert document["created"] == "2024-01-02T03:04:00.000Z" == document["metadata"]["date"]
    assert len(check_receipts(ran)) == 3
    check_counts(ran)


def test_parquet_gives_the_same_text(clean, tmp_path):
    path = parquet(
        tmp_path / "in.parquet", {"url": "https://a.example/1", "text": text(*BLOG), "id": 7}
    )
    ran = clean(path)
    (document,) = ran.documents
    assert document["text"] == text(*SENTENCES[:6])
    assert document["metadata"]["source_id"] == "7"
    check_counts(ran)


def test_the_samples_keep_what_their_readme_says(clean):
    kinds = ("txt", "html", "zst", "jsonl", "gz", "parquet")
    ran = clean(",".join(f"{SAMPLES}/*.{kind}" for kind in kinds))
    assert ran.status == 0, ran.err
    kept_on = {
        "summer-ferry": "islandpost",
        "marsh-road-flood": "marsh-road",
        "el-faro": "vecinosdelapunta",
        "tramwaj": "tramwaje-nad-rzeka",
        "le-lavoir": "vallee-infos",
        "almakhbaz": "akhbar-almarfa",
        "bienen": "imkerei",
        "skvorechniki": "ptitsy",
        "chaguan": "laojie",
        "ruadopoco": "diario_windows1252.html",
        "minato-kurashi": "nikki_shift_jis.html",
        "townhallwatch": "wordpress_post.html",
    }
    across = [one for one in check_receipts(ran) if one["keeper"]["url"] != one["url"]]
    for keeper, loser in kept_on.items():
        assert any(keeper in one["keeper"]["url"] and loser in one["url"] for one in across), keeper
    assert {(Path(one["file"]).name, one["reason"]) for one in ran.rejects} == {
        ("news.jsonl", "malformed"),
        ("cut_short.warc.gz", "truncated"),
    }
    check_counts(ran)
    languages = {one["metadata"]["language"] for one in ran.documents}
    assert {"en", "de", "es", "fr", "pt", "ja", "ru", "pl", "it", "ar", "zh-cn"} <= languages
    blog = ran.document("blog_page.txt")
    assert blog["metadata"]["removed"] == {"comments.blogger": 2, "duplicate.exact": 3}
    diario = ran.document("diario_windows1252.html")["text"]
    assert "\ufffd" not in diario
    assert any(sign in diario for sign in "“”€–")


def test_the_earlier_page_keeps_a_paragraph_whatever_the_order_of_input(clean, tmp_path):
    edited = SENTENCES[0].replace("hour", "day")
    first = {"url": "https://z.example/", "date": "2024-03-01", "text": text(*SENTENCES[:2])}
    later = {"url": "https://a.example/", "date": "2024-03-02", "text": text(edited, *GERMAN)}
    undated = {"url": "https://b.example/", "text": text(SENTENCES[1], SENTENCES[5])}
    path = write(tmp_path / "in.jsonl", jsonl(undated, later, first))
    ran = clean(path)
    assert ran.texts() == {
        "https://z.example/": text(*SENTENCES[:2]),
        "https://a.example/": text(*GERMAN),
        "https://b.example/": SENTENCES[5],
    }
    near, exact = sorted(check_receipts(ran), key=lambda one: one["url"])
    assert (near["rule"], near["text"]) == ("duplicate.near", edited)
    assert near["distance"] == distance(SENTENCES[0], edited) > 0
    assert (exact["rule"], exact["keeper"]["paragraph"]) == ("duplicate.exact", 1)
    assert ran.document("z.example/")["created"] == DATE % 1


def test_pages_keep_their_numbers_behind_one_that_fails(clean, tmp_path):
    # A page that fails in the middle of a batch, one that fails last in it, duplicates behind both.
    bad = {"url": "https://bad.example/", "html": "<div>" * 10_050 + "x"}
    records = [
        {
            "url": f"https://a.example/{n}",
            "date": DATE % 1,
            "text": f"Page {n:03d}. {SENTENCES[n % 8]}",
        }
        for n in range(62)
    ]
    records.insert(30, bad)
    records.append(bad | {"url": "https://bad.example/64"})
    records += [
        {"url": "https://b.example/1", "date": DATE % 2, "text": text(SENTENCES[0], GERMAN[0])},
        bad,
        {"url": "https://b.example/2", "date": DATE % 3, "text": text(GERMAN[0], GERMAN[1])},
        {"url": "https://b.example/3", "date": DATE % 4, "text": text(GERMAN[1], SENTENCES[7])},
    ]
    ran = clean(write(tmp_path / "in.jsonl", jsonl(*records)), options=["--radius=0"])
    assert ran.status == 0, ran.err
    assert [one["url"] for one in ran.rejects] == [
        "https://bad.example/",
        "https://bad.example/64",
        "https://bad.example/",
    ]
    found = {(one["url"], one["text"]): one["keeper"] for one in check_receipts(ran)}
    assert found["https://b.example/2", GERMAN[0]]["url"] == "https://b.example/1"
    assert found["https://b.example/2", GERMAN[0]]["paragraph"] == 1
    assert found["https://b.example/3", GERMAN[1]]["url"] == "https://b.example/2"
    assert len(found) == 2
    check_counts(ran)


def test_a_page_of_which_nothing_stays_is_dropped_with_its_reasons(clean, tmp_path):
    records = [
        {"url": "https://a.example/1", "date": DATE % 1, "text": text(*SENTENCES[:2])},
        {"url": "https://a.example/2", "date": DATE % 2, "text": text(*SENTENCES[:2])},
    ]
    ran = clean(write(tmp_path / "in.jsonl", jsonl(*records)))
    assert list(ran.texts()) == ["https://a.example/1"]
    assert [one["rule"] for one in check_receipts(ran)] == ["duplicate.exact"] * 2
    assert ran.run["pages"]["dropped"] == {"empty": 1}
    check_counts(ran)
