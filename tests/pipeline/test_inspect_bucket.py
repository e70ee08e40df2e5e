"""The commands that look into runs, on a bucket."""

import json

import pytest
from inspect_runs import PAGES, clean, write_pages

from pipeline.__main__ import main
from pipeline.storage import read_bytes, write_bytes

pytestmark = pytest.mark.slow


def test_a_run_in_a_bucket(gcs_bucket, tmp_path, capsys):
    source = write_pages(tmp_path / "in.jsonl")
    local = clean(source, tmp_path / "out", "--added=2024-01-01T00:00:00.000Z")
    output = f"{gcs_bucket}/out"
    clean(source, output, "--added=2024-01-01T00:00:00.000Z")
    shown = []
    for folder in (local, output):
        capsys.readouterr()
        assert main(["explain", f"--output={folder}", "b.example"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert main(["diff", str(local), output]) == 0
    assert main(["report", f"--output={output}"]) == 0
    assert read_bytes(f"{output}/card.md").startswith(b"# Data card: ")
    back = f"{gcs_bucket}/back"
    assert main(["restore", f"--output={output}", "--rule=duplicate", f"--into={back}"]) == 0
    run = json.loads(read_bytes(f"{back}/run.json"))
    assert run["pages"]["written"] == len(PAGES)
    assert run["conservation"]["holds"]
    capsys.readouterr()
    assert main(["explain", f"--output={back}", "c.example"]) == 0
    assert "2 paragraphs: 2 kept, 0 removed" in capsys.readouterr().out


def test_replay_from_a_bucket(gcs_bucket, tmp_path, capsys):
    source = f"{gcs_bucket}/in.jsonl"
    write_bytes(source, write_pages(tmp_path / "in.jsonl").read_bytes())
    output = f"{gcs_bucket}/out"
    clean(source, output)
    capsys.readouterr()
    assert main(["replay", f"--output={output}", "--progress=off", "--workers=1"]) == 0
    assert "0 of 1 rejected piece of input became pages" in capsys.readouterr().out
    run = json.loads(read_bytes(f"{output}.replay/run.json"))
    assert run["origin"]["command"] == "replay"
    assert run["pages"]["rejected"] == {"malformed": 1}
