"""Figures for Prometheus: what is in them, and that a failed run leaves them too."""

import re

import pytest
from history_runs import clean, page, sentence
from run_example import example_run

from pipeline.__main__ import main
from pipeline.reporting.metrics import render_metrics

SAMPLE = re.compile(
    r'([a-z_]+)((?:\{(?:[a-z]+="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)+\})?) (-?[0-9]+(?:\.[0-9]+)?)'
)


def samples(text):
    """Name with labels to value; every line is checked against the format."""
    assert text.endswith("\n")
    found, typed = {}, set()
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            _, what, name, rest = line.split(" ", 3)
            assert rest == "gauge" if what == "TYPE" else what == "HELP"
            typed.add(name)
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        assert match[1] in typed
        assert match[1] + match[2] not in found
        found[match[1] + match[2]] = float(match[3])
    return found


def test_all_figures_of_a_run_are_there():
    found = samples(render_metrics(example_run(), 0, 1714557725.5))
    assert found["pagesieve_success"] == 1
    assert found["pagesieve_exit_status"] == 0
    assert found["pagesieve_end_timestamp_seconds"] == 1714557725.5
    assert found["pagesieve_duration_seconds"] == 125
    assert found["pagesieve_pages_read"] == 1200
    assert found['pagesieve_pages{result="written",reason=""}'] == 1180
    assert found['pagesieve_pages{result="rejected",reason="malformed"}'] == 5
    assert found['pagesieve_paragraphs_removed{rule="duplicate.near"}'] == 900
    assert found["pagesieve_paragraphs_in"] == 20000
    assert found["pagesieve_conservation"] == 1
    pages = sum(n for name, n in found.items() if name.startswith("pagesieve_pages{"))
    assert pages == found["pagesieve_pages_read"]


def test_a_failure_says_so_and_nothing_else():
    assert list(samples(render_metrics(None, 2, 7)).items()) == [
        ("pagesieve_success", 0),
        ("pagesieve_exit_status", 2),
        ("pagesieve_end_timestamp_seconds", 7),
    ]


def test_any_name_is_quoted():
    run = example_run()
    run["paragraphs"]["removed"] = {'a"b\\c\nd\ud800': 3}
    found = samples(render_metrics(run, 0, 1))
    assert found['pagesieve_paragraphs_removed{rule="a\\"b\\\\c\\nd?"}'] == 3


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(page(1, [sentence(1)], "2024-01-01T00:00:00Z") + "{\n")
    return path


@pytest.mark.parametrize(
    ("options", "status", "pages"),
    [((), 0, 2), (("--max-reject-ratio=0.1",), 3, 2), (("--overwrite", "--radius=99"), 2, None)],
)
def test_every_run_leaves_the_file(source, tmp_path, options, status, pages):
    path = tmp_path / "metrics" / "pagesieve.prom"
    assert clean(tmp_path / "out", [source], f"--metrics-file={path}", *options) == status
    found = samples(path.read_text())
    assert found["pagesieve_success"] == (status == 0)
    assert found["pagesieve_exit_status"] == status
    assert found.get("pagesieve_pages_read") == pages
    assert [p.name for p in path.parent.iterdir()] == ["pagesieve.prom"]


def test_a_file_that_cannot_be_written_fails_no_run(source, tmp_path, capsys):
    path = source / "x.prom"
    assert clean(tmp_path / "out", [source], f"--metrics-file={path}") == 0
    assert f"--metrics-file {path} cannot be written: " in capsys.readouterr().err


def test_input_that_is_not_there_leaves_the_file(tmp_path):
    path = tmp_path / "x.prom"
    words = ["clean", "--input=nowhere", f"--output={tmp_path / 'o'}", f"--metrics-file={path}"]
    assert main(words) == 2
    assert samples(path.read_text())["pagesieve_success"] == 0
