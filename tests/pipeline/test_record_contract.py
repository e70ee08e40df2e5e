"""The record is what dolma, datatrove, NeMo Curator and pandas read: the facts of their types."""

import json
import os
import re
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from page_files import DATE, GERMAN, SENTENCES, WIDGET, jsonl, text, write

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
READERS = os.environ.get("PAGESIEVE_READERS", "")
ASTRAL = "The sign 𝒜 on the gate and the 😀 in the window were both painted by the same hand."


@pytest.fixture
def records(tmp_path):
    """Pages with and without dates and ids; ids that look like numbers; text beyond the BMP."""
    return write(
        tmp_path / "in.jsonl",
        jsonl(
            {"url": "https://a.example/1", "date": DATE % 1, "text": text(*SENTENCES, *WIDGET)},
            {"url": "https://a.example/2", "id": "0012", "text": text(*GERMAN)},
            {"url": "https://a.example/3", "id": 12e45, "text": ASTRAL},
            {
                "url": "https://a.example/4",
                "id": "12e45",
                "text": 'say "\\" \u2028 \t <b>' + ASTRAL[9:],
            },
        ),
    )


def every_value(value):
    yield value
    if isinstance(value, dict):
        for inner in value.values():
            yield from every_value(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_value(inner)


def test_a_record_has_the_types_that_all_readers_take(clean, records):
    documents = clean(records).documents
    assert len(documents) == 4
    for document in documents:
        assert document.keys() - {"created"} == {"id", "text", "source", "added", "metadata"}
        assert all(value is not None for value in every_value(document))
        # pandas would make a number of an id of digits, dolma wants a string.
        assert re.fullmatch("ps:[0-9a-f]{16}", document["id"])
        assert isinstance(document["text"], str)
        assert document["text"] == document["text"].strip() != ""
        assert isinstance(document["source"], str)
        assert TIME.fullmatch(document["added"])
        assert TIME.fullmatch(document.get("created", document["added"]))
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        # datatrove folds unknown keys of the top level into metadata, where they would win.
        assert not metadata.keys() & document.keys()
        assert {"media", "attributes", "_curator_dedup_id"}.isdisjoint(document.keys() | metadata)
        assert re.fullmatch("[a-z]{2,3}(-[a-z]{2})?", metadata["language"])
        assert isinstance(metadata["language_score"], float)
    assert [one.get("created") for one in documents] == [DATE % 1, None, None, None]
    keys = {tuple(one["metadata"].keys() - {"source_id"}) for one in documents}
    assert len({frozenset(one) for one in keys}) == 1
    assert len({one["id"] for one in documents}) == 4


def test_receipts_and_rejects_hold_no_null_either(clean, records):
    path = write(records.parent / "bad.jsonl", b"{\n")
    ran = clean(records, path)
    assert ran.receipts
    for record in [*ran.receipts, *ran.rejects]:
        assert all(value is not None for value in every_value(record))
    (reject,) = ran.rejects
    assert reject == reject | {"file": str(path), "stage": "read", "raw": "ew=="}


def test_equal_content_has_equal_ids_in_every_run(clean, records, tmp_path):
    first = clean(records, options=["--added=2024-01-01T00:00:00.000Z"])
    other = clean(records, options=["--added=2025-01-01T00:00:00.000Z"], output=tmp_path / "other")
    assert [one["id"] for one in first.documents] == [one["id"] for one in other.documents]
    assert first.run["digest"] == other.run["digest"]
    assert first.bytes != other.bytes


def test_parquet_has_fixed_columns(clean, records, tmp_path):
    lines = clean(records).documents
    ran = clean(records, options=["--format=parquet"], output=tmp_path / "parquet")
    (path,) = (ran.output / "documents").iterdir()
    schema = pq.read_schema(path)
    assert schema.names == ["id", "text", "source", "added", "created", "metadata"]
    assert all(schema.field(name).type == pa.string() for name in schema.names[:-1])
    metadata = schema.field("metadata").type
    assert pa.types.is_struct(metadata)
    rows = pq.read_table(path).to_pylist()
    for row, line in zip(rows, lines, strict=True):
        assert all(value is not None for value in every_value(row))
        assert (row["id"], row["text"]) == (line["id"], line["text"])
        assert row["created"] == line.get("created", "")
        fixed = row["metadata"]
        assert isinstance(fixed, dict)
        more = json.loads(fixed.pop("more"))
        fixed["removed"] = json.loads(fixed["removed"])
        assert fixed | more == line["metadata"]


def test_an_output_without_documents_has_no_empty_file(clean, tmp_path):
    path = write(tmp_path / "in.jsonl", jsonl({"url": "u", "text": GERMAN[0]}))
    for kind in ("jsonl.gz", "jsonl.zst", "parquet"):
        options = ["--languages=fr", f"--format={kind}"]
        ran = clean(path, options=options, output=tmp_path / kind)
        assert [one.name for one in ran.output.rglob("part-*")] == ["part-000000.jsonl.gz"]
        assert len(ran.receipts) == 1


READ_BY = {
    ("pandas", "jsonl.gz"): """
import pandas
frame = pandas.read_json(path, lines=True)
assert frame["added"].map(type).eq(str).all()
found = zip(frame["id"], frame["text"], frame["metadata"])
""",
    ("polars", "jsonl.gz"): """
import polars
found = polars.read_ndjson(path).select("id", "text", "metadata").rows()
""",
    ("polars", "parquet"): """
import polars
found = polars.read_parquet(path).select("id", "text", "metadata").rows()
""",
    ("datatrove", "jsonl.gz"): """
from datatrove.pipeline.readers import JsonlReader
found = [(one.id, one.text, one.metadata) for one in JsonlReader(os.path.dirname(path))()]
assert all(metadata["added"] and metadata["source"] for _, _, metadata in found)
""",
    ("datatrove", "parquet"): """
from datatrove.pipeline.readers import ParquetReader
found = [(one.id, one.text, one.metadata) for one in ParquetReader(os.path.dirname(path))()]
""",
}


@pytest.mark.slow
@pytest.mark.skipif(not READERS, reason="PAGESIEVE_READERS does not name a Python with the tools")
@pytest.mark.parametrize(("tool", "kind"), READ_BY)
def test_other_tools_read_it(clean, records, tool, kind):
    ran = clean(records, options=[f"--format={kind}"])
    (path,) = (ran.output / "documents").iterdir()
    program = (
        f"import json, os, sys\npath = sys.argv[1]\n{READ_BY[tool, kind]}\n"
        "print(json.dumps([(i, t, m['url'], m['language']) for i, t, m in found]))"
    )
    said = subprocess.run(
        [READERS, "-c", program, str(path)], stdout=subprocess.PIPE, check=True
    ).stdout
    assert [tuple(one) for one in json.loads(said)] == [
        (one["id"], one["text"], one["metadata"]["url"], one["metadata"]["language"])
        for one in ran.documents
    ]
