"""Shards depend on the files alone; errors say what, where and what to do."""

import gzip
import json
import os
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.inputs.plan import InputError, default_shard_bytes, input_digest, plan


def _paths(shards):
    return [piece.file.path for shard in shards for piece in shard.pieces]


@pytest.fixture
def folder(tmp_path):
    for name in (
        "a.txt", "b.html", "sub/c.jsonl.gz", "sub/deep/d.warc.gz", ".hidden.txt", "_temp/e.txt",
        "notes.pdf", "sub/_SUCCESS",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)
    return tmp_path


def test_a_folder_means_its_files_of_known_formats(folder):
    names = ["a.txt", "b.html", "sub/c.jsonl.gz", "sub/deep/d.warc.gz"]
    for pattern in (str(folder), f"{folder}/", f"{folder}/sub/.."):
        assert _paths(plan([pattern])) == [str(folder / name) for name in names]
    assert _paths(plan([str(folder)], input_format="txt")) == [
        str(folder / name) for name in ["a.txt", "b.html", "notes.pdf", *names[2:]]
    ]


def test_what_is_left_out_of_a_folder_is_told(folder):
    notes = []
    plan([str(folder), str(folder / "a.txt")], notes=notes)
    (note,) = notes
    assert note.startswith("1 of the files in the folders left out")
    assert note.endswith(f"the first: {folder}/notes.pdf")


@pytest.mark.parametrize("input_format", [None, "jsonl"])
def test_runs_in_a_folder_are_left_out(folder, input_format):
    before = plan([str(folder)], input_format=input_format)
    for name in (
        *("out/run.json", "out/documents/p.jsonl.gz", "out/removed/p.jsonl.gz", "out/report.html"),
        *("past/manifest.json", "past/runs/1/exact-00000.rows"),
        *("deep/out.work/plan.json", "deep/out.work/out/documents/p.jsonl.gz"),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    notes = []
    assert plan([str(folder)], input_format=input_format, notes=notes) == before
    assert notes[-1] == (
        "3 of the folders left out, as a run of pagesieve is in it; the first: "
        f"{folder}/deep/out.work"
    )
    assert _paths(plan([str(folder / "out/documents")])) == [
        str(folder / "out/documents/p.jsonl.gz")
    ]
    with pytest.raises(InputError, match=r"runs of pagesieve only; .*: .*/out/documents"):
        plan([str(folder / "out")])


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.txt", [".hidden.txt", "a.txt"]),
        ("?.html", ["b.html"]),
        ("[ab].*", ["a.txt", "b.html"]),
        ("*/*.gz", ["sub/c.jsonl.gz"]),
        ("**.gz", ["sub/c.jsonl.gz", "sub/deep/d.warc.gz"]),
        ("sub/**", None),
        ("s*/d*/*", ["sub/deep/d.warc.gz"]),
        ("_temp/e.txt", ["_temp/e.txt"]),
    ],
)
def test_patterns(folder, pattern, names):
    if names is None:
        with pytest.raises(InputError, match="_SUCCESS: its name does not tell"):
            plan([str(folder / pattern)])
        return
    assert _paths(plan([str(folder / pattern)])) == [str(folder / name) for name in names]


def test_patterns_mean_what_beam_means(folder):
    from apache_beam.io.filesystems import FileSystems

    for pattern in ("*", "*.txt", "s*/*", "**", "**.gz", "sub/**/*", "?.html"):
        full = str(folder / pattern)
        beam = sorted(entry.path for entry in FileSystems.match([full])[0].metadata_list)
        assert _paths(plan([full], input_format="txt")) == beam, pattern


def test_names_with_magic_characters_are_taken_literally_first(tmp_path):
    (tmp_path / "[x].txt").write_text("x")
    (tmp_path / "x.txt").write_text("x")
    assert _paths(plan([str(tmp_path / "[x].txt")])) == [str(tmp_path / "[x].txt")]


def test_order_overlaps_and_the_working_folder_do_not_matter(folder, monkeypatch):
    once = plan([str(folder / "*.txt"), str(folder / "b.html")])
    monkeypatch.chdir(folder / "sub")
    again = plan(["../b.html", "../a.txt", f"{folder}/?.txt", "../*.txt", "../b.html"])
    assert again == once
    assert input_digest(again) == input_digest(once)


def test_a_changed_file_changes_names_and_digest(folder):
    pattern = [str(folder / "a.txt")]
    before = plan(pattern)
    os.utime(folder / "a.txt", ns=(1, 1))
    after = plan(pattern)
    assert before[0].name != after[0].name
    assert input_digest(before) != input_digest(after)
    assert after[0].pieces[0].file.token == "1"
    assert plan(pattern) == after


@pytest.mark.parametrize(
    ("patterns", "options", "message"),
    [
        ([], {}, "no input: give --input"),
        (["{}/a.txt", ""], {}, "empty: check --input"),
        (["{}/*.nothing"], {}, r"nothing: no file matches \(looked from"),
        (["{}/missing.txt"], {}, "missing.txt: no such file or folder"),
        (["{}/missing/"], {}, "no such file or folder"),
        (["{}/notes.pdf"], {}, "notes.pdf: its name does not tell its format .*--input-format"),
        (["{}/x.jsonl.bz2"], {}, "packed in a way that is not read; pack it as .gz or .zst"),
        (["{}/empty"], {}, "empty: the folder holds no file of a known format"),
        (["{}/a.txt"], {"input_format": "pdf"}, "unknown input format 'pdf': use one of txt, html"),
        (["{}/a.txt"], {"shard_bytes": 0}, "at least 1 byte"),
        (["nope://bucket/x.txt"], {}, "nope://bucket/x.txt: cannot be listed"),
    ],
)
def test_errors_are_one_clear_line(folder, patterns, options, message):
    (folder / "empty").mkdir()
    (folder / "x.jsonl.bz2").write_bytes(b"x")
    with pytest.raises(InputError, match=message) as caught:
        plan([pattern.format(folder) for pattern in patterns], **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["txt", "TXT", "html", "htm", ".jsonl", "ndjson", "wet", "parquet"]
)
def test_formats_can_be_forced(folder, name):
    (shard,) = plan([str(folder / "notes.pdf")], input_format=name)
    expected = {"htm": "html", "ndjson": "jsonl", "wet": "warc"}
    plain = name.lower().lstrip(".")
    assert shard.pieces[0].file.format == expected.get(plain, plain)


def test_small_files_share_a_shard_in_order(tmp_path):
    for number in range(20):
        (tmp_path / f"{number:02}.txt").write_bytes(b"x" * 100)
    shards = plan([str(tmp_path)], shard_bytes=750)
    assert [len(shard.pieces) for shard in shards] == [7, 7, 6]
    assert [shard.number for shard in shards] == [0, 1, 2]
    assert _paths(shards) == sorted(_paths(shards))
    assert [shard.size for shard in shards] == [700, 700, 600]
    assert len({shard.name for shard in shards}) == 3


def test_text_and_html_are_never_split(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * 10_000)
    (shard,) = plan([str(tmp_path)], shard_bytes=10)
    assert [(piece.start, piece.end) for piece in shard.pieces] == [(0, -1)]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(size=st.integers(2, 5000), shard_bytes=st.integers(1, 3000))
@pytest.mark.parametrize("name", ["a.jsonl", "a.warc.gz", "a.jsonl.gz"])
def test_pieces_cover_a_file(tmp_path, name, size, shard_bytes):
    data = b'{"text": "x"}\n' * size
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    shards = plan([str(tmp_path / name)], shard_bytes=shard_bytes)
    pieces = [piece for shard in shards for piece in shard.pieces]
    assert pieces[0].start == 0
    assert pieces[-1].end == -1
    assert all(before.end == after.start > before.start for before, after in pairwise(pieces))


@pytest.mark.parametrize(
    ("total", "size"),
    [
        (0, 16 << 20),
        (10 << 30, 16 << 20),
        (20 << 30, 16 << 20),
        (40 << 30, 32 << 20),
        (1 << 40, 256 << 20),
    ],
)
def test_default_shard_size(total, size):
    assert default_shard_bytes(total) == size


def _parquet(path, rows, group):
    table = pa.table({"text": [f"row {n}" for n in range(rows)]})
    pq.write_table(table, path, row_group_size=group)


def test_parquet_is_cut_between_row_groups(tmp_path):
    _parquet(tmp_path / "a.parquet", 1000, 100)
    shards = plan([str(tmp_path)], shard_bytes=8000)
    pieces = [(piece.start, piece.end) for shard in shards for piece in shard.pieces]
    assert len(pieces) > 2
    assert pieces[0][0] == 0
    assert pieces[-1][1] == -1
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    (tmp_path / "a.parquet").write_bytes(b"PAR1 is not all it takes" * 100)
    assert len(plan([str(tmp_path)], shard_bytes=100)) == 1


def test_links_in_circles_end(folder):
    (folder / "sub" / "up").symlink_to(folder)
    paths = _paths(plan([str(folder)]))
    assert sorted(os.path.realpath(path) for path in paths) == [
        str(folder / name) for name in ("a.txt", "b.html", "sub/c.jsonl.gz", "sub/deep/d.warc.gz")
    ]


def test_remote_files(monkeypatch):
    from apache_beam.io.filesystem import FileMetadata, MatchResult
    from apache_beam.io.filesystems import FileSystems

    listing = [
        FileMetadata("s3://b/in/z.txt", 5, 1700000000.25),
        FileMetadata("s3://b/in/", 0, 1.0),
        FileMetadata("s3://b/in/a.jsonl", 7),
        FileMetadata("s3://b/in/_temp/c.jsonl", 7),
        FileMetadata("s3://b/in/read.me", 7),
    ]

    def match(patterns):
        if patterns[0] == "s3://b/in":
            return [MatchResult(patterns[0], [])]
        assert patterns[0] == "s3://b/in/**"
        return [MatchResult(patterns[0], listing)]

    monkeypatch.setattr(FileSystems, "match", staticmethod(match))
    for pattern in ("s3://b/in", "s3://b/in/"):
        (shard,) = plan([pattern])
        files = [piece.file for piece in shard.pieces]
        assert [(file.path, file.size, file.token) for file in files] == [
            ("s3://b/in/a.jsonl", 7, ""),
            ("s3://b/in/z.txt", 5, "1700000000.250000"),
        ]


def test_shards_are_plain_data(folder):
    import pickle

    shards = plan([str(folder / "a.txt")])
    assert pickle.loads(pickle.dumps(shards)) == shards
    assert json.dumps(shards[0].name) == f'"{shards[0].name}"'
    assert len(shards[0].name) == 16
