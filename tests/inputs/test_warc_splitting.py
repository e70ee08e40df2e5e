"""Each record exactly once, however an archive is cut."""

import random
from functools import lru_cache
from itertools import pairwise

import pytest
from archives import packed, record, response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BODIES = st.one_of(
    st.integers(0, 3000).map(lambda n: b"plain text " * n),
    st.integers(0, 80_000).map(lambda n: random.Random(n).randbytes(n).hex().encode()),
    st.sampled_from(["gz", "plain"]),
)


@lru_cache
def _embedded(kind, count=40):
    inner = [
        response(f"https://inner/{n}", random.Random(n).randbytes(2000).hex().encode())
        for n in range(count)
    ]
    if kind == "plain":
        return b"\r\n\r\n" + b"".join(inner)
    return packed(*inner)


def _archive(bodies):
    made = []
    for number, body in enumerate(bodies):
        data = _embedded(body) if isinstance(body, str) else body
        made.append(response(f"https://outer/{number}", b"<p>%d " % number + data))
        made.append(record("metadata", f"https://outer/{number}", b"x"))
    return made


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(BODIES, min_size=1, max_size=10),
    pieces=st.integers(2, 60),
    level=st.sampled_from([0, 6]),
)
def test_any_split_gives_each_record_once(tmp_path, read, name, bodies, pieces, level):
    made = _archive(bodies)
    data = packed(*made, level=level) if name.endswith("gz") else b"".join(made)
    path = tmp_path / name
    path.write_bytes(data)
    whole = read(path, shard_bytes=1 << 40)
    assert [page.url for page in whole.pages] == [f"https://outer/{n}" for n in range(len(bodies))]
    scale = 4 if name.endswith("gz") else 1
    parts = read(path, shard_bytes=max(1, len(data) * scale // pieces))
    assert parts.results == whole.results
    assert parts.skipped == whole.skipped == {"record_type": len(bodies)}


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_cut_inside_an_embedded_archive(tmp_path, read, name):
    """Every cut lies inside an archive that a page holds."""
    inner = _embedded("gz" if name.endswith("gz") else "plain", 400)
    made = [
        response("https://first/", b"one"),
        response("https://holder/", b"x" + inner),
        response("https://last/", b"two" * 50_000),
    ]
    data = packed(*made, level=0) if name.endswith("gz") else b"".join(made)
    assert data.count(b"\x1f\x8b\x08" if name.endswith("gz") else b"\r\n\r\nWARC/1.0") > 390
    path = tmp_path / name
    path.write_bytes(data)
    for pieces in (2, 7, 50):
        outcome = read(path, shard_bytes=len(data) * (4 if name.endswith("gz") else 1) // pieces)
        assert outcome.shards > 1
        assert [page.url for page in outcome.pages] == [
            "https://first/", "https://holder/", "https://last/",
        ]  # fmt: skip


@pytest.mark.parametrize("level", [0, 1, 9])
def test_whole_file_gzip_belongs_to_the_first_piece(tmp_path, read, level):
    import gzip

    made = [response(f"https://x/{n}", random.Random(n).randbytes(5000)) for n in range(50)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(b"".join(made), level))
    outcome = read(path, shard_bytes=50_000)
    assert outcome.shards > 10
    assert [page.url for page in outcome.pages] == [f"https://x/{n}" for n in range(50)]
    assert outcome.failures == []


def test_pieces_of_a_plain_archive_start_at_records(tmp_path):
    from pipeline.inputs.plan import plan

    made = [response(f"https://x/{n}", b"x" * (n * 37 % 900)) for n in range(300)]
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(made))
    shards = plan([str(path)], shard_bytes=20_000)
    pieces = [piece for shard in shards for piece in shard.pieces]
    assert len(pieces) > 5
    assert pieces[0].start == 0
    assert pieces[-1].end == -1
    for before, after in pairwise(pieces):
        assert before.end == after.start
    data = path.read_bytes()
    assert all(data.startswith(b"WARC/1.0\r\n", piece.start) for piece in pieces)
