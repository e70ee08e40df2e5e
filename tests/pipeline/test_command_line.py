"""What is wrong on the command line is said in one line before any work; how fast it starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from page_files import SENTENCES, text, write

from pipeline.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page(tmp_path):
    return write(tmp_path / "in" / "page.txt", text(*SENTENCES))


def command(*words, **more):
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, words)],
        capture_output=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        **more,
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--no-such-flag"], "no such option: --no-such-flag"),
        (["--no-such-flag=1"], "no such option: --no-such-flag"),
        (["--no-such-flag", "value"], "no such option: --no-such-flag"),
        (["--min-word=5"], "no such option: --min-word"),
        (["--lang=en"], "no such option: --lang"),
        (["--overwrit"], "no such option: --overwrit"),
        (["--direct_num_worker=2"], "no such option: --direct_num_worker"),
        (["-q"], "no such option"),
        (["other.txt"], "'other.txt' is no option; give the input as --input=other.txt"),
        (["--workers=0"], "--workers is 0; it must be at least 1"),
        (["--workers=-2"], "--workers is -2"),
        (["--workers=many"], "argument --workers: invalid int value: 'many'"),
        (["--direct_num_workers=many"], "argument --direct_num_workers: invalid int value"),
        (["--radius=65"], "--radius is 65; it must be from 0 to 64"),
        (["--radius=-1"], "--radius is -1; it must be from 0 to 64"),
        (["--radius=3.5"], "argument --radius: invalid int value: '3.5'"),
        (["--min-words=0"], "--min-words is 0"),
        (["--max-pivots=0"], "--max-pivots is 0"),
        (["--max-page-bytes=10"], "--max-page-bytes is 10"),
        (["--shard-bytes=1"], "--shard-bytes is 1"),
        (["--min-language-score=1.5"], "--min-language-score is 1.5; it must be from 0 to 1"),
        (["--min-language-score=nan"], "--min-language-score is nan"),
        (["--max-reject-ratio=-0.1"], "--max-reject-ratio is -0.1"),
        (["--memory-per-worker=lots"], "'lots' is no size; write 512M or 2G"),
        (["--memory-per-worker=0M"], "'0M' is no size"),
        (["--dedup=pages"], "--dedup is 'pages'; it must be one of corpus, page, none"),
        (["--format=csv"], "--format is 'csv'; it must be one of"),
        (["--removed=maybe"], "'maybe' is neither on nor off"),
        (["--near-duplicates=1"], "'1' is neither on nor off"),
        (["--short-duplicates=all"], "--short-duplicates is 'all'"),
        (["--extractor=best"], "--extractor is 'best'"),
        (["--language-engine=cld3"], "--language-engine is 'cld3'"),
        (["--languages=en,english"], "--languages: 'english' is no language that is detected"),
        (["--rules=coments"], "--rules: no rule or group is called 'coments'"),
        (["--rules=all,-shares"], "--rules: no rule or group is called 'shares'"),
        (["--input-format=docx"], "unknown input format 'docx'"),
        (["--added=yesterday"], "--added is 'yesterday'; write a time as 2024-05-01T"),
        (["--progress=loud"], "argument --progress: invalid choice: 'loud'"),
        (["--runner=NoSuchRunner"], "--runner is 'NoSuchRunner', which cannot be used here"),
        (["--input="], "an input pattern is empty"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_option_is_named_and_nothing_is_done(clean, page, tmp_path, options, words):
    if options == ["--input="]:
        assert clean("", output=tmp_path / "out").refused("no input")
        return
    assert clean(page, options=options).refused(words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["clean"], "the following arguments are required: --input, --output"),
        (["clean", "--input=x"], "the following arguments are required: --output"),
        (["tidy"], "argument COMMAND: invalid choice: 'tidy'"),
        (["clean", "--input=x", "--output="], "--output is empty; give a folder"),
        (["report"], "the following arguments are required: --output"),
        (["report", "--output=/nowhere"], "--output /nowhere: no such folder"),
        (["report", "--output=/nowhere", "--colour"], "no such option: --colour"),
    ],
    ids=" ".join,
)
def test_an_incomplete_command_says_what_is_missing(capsys, words, said):
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("pagesieve: ")
    assert said in line


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("missing.txt", "no such file or folder"),
        ("in/*.html", "no file matches"),
        ("empty", "the folder holds no file of a known format"),
        ("foo://bucket/x", "foo://bucket/x: cannot be listed"),
    ],
)
def test_an_input_that_is_not_there_is_named(clean, page, tmp_path, given, words):
    (tmp_path / "empty").mkdir()
    path = given if "://" in given else tmp_path / given
    ran = clean(page, path)
    assert ran.refused(words)
    assert str(path) in ran.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["empty", "in"]


def test_an_output_that_cannot_be_one_is_refused(clean, page, tmp_path):
    assert clean(page, output=page).refused("is a file; give a folder")
    assert clean(page, output=tmp_path / "in").refused("holds files that are no run of pagesieve")
    assert clean(page, output="foo://bucket/x").refused("foo://bucket/x")
    for below in (page / "out", page / "deep" / "out"):
        ran = clean(page, output=below)
        assert ran.status == 2
        assert f"cannot write beside it: {below}.work: Not a directory" in ran.err.splitlines()[-1]
        assert len(ran.err.splitlines()) <= 2
    assert clean(page, output="/proc/x").refused("/proc/x.work cannot be made or locked")
    assert page.read_text() == text(*SENTENCES)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in"]


def test_an_output_may_be_an_empty_folder_and_the_current_one(clean, page, tmp_path, monkeypatch):
    folder = tmp_path / "deep" / "here"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert clean(page, output=".").status == 0
    monkeypatch.chdir(tmp_path)
    assert (folder / "run.json").is_file()
    assert clean(page, output="deep/new/out/").status == 0
    assert (tmp_path / "deep" / "new" / "out" / "run.json").is_file()


def test_a_damaged_run_is_no_traceback(capsys, tmp_path):
    write(tmp_path / "run.json", "{")
    assert main(["report", f"--output={tmp_path}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path) in line
    assert "run.json is damaged" in line


def test_the_report_can_be_made_again(clean, page, capsys):
    ran = clean(page)
    made = (ran.output / "report.html").read_bytes()
    (ran.output / "report.html").unlink()
    assert main(["report", f"--output={ran.output}"]) == 0
    assert str(ran.output / "report.html") in capsys.readouterr().out.splitlines()
    assert (ran.output / "report.html").read_bytes() == made


def test_an_unexpected_error_is_one_line_and_with_verbose_a_traceback(clean, page, monkeypatch):
    def fail(*_):
        raise LookupError("no such thing\nsecond line")

    monkeypatch.setattr("pipeline.job.plan_job", fail)
    ran = clean(page)
    assert ran.status == 1
    assert ran.err == "pagesieve: LookupError: second line (--verbose shows more)\n"
    verbose = clean(page, options=["--verbose"])
    assert verbose.status == 1
    assert "Traceback" in verbose.err


def cpu_seconds(*words, **more):
    """What a command costs; the clock would measure who else is on the machine."""
    process = subprocess.Popen([sys.executable, "-m", "pipeline", *words], cwd=ROOT, **more)
    if process.stdout:
        process.stdout.close()  # as `| head -0` does
    said = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime, said


def test_help_is_fast_and_survives_a_poor_terminal():
    done = command("--help")  # the first start may have to write byte code
    assert done.returncode == 0
    assert b"clean a set of pages" in done.stdout
    costs = [cpu_seconds("--help", stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [status for status, _, _ in costs] == [0, 0, 0]
    assert min(seconds for _, seconds, _ in costs) < 0.5
    poor = command("clean", "--help", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (poor.returncode, poor.stderr) == (0, b"")
    assert b"GLOB[,GLOB\\u2026]" in poor.stdout


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom pipeline.__main__ import main\n"
        "try:\n    main(['clean', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'apache_beam', 'pyarrow', 'langdetect', 'langdetect_rs', 'selectolax',"
        " 'resiliparse', 'fastwarc', 'google', 'rich'}\n"
        "sys.exit(repr(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, cwd=ROOT
    )
    assert done.stderr.strip() == b"[]"


def test_one_page_is_cleaned_quickly_even_if_nobody_reads_what_is_said(page, tmp_path):
    words = ("clean", f"--input={page}", f"--output={tmp_path}/o", "--progress=off")
    status, seconds, said = cpu_seconds(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (status, said.count(b"\n")) == (0, 1), said
    assert (tmp_path / "o" / "run.json").is_file()
    assert seconds < 4  # about 2.5 s of an idle machine


def test_what_is_printed_can_be_read_by_people_and_by_monitors(clean, page):
    ran = clean(page)
    said = "1 file in 1 shard, in this process (FnApiRunner), up to about 346 MB of memory"
    assert ran.err == f"pagesieve: {said}\n"
    *shown, line = ran.out.splitlines()
    assert shown[0].startswith("pagesieve: 1 page read in ")
    assert line.startswith("pagesieve-summary {")
    assert f'"digest":"{ran.run["digest"]}"' in line
    assert "\x1b" not in ran.out
