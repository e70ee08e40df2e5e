"""Objects survive every fault whole, appear at once, and are replaced by one of several only."""

import io
import os
import random
import threading
import time

import pytest

from pipeline import storage
from pipeline.cloud import client as cloud_client
from pipeline.cloud import lease
from pipeline.cloud.client import (
    ChangedObjectError,
    CloudError,
    DeniedError,
    MissingObjectError,
)
from pipeline.cloud.objects import ObjectReader, list_objects, replace, split_path, stat

pytestmark = pytest.mark.slow

DATA = random.Random(1).randbytes(20_000_000)


def test_an_object_is_read_in_any_order(gcs_bucket):
    path = f"{gcs_bucket}/a/b.bin"
    storage.write_bytes(path, DATA)
    with storage.open_for_reading(path) as handle:
        assert handle.read(10) == DATA[:10]
        assert handle.read() == DATA[10:]
        assert handle.read(5) == b""
        handle.seek(-7, io.SEEK_END)
        assert handle.read(100) == DATA[-7:]
        handle.seek(1_000_000)
        assert b"".join(iter(lambda: handle.read(333_333), b"")) == DATA[1_000_000:]
        buffer = bytearray(10)
        handle.seek(3)
        assert handle.readinto(buffer) == 10
        assert bytes(buffer) == DATA[3:13]
    assert storage.read_range(path, 19_999_990, 100) == DATA[-10:]
    storage.write_bytes(f"{gcs_bucket}/empty", b"")
    assert storage.read_bytes(f"{gcs_bucket}/empty") == b""


def test_names_are_listed_folder_by_folder(gcs_bucket):
    for name in ("x/2.txt", "x/1.txt", "x/1.bin", "x/y/3.txt", "xx/4.txt", "Grüße/ö #?.txt"):
        storage.write_bytes(f"{gcs_bucket}/{name}", name.encode())
    assert storage.list_files(f"{gcs_bucket}/x", "*.txt") == [
        f"{gcs_bucket}/x/1.txt",
        f"{gcs_bucket}/x/2.txt",
    ]
    assert storage.list_files(f"{gcs_bucket}/nothing") == []
    assert (
        storage.read_bytes(storage.join(gcs_bucket, "Grüße", "ö #?.txt"))
        == "Grüße/ö #?.txt".encode()
    )
    storage.delete_tree(f"{gcs_bucket}/x")
    assert [info.path.removeprefix(gcs_bucket) for info in list_objects(f"{gcs_bucket}/")] == [
        "/Grüße/ö #?.txt",
        "/xx/4.txt",
    ]
    storage.delete_tree(f"{gcs_bucket}/x")


def _give_up(path, data):
    context = storage.open_for_writing(path)
    context.__enter__().write(data)
    assert not context.__exit__(KeyError, KeyError(path), None)


def test_a_file_given_up_leaves_nothing(gcs_bucket):
    path = f"{gcs_bucket}/half"
    _give_up(path, DATA)
    assert not storage.exists(path)
    storage.write_bytes(path, b"old")
    _give_up(path, b"new")
    assert storage.read_bytes(path) == b"old"


def test_an_object_replaced_while_it_is_read_is_told(gcs_bucket):
    path = f"{gcs_bucket}/page"
    storage.write_bytes(path, DATA)
    reader = ObjectReader(path)
    reader.read(10)
    storage.write_bytes(path, DATA[::-1])
    with pytest.raises(MissingObjectError, match="replaced or deleted while it was being read"):
        reader.read()


def test_of_writers_that_race_one_wins(gcs_bucket):
    path = f"{gcs_bucket}/run.json"
    first = replace(path, b"1", 0)
    assert replace(path, b"1", 0) == first  # an earlier try of its own arrived unheard
    with pytest.raises(ChangedObjectError, match="another process"):
        replace(path, b"other", 0)
    results = []

    def race(number):
        try:
            results.append((replace(path, b"new %d" % number, first), number))
        except ChangedObjectError:
            results.append((0, number))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for generation, number in results if generation]
    assert storage.read_bytes(path) == b"new %d" % winner


@pytest.mark.parametrize("fault", ["503", "429", "reset", "lost", "cut", "short"])
def test_every_fault_is_overcome(behind_proxy, gcs_bucket, hasty, fault):
    proxy = behind_proxy(rate=0.4, faults=(fault,), seed=7)
    path = f"{gcs_bucket}/pages"
    storage.write_bytes(path, DATA)
    assert storage.read_bytes(path) == DATA
    generation = stat(path).generation
    for number in range(10):
        storage.write_bytes(f"{gcs_bucket}/many/{number}", b"%d" % number)
    assert len(storage.list_files(f"{gcs_bucket}/many")) == 10
    new = replace(path, b"new", generation)
    with pytest.raises(ChangedObjectError):
        replace(path, b"newer", generation)
    assert (storage.read_bytes(path), stat(path).generation) == (b"new", new)
    storage.delete_tree(f"{gcs_bucket}/many")
    assert storage.list_files(f"{gcs_bucket}/many") == []
    assert proxy.done[fault] >= 5


class _Pieces:
    """Picks the answers to the first pieces of so many uploads; the emulator takes them twice.

    `then` is called when the next upload begins.
    """

    def __init__(self, uploads, then=None):
        self.left = uploads
        self.then = then
        self._began = False

    def __call__(self, method, path):
        if method == "POST" and "uploadType=resumable" in path:
            if self._began and self.then:
                self.then()
            self._began = True
        if method == "PUT" and self._began and self.left:
            self._began = self.then is not None
            self.left -= 1
            return True
        return False


def _deletions(proxy):
    return [path for method, path, _ in proxy.seen if method == "DELETE"]


def test_an_upload_with_a_piece_twice_is_made_anew(behind_proxy, gcs_bucket, hasty):
    path = f"{gcs_bucket}/pages"
    storage.write_bytes(path, b"old")
    old = stat(path).generation
    pieces = _Pieces(2)
    proxy = behind_proxy(rate=1.0, faults=("cut",), spoil=pieces)
    new = replace(path, DATA, old)
    assert (storage.read_bytes(path), stat(path).generation) == (DATA, new)
    assert proxy.done["cut"] == 2
    assert not _deletions(proxy)


def test_a_spoilt_upload_does_not_touch_what_another_wrote(behind_proxy, gcs_bucket, hasty):
    path = f"{gcs_bucket}/pages"
    storage.write_bytes(path, b"old")
    old = stat(path).generation
    client = cloud_client.client()

    def write():
        bucket, name = split_path(path)
        client.bucket(bucket).blob(name).upload_from_string(b"other")

    proxy = behind_proxy(rate=1.0, faults=("cut",), spoil=_Pieces(1, then=write))
    with pytest.raises(ChangedObjectError):
        replace(path, DATA, old)
    assert storage.read_bytes(path) == b"other"
    assert not _deletions(proxy)


def test_an_upload_that_stays_spoilt_takes_only_itself_away(
    behind_proxy, gcs_bucket, hasty, monkeypatch
):
    monkeypatch.setattr(cloud_client, "RETRY_S", 3.0)
    path = f"{gcs_bucket}/pages"
    proxy = behind_proxy(rate=1.0, faults=("cut",), spoil=_Pieces(10**6))
    with pytest.raises(CloudError, match=r"bytes arrived, not these 20000000"):
        replace(path, DATA, 0)
    assert not storage.exists(path)
    assert _deletions(proxy)
    assert all("ifGenerationMatch=" in sent for sent in _deletions(proxy))


def test_a_fault_that_stays_is_told_in_a_line(behind_proxy, gcs_bucket, hasty, monkeypatch):
    monkeypatch.setattr(cloud_client, "RETRY_S", 0.3)
    for fault, words in (("503", "status 503"), ("reset", "ConnectionError")):
        behind_proxy(rate=1.0, faults=(fault,))
        with pytest.raises(CloudError, match=words) as caught:
            storage.write_bytes(f"{gcs_bucket}/x", b"x")
        assert str(caught.value).startswith(f"{gcs_bucket}/x: cannot write it, tried for")
        assert "\n" not in str(caught.value)


def test_a_missing_permission_says_what_and_where(behind_proxy, gcs_bucket):
    behind_proxy(deny=lambda method, _: method == "POST")
    with pytest.raises(DeniedError) as caught:
        storage.write_bytes(f"{gcs_bucket}/out/x", b"x")
    assert str(caught.value) == (
        f"{gcs_bucket}/out/x: no permission to write it (403), and no credentials were found: run "
        "`gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS"
    )
    assert isinstance(caught.value, PermissionError)
    behind_proxy(deny=lambda method, _: method == "GET")
    for action in (storage.exists, storage.read_bytes, storage.list_files):
        with pytest.raises(PermissionError, match=r"no permission to (read|list) it"):
            action(f"{gcs_bucket}/in")


def test_a_bucket_that_is_not_there(gcs_bucket):
    with pytest.raises(FileNotFoundError, match="no such bucket"):
        storage.write_bytes("gs://no-such-bucket-here/x", b"x")
    assert not storage.exists("gs://no-such-bucket-here/x")
    with pytest.raises(ValueError, match="write gs://BUCKET/FOLDER"):
        split_path("gs:///x")


def test_a_lease_is_held_by_one(gcs_bucket, monkeypatch):
    monkeypatch.setattr(lease, "BEAT_S", 0.1)
    monkeypatch.setattr(lease, "DEAD_S", 60.0)
    path = f"{gcs_bucket}/out/.work.lock"
    with lease.Lease(path) as held:
        with pytest.raises(lease.HeldError):
            lease.Lease(path)
        assert not held.lost
    assert not storage.exists(path)


def test_a_lease_of_a_dead_holder_is_taken_over(gcs_bucket, monkeypatch, capsys):
    monkeypatch.setattr(lease, "BEAT_S", 0.1)
    monkeypatch.setattr(lease, "DEAD_S", 0.5)
    path = f"{gcs_bucket}/out/.work.lock"
    storage.write_bytes(path, b'{"host": "elsewhere", "pid": 1}')  # gives no sign of life
    with lease.Lease(path) as held:
        assert "a run on elsewhere holds" in capsys.readouterr().err
        storage.write_bytes(path, b"{}")  # someone takes it over, thinking this one dead
        deadline = time.monotonic() + 60
        while not held.lost and time.monotonic() < deadline:
            time.sleep(0.05)
        assert held.lost
    assert storage.exists(path)


def test_a_lease_of_a_dead_process_of_this_machine_is_free_at_once(gcs_bucket):
    path = f"{gcs_bucket}/out/.work.lock"
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    import json

    storage.write_bytes(path, json.dumps({**lease._this_machine(), "pid": child}).encode())
    started = time.monotonic()
    with lease.Lease(path):
        assert time.monotonic() - started < 5
