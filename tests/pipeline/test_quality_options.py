"""The quality options of `clean`: signals in records, filters, limits, blocked hosts."""

import json

import pytest
from page_files import DATE, SENTENCES, jsonl, text, write
from quality_pages import content

from transforms.text.quality import RULE_SETS, signals

HOSTS = ("good.example", "bad.example", "www.bad.example", "notbad.example", "b\u00fccher.example")


@pytest.fixture
def by_host(tmp_path):
    records = [
        {"url": f"https://{host}/x", "date": DATE % 1, "text": f"{line}\n{SENTENCES[7]}"}
        for host, line in zip(HOSTS, SENTENCES, strict=False)
    ]
    return write(tmp_path / "in.jsonl", jsonl(*records))


def test_pages_of_blocked_hosts_go_with_a_receipt(clean, by_host, tmp_path):
    hosts = write(
        tmp_path / "hosts", "# bad ones\n0.0.0.0 Bad.Example\nb\u00fccher.example\n".encode()
    )
    ran = clean(by_host, options=[f"--block-hosts={hosts}", "--dedup=none"])
    assert ran.run["pages"]["dropped"] == {"blocked_host": 3}
    assert {d["metadata"]["url"] for d in ran.documents} == {
        "https://good.example/x",
        "https://notbad.example/x",
    }
    assert {r["rule"] for r in ran.receipts} == {"page.blocked_host"}
    assert len(ran.receipts) == 6


def test_a_broken_list_of_hosts_is_named(clean, by_host, tmp_path):
    hosts = write(tmp_path / "hosts", b"https://bad.example/\n")
    assert clean(by_host, options=[f"--block-hosts={hosts}"]).refused(
        "line 1: 'https://bad.example/' is no host"
    )
    assert clean(by_host, options=["--block-hosts=/nowhere"]).refused("cannot be read")
    binary = write(tmp_path / "binary", b"\xff\xfe")
    assert clean(by_host, options=[f"--block-hosts={binary}"]).refused("cannot be read")


def test_every_record_has_every_signal_or_none(clean, tmp_path):
    source = write(tmp_path / "in.jsonl", content(12))
    on = clean(source, options=["--dedup=none"], output=tmp_path / "on")
    off = clean(source, options=["--dedup=none", "--signals=off"], output=tmp_path / "off")
    assert all("signals" not in d["metadata"] for d in off.documents)
    judged = {rule.signal for one in RULE_SETS.values() for rule in one.rules}
    for document in on.documents:
        lines = document["text"].split("\n")
        (measured,) = signals([lines], [document["metadata"]["language"]])
        expected = {k: round(v, 10 if k in judged else 4) for k, v in measured.items()}
        assert document["metadata"]["signals"] == json.loads(json.dumps(expected))


def test_filters_need_no_signals_in_the_records(clean, tmp_path):
    source = write(tmp_path / "in.jsonl", content(12))
    options = ["--dedup=none", "--filters=gopher-quality", "--limits=gopher-quality.min_words=90"]
    on = clean(source, options=options, output=tmp_path / "on")
    off = clean(source, options=[*options, "--signals=off"], output=tmp_path / "off")
    assert on.run["pages"]["dropped"]["gopher-quality.min_words"] > 0
    assert on.run["pages"] == off.run["pages"]
    assert on.receipts == off.receipts
    receipt = next(r for r in on.receipts if r["rule"] == "page.gopher-quality.min_words")
    assert receipt["evidence"].endswith(" against a limit of 90")


def test_the_order_of_filters_decides_the_reason(clean, tmp_path):
    page = {"url": "https://a.example/", "text": text("Just a few words here", "and some more")}
    source = write(tmp_path / "in.jsonl", jsonl(page))
    for names in ("fineweb,gopher-quality", "gopher-quality,fineweb"):
        ran = clean(source, options=[f"--filters={names}"], output=tmp_path / names[:3])
        (reason,) = ran.run["pages"]["dropped"]
        assert reason.startswith(names.partition(",")[0])
