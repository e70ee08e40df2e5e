"""Messages of a queue become pages, or rejects that say which message it was."""

import pytest

from pipeline.inputs.messages import MESSAGE_SCHEME, Message, write_messages
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.read import read_shard
from pipeline.inputs.shards import InputFile, Piece, Shard
from transforms.records import Failure, RawPage

NAME = f"{MESSAGE_SCHEME}projects/p/subscriptions/s/17"


@pytest.fixture
def read(tmp_path):
    def run(*messages, options=None):
        path = tmp_path / "messages"
        path.write_bytes(write_messages(messages))
        file = InputFile(str(path), path.stat().st_size, "", "messages", "none")
        return list(read_shard(Shard(0, "", (Piece(file),), 0), options or ReadOptions()))

    return run


def test_a_message_is_a_page_as_a_line_is(read):
    data = b'{"url": "https://a.example/", "text": "One.\\nTwo.", "date": "2024-05-06", "id": 7}'
    (page,) = read(Message(NAME, data))
    date = "2024-05-06T00:00:00.000Z"
    assert page == RawPage("https://a.example/", date, "text", "One.\nTwo.", NAME, 0, "7")


def test_line_breaks_within_a_message_are_json(read):
    pages = read(
        Message(NAME, b'{\n "text":\n "One."\n}\n'), Message(NAME, b'{"html": "<p>Two.</p>"}')
    )
    assert [(page.kind, page.content) for page in pages] == [
        ("text", "One."),
        ("html", "<p>Two.</p>"),
    ]


def test_a_page_without_a_url_has_the_name_of_its_message(read):
    (page,) = read(Message(NAME, b'{"text": "One."}'))
    assert page.url == NAME


def test_attributes_stand_for_fields_that_are_not_there(read):
    attributes = {"url": "https://b.example/", "date": "2024-01-02", "id": "x", "text": "Not this."}
    (page,) = read(Message(NAME, b'{"text": "One.", "date": null}', attributes))
    assert (page.url, page.given_id, page.content) == ("https://b.example/", "x", "One.")
    assert page.date.startswith("2024-01-02")
    (page,) = read(Message(NAME, b'{"text": "One.", "url": "https://a.example/"}', attributes))
    assert page.url == "https://a.example/"
    (failure,) = read(Message(NAME, b'{"url": "https://a.example/"}', attributes))
    assert failure.reason == "no_text"


def test_attributes_override_no_field_whatever_its_name(read):
    attributes = {"url": "https://b.example/", "date": "2024-01-02", "id": "x"}
    for data in (
        b'{"uri": "https://a.example/", "timestamp": "2020-03-04", "text": "One.", "id": 7}',
        b'{"metadata": {"url": "https://a.example/", "date": "2020-03-04", "id": "7"}, "text": "1"}',  # noqa: E501
    ):
        (page,) = read(Message(NAME, data, attributes))
        assert (page.url, page.date[:10], page.given_id) == (
            "https://a.example/",
            "2020-03-04",
            "7",
        )


def test_named_fields_count_for_attributes_as_well(read):
    options = ReadOptions(url_field="address")
    attributes = {"url": "https://a.example/", "address": "https://b.example/"}
    (page,) = read(Message(NAME, b'{"text": "One."}', attributes), options=options)
    assert page.url == "https://b.example/"


@pytest.mark.parametrize(
    ("data", "reason", "detail"),
    [
        (b"", "no_text", "the message is empty"),
        (b" \n", "no_text", "the message is empty"),
        (b"{no", "malformed", "not JSON"),
        (b"[1]", "malformed", "JSON, but not an object"),
        (b"\x00\xff\xfe", "malformed", "not JSON"),
        (b'{"text": 7}', "malformed", "text is a number"),
        (b'{"text": "' + b"x" * 300 + b'"}', "too_large", "above the limit of 200"),
    ],
)
def test_what_is_no_page_is_one_failure(read, data, reason, detail):
    found = read(
        Message(NAME, data),
        Message(NAME, b'{"text": "One."}'),
        options=ReadOptions(max_page_bytes=200),
    )
    failure, page = found
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.file, failure.raw) == (reason, NAME, data)
    assert detail in failure.detail
    assert page.content == "One."


def test_a_refused_message_says_why(read):
    (failure,) = read(Message(NAME, b"{}", {}, "gs://b/o: there is no such object", "unreadable"))
    assert (failure.reason, failure.detail) == ("unreadable", "gs://b/o: there is no such object")
