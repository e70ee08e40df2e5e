"""Files damaged at random: no error escapes, nothing is lost without a word, splits agree."""

import gzip
import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from archives import packed, response

ROUNDS = 12


def _bodies(rng):
    words = ["".join(rng.choices("abcdefghij", k=6)) for _ in range(300)]
    return [
        f"{number} {' '.join(rng.choices(words, k=rng.randint(1, 600)))}"
        for number in range(rng.randint(1, 40))
    ]


def _jsonl(bodies):
    return "".join(f'{{"text": "{body}"}}\n' for body in bodies).encode()


def _warc(bodies):
    return [response(f"https://x/{n}", body.encode()) for n, body in enumerate(bodies)]


def _parquet(bodies):
    out = io.BytesIO()
    pq.write_table(pa.table({"text": bodies}), out, row_group_size=7)
    return out.getvalue()


MAKERS = {
    "a.warc": lambda bodies: b"".join(_warc(bodies)),
    "a.warc.gz": lambda bodies: packed(*_warc(bodies)),
    "stored.warc.gz": lambda bodies: packed(*_warc(bodies), level=0),
    "whole.warc.gz": lambda bodies: gzip.compress(b"".join(_warc(bodies))),
    "a.warc.zst": lambda bodies: b"".join(map(zstandard.compress, _warc(bodies))),
    "a.jsonl": _jsonl,
    "a.jsonl.gz": lambda bodies: gzip.compress(_jsonl(bodies)),
    "a.jsonl.zst": lambda bodies: zstandard.compress(_jsonl(bodies)),
    "a.txt.gz": lambda bodies: gzip.compress(_jsonl(bodies)),
    "a.html": _jsonl,
    "a.parquet": _parquet,
}
CHECKED = {"a.warc.gz", "stored.warc.gz", "whole.warc.gz", "a.jsonl.gz"}
"""Formats in which check sums tell every change."""


def _damaged(data, rng):
    data = bytearray(data)
    at = rng.randrange(len(data))
    match rng.randrange(5):
        case 0:
            data[at] ^= 1 << rng.randrange(8)
        case 1:
            data[at:at] = rng.randbytes(rng.randint(1, 50))
        case 2:
            del data[at : at + rng.randint(1, 2000)]
        case 3:
            del data[at:]
        case 4:
            data[at:at] = data[at // 2 : at // 2 + 3000]
    return bytes(data)


@pytest.mark.parametrize("seed", range(ROUNDS))
@pytest.mark.parametrize("name", MAKERS)
def test_random_damage(tmp_path, read, name, seed):
    rng = random.Random(f"{name} {seed}")
    bodies = _bodies(rng)
    data = _damaged(MAKERS[name](bodies), rng)
    path = tmp_path / name
    path.write_bytes(data)
    whole = read(path, shard_bytes=1 << 40)
    parts = read(path, shard_bytes=rng.randint(len(data) // 10 + 1, len(data) * 4 + 1))
    assert parts.results == whole.results
    if name in CHECKED:
        assert set(whole.contents) <= set(bodies)
        if set(whole.contents) != set(bodies):
            assert whole.failures
