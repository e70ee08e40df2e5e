"""What of an inbox is new, at rest, and not committed."""

import itertools
import os

import pytest

from pipeline.inputs.formats import forced_format
from pipeline.inputs.shards import Piece
from pipeline.watch.inbox import Inbox
from pipeline.watch.intake import ARRIVAL_BYTES, key_of
from pipeline.watch.status import lag_s


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now_s = 1_800_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(tmp_path, clock):
    def make(pattern="*", known=(), last_ms=0, settle_s=1.0, forced=None):
        return Inbox(
            [str(tmp_path / pattern)],
            forced_format(forced),
            known,
            settle_s=settle_s,
            last_ms=last_ms,
            tick_ms=1000,
            now_s=clock,
        )

    return make


def put(folder, name, data="page", at_s=1_799_999_000.0):
    path = folder / name
    path.write_text(data)
    os.utime(path, (at_s, at_s))
    return path


def taken(inbox, most=100):
    inbox.look()
    return [p.file.path.rsplit("/", 1)[1] for a in inbox.take(most) for p in a.pieces]


def test_files_are_taken_once_in_the_order_of_their_time_stamps(tmp_path, inbox):
    box = inbox()
    put(tmp_path, "a.txt", at_s=1_799_999_003)
    put(tmp_path, "b.txt", at_s=1_799_999_001)
    put(tmp_path, "c.txt", at_s=1_799_999_002)
    assert taken(box) == ["b.txt", "c.txt", "a.txt"]
    put(tmp_path, "d.txt")
    assert taken(box) == ["d.txt"]
    assert taken(box) == []


def test_a_file_is_taken_when_it_has_come_to_rest(tmp_path, inbox, clock):
    box = inbox()
    put(tmp_path, "a.txt", at_s=clock.now_s)
    assert taken(box) == []
    assert box.waiting.files == 1
    clock.now_s += 0.5
    put(tmp_path, "a.txt", "page, longer", at_s=clock.now_s)
    clock.now_s += 0.9
    assert taken(box) == []
    clock.now_s += 0.2
    assert taken(box) == ["a.txt"]


def test_a_time_stamp_in_the_future_does_not_hold_a_file_up(tmp_path, inbox, clock):
    box = inbox()
    put(tmp_path, "a.txt", at_s=clock.now_s + 3600)
    assert taken(box) == []
    clock.now_s += 1.1
    assert taken(box) == ["a.txt"]


def test_a_changed_file_is_taken_again(tmp_path, inbox):
    box = inbox()
    put(tmp_path, "a.txt")
    assert taken(box) == ["a.txt"]
    put(tmp_path, "a.txt", "another page")
    assert taken(box) == ["a.txt"]


def test_what_is_committed_is_not_taken(tmp_path, inbox):
    put(tmp_path, "a.txt")
    first = inbox()
    first.look()
    (arrival,) = first.take(9)
    known = [key_of(piece) for piece in arrival.pieces]
    put(tmp_path, "b.txt")
    assert taken(inbox(known=known)) == ["b.txt"]


def test_a_large_file_comes_in_pieces_of_which_each_is_known_by_itself(tmp_path, inbox):
    line = '{"text": "' + "x" * 1000 + '"}\n'
    put(tmp_path, "a.jsonl", line * (3 * ARRIVAL_BYTES // len(line)))
    box = inbox()
    box.look()
    arrivals = list(box.take(9))
    assert len(arrivals) >= 3
    pieces = [piece for arrival in arrivals for piece in arrival.pieces]
    assert pieces[0].start == 0
    assert all(a.end == b.start for a, b in itertools.pairwise(pieces))
    again = inbox(known=[key_of(pieces[0])])
    again.look()
    assert [p for a in again.take(9) for p in a.pieces] == pieces[1:]


def test_files_on_their_way_and_of_no_known_format_are_left_alone(tmp_path, inbox):
    box = inbox()
    for name in (".a.txt", "b.jsonl.tmp", "README", "c.txt"):
        put(tmp_path, name)
    assert taken(box) == ["c.txt"]
    assert [path.rsplit("/", 1)[1] for path in box.waiting.unknown] == ["README", "b.jsonl.tmp"]


def test_a_named_format_is_that_of_all_files(tmp_path, inbox):
    put(tmp_path, "README")
    assert taken(inbox(forced="txt")) == ["README"]


def test_an_inbox_that_is_not_there_yet_is_empty(tmp_path, inbox):
    box = inbox(pattern="later/*")
    assert taken(box) == []
    assert box.waiting.error == ""
    (tmp_path / "later").mkdir()
    put(tmp_path / "later", "a.txt")
    assert taken(box) == ["a.txt"]


def test_time_never_goes_back(tmp_path, inbox, clock):
    last_ms = int(clock.now_s * 1000) + 5000
    box = inbox(last_ms=last_ms)
    put(tmp_path, "a.txt")
    box.look()
    (first,) = box.take(1)
    assert first.at_ms == last_ms
    assert first.tick_ms > first.at_ms
    clock.now_s += 20
    put(tmp_path, "b.txt")
    box.look()
    (second,) = box.take(1)
    clock.now_s -= 15
    put(tmp_path, "c.txt")
    box.look()
    (third,) = box.take(1)
    assert first.at_ms < second.at_ms == third.at_ms
    assert [a.number for a in (first, second, third)] == [0, 1, 2]


def test_the_oldest_page_that_is_not_committed_is_known(tmp_path, inbox, clock):
    box = inbox()
    began = clock.now_s

    def lag(end_s):
        values = {name: getattr(box.waiting, name) for name in box.waiting.__slots__}
        return lag_s(values, int((began + end_s) * 1000), clock.now_s)

    assert lag(0) == 0
    put(tmp_path, "a.txt")
    assert taken(box) == ["a.txt"]
    clock.now_s += 5
    put(tmp_path, "b.txt")
    assert taken(box) == ["b.txt"]
    put(tmp_path, "c.txt", at_s=clock.now_s)
    box.look()
    clock.now_s += 0.5
    assert [lag(end_s) for end_s in (0, 1, 6)] == [5.5, 0.5, 0.5]
    box.committed(int(began * 1000) + 6000)
    clock.now_s += 1
    assert taken(box) == ["c.txt"]
    clock.now_s += 3
    assert [lag(end_s) for end_s in (6, 8)] == [3, 0]


def test_an_intake_is_behind_when_a_window_is_over_for_long(tmp_path, inbox, clock):
    box = inbox()
    assert not box.is_behind(1000)
    put(tmp_path, "a.txt")
    assert taken(box) == ["a.txt"]  # in the tick that ends one second later
    behind = []
    for _ in range(5):
        clock.now_s += 1
        behind.append((box.is_behind(1000), box.is_behind(60_000)))
    assert behind == [(False, False)] * 3 + [(True, False)] * 2
    clock.now_s += 60
    assert box.is_behind(60_000)
    box.committed(1_800_000_001_000)
    assert not box.is_behind(1000)


def test_what_waits_to_be_taken_counts_from_when_it_was_seen(tmp_path, inbox, clock):
    box = inbox()
    put(tmp_path, "a.txt")
    box.look()
    began_s = clock.now_s
    clock.now_s += 7
    put(tmp_path, "b.txt")
    box.look()
    assert (box.waiting.files, box.waiting.since_s) == (2, began_s)
    (arrival,) = box.take(1)
    assert len(arrival.pieces) == 2
    assert box.waiting.since_s == 0.0
    box.look()
    assert (box.waiting.files, box.waiting.since_s) == (0, 0.0)


def test_the_key_of_a_piece_changes_with_all_that_it_is_known_by(tmp_path, inbox):
    put(tmp_path, "a.txt")
    box = inbox()
    box.look()
    (arrival,) = box.take(1)
    file = arrival.pieces[0].file
    keys = {
        key_of(Piece(file)),
        key_of(Piece(file, 1)),
        key_of(Piece(file, 0, 1)),
        key_of(Piece(type(file)(file.path, 5, file.token, file.format, "none"))),
        key_of(Piece(type(file)(file.path, file.size, "1", file.format, "none"))),
        key_of(Piece(type(file)("/b", file.size, file.token, file.format, "none"))),
    }
    assert len(keys) == 6
