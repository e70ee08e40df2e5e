"""A stream whose pages come as Pub/Sub messages, from Google's own server in memory."""

import json
import logging
import os
import random
import signal
import threading
import time

import psutil
import pytest
from page_files import SENTENCES
from pubsub_topics import Topic
from watch_runs import STOPS_WITHIN_S, Watch, as_jsonl, outcome_of, pages_of, starter
from whole_runs import records_of

from pipeline.__main__ import main

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("PAGESIEVE_TEST_ROUNDS", "2"))
"""Ends at random moments, of each kind."""

OPTIONS = ("--window=1s", "--source=x", "--progress=off")


@pytest.fixture(scope="module")
def begun(pubsub_server):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server)
        with starter() as process:  # takes the server's address from this process's environment
            yield process


@pytest.fixture
def topic(pubsub_server, monkeypatch):
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_server)
    made = Topic()
    yield made
    made.close()


def marked_pages(seed, first, count):
    """Pages that all have a paragraph of their own, so that each is written."""
    return [
        page | {"text": f"This is the very page {page['url']}\n{page['text']}"}
        for page in pages_of(seed, first, count)
    ]


def check_against_batch(clean, tmp_path, output, pages):
    """Every page came out once, as a batch run has it whose dates are the order of arrival."""
    order = [record["metadata"]["url"] for record in records_of(output / "documents")]
    assert sorted(order) == sorted(page["url"] for page in pages)
    place = {url: number for number, url in enumerate(order)}
    source = tmp_path / "pages.jsonl"
    source.write_bytes(
        as_jsonl(
            page | {"date": f"2024-01-01T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z"}
            for page in pages
            for at in [place[page["url"]]]
        )
    )
    options = ("--rules=all,-template.line", "--source=x")
    ran = clean(source, options=options, output=tmp_path / "batch")
    assert ran.status == 0, ran.err
    assert _by_url(output) == _by_url(ran.output)


def _by_url(output):
    """What became of each page, without what its date decides: names and dates."""
    documents, receipts = outcome_of(output)
    for one in (*documents.values(), *receipts.values()):
        for name in ("id", "created"):
            one.pop(name, None)
        one.get("metadata", {}).pop("date", None)
        one.get("keeper", {}).pop("id", None)
    return (
        {document["metadata"]["url"]: document for document in documents.values()},
        {(receipt["url"], receipt["paragraph"]): receipt for receipt in receipts.values()},
    )


def test_messages_are_what_their_lines_are_in_a_batch(topic, begun, prism_binary, clean, tmp_path):
    output = tmp_path / "out"
    pages = marked_pages("messages", 0, 300)
    with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
        for start in range(0, len(pages), 50):
            topic.publish_pages(pages[start : start + 50])
        watch.wait_for_pages(len(pages))
        assert watch.stop()[0] == 0, watch.err
    assert topic.delivers() == set()
    check_against_batch(clean, tmp_path, output, pages)


def test_a_message_that_comes_again_is_no_second_page(topic, begun, prism_binary, tmp_path):
    output = tmp_path / "out"
    pages = marked_pages("again", 0, 40)
    topic.publish_pages(pages)
    options = (*OPTIONS, "--window=10m")  # it cannot be committed before they come again
    with Watch(begun, prism_binary, topic.subscription, output, *options) as watch:
        watch.wait_for_start()
        watch.wait_for(lambda: not topic.delivers(), "messages to be held")
        os.kill(watch.pid, signal.SIGSTOP)  # so that nothing holds them any more
        watch.wait_for(topic.delivers, "messages that come again")
        os.kill(watch.pid, signal.SIGCONT)
        watch.wait_for(lambda: not topic.delivers(), "messages to be held again")
        assert watch.stop()[0] == 0, watch.err
    with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
        watch.wait_for_start()
        watch.wait_for_pages(len(pages))  # where the end did not leave the time to commit them
        assert watch.stop()[0] == 0, watch.err
    assert topic.delivers() == set()
    urls = [record["metadata"]["url"] for record in records_of(output / "documents")]
    assert sorted(urls) == sorted(page["url"] for page in pages)


@pytest.mark.parametrize("way", ["stopped", "killed"])
def test_nothing_is_lost_or_repeated(way, topic, begun, prism_binary, clean, tmp_path):
    output = tmp_path / "out"
    share = 40
    pages = marked_pages(way, 0, share * ROUNDS)
    chance = random.Random()
    windows = 0
    for turn in range(ROUNDS):
        some = pages[turn * share : (turn + 1) * share]

        def feed(some=some):
            for start in range(0, share, 10):
                topic.publish_pages(some[start : start + 10])
                time.sleep(0.2)

        feeder = threading.Thread(target=feed, daemon=True)
        with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
            feeder.start()
            watch.wait_for_start()
            if turn % 2:
                watch.wait_for(
                    lambda watch=watch, windows=windows: (
                        watch.manifest.get("next_window", 0) > windows
                    ),
                    "a window",
                )
            time.sleep(chance.uniform(0.0, 2.0))
            assert watch.is_running(), watch.err
            if way == "killed":
                watch.kill()
            else:
                status, seconds = watch.stop(signal.SIGINT if turn % 3 else signal.SIGTERM)
                assert status == 0, watch.err
                assert seconds <= STOPS_WITHIN_S, watch.err
            assert "Traceback" not in watch.err
            windows = watch.manifest.get("next_window", 0)
            feeder.join()
    with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
        watch.wait_for_start()
        watch.wait_for_pages(len(pages))
        assert watch.stop()[0] == 0, watch.err
    assert topic.delivers() == set()
    check_against_batch(clean, tmp_path, output, pages)


def test_what_is_no_page_is_rejected_and_not_delivered_again(topic, begun, prism_binary, tmp_path):
    output = tmp_path / "out"
    text = "\n".join(SENTENCES[:2])
    ids = {
        "malformed": topic.publish(b"{no json", Authorization="Bearer s3cr3t"),
        "no_text": topic.publish(b'{"url": "https://a.example/"}'),
        "too_large": topic.publish(json.dumps({"text": "word " * 500}).encode()),
    }
    named = topic.publish(json.dumps({"text": text}).encode(), url="https://b.example/")
    bare = topic.publish(json.dumps({"text": SENTENCES[3]}).encode(), unused="x")
    options = (*OPTIONS, "--max-page-bytes=2000")
    with Watch(begun, prism_binary, topic.subscription, output, *options) as watch:
        watch.wait_for_pages(2)
        watch.wait_for(
            lambda: (
                sum(
                    count
                    for name, count in watch.manifest["counts"]["n"].items()
                    if name.startswith("pages.rejected:")
                )
                == len(ids)
            ),
            "rejects",
        )
        assert watch.stop()[0] == 0, watch.err
        assert "s3cr3t" not in watch.err
    assert topic.delivers() == set()
    prefix = f"pubsub://{topic.subscription}/"
    rejects = {reject["reason"]: reject for reject in records_of(output / "rejected")}
    assert {reason: reject["file"] for reason, reject in rejects.items()} == {
        reason: prefix + number for reason, number in ids.items()
    }
    urls = {record["metadata"]["url"] for record in records_of(output / "documents")}
    assert urls == {"https://b.example/", prefix + bare}
    assert named != bare
    replayed = tmp_path / "replayed"
    try:
        words = (f"--output={output}", f"--into={replayed}", "--max-page-bytes=20000")
        assert main(["replay", *words]) == 0
    finally:
        logging.disable(logging.NOTSET)
    (again,) = records_of(replayed / "documents")
    assert again["text"].startswith("word word")


def test_a_notification_names_an_object(topic, gcs_bucket, gcs_emulator, prism_binary, tmp_path):
    bucket = gcs_emulator.client().bucket(gcs_bucket.removeprefix("gs://"))
    output = tmp_path / "out"

    def put(name, data, *events):
        bucket.blob(name).upload_from_string(data)
        for event in events:
            topic.notify(f"{gcs_bucket}/{name}", event)

    many = pages_of("objects", 0, 30, repeats=0)
    with starter() as begun:
        with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
            put("in/many [1].jsonl", as_jsonl(many), "OBJECT_FINALIZE", "OBJECT_FINALIZE")
            put("in/gone.txt", SENTENCES[1], "OBJECT_DELETE", "OBJECT_METADATA_UPDATE")
            put("in/.part.txt", SENTENCES[2], "OBJECT_FINALIZE")
            watch.wait_for_pages(len(many))
            watch.kill()
        put("in/a.txt", SENTENCES[0], "OBJECT_FINALIZE")
        put("in/a.pdf", SENTENCES[1], "OBJECT_FINALIZE")
        topic.notify(f"{gcs_bucket}/in/missing.txt")
        with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
            watch.wait_for_pages(len(many) + 1)
            watch.wait_for(lambda: not topic.delivers(), "nothing to deliver")
            assert watch.stop()[0] == 0, watch.err
    urls = [record["metadata"]["url"] for record in records_of(output / "documents")]
    expected = [*(page["url"] for page in many), f"file:{gcs_bucket}/in/a.txt"]
    assert sorted(urls) == sorted(expected)
    rejects = records_of(output / "rejected")
    assert {reject["reason"] for reject in rejects} == {"unreadable"}
    pdf, missing = sorted(reject["detail"] for reject in rejects)
    assert pdf.startswith(f"{gcs_bucket}/in/a.pdf: its name does not tell its format")
    assert missing == f"{gcs_bucket}/in/missing.txt: there is no such object"


def listener(port):
    """The process that listens on a port of this machine."""
    found = [
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    ]
    return psutil.Process(found[0])


def test_a_server_that_hangs_does_not_keep_a_stream_from_ending(
    topic, begun, pubsub_server, prism_binary, tmp_path
):
    output = tmp_path / "out"
    pages = marked_pages("hangs", 0, 20)
    server = listener(int(pubsub_server.rpartition(":")[2]))
    topic.publish_pages(pages)
    options = (*OPTIONS, "--window=10m")
    with Watch(begun, prism_binary, topic.subscription, output, *options) as watch:
        watch.wait_for_start()
        watch.wait_for(lambda: not topic.delivers(), "messages to be held")
        server.suspend()
        try:
            status, seconds = watch.stop()
        finally:
            server.resume()
        assert (status, seconds <= STOPS_WITHIN_S) == (0, True), watch.err
        assert watch.pages_in <= len(pages)
    with Watch(begun, prism_binary, topic.subscription, output, *OPTIONS) as watch:
        watch.wait_for_start()
        watch.wait_for_pages(len(pages))
        assert watch.stop()[0] == 0, watch.err
    urls = [record["metadata"]["url"] for record in records_of(output / "documents")]
    assert sorted(urls) == sorted(page["url"] for page in pages)


def test_a_subscription_that_is_not_there_is_refused(topic, prism_binary, tmp_path, capsys):
    missing = "projects/tests/subscriptions/missing"
    words = (f"--subscription={missing}", f"--output={tmp_path}/out")
    try:
        assert main(["watch", *words, f"--prism_location={prism_binary}"]) == 2
    finally:
        logging.disable(logging.NOTSET)
    said = f"pagesieve: {missing}: no such subscription; create it, or check it\n"
    assert capsys.readouterr().err == said
