"""The same from an object store as from a folder."""

import gzip
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from archives import packed, response

from pipeline.inputs.options import ReadOptions
from pipeline.inputs.plan import InputError, input_digest, plan
from pipeline.inputs.read import read_shard
from transforms.records import Failure

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    made = [response(f"https://x/{n}", b"<p>%d" % n + b"word " * n * 20) for n in range(60)]
    (tmp_path / "a.warc.gz").write_bytes(packed(*made))
    (tmp_path / "b.warc").write_bytes(b"".join(made))
    lines = b"".join(b'{"text": "line %d %s"}\n' % (n, b"x" * n) for n in range(500))
    (tmp_path / "c.jsonl").write_bytes(lines)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "d.jsonl.gz").write_bytes(gzip.compress(lines))
    (tmp_path / "e.html").write_text("<p>Grüße</p>")
    (tmp_path / "f.txt.gz").write_bytes(gzip.compress(b"text")[:-3])
    table = pa.table({"text": [f"row {n}" for n in range(500)]})
    pq.write_table(table, tmp_path / "g.parquet", row_group_size=50)
    return tmp_path


def _upload(folder, bucket):
    for path in folder.rglob("*"):
        if path.is_file():
            name = f"{bucket}/in/{path.relative_to(folder)}"
            with FileSystems.create(name, compression_type=CompressionTypes.UNCOMPRESSED) as out:
                out.write(path.read_bytes())


def _results(pattern, root, shard_bytes):
    shards = plan([pattern], shard_bytes=shard_bytes)
    for shard in shards:
        for result in read_shard(shard, ReadOptions()):
            relative = result.file.removeprefix(root)
            url = result.url.replace(root, "")
            yield replace(result, file=relative, url=url)


@pytest.mark.parametrize("shard_bytes", [3000, None])
def test_a_bucket_reads_like_a_folder(folder, gcs_bucket, shard_bytes):
    _upload(folder, gcs_bucket)
    expected = list(_results(f"{folder}/**", str(folder), shard_bytes))
    assert len(expected) > 1500
    for pattern in ("in", "in/", "in/**"):
        found = list(_results(f"{gcs_bucket}/{pattern}", f"{gcs_bucket}/in", shard_bytes))
        assert found == expected
    assert [result.reason for result in expected if isinstance(result, Failure)] == ["truncated"]


def test_digests_errors_and_objects_that_go_away(folder, gcs_bucket, gcs_emulator):
    _upload(folder, gcs_bucket)
    shards = plan([f"{gcs_bucket}/in/*.html"])
    assert shards[0].pieces[0].file.token
    assert input_digest(shards) == input_digest(plan([f"{gcs_bucket}/in/e.html"]))
    with pytest.raises(InputError, match="nothing matches"):
        plan([f"{gcs_bucket}/nothing/*.txt"])
    gcs_emulator.client().bucket(gcs_bucket.removeprefix("gs://")).blob("in/e.html").delete()
    (result,) = read_shard(shards[0], ReadOptions())
    assert isinstance(result, Failure)
    assert result.reason == "unreadable"
