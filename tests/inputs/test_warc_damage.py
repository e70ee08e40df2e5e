"""Damaged archives: nothing is lost without a word, and the rest is read."""

import gzip
import random

import pytest
import zstandard
from archives import HTML, packed, response

from pipeline.inputs.plan import Piece, Shard, plan
from pipeline.inputs.read import ReadOptions, read_shard


def _made(count=6, size=2000):
    random.seed(3)
    return [
        response(f"https://x/{n}", f"{n} {''.join(random.choices('abcdef ', k=size))}".encode())
        for n in range(count)
    ]


def _numbers(outcome):
    return [int(content.split()[0]) for content in outcome.contents]


@pytest.mark.parametrize("shard_bytes", [1000, 1 << 40])
@pytest.mark.parametrize("missing", [1, 9, 50, 700, 1000])
def test_a_cut_archive(tmp_path, read, missing, shard_bytes):
    made = _made()
    members = [packed(one) for one in made]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members)[:-missing])
    outcome = read(path, shard_bytes=shard_bytes)
    assert _numbers(outcome)[:5] == [0, 1, 2, 3, 4]
    assert outcome.reasons == [("truncated", sum(map(len, members[:5])))]
    (failure,) = outcome.failures
    assert failure.raw == members[5][:-missing]
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(made)[: -missing - 4])
    outcome = read(path, shard_bytes=shard_bytes)
    assert _numbers(outcome) == [0, 1, 2, 3, 4]
    assert outcome.reasons == [("truncated", sum(map(len, made[:5])))]
    assert outcome.failures[0].url == "https://x/5"


def test_a_cut_inside_a_header(tmp_path, read):
    made = _made(3)
    path = tmp_path / "a.warc"
    path.write_bytes(made[0] + made[1] + made[2][:60])
    outcome = read(path)
    assert _numbers(outcome) == [0, 1]
    assert outcome.reasons == [("truncated", len(made[0] + made[1]))]


def test_a_cut_whole_file_gzip_and_zstd(tmp_path, read):
    data = b"".join(_made(40))
    for name, squeezed in (
        ("a.warc.gz", gzip.compress(data)),
        ("b.warc.zst", zstandard.compress(data)),
    ):
        path = tmp_path / name
        path.write_bytes(squeezed[: len(squeezed) // 2])
        outcome = read(path)
        assert _numbers(outcome) == list(range(len(outcome.pages)))
        if name.endswith("gz"):
            assert 15 < len(outcome.pages) < 25
        assert outcome.reasons == [("truncated", 0)]


@pytest.mark.parametrize("shard_bytes", [1, 3000, 1 << 40])
def test_garbage_between_members(tmp_path, read, shard_bytes):
    members = [packed(one) for one in _made()]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members[:3]) + b"garbage \x1f\x8b\x08 x" + b"".join(members[3:]))
    outcome = read(path, shard_bytes=shard_bytes)
    assert _numbers(outcome) == [0, 1, 2, 3, 4, 5]
    assert outcome.reasons == [("corrupt", sum(map(len, members[:3])))]
    assert outcome.failures[0].raw == b"garbage \x1f\x8b\x08 x"


def test_garbage_at_a_cut(tmp_path):
    """A piece that ends exactly where the damage begins leaves it to whoever can read on."""
    members = [packed(one) for one in _made()]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members[:3]) + b"garbage" + b"".join(members[3:]))
    cut = sum(map(len, members[:3]))
    file = plan([str(path)])[0].pieces[0].file
    for where in range(cut - 2, cut + 9):
        pieces = (Piece(file, 0, where), Piece(file, where, -1))
        results = [
            result
            for piece in pieces
            for result in read_shard(Shard(0, "x", (piece,), 0), ReadOptions())
        ]
        assert [getattr(result, "reason", "page") for result in results] == [
            *["page"] * 3, "corrupt", *["page"] * 3,
        ]  # fmt: skip


@pytest.mark.parametrize("shard_bytes", [1, 3000, 1 << 40])
@pytest.mark.parametrize("at", [12, 600, -6])
def test_a_damaged_member_costs_itself_only(tmp_path, read, at, shard_bytes):
    members = [packed(one) for one in _made()]
    bad = bytearray(members[2])
    for index in range(4 if at > 0 else 1):
        bad[at + index] ^= 0x5A
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join([*members[:2], bytes(bad), *members[3:]]))
    outcome = read(path, shard_bytes=shard_bytes)
    assert _numbers(outcome) == [0, 1, 3, 4, 5]
    assert outcome.reasons == [("corrupt", len(members[0] + members[1]))]
    assert outcome.failures[0].raw == bytes(bad)


@pytest.mark.parametrize("change", [-300, -3, 300, 10_000, 10**9])
@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_lying_length_costs_its_own_record_only(tmp_path, read, name, change):
    made = _made()
    size = len(made[2].split(b"\r\n\r\n", 1)[1]) - 4
    made[2] = made[2].replace(b"Content-Length: %d" % size, b"Content-Length: %d" % (size + change))
    data = packed(*made) if name.endswith("gz") else b"".join(made)
    path = tmp_path / name
    path.write_bytes(data)
    outcome = read(path)
    assert _numbers(outcome) == [0, 1, 3, 4, 5]
    offset = len(packed(*made[:2]) if name.endswith("gz") else b"".join(made[:2]))
    assert outcome.reasons == [("malformed", offset)]
    assert outcome.failures[0].url == "https://x/2"


def test_a_length_that_takes_in_the_line_ends_is_forgiven(tmp_path, read):
    size = len(HTML) + 5
    wrong = response("https://x/", b"hello").replace(b"th: %d" % size, b"th: %d" % (size + 3))
    path = tmp_path / "a.warc"
    path.write_bytes(wrong + response("https://y/", b"there"))
    assert read(path).contents == ["hello\r\n\r", "there"]


def test_no_archive_at_all(tmp_path, read):
    for name, data, reason in (
        ("a.warc", b"hello world\n" * 100, "malformed"),
        ("b.warc.gz", gzip.compress(b"hello world\n" * 100), "malformed"),
        ("c.warc.gz", b"hello world\n" * 100, "corrupt"),
        ("d.warc.zst", b"hello world\n" * 100, "corrupt"),
        ("e.warc", b"", "no_text"),
        ("f.warc.gz", b"", "no_text"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        outcome = read(path)
        assert outcome.reasons == [(reason, 0)], name
        assert outcome.pages == []


def test_a_bomb_member(tmp_path, read):
    bomb = gzip.compress(response("https://bomb/", b"x" * 20_000_000))
    members = [packed(one) for one in _made(2)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(members[0] + bomb + members[1])
    outcome = read(path, expansion_grace_bytes=1_000_000)
    assert _numbers(outcome) == [0, 1]
    assert outcome.reasons == [("bomb", len(members[0]))]


def test_damage_after_the_last_record_of_a_file(tmp_path, read):
    members = [packed(one) for one in _made(2)]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members) + b"\0" * 100)
    assert read(path).reasons == []
    path.write_bytes(b"".join(members) + b"tail")
    outcome = read(path)
    assert _numbers(outcome) == [0, 1]
    assert outcome.reasons == [("corrupt", sum(map(len, members)))]
