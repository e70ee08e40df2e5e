"""--check says what is wrong before any work, one line each, and leaves nothing behind."""

import json
import os
import shutil
from types import SimpleNamespace

import faulty_proxy
import pytest
from page_files import SENTENCES, text

from pipeline import preflight
from pipeline.config import CleanConfig
from pipeline.inputs.plan import plan
from pipeline.sample_run import cut

CHECK = ("--check", "--workers=1")


def _table(ran):
    rows = [line.split(maxsplit=2) for line in ran.out.splitlines()]
    return {name: (state, said) for state, name, said in rows}


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(text(*SENTENCES))
    lines = [json.dumps({"url": f"https://x/{n}", "text": SENTENCES[n % 8]}) for n in range(90)]
    (folder / "b.jsonl").write_text("\n".join([*lines, "{broken", ""]))
    return folder


def _files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_all_is_well(pages, clean, tmp_path):
    before = _files(tmp_path)
    ran = clean(pages, options=(*CHECK, f"--history={tmp_path}/history"))
    assert ran.status == 0, ran.err
    table = _table(ran)
    assert list(table) == ["input", "output", "history", "sample", "disk", "time", "memory"]
    assert {state for state, _ in table.values()} == {"ok"}
    assert table["input"][1].startswith("2 files, ")
    assert table["sample"][1] == "92 pages, 1 of them rejected: about 92 pages in all"
    assert "with 1 worker" in table["time"][1]
    assert table["history"][1] == "a new one"
    assert _files(tmp_path) == before


def test_the_estimate_is_scaled_to_the_whole_input(tmp_path, clean):
    line = json.dumps({"text": " ".join(SENTENCES)})
    path = tmp_path / "big.jsonl"
    path.write_text("".join(f'{line[:-2]} {n}"}}\n' for n in range(30_000)))
    ran = clean(path, options=(*CHECK, "--dedup=none"))
    assert ran.status == 0, ran.err
    said = _table(ran)["sample"][1]
    expected = int(said.split("about ")[1].split()[0].replace(",", ""))
    assert abs(expected - 30_000) < 600
    assert int(said.split()[0].replace(",", "")) < 10_000


def test_every_wrong_thing_is_a_line(pages, clean, tmp_path, monkeypatch):
    assert clean(pages, options=(f"--history={tmp_path}/history",)).status == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**9, free=1000))
    ran = clean(pages, options=(*CHECK, f"--history={tmp_path}/history", "--radius=3"))
    assert ran.status == 2
    lines = ran.err.splitlines()
    assert [name for name, (state, _) in _table(ran).items() if state == "WRONG"] == [
        "output",
        "history",
        "disk",
    ]
    assert len(lines) == 3
    assert all(line.startswith("pagesieve: ") for line in lines)
    assert "already holds a run" in lines[0]
    assert "radius=" in lines[1]
    assert "the disk has 1 KB free, and the run needs 16.8 MB by the sample" in lines[2]


def test_a_sample_without_a_good_page(tmp_path, clean):
    (tmp_path / "x.jsonl").write_text('{"body": "text"}\n' * 5)
    ran = clean(tmp_path / "x.jsonl", options=CHECK)
    assert ran.status == 2
    assert "all 5 pages at the beginning of" in ran.err
    assert "names of its fields" in ran.err


def test_a_full_disk_stops_a_run_before_any_work(pages, clean, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**9, free=0))
    assert clean(pages).refused("the disk has 0 bytes free")
    assert _files(tmp_path) == ["in", "in/a.txt", "in/b.jsonl"]


def test_unreadable_input_stops_a_run_before_any_work(pages, clean, tmp_path):
    for path in pages.iterdir():
        path.unlink()
    (pages / "gone.txt").symlink_to(pages / "nowhere")
    assert clean(f"{pages}/gone.txt").refused("no file can be read (1 of 1 tried): ")
    assert not (tmp_path / "out.work").exists()


def test_one_unreadable_file_of_several_is_told(pages, clean):
    (pages / "c.txt").symlink_to(pages / "nowhere")
    ran = clean(pages, options=CHECK)
    assert ran.status == 0
    assert "c.txt cannot be read and will be rejected" in _table(ran)["input"][1]


def test_output_that_cannot_be_written(pages, clean, monkeypatch):
    def refuse(path, data):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(preflight, "write_bytes", refuse)
    ran = clean(pages, options=CHECK)
    assert ran.status == 2
    assert "cannot be written: Permission denied; choose another folder" in ran.err


def test_a_sample_is_the_beginning_of_a_shard(pages, tmp_path):
    (shard,) = plan([str(pages)])
    assert cut(shard, 1 << 20).pieces == shard.pieces
    small = cut(shard, 1000)
    assert [p.file.path.rsplit("/", 1)[1] for p in small.pieces] == ["a.txt", "b.jsonl"]
    assert small.pieces[1].end == 1000 - small.pieces[0].file.size
    assert small.size == 1000
    assert cut(shard, 1).pieces == shard.pieces[:1]
    assert CleanConfig().added == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "words"), [("POST", "no permission to write it"), ("DELETE", "to delete it")]
)
def test_a_bucket_is_probed(pages, clean, gcs_emulator, gcs_bucket, monkeypatch, method, words):
    ran = clean(pages, options=CHECK, output=f"{gcs_bucket}/out")
    assert ran.status == 0, ran.err
    assert _table(ran)["credentials"] == ("ok", "Google Cloud Storage as anonymous")
    assert "disk" not in _table(ran)
    assert list(gcs_emulator.client().list_blobs(gcs_bucket.removeprefix("gs://"))) == []
    port = int(gcs_emulator.url.rsplit(":", 1)[1])
    with faulty_proxy.faulty_proxy(port, deny=lambda asked, _: asked == method) as proxy:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        ran = clean(pages, options=CHECK, output=f"{gcs_bucket}/out")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_emulator.url)
    assert ran.status == 2
    reaching, said = ran.err.splitlines()
    assert reaching == f"pagesieve: reaching {gcs_bucket}/out"
    assert words in said
    assert os.environ["STORAGE_EMULATOR_HOST"] == gcs_emulator.url
