"""Hostile and huge input, in bounded memory."""

import gzip
import json
import os
import subprocess
import sys
import time
import zlib

import pytest

_READER = """
import json, resource, sys
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.plan import plan
from pipeline.inputs.read import read_shard
from transforms.records import Failure
import pipeline.inputs.jsonl, pipeline.inputs.warc, zstandard
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
results = []
for shard in plan([sys.argv[1]]):
    for result in read_shard(shard, ReadOptions()):
        failed = isinstance(result, Failure)
        results.append(
            [result.reason, result.offset, result.raw_length] if failed
            else ["page", result.offset, len(result.content)]
        )
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([(after - before) / 1024, results]))
"""


def _read_apart(path):
    """Growth of memory in MiB, and what was read, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _READER, str(path)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _write_bomb(path, head, filler, count, tail, *, pack):
    with path.open("wb") as out:
        out.write(pack.compress(head))
        for _ in range(count):
            out.write(pack.compress(filler))
        out.write(pack.compress(tail))
        out.write(pack.flush())


def test_a_line_of_100_mb(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as out:
        out.write(b'{"text": "one"}\n{"text": "')
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write(b'"}\n{"text": "two"}\n')
    growth_mib, results = _read_apart(path)
    assert results == [
        ["page", 0, 3],
        ["too_large", 16, 100_000_012],
        ["page", 100_000_029, 3],
    ]
    assert growth_mib < 80


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.txt.gz", "a.html.zst"])
def test_a_bomb_of_2_gb(tmp_path, name):
    import zstandard

    path = tmp_path / name
    pack = (
        zlib.compressobj(9, zlib.DEFLATED, 31)
        if name.endswith("gz")
        else zstandard.ZstdCompressor().compressobj()
    )
    _write_bomb(path, b'{"text": "one"}\n', b" " * 10_000_000, 200, b"\n", pack=pack)
    before = sum(os.times()[2:4])  # seconds of processes that have ended, user and system
    growth_mib, results = _read_apart(path)
    assert sum(os.times()[2:4]) - before < 20
    if "jsonl" in name:
        assert [result[0] for result in results] == ["page", "bomb"]
    else:
        assert [result[0] for result in results] == ["too_large"]
    assert growth_mib < 200


@pytest.mark.slow
def test_a_bomb_inside_an_http_body_and_a_record_of_1_gb(tmp_path):
    from archives import HTML, packed, record, response

    http = HTML.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    bomb = gzip.compress(b"x" * 500_000_000)
    head = record("response", "https://big/", HTML, length=1_000_000_000)[:-4]
    pack = zlib.compressobj(1, zlib.DEFLATED, 31)
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as out:
        out.write(packed(response("https://bomb/", bomb, http=http)))
        out.write(pack.compress(head))
        for _ in range(100):
            out.write(pack.compress(b"x" * 10_000_000))
        out.write(pack.flush())
        out.write(packed(response("https://last/", b"last")))
    growth_mib, results = _read_apart(path)
    assert [result[0] for result in results] == ["too_large", "bomb", "page"]
    assert growth_mib < 200


@pytest.mark.slow
def test_planning_a_hundred_thousand_files(tmp_path):
    from pipeline.inputs.plan import plan

    for folder in range(100):
        (tmp_path / f"{folder:02}").mkdir()
        for number in range(1000):
            (tmp_path / f"{folder:02}" / f"{number}.txt").touch()
    started = time.process_time()
    shards = plan([str(tmp_path / "**.txt")])
    assert time.process_time() - started < 10
    assert sum(len(shard.pieces) for shard in shards) == 100_000
    assert len(shards) == 25
