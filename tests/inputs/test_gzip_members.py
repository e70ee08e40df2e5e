"""Small gzip members are read at once: what comes out, and what is said, is as without that."""

import gzip
import random
import struct
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twins import without_kernel

from pipeline.inputs import compression
from pipeline.inputs.compression import DamagedError, Members, find_bytes
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import InputFile
from pipeline.inputs.storage import StorageFile
from pipeline.inputs.unpacked import Unpacked
from transforms.text import kernel


def trail(path, data, *, at_once, options=None):
    """All that is read from members one after another, with the places, to the end or damage."""
    path.write_bytes(data)
    found = []
    with StorageFile(str(path)) as storage:
        members = Members(storage, "gz", options or ReadOptions())
        try:
            while members.open_next():
                start, unpacked = members.start, b""
                found.append((start, "begins"))
                while block := members.read(at_once):
                    unpacked += block
                found.append((members.position, unpacked))
        except DamagedError as error:
            found.append((members.start, members.position, error.reason, error.detail))
    return found


def both(path, data, options=None):
    fast = trail(path, data, at_once=4 << 20, options=options)
    assert fast == trail(path, data, at_once=0, options=options)
    return fast


def with_header_check(content, check):
    body = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = body.compress(content) + body.flush()
    head = b"\x1f\x8b\x08\x02" + b"\0\0\0\0\0\3"
    sums = struct.pack("<II", zlib.crc32(content), len(content))
    return head + struct.pack("<H", check or zlib.crc32(head) & 0xFFFF) + packed + sums


PAGE = gzip.compress(b"a page " * 36, mtime=0)
"""Without a repetition of 258 bytes, see `test_a_code_that_nobody_writes`."""

LONG_PAGE = gzip.compress(b"a page " * 300, mtime=0)
INCOMPRESSIBLE = gzip.compress(b"\x1f\x8b\x08" + bytes(range(256)) * 3, 0, mtime=0)
CASES = {
    "several": PAGE + INCOMPRESSIBLE + PAGE,
    "empty": gzip.compress(b"", mtime=0) + PAGE,
    "padded": PAGE + b"\0" * 700 + PAGE + b"\0" * 9,
    "junk": PAGE + b"junk" + PAGE,
    "junk that repeats the end": PAGE + PAGE[-8:] + PAGE,
    "junk that repeats the end later": PAGE + b"more junk" + PAGE[-8:] + PAGE,
    "a member's length is wrong": PAGE[:-4] + b"\1\0\0\0" + PAGE,
    "a member's check sum is wrong": PAGE[:-8] + b"\1\0\0\0" + PAGE[-4:] + PAGE,
    "cut": PAGE + PAGE[:-3],
    "cut before the check sum": PAGE + PAGE[:-8],
    "a header with a check sum": with_header_check(b"text " * 99, 0) + PAGE,
    "a header with a wrong check sum": with_header_check(b"text " * 99, 7) + PAGE,
    "flags that nobody knows": PAGE[:3] + b"\x80" + PAGE[4:] + PAGE,
    "a name": gzip.compress(b"", mtime=0)[:3] + b"\x08" + PAGE[4:10] + b"name\0" + PAGE[10:] + PAGE,
    "a byte that changed": PAGE[:20] + bytes([PAGE[20] ^ 4]) + PAGE[21:] + PAGE,
    "larger than is read at once": gzip.compress(bytes(4 << 20) + b"x", mtime=0) + PAGE,
    "as large as is read at once": gzip.compress(bytes(4 << 20), mtime=0) + PAGE,
}


@pytest.mark.parametrize("name", CASES)
def test_odd_files_read_the_same(name, tmp_path):
    assert len(both(tmp_path / "file.gz", CASES[name])) >= 2


PIECES = st.one_of(
    st.binary(max_size=256).map(lambda data: gzip.compress(data, mtime=0)),
    st.sampled_from([PAGE, INCOMPRESSIBLE, b"\0\0", b"\x1f\x8b\x08", PAGE[-8:], PAGE[:40]]),
)


@given(st.lists(PIECES, max_size=5), st.data())
@example([PAGE, PAGE[-8:], PAGE], None)
def test_any_file_reads_the_same(tmp_path_factory, pieces, data):
    whole = bytearray(b"".join(pieces))
    if data is not None and whole and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
    both(tmp_path_factory.getbasetemp() / "any.gz", bytes(whole))


@given(st.lists(PIECES, max_size=5), st.integers(1, 300))
def test_members_across_blocks_read_the_same(tmp_path_factory, pieces, block_bytes):
    path = tmp_path_factory.getbasetemp() / "blocks.gz"
    one_block = [place[-2:] for place in both(path, b"".join(pieces))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "BLOCK_BYTES", block_bytes)
        found = both(path, b"".join(pieces))
    assert [place[-2:] for place in found] == one_block  # of damage what was read of it may differ


def test_a_code_that_nobody_writes(tmp_path):
    # zlib knows two codes of the format as errors which libdeflate takes for "repeat 258 bytes".
    page = bytearray(LONG_PAGE)
    page[19] ^= 2
    path = tmp_path / "code.gz"
    assert trail(path, page, at_once=0)[-1][2] == "corrupt"
    # Where that was meant the check sum holds, and the text is what it was.
    assert trail(path, page, at_once=1 << 20)[-1] == (len(page), b"a page " * 300)


NEARLY = st.binary(max_size=40) | st.sampled_from(
    [b"", b"ab", b"aab", b"aaaab", b"\0\0\1", b"b" * 9]
)


@given(NEARLY, NEARLY.filter(bool), st.integers(0, 45))
def test_bytes_are_found_where_they_are(data, sought, start):
    assert find_bytes(data, sought, start) == data.find(sought, start)
    assert without_kernel(find_bytes, data, sought, start) == data.find(sought, start)


@pytest.mark.skipif(
    kernel.compiled is None, reason="no compiled kernel: no compiler was there at installation"
)
@pytest.mark.parametrize(("sought", "start"), [(b"", 0), (b"a", -1)])
def test_nothing_cannot_be_found(sought, start):
    with pytest.raises(ValueError, match="find_bytes"):
        kernel.compiled.find_bytes(b"aa", sought, start)


def test_growth_is_refused_at_the_same_byte(tmp_path):
    text = random.Random(1).randbytes(60_000).hex().encode()
    options = ReadOptions(max_expansion=1.5, expansion_grace_bytes=50_000)
    found = both(tmp_path / "large.gz", LONG_PAGE + gzip.compress(text, mtime=0), options)
    assert found[-1][2] == "bomb"
    assert both(tmp_path / "small.gz", LONG_PAGE * 3, options)[-1] == (
        3 * len(LONG_PAGE),
        b"a page " * 300,
    )


def test_growth_of_all_members_together_is_refused_at_the_same_byte(read, tmp_path, monkeypatch):
    rng = random.Random(2)
    texts = [f'{{"text": "{rng.randbytes(40_000).hex()}"}}\n'.encode() for _ in range(4)]
    path = tmp_path / "pages.jsonl.gz"
    path.write_bytes(b"".join(gzip.compress(text, mtime=0) for text in texts))
    limits = {"max_expansion": 1.5, "expansion_grace_bytes": 200_000}
    fast = read(path, **limits)
    monkeypatch.setattr(Members, "_whole", lambda _self, _most: b"")
    slow = read(path, **limits)
    assert fast.results == slow.results
    assert fast.failures[-1].reason == "bomb"
    assert fast.pages


def test_small_members_are_read_without_zlib(tmp_path, monkeypatch):
    def no_zlib(_bits):
        raise AssertionError("zlib was asked")

    monkeypatch.setattr(compression.zlib, "decompressobj", no_zlib)
    found = trail(tmp_path / "pages.gz", LONG_PAGE * 3, at_once=1 << 20)
    assert [unpacked for _, unpacked in found[1::2]] == [b"a page " * 300] * 3
    assert found[-1][0] == 3 * len(LONG_PAGE)
    monkeypatch.setattr(compression, "BLOCK_BYTES", len(LONG_PAGE) + 20)
    assert trail(tmp_path / "pages.gz", LONG_PAGE * 3, at_once=1 << 20) == found


def test_small_members_are_read_at_once_however_many_came_before(tmp_path, monkeypatch):
    whole, read = Members._whole, []
    monkeypatch.setattr(
        Members, "_whole", lambda self, most: read.append(whole(self, most)) or read[-1]
    )
    path = tmp_path / "file.gz"
    path.write_bytes(LONG_PAGE * 20)
    options = ReadOptions(expansion_grace_bytes=5_000)
    with StorageFile(str(path)) as storage:
        file = InputFile(str(path), path.stat().st_size, "", "jsonl", "gz")
        unpacked = Unpacked(storage, file, options)
        assert b"".join(iter(unpacked.read, b"")) == b"a page " * 300 * 20
        assert unpacked.damage is None
    assert read == [b"a page " * 300] * 20
