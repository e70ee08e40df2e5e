"""Segments and the manifest: what a stream remembers, through merges and restarts."""

import json

import numpy as np
import pytest

from pipeline.duplicates.earlier_rows import write_rows
from pipeline.errors import UsageError
from pipeline.outputs.counts import Counts
from pipeline.storage import join, read_bytes, write_bytes
from pipeline.watch import manifest as manifests
from pipeline.watch.manifest import Segment, StreamManifest, with_mark
from pipeline.watch.past import HistoryStart, Past, StreamRows, date_of, rows_before
from pipeline.watch.segments import LINK, IdWriter, merge, read_ids, read_keys, read_links
from transforms.text.rows import EXACT_ROW, PARAGRAPH_BITS, sort_rows

RUN = 3


def make_segment(folder, first, end, keys, gaps=()):
    """A segment whose pages each have one row, one link to themselves, and one ledger entry."""
    rows = np.zeros(end - first, EXACT_ROW)
    pages = np.arange(first, end, dtype=np.uint64)
    rows["key"] = keys
    rows["date"] = np.uint64(date_of(RUN, 0)) | pages
    rows["address"] = pages << np.uint64(PARAGRAPH_BITS)
    write_rows(str(folder / "exact-0.rows"), sort_rows(rows))
    ids = IdWriter(first)
    for page in range(first, end):
        if page not in gaps:
            ids.add(page, [(f"ps:{page}", f"https://x.example/{page}")])
    ids.write(str(folder), end)
    links = np.empty(end - first, LINK)
    links["address"], links["keeper"] = rows["address"], rows["address"] - np.uint64(1 << 20)
    write_bytes(join(str(folder), "links"), links.tobytes())
    write_bytes(join(str(folder), "files"), b"".join(b"%016d" % page for page in range(first, end)))
    return Segment(
        folder=folder.name,
        tier=0,
        first_page=first,
        end_page=end,
        parts=(("exact-0", end - first),),
        links=end - first,
        files=end - first,
    )


@pytest.fixture
def three(tmp_path):
    """Three segments, the second of which begins behind a gap in the numbers."""
    spans = ((10, 14), (20, 26), (26, 27))
    found = []
    for number, (first, end) in enumerate(spans):
        folder = tmp_path / f"s{number}"
        keys = [(page * 7) % 5 for page in range(first, end)]
        found.append((str(folder), make_segment(folder, first, end, keys, gaps={22})))
    return found


def test_ids_links_and_ledger_are_found_again_after_a_merge(three, tmp_path):
    folder = str(tmp_path / "merged")
    merged = merge(three, folder, 100, 0, 1)
    assert (merged.first_page, merged.end_page, merged.tier) == (10, 27, 1)
    pages = [10, 13, 20, 21, 25, 26]
    assert read_ids(folder, merged, pages) == {
        page: (f"ps:{page}", f"https://x.example/{page}") for page in pages
    }
    links = read_links(folder, merged)
    assert links["address"].tolist() == sorted(links["address"].tolist())
    assert len(links) == 11
    assert list(read_keys(folder, merged)) == [
        b"%016d" % page for page in (*range(10, 14), *range(20, 27))
    ]


def test_a_number_without_a_page_has_no_id(three, tmp_path):
    merged = merge(three, str(tmp_path / "merged"), 100, 0, 1)
    with pytest.raises(ValueError, match=r"unexpected end|input is empty|EOF|zero-length"):
        read_ids(str(tmp_path / "merged"), merged, [22])


@pytest.mark.parametrize("rows_at_once", [4, 1 << 18])
def test_no_answer_changes_by_a_merge(three, tmp_path, rows_at_once):
    merged = merge(three, str(tmp_path / "merged"), 3, 0, 1, rows_at_once)
    keys = np.arange(6, dtype=np.uint64)

    def ask(parts):
        return StreamRows({"exact": parts}, [], RUN, 0, 3).look_up("exact", keys).tolist()

    many = [(join(folder, "exact-0.rows"), s.parts[0][1]) for folder, s in three]
    one = [(join(str(tmp_path / "merged"), "exact-0.rows"), merged.parts[0][1])]
    assert ask(one) == ask(many)
    assert merged.parts[0][1] <= 15


def test_forgotten_pages_are_no_answer_before_or_after_a_merge(three, tmp_path):
    keys = np.arange(6, dtype=np.uint64)
    many = [(join(folder, "exact-0.rows"), s.parts[0][1]) for folder, s in three]
    rows = StreamRows({"exact": many}, [], RUN, 21, 9).look_up("exact", keys)
    assert sorted((rows["address"] >> np.uint64(PARAGRAPH_BITS)).tolist()) == list(range(21, 27))
    merged = merge(three, str(tmp_path / "merged"), 9, date_of(RUN, 21), 1)
    assert merged.parts == (("exact-0", 6),)


def test_rows_of_other_partitions_and_runs_do_not_count(three, tmp_path):
    segments = tuple(s for _, s in three)
    manifest = StreamManifest(settings={}, run=RUN, segments=segments)
    keys = np.arange(6, dtype=np.uint64)
    args = (HistoryStart(), (), manifest, str(tmp_path), (), 0, 99)
    assert len(rows_before("exact-0", *args).look_up("exact", keys)) == 11
    assert len(rows_before("exact-1", *args).look_up("exact", keys)) == 0
    other = StreamManifest(settings={}, run=RUN + 1, segments=segments)
    args = (HistoryStart(), (), other, str(tmp_path), (), 0, 99)
    assert len(rows_before("exact-0", *args).look_up("exact", keys)) == 0


def test_the_past_follows_links_and_names_pages(three):
    past = Past(HistoryStart(), three)
    addresses = np.array([12, 25], np.uint64) << np.uint64(PARAGRAPH_BITS)
    assert past.ids_of(addresses) == {
        12 << 20: ("ps:12", "https://x.example/12"),
        25 << 20: ("ps:25", "https://x.example/25"),
    }
    assert past.follow(addresses).tolist() == [9 << 20, 19 << 20]


def test_a_manifest_is_read_as_it_was_written(three, tmp_path):
    counts = Counts()
    counts.n["pages.read"] = 7
    manifest = StreamManifest(
        settings={"radius": 24},
        history="h",
        run=RUN,
        first_page=10,
        next_page=27,
        next_window=3,
        end_ms=1000,
        segments=tuple(s for _, s in three),
        marks=((10, 500), (20, 1000)),
        counts=json.loads(counts.to_json()),
        started="2024-05-01T10:00:00.000Z",
    )
    manifests.store(str(tmp_path), manifest)
    assert manifests.load(str(tmp_path)) == manifest
    assert manifest.total() == counts
    assert manifests.load(str(tmp_path / "s0")) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"schema": 1}', b'{"schema": 99}'])
def test_a_damaged_manifest_is_refused(tmp_path, data):
    write_bytes(manifests.manifest_path(str(tmp_path)), data)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        manifests.load(str(tmp_path))
    assert read_bytes(manifests.manifest_path(str(tmp_path))) == data


def test_marks_find_the_first_page_of_a_span_of_time():
    marks = ((5, 100), (9, 200), (12, 300))
    manifest = StreamManifest(settings={}, first_page=5, next_page=20, marks=marks)
    assert manifest.first_page_since(0) == 5
    assert manifest.first_page_since(150) == 5
    assert manifest.first_page_since(201) == 9
    assert manifest.first_page_since(300) == 9
    assert manifest.first_page_since(301) == 20


def test_marks_are_thinned_out():
    marks = ()
    for number in range(10_000):
        marks = with_mark(marks, number * 3, number)
    assert len(marks) <= 2049
    assert list(marks) == sorted(marks)
    assert marks[-1] == (29_997, 9_999)
