"""What a stream keeps and removes: the same as a batch run over the same order of arrival."""

import json

import pytest
from page_files import SENTENCES
from watch_runs import Watch, as_jsonl, drop, drop_pages, outcome_of, pages_of, starter
from whole_runs import records_of

pytestmark = pytest.mark.slow

QUICK = ("--window=1s", "--settle=0s", "--source=x", "--progress=off")
AS_A_STREAM = ("--rules=all,-template.line", "--source=x", "--progress=off")


@pytest.fixture(scope="module")
def begun():
    with starter() as process:
        yield process


@pytest.fixture
def watch(begun, prism_binary, tmp_path):
    """Starts a watcher of the test's own inbox and output."""
    (tmp_path / "in").mkdir()

    def start(*options, output="out"):
        return Watch(begun, prism_binary, tmp_path / "in", tmp_path / output, *options)

    return start


def test_a_stream_decides_as_a_batch_run_does(watch, clean, tmp_path):
    pages = pages_of("a", 0, 3000)
    with watch(*QUICK, "--memory-per-worker=1M") as running:
        for start in range(0, 2000, 500):
            drop_pages(tmp_path / "in", pages[start : start + 500], 20, f"p{start:06d}")
            running.wait_for_pages(start + 250)
        assert running.stop()[0] == 0, running.err
    with watch("--window=5s", *QUICK[1:]) as running:
        drop_pages(tmp_path / "in", pages[2000:], 20, "p002000")
        running.wait_for_pages(3000)
        assert running.stop()[0] == 0, running.err
        segments = running.manifest["segments"]
    ran = clean(tmp_path / "in", options=AS_A_STREAM, output=tmp_path / "batch")
    assert ran.status == 0, ran.err
    mine, batch = outcome_of(tmp_path / "out"), outcome_of(ran.output)
    assert len(batch[1]) > 1500
    assert {receipt["rule"] for receipt in batch[1].values()} == {
        "duplicate.exact",
        "duplicate.near",
    }
    assert mine == batch
    assert len(segments) < 3 * 8
    run = json.loads((tmp_path / "out" / "run.json").read_bytes())
    for part in ("pages", "paragraphs", "characters", "languages", "conservation"):
        assert run[part] == ran.run[part], part
    assert run["digest"] == ran.run["digest"]


def test_every_format_and_what_cannot_be_read(watch, tmp_path):
    inbox = tmp_path / "in"
    with watch(*QUICK, "--format=parquet") as running:
        drop(inbox, "a.txt", "\n".join(SENTENCES[:3]).encode())
        drop(inbox, "b.html", f"<p>{SENTENCES[3]}<p>{SENTENCES[4]}".encode())
        drop(inbox, "c.jsonl", as_jsonl([{"url": "u:c", "text": SENTENCES[5]}]) + b"{broken\n")
        drop(inbox, "d.jsonl.gz", b"this is not gzip")
        drop(inbox, "e.bin", b"of no known format")
        running.wait_for_pages(5)
        drop(inbox, "f.txt", "\n".join((SENTENCES[6], SENTENCES[0])).encode())
        running.wait_for_pages(6)
        assert running.stop()[0] == 0, running.err
        assert "e.bin is left alone" in running.err
    out = tmp_path / "out"
    documents = {d["metadata"]["url"][-5:]: d["text"] for d in records_of(out / "documents")}
    assert documents["a.txt"] == "\n".join(SENTENCES[:3])
    assert documents["f.txt"] == SENTENCES[6]
    assert set(documents) == {"a.txt", ".html", "u:c", "f.txt"} | set(documents)
    (receipt,) = records_of(out / "removed")
    assert (receipt["text"], receipt["keeper"]["paragraph"]) == (SENTENCES[0], 0)
    assert receipt["keeper"]["url"].endswith("a.txt")
    rejects = records_of(out / "rejected")
    assert sorted(r["reason"] for r in rejects) == ["corrupt", "malformed"]


def test_runs_of_a_history_come_before_the_stream(watch, clean, tmp_path):
    inbox, nights, history = tmp_path / "in", tmp_path / "nights", tmp_path / "history"
    pages = pages_of("h", 0, 600)
    for night in (0, 1):
        (nights / str(night)).mkdir(parents=True)
        drop_pages(nights / str(night), pages[night * 150 : night * 150 + 150], 50)
        ran = clean(
            nights / str(night),
            options=(*AS_A_STREAM, f"--history={history}"),
            output=tmp_path / f"night{night}",
        )
        assert ran.status == 0, ran.err
    with watch(*QUICK, f"--history={history}") as running:
        drop_pages(inbox, pages[300:450], 30, "p300")
        running.wait_for_pages(150)
        assert running.stop()[0] == 0, running.err
    # A run that was added since the stream began is none of its business.
    extra = tmp_path / "extra"
    extra.mkdir()
    drop_pages(extra, pages[450:600], 30)
    ran = clean(extra, options=(*AS_A_STREAM, f"--history={history}"), output=tmp_path / "later")
    assert ran.status == 0, ran.err
    with watch(*QUICK, f"--history={history}") as running:
        drop_pages(inbox, pages[450:600], 30, "p450")
        running.wait_for_pages(300)
        assert running.stop()[0] == 0, running.err
    whole = tmp_path / "whole"
    whole.mkdir()
    drop_pages(whole, pages, 50)
    ran = clean(whole, options=AS_A_STREAM, output=tmp_path / "batch")
    documents, receipts = outcome_of(ran.output)
    mine, removed = outcome_of(tmp_path / "out")
    numbers = {f"https://{n % 97}.example/h/{n}" for n in range(300, 600)}
    assert mine == {k: d for k, d in documents.items() if d["metadata"]["url"] in numbers}
    assert removed == {k: r for k, r in receipts.items() if r["url"] in numbers}
    kept_by = {int(r["keeper"]["url"].rsplit("/", 1)[1]) // 150 for r in removed.values()}
    assert kept_by == {0, 1, 2, 3}


def test_what_is_beyond_the_horizon_is_new_again(watch, tmp_path):
    inbox = tmp_path / "in"
    text = "\n".join(SENTENCES[:4])
    with watch(*QUICK, "--dedup-horizon=6s") as running:
        drop(inbox, "a.txt", text.encode())
        running.wait_for_pages(1)
        drop(inbox, "b.txt", text.encode())
        running.wait_for_pages(2)
        began = running.manifest["end_ms"]
        number = 2
        while running.manifest["end_ms"] < began + 10_000:  # time goes on with other pages
            drop(inbox, f"c{number}.txt", f"Page {number} has {number} words of its own.".encode())
            number += 1
            running.wait_for_pages(number)
        drop(inbox, "d.txt", text.encode())
        running.wait_for_pages(number + 1)
        assert running.stop()[0] == 0, running.err
    documents, receipts = outcome_of(tmp_path / "out")
    texts = {d["metadata"]["url"][-5:]: d["text"] for d in documents.values()}
    assert texts["d.txt"] == texts["a.txt"] == text
    assert "b.txt" not in texts
    assert len(receipts) == 4
