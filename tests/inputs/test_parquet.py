"""Parquet: columns, nulls, types, damage, row groups."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def _write(path, columns, **options):
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, path, **options)
    return path


def test_rows_become_pages(tmp_path, read):
    path = _write(
        tmp_path / "a.parquet",
        {
            "url": ["https://a/", None, "https://c/", "https://d/"],
            "text": ["one", "two", None, "four"],
            "html": [None, None, None, "<p>four</p>"],
            "date": [datetime(2024, 2, 1, tzinfo=UTC)] * 4,
            "id": [7, 8, 9, 10],
            "unused": [b"\0" * 1000] * 4,
        },
    )
    outcome = read(path)
    assert [(p.url, p.kind, p.content, p.offset, p.given_id) for p in outcome.pages] == [
        ("https://a/", "text", "one", 0, "7"),
        (f"file:{path}#1", "text", "two", 1, "8"),
        ("https://d/", "html", "<p>four</p>", 3, "10"),
    ]
    assert {page.date for page in outcome.pages} == {"2024-02-01T00:00:00.000Z"}
    assert [(f.reason, f.offset, f.url) for f in outcome.failures] == [("no_text", 2, "https://c/")]


def test_nested_and_binary_columns(tmp_path, read):
    path = _write(
        tmp_path / "a.parquet",
        {
            "metadata": [{"url": "https://a/", "date": "2024-02-01"}, None],
            "html": pa.array(["Größe".encode("cp1252") * 20, b"<p>x</p>"], pa.binary()),
        },
    )
    pages = read(path).pages
    assert [(page.url, page.content) for page in pages] == [
        ("https://a/", "Größe" * 20),
        (f"file:{path}#1", "<p>x</p>"),
    ]
    assert pages[0].date == "2024-02-01T00:00:00.000Z"


def test_given_names(tmp_path, read):
    path = _write(
        tmp_path / "a.parquet", {"doc": [{"body": "one", "at": "https://a/"}], "text": ["no"]}
    )
    (page,) = read(path, text_field="doc.body", url_field="doc.at").pages
    assert (page.url, page.content) == ("https://a/", "one")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"text": [1, 2]}, "malformed"),
        ({"text": [["a"], ["b"]]}, "malformed"),
        ({"text": [{"a": "b"}, {"a": "c"}]}, "malformed"),
        ({"text": pa.array([None, None])}, "no_text"),
    ],
)
def test_wrong_columns(tmp_path, read, columns, reason):
    outcome = read(_write(tmp_path / "a.parquet", columns))
    assert outcome.reasons == [(reason, 0), (reason, 1)]


@pytest.mark.parametrize("shard_bytes", [1, 1 << 40])
def test_a_file_without_text_columns_is_one_failure(tmp_path, read, shard_bytes):
    path = _write(
        tmp_path / "a.parquet", {"title": ["x"] * 50, "url": ["y"] * 50}, row_group_size=10
    )
    outcome = read(path, shard_bytes=shard_bytes)
    assert outcome.reasons == [("no_text", 0)]
    assert "title, url" in outcome.failures[0].detail


def test_text_that_is_no_utf_8(tmp_path, read):
    bad = pa.array(["Größe ".encode("cp1252") * 20, b"fine"], pa.binary()).view(pa.string())
    path = _write(tmp_path / "a.parquet", {"text": bad})
    assert read(path).contents == ["Größe " * 20, "fine"]


def test_dates_out_of_range(tmp_path, read):
    huge = pa.array([2**62, 0], pa.int64()).view(pa.timestamp("us"))
    path = _write(tmp_path / "a.parquet", {"text": ["one", "two"], "date": huge})
    assert [page.date for page in read(path).pages] == ["", "1970-01-01T00:00:00.000Z"]


def test_no_parquet_and_no_rows(tmp_path, read):
    path = tmp_path / "a.parquet"
    for data, reason in ((b"", "no_text"), (b"PAR1", "corrupt"), (b"rubbish" * 50, "corrupt")):
        path.write_bytes(data)
        assert read(path).reasons == [(reason, 0)]
    _write(path, {"text": pa.array([], pa.string())})
    outcome = read(path)
    assert outcome.results == []


@pytest.mark.parametrize("shard_bytes", [1, 5000, 1 << 40])
def test_row_groups_are_read_once_however_they_are_shared_out(tmp_path, read, shard_bytes):
    path = _write(
        tmp_path / "a.parquet", {"text": [f"row {n}" for n in range(1000)]}, row_group_size=70
    )
    outcome = read(path, shard_bytes=shard_bytes)
    assert [(page.offset, page.content) for page in outcome.pages] == [
        (n, f"row {n}") for n in range(1000)
    ]


def test_a_damaged_row_group_costs_itself_only(tmp_path, read):
    path = _write(
        tmp_path / "a.parquet",
        {"text": [f"row {n} {'x' * n}" for n in range(400)]},
        row_group_size=100,
        compression="zstd",
        use_dictionary=False,
    )
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    for at in range(
        column.data_page_offset, column.data_page_offset + column.total_compressed_size
    ):
        data[at] ^= 0xA5
    path.write_bytes(data)
    outcome = read(path)
    rows = [page.offset for page in outcome.pages]
    assert rows == [*range(100), *range(200, 400)]
    assert outcome.reasons == [("corrupt", 100)]
