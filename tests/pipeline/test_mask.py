"""`--mask`: no masked value is left anywhere in the output, and all else is as without it."""

import gzip
import json

import pytest
from page_files import DATE, SENTENCES, WIDGET, html, jsonl, text, write
from whole_runs import records_of

from pipeline.__main__ import main

A, B, C = "https://a.example/1", "https://b.example/2", "https://c.example/3"
SECRETS = (
    "jo.doe@mail.example",
    "kim@mail.example",
    "+49 30 1234567",
    "+49 30 7654321",
    "4111 1111 1111 1111",
    "8.8.4.4",
)
CONTACT = "For a place on the ferry in the summer months write to {} at least a week before."
OTHER = "Questions about lost luggage and bicycles are answered by phone on {} in the mornings."


@pytest.fixture
def pages(tmp_path):
    """Pages whose paragraphs differ in personal data alone, one of them an HTML page."""
    comment = f'<div class="comments" id="comments"><p>{SECRETS[0]}: nice</p></div>'
    records = [
        {
            "url": A,
            "date": DATE % 1,
            "text": text(*SENTENCES[:2], CONTACT.format(SECRETS[0]), OTHER.format(SECRETS[2])),
        },
        {
            "url": B,
            "date": DATE % 2,
            "text": text(*SENTENCES[2:4], CONTACT.format(SECRETS[1]), f"Card {SECRETS[4]}"),
        },
        {
            "url": C,
            "date": DATE % 3,
            "html": html(*SENTENCES[4:7], OTHER.format(SECRETS[3]), f"Server {SECRETS[5]}").replace(
                "</body>", f"{comment}</body>"
            ),
        },
    ]
    return write(tmp_path / "in.jsonl", jsonl(*records))


def everything(output):
    """All bytes of an output, unpacked."""
    files = [path for path in output.rglob("*") if path.is_file()]
    return "".join(
        (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
        for path in files
    )


def test_nothing_of_it_is_left_and_everything_adds_up(clean, pages):
    ran = clean(pages, options=["--mask=pii", "--comments=separate"])
    assert ran.status == 0, ran.err
    left = everything(ran.output)
    assert [secret for secret in SECRETS if secret in left] == []
    assert SENTENCES[0] in left
    paragraphs = ran.run["paragraphs"]
    assert ran.run["conservation"] == {"holds": True, "broken": []}
    gone = sum(paragraphs["removed"].values()) + sum(paragraphs["dropped"].values())
    assert paragraphs["in"] == paragraphs["kept"] + gone
    assert ran.run["options"]["mask"] == ["email", "ip", "card", "phone"]


def test_receipts_say_what_was_masked_where(clean, pages):
    ran = clean(pages, options=["--mask=pii"])
    record = ran.document("/1")
    assert record["metadata"]["masked"] == [
        {"paragraph": 2, "rule": "mask.email", "at": CONTACT.index("{}")},
        {"paragraph": 3, "rule": "mask.phone", "at": OTHER.index("{}")},
    ]
    paragraphs = record["text"].split("\n")
    assert paragraphs[2] == CONTACT.format("<email>")
    (receipt,) = [one for one in ran.receipts if one["url"] == B]
    assert receipt["masked"] == [{"rule": "mask.email", "at": CONTACT.index("{}")}]
    masks = [mask for one in ran.documents for mask in one["metadata"].get("masked", ())]
    rules = [mask["rule"] for mask in masks]
    assert ran.run["masked"] == {
        "pages": sum("masked" in one["metadata"] for one in ran.documents),
        "paragraphs": len(masks),
        "places": {rule: rules.count(rule) for rule in ran.run["masked"]["places"]},
    }
    assert set(ran.run["masked"]["places"]) == set(rules)


def test_paragraphs_that_differ_in_masked_values_alone_are_duplicates(clean, pages, tmp_path):
    options = ["--radius=0"]
    plain = clean(pages, options=options, output=tmp_path / "plain")
    assert [one for one in plain.receipts if one["rule"].startswith("duplicate")] == []
    masked = clean(pages, options=[*options, "--mask=pii"], output=tmp_path / "masked")
    exact = {(one["url"], one["text"]) for one in masked.receipts if one["rule"][0] == "d"}
    assert exact == {(B, CONTACT.format("<email>")), (C, OTHER.format("<phone>"))}


def test_without_the_option_nothing_changes_and_with_it_ids_stay(clean, pages, tmp_path):
    plain = clean(pages, output=tmp_path / "plain")
    assert plain.run["masked"] == {"pages": 0, "paragraphs": 0, "places": {}}
    assert all("masked" not in one["metadata"] for one in plain.documents)
    masked = clean(pages, options=["--mask=pii"], output=tmp_path / "masked")
    assert [one["id"] for one in plain.documents] == [one["id"] for one in masked.documents]


def test_the_same_bytes_whatever_the_shards(clean, tmp_path):
    records = [
        {"url": f"https://a.example/{n}", "date": DATE % 1, "text": f"Mail me: x{n % 7}@y.example"}
        for n in range(1200)
    ]
    source = write(tmp_path / "in.jsonl", jsonl(*records))
    options = ["--mask=email", "--min-words=2"]
    one = clean(source, options=options, output=tmp_path / "one")
    two = clean(
        source, options=[*options, "--workers=1", "--shard-bytes=65536"], output=tmp_path / "two"
    )
    assert one.run["digest"] == two.run["digest"]
    assert one.run["input"]["shards"] != two.run["input"]["shards"]
    assert one.run["masked"] == two.run["masked"]
    assert one.run["pages"]["written"] == 1


def test_restored_paragraphs_stay_masked_with_their_receipts(clean, pages, tmp_path, capsys):
    ran = clean(pages, options=["--mask=pii"])
    new = tmp_path / "new"
    assert main(["restore", f"--output={ran.output}", f"--into={new}", "--rule=duplicate"]) == 0
    capsys.readouterr()
    record = next(one for one in records_of(new / "documents") if one["metadata"]["url"] == B)
    assert {"paragraph": 2, "rule": "mask.email", "at": CONTACT.index("{}")} in record["metadata"][
        "masked"
    ]
    run = json.loads((new / "run.json").read_bytes())
    assert run["masked"]["places"]["mask.email"] == ran.run["masked"]["places"]["mask.email"] + 1
    assert main(["explain", f"--output={ran.output}", A]) == 0
    assert "masked: mask.email 1, mask.phone 1" in " ".join(capsys.readouterr().out.split())


def test_a_history_knows_whether_its_runs_were_masked(clean, pages, tmp_path):
    options = [f"--history={tmp_path / 'history'}"]
    assert clean(pages, options=[*options, "--mask=pii"], output=tmp_path / "1").status == 0
    refused = clean(pages, options=options, output=tmp_path / "2")
    assert refused.refused("was made with mask=email,ip,card,phone, this run has none")


def test_an_unknown_kind_is_refused(clean, pages):
    assert clean(pages, options=["--mask=names"]).refused("'names' is none of pii, email, ip")


def test_widget_lines_are_found_before_the_mask(clean, tmp_path):
    lines = (*SENTENCES[:3], *WIDGET)
    source = write(tmp_path / "in.jsonl", jsonl({"url": A, "text": text(*lines)}))
    ran = clean(source, options=["--mask=pii"])
    assert {one["rule"] for one in ran.receipts} == {"comments.blogger"}


def test_word_lists_are_counted(clean, tmp_path):
    source = write(tmp_path / "in.jsonl", jsonl({"url": A, "text": text(*SENTENCES[:3])}))
    lists = write(tmp_path / "words.json", b'{"adult": ["Ferry"], "boilerplate": ["when the sea"]}')
    ran = clean(source, options=[f"--word-lists={lists}"])
    signals = ran.document("/1")["metadata"]["signals"]
    assert signals["adult_words_per_word"] == round(1 / signals["words"], 4)
    assert signals["boilerplate_phrases"] == 1
    broken = write(tmp_path / "broken.json", b'{"adults": []}')
    assert clean(source, options=[f"--word-lists={broken}"], output=tmp_path / "no").refused(
        'word lists are an object with "adult" and "boilerplate"'
    )
    assert clean(source, options=["--word-lists=/nowhere.json"], output=tmp_path / "no").refused(
        "cannot be read"
    )
