"""Transient errors are overcome without repeating or losing a byte; others are told."""

import errno
import io

import pytest

from pipeline.inputs.options import ReadOptions
from pipeline.inputs.plan import plan
from pipeline.inputs.read import read_shard
from pipeline.inputs.storage import StorageFile, UnreadableError

DATA = bytes(range(256)) * 1000


class _Flaky(io.BytesIO):
    def __init__(self, faults):
        super().__init__(DATA)
        self.faults = faults

    def read(self, size=-1):
        if self.faults and self.faults[0] <= self.tell():
            self.faults.pop(0)
            raise OSError(errno.EIO, "the disk blinked")
        return super().read(size)


def _opened(faults, sleeps):
    return StorageFile("x", opener=lambda _: _Flaky(faults), sleep=sleeps.append)


def test_reading_goes_on_at_the_same_byte():
    sleeps = []
    with _opened([0, 5000, 5000, 200_000], sleeps) as storage:
        assert b"".join(iter(lambda: storage.read(1000), b"")) == DATA
    assert sleeps == [0.2, 0.2, 0.8, 0.2]


def test_an_error_that_stays_is_told():
    sleeps = []
    with _opened([10_000] * 10, sleeps) as storage:
        storage.seek(20_000)
        with pytest.raises(UnreadableError, match="the disk blinked"):
            storage.read(10)
    assert sleeps == [0.2, 0.8, 3.2]


class _Denied(Exception):  # noqa: N818 - as google.api_core names them
    code = 403


class _Unavailable(Exception):  # noqa: N818 - as google.api_core names them
    code = 503


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file"), 1),
        (PermissionError(errno.EACCES, "Permission denied"), 1),
        (_Denied("no access"), 1),
        (_Unavailable("later"), 4),
        (OSError("who knows"), 4),
    ],
)
def test_permanent_errors_are_not_tried_again(error, tries):
    opened = []

    def opener(path):
        opened.append(path)
        raise error

    with pytest.raises(UnreadableError):
        StorageFile("x", opener=opener, sleep=lambda _: None)
    assert len(opened) == tries


def test_pages_read_before_an_error_are_kept(tmp_path, monkeypatch):
    from pipeline.inputs import storage as module

    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "%s"}\n' % (b"x" * 1000) * 3000)
    (shard,) = plan([str(path)])

    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= 2 << 20:
                raise PermissionError(errno.EACCES, "Permission denied")
            return super().read(size)

    monkeypatch.setattr(module, "_open", lambda _: Failing(path.read_bytes()))
    monkeypatch.setattr(
        module.StorageFile.__init__, "__kwdefaults__",
        {"opener": module._open, "sleep": lambda _: None},
    )  # fmt: skip
    *pages, failure = read_shard(shard, ReadOptions())
    assert len(pages) == (2 << 20) // 1013
    assert failure.reason == "unreadable"
    assert "Permission denied" in failure.detail


def test_storage_that_gives_less_than_it_listed_is_told(tmp_path):
    """Object stores that unpack on the fly do so."""
    for name in ("a.jsonl", "a.txt", "a.warc"):
        path = tmp_path / name
        path.write_bytes(b'{"text": "one"}\n' * 10)
        (shard,) = plan([str(path)])
        path.write_bytes(b'{"text": "one"}\n' * 5)
        last = list(read_shard(shard, ReadOptions()))[-1]
        assert last.reason == "truncated", name
        assert "80 bytes of 160" in last.detail
