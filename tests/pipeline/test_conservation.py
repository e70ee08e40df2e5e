"""What comes in goes somewhere, once; a run whose counts do not add up commits nothing."""

import random

import pytest
from page_files import SENTENCES, WIDGET, jsonl, text, write

from pipeline import spill_shards
from pipeline.outputs import write_records
from pipeline.outputs.counts import Counts, check_conservation, sum_up
from pipeline.outputs.histograms import add_signals
from pipeline.outputs.largest import MOST


@pytest.fixture
def pages(tmp_path):
    records = [
        {"url": f"https://a.example/{n}", "text": text(SENTENCES[n], *WIDGET)} for n in range(3)
    ]
    return write(tmp_path / "in" / "in.jsonl", jsonl(*records))


def failed(ran, words):
    assert ran.status == 1
    assert "the counts do not add up, so nothing was committed" in ran.err
    assert words in ran.err
    assert len(ran.err.splitlines()) == 2
    assert not ran.output.exists()
    return True


def test_a_page_too_many_fails_the_run_and_commits_nothing(clean, pages, monkeypatch):
    count = spill_shards.ShardWriter._count

    def one_too_many(self, batch):
        count(self, batch)
        self._counts.n["pages.read"] += 1

    monkeypatch.setattr(spill_shards.ShardWriter, "_count", one_too_many)
    ran = clean(pages)
    assert failed(ran, "pages: 4 came in, but 3 were kept, removed, dropped or rejected")
    monkeypatch.undo()
    assert clean(pages, options=["--fresh"]).status == 0


def test_a_lost_paragraph_fails_the_run_and_leaves_the_earlier_one(clean, pages, monkeypatch):
    first = clean(pages, options=["--run-name=first"])
    assert first.status == 0
    before = first.bytes
    write_shard = write_records.write_shard

    def lose_three(*arguments):
        counts = write_shard(*arguments)
        counts.n["paragraphs.kept"] -= 3
        return counts

    monkeypatch.setattr(write_records, "write_shard", lose_three)
    ran = clean(pages, options=["--overwrite"])
    assert ran.status == 1
    assert "paragraphs: 9 came in, but 6 were kept" in ran.err
    assert ran.bytes == before
    assert ran.run["run"] == "first"


def test_a_step_that_loses_a_duplicate_fails_the_run(clean, tmp_path, monkeypatch):
    path = write(tmp_path / "in" / "in.txt", text(SENTENCES[0], SENTENCES[1], SENTENCES[0]))
    monkeypatch.setattr(write_records._Duplicates, "of_page", lambda self, page: ({}, {}))
    ran = clean(path)
    assert ran.status == 1
    assert "1 duplicates met no page" in ran.err
    assert not ran.output.exists()


def test_an_error_in_a_step_is_one_line_and_commits_nothing(clean, pages, monkeypatch):
    def fail(*arguments):
        raise LookupError("the step broke\nin two lines")

    monkeypatch.setattr(spill_shards.ShardWriter, "add", fail)
    ran = clean(pages)
    assert ran.status == 1
    (_, line) = ran.err.splitlines()
    assert line.startswith("pagesieve: the run failed, nothing was committed: ")
    assert "(--verbose shows more)" in line
    assert not ran.output.exists()
    assert "Traceback" in clean(pages, options=["--verbose"]).err


@pytest.mark.parametrize(
    ("numbers", "broken"),
    [
        ({}, []),
        ({"pages.read": 3, "pages.written": 1, "pages.dropped:a": 1, "pages.rejected:b": 1}, []),
        ({"pages.read": 3, "pages.written": 2}, ["pages: 3 came in, but 2 were"]),
        ({"pages.read": 2, "pages.written": 2, "pages.dropped:a": 1}, ["pages: 2 came in, but 3"]),
        ({"paragraphs.in": 5, "paragraphs.removed:a.b": 3, "paragraphs.dropped:x": 2}, []),
        ({"paragraphs.in": 6, "paragraphs.kept": 5}, ["paragraphs: 6 came in, but 5"]),
        ({"paragraphs.in": 1, "pages.read": 1}, ["pages: 1", "paragraphs: 1"]),
    ],
)
def test_both_equations_are_checked(numbers, broken):
    counts = Counts()
    counts.n.update(numbers)
    found = check_conservation(counts)
    assert len(found) == len(broken)
    for line, start in zip(found, broken, strict=True):
        assert line.startswith(start)


def test_counts_survive_their_file():
    counts = Counts()
    counts.n.update({"pages.read": 3, "languages:en": 2})
    counts.hosts["a.example"] = [1, 2, 3]
    counts.add_line(b"one")
    counts.add_sample("a.b", 5, {"url": "u", "text": "t"})
    counts.rejects.append({"file": "f", "offset": 1, "reason": "bomb", "detail": "d"})
    assert Counts.from_json(counts.to_json()) == counts


def test_sums_do_not_depend_on_the_order():
    parts = []
    for n in range(12):
        part = Counts()
        part.n["pages.read"] = n
        part.hosts[f"{n % 3}.example"] = [n, n, n]
        part.add_line(str(n).encode())
        part.add_sample("a.b", 100 - n, {"url": f"u{n}"})
        part.rejects.append({"file": f"{n % 4}", "offset": n, "reason": "bomb", "detail": ""})
        parts.append(part)
    one = write_records.Counts()
    other = Counts()
    for part in parts:
        one.add(part)
    for part in reversed(parts):
        other.add(part)
    assert one.to_json() == other.to_json()
    assert one.n["pages.read"] == sum(range(12))
    assert [sample["url"] for sample in one.samples["a.b"]] == [f"u{n}" for n in range(11, 6, -1)]


def test_the_largest_groups_and_histograms_are_the_same_in_every_order():
    rng = random.Random(7)
    parts = []
    for _ in range(30):
        part = Counts()
        for _ in range(60):
            size = rng.randrange(1, 40)
            name = f"page{rng.randrange(50)}#1"
            text = f"text {rng.randrange(40)} of {name}"
            about = {"id": name, **({"text": name} if rng.random() < 0.2 else {})}
            part.groups.add(size, name, about, {"url": f"u{rng.randrange(9)}", "text": text})
            part.templates.add(size, name, {"host": name, "text": "x" * 500})
            add_signals(part.histograms, {"words": rng.randrange(10_000)}, "kept")
        parts.append(part)
    one, other, tree = Counts(), Counts(), Counts()
    for part in parts:
        one.add(part)
    for part in reversed(parts):
        other.add(Counts.from_json(part.to_json()))
    for start in range(0, 30, 3):
        tree.add(sum_up(parts[start : start + 3]))
    assert one.to_json() == other.to_json() == tree.to_json()
    assert len(one.groups.groups) == MOST
    every = {(-size, name) for part in parts for size, name in part.groups.groups}
    assert sorted(one.groups.groups) == sorted((-a, b) for a, b in every)[:MOST]
    for group in one.groups.groups.values():
        assert 1 <= len(group.variants) <= 5
        assert len({variant["text"] for variant in group.variants}) == len(group.variants)
    assert sum(one.histograms["kept:words"]) == 30 * 60
    assert max(len(g.about["text"]) for g in one.templates.groups.values()) == 300
