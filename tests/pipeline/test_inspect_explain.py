"""explain: the page as it came in, every removal with its reason; hostile pages do nothing."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from inspect_runs import BRIDGE, HOSTILE_URL, OWN, TIDE, TIDE_CHANGED, clean, read, write_pages
from test_report import ALLOWED_TAGS
from test_report import read as read_html

from pipeline.__main__ import main
from pipeline.inspect.explain import Explanation, Line
from pipeline.inspect.explain_html import render_page
from pipeline.inspect.explain_text import print_explanation
from pipeline.inspect.pages import pages_of
from pipeline.reporting.word_diff import MAX_WORDS, compare

UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]"


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    return clean(write_pages(folder / "in.jsonl"), folder / "out")


def explain(output, capsys, *words):
    capsys.readouterr()  # what cleaning said
    status = main(["explain", f"--output={output}", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_page_paragraph_by_paragraph(output, capsys):
    status, out, err = explain(output, capsys, "https://b.example/news/two")
    assert (status, err) == (0, "")
    blocks = [block.splitlines() for block in out.strip().split("\n\n")]
    head, near, own, exact = blocks
    assert head[0] == "https://b.example/news/two"
    assert head[1] == "  written to documents/, 1 paragraph, language en"
    assert "date 2024-02-01T00:00:00.000Z" in head[2]
    assert head[3] == "  3 paragraphs: 1 kept, 2 removed (duplicate.exact 1, duplicate.near 1)"
    assert near[0].startswith("    0  removed by duplicate.near")
    assert near[1].strip() == TIDE.replace("printed", "[-laminated-]{+printed+}")
    assert re.fullmatch(r" +because: \d+ of 64 bits differ from an earlier paragraph", near[2])
    assert near[3].strip() == "stays as paragraph 0 of https://a.example/news/one"
    assert own == ["    1  kept", f"       {OWN}"]
    assert exact[0].startswith("    2  removed by duplicate.exact")
    assert exact[1].strip() == BRIDGE
    assert exact[-1].strip() == "stays word for word as paragraph 1 of https://a.example/news/one"


def test_numbers_are_those_of_the_page(output, capsys):
    _, out, _ = explain(output, capsys, "a.example")
    assert re.findall(r"^ {4}(\d) {2}(kept|removed by [a-z.]+)", out, re.MULTILINE) == [
        ("0", "kept"),
        ("1", "kept"),
        ("2", "removed by comments.blogger"),
        ("3", "removed by comments.blogger"),
    ]


@pytest.mark.parametrize("wanted", ["https://b.example/news/two", "b.example", "two", "ID"])
def test_any_part_that_is_unique_will_do(output, capsys, wanted):
    ids = {r["metadata"]["url"]: r["id"] for r in read(output, "documents")}
    wanted = ids["https://b.example/news/two"] if wanted == "ID" else wanted
    status, out, _ = explain(output, capsys, wanted)
    assert status == 0
    assert out.splitlines()[0] == "https://b.example/news/two"


def test_several_pages_are_listed(output, capsys):
    status, out, err = explain(output, capsys, "/news/")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert lines[0] == (
        "pagesieve: '/news/' stands for 2 pages; give the id or the whole URL of one"
    )
    assert [line.split()[-1] for line in lines[1:]] == [
        "https://a.example/news/one",
        "https://b.example/news/two",
    ]
    assert all(re.match(r"  ps:[0-9a-f]{16}  https", line) for line in lines[1:])


def test_a_dropped_page(output, capsys):
    status, out, _ = explain(output, capsys, "c.example")
    assert status == 0
    assert "dropped (page.empty): every paragraph was removed" in out
    assert "2 paragraphs: 0 kept, 2 removed (duplicate.exact 2)" in out
    assert TIDE in out
    assert "stays word for word as paragraph 0 of https://a.example/news/one" in out


def test_rejected_input(output, capsys):
    status, out, _ = explain(output, capsys, "in.jsonl")
    assert status == 0
    assert "rejected: malformed (a line, row or record header that does not parse)" in out
    assert "not JSON" in out
    assert re.search(r"in\.jsonl, offset \d+, 57 bytes", out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "has no page whose URL or id holds 'nowhere'"),
        (["ps:0123456789abcdef"], "has no page whose URL or id holds 'ps:0123456789abcdef'"),
        ([" "], "the URL or id is empty"),
        ([], "the following arguments are required: URL|ID"),
        (["x", "--colour=no"], "no such option: --colour=no; see `pagesieve explain --help`"),
        (["x\x1b[31m\n\u202e"], "holds 'x<U+001B>[31m <U+202E>'"),
    ],
)
def test_one_clear_line(output, capsys, words, message):
    status, out, err = explain(output, capsys, *words)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert message in err


def test_no_run_there(tmp_path, capsys):
    for folder, message in (
        ("nope", "no such folder"),
        ("empty", "holds no finished run: there is no run.json in it"),
        ("half", "its run is not finished"),
        ("torn", "its run.json is damaged"),
        ("other", "its run.json is not one of pagesieve"),
    ):
        if folder != "nope":
            (tmp_path / folder / "documents").mkdir(parents=True)
        if folder == "half":
            (tmp_path / "half.work").mkdir()
            (tmp_path / "half.work" / "plan.json").write_text("{}")
        if folder in ("torn", "other"):
            (tmp_path / folder / "run.json").write_text("{" if folder == "torn" else "[]")
        status, out, err = explain(tmp_path / folder, capsys, "x")
        assert (status, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert message in err


def test_a_damaged_part(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out")
    part = next((output / "documents").iterdir())
    part.write_bytes(part.read_bytes()[:-40])
    status, _, err = explain(output, capsys, "b.example")
    assert status == 2
    assert len(err.splitlines()) == 1
    assert f"{part} cannot be read" in err


def test_without_receipts_it_says_so(tmp_path, capsys):
    output = clean(write_pages(tmp_path / "in.jsonl"), tmp_path / "out", "--removed=off")
    status, out, _ = explain(output, capsys, "b.example")
    assert status == 0
    assert "this run was made with --removed=off" in out
    assert "duplicate.exact 1, duplicate.near 1" in out
    assert f"       kept\n       {OWN}" in out
    status, _, err = explain(output, capsys, "c.example")
    assert status == 2
    assert "(with --removed=off, dropped pages leave no trace)" in err


@pytest.mark.parametrize("name", ["jsonl.zst", "parquet"])
def test_every_format_of_documents(output, tmp_path, capsys, name):
    other = clean(output.parent / "in.jsonl", tmp_path / "out", f"--format={name}")
    assert explain(other, capsys, "b.example") == explain(output, capsys, "b.example")


def test_nothing_hostile_reaches_the_terminal(output, capsys):
    _, out, _ = explain(output, capsys, "evil.example")
    assert "<script>alert(1)</script>" in out
    assert not re.search(UNSAFE, out)


def _on_a_terminal(arguments, env):
    """Runs the command on a terminal of its own."""
    code = f"import sys; from pipeline.__main__ import main; sys.exit(main({arguments!r}))"
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    parts = []
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        parts.append(data)
    os.close(ours)
    assert process.wait() == 0
    return b"".join(parts).decode().replace("\r\n", "\n")


def test_colour_on_a_terminal_unless_it_is_not_wanted(output):
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80"}
    env.pop("NO_COLOR", None)
    arguments = ["explain", f"--output={output}", "evil.example"]
    coloured = _on_a_terminal(arguments, env)
    assert "\x1b[3" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert not re.search(UNSAFE, plain)
    assert max(map(len, plain.splitlines())) <= 80
    bare = _on_a_terminal(arguments, {**env, "NO_COLOR": "1"})
    assert "\x1b" not in bare
    assert bare.split() == plain.split()


def test_the_html_page(output, capsys, tmp_path):
    path = tmp_path / "page.html"
    status, out, _ = explain(output, capsys, "b.example", f"--html={path}")
    assert (status, out) == (0, f"{path}\n")
    reader = read_html(path.read_text(encoding="utf-8"))
    shown = "".join(reader.text)
    for expected in (OWN, BRIDGE, "duplicate.", "1 of 3 paragraphs", "https://a.example/news/one"):
        assert expected in shown
    assert "<del>laminated</del><ins>printed</ins>" in path.read_text(encoding="utf-8")


def test_hostile_pages_are_inert_in_html(output, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, _ = explain(output, capsys, "--html", "evil.example")
    assert status == 0
    html = Path(out.strip()).read_text(encoding="utf-8")
    assert re.fullmatch(r"explain-ps-[0-9a-f]{16}\.html\n", out)
    reader = read_html(html)
    assert set(reader.tags) <= ALLOWED_TAGS | {"ol", "del", "ins"}
    assert not re.search(UNSAFE, html)
    assert "alert(1)" in "".join(reader.text)
    for _, name, value in reader.attributes:
        assert not name.startswith("on")
        if name in ("href", "src"):
            assert value.startswith("#") or value == "data:,"
    assert "default-src 'none'" in html


def test_a_place_that_cannot_be_written(output, capsys):
    status, _, err = explain(output, capsys, "b.example", f"--html={output}/run.json/x.html")
    assert status == 2
    assert "cannot be written" in err


def test_words_of_every_script_are_compared():
    marks = compare("路人在六点半来", "路人在五点半来")
    assert [(s.mark, s.text) for s in marks if s.mark != "same"] == [
        ("here", "六"),
        ("there", "五"),
    ]
    marks = compare("a big red dog", "a small blue dog")
    assert [tuple(s) for s in marks] == [
        ("same", "a "),
        ("here", "big red"),
        ("there", "small blue"),
        ("same", " dog"),
    ]
    assert compare("x", "x") == [("same", "x")]
    assert compare("", "") == []
    assert compare("a " * MAX_WORDS, "b") is None


def test_pages_read_twice_are_kept_apart():
    def receipt(page, number, rule="share.x"):
        return {
            "id": page,
            "url": page,
            "paragraph": number,
            "text": f"{page}{number}",
            "rule": rule,
        }

    def record(page, text, paragraphs, removed):
        metadata = {"url": page, "paragraphs_in": paragraphs, "removed": removed}
        return {"id": page, "text": text, "metadata": metadata}

    receipts = [
        *(receipt("a", n, "duplicate.exact") for n in range(3)),
        *(receipt("b", n) for n in range(2)),
        receipt("a", 1),
        receipt("a", 1),
        receipt("c", 0),
    ]
    records = [
        record("x", "kept", 1, {}),
        record("a", "a0\na2", 3, {"share.x": 1}),
        record("a", "a0\na2", 3, {"share.x": 1}),
    ]
    found = [
        (p.id, p.record is not None, [t for _, t, _ in p.paragraphs()])
        for p in pages_of(records, receipts)
    ]
    assert found == [
        ("x", True, ["kept"]),
        ("a", False, ["a0", "a1", "a2"]),
        ("b", False, ["b0", "b1"]),
        ("a", True, ["a0", "a1", "a2"]),
        ("a", True, ["a0", "a1", "a2"]),
        ("c", False, ["c0"]),
    ]


def test_the_url_of_the_hostile_page_is_found_as_it_is(output, capsys):
    urls = [r["metadata"]["url"] for r in read(output, "documents")]
    hostile = next(url for url in urls if "evil" in url)
    assert hostile != HOSTILE_URL  # control characters are percent-encoded on reading
    assert explain(output, capsys, hostile)[0] == 0
    assert explain(output, capsys, HOSTILE_URL)[0] == 0  # nor need the user encode them
    assert TIDE_CHANGED not in explain(output, capsys, hostile)[1]


def test_a_run_that_someone_tampered_with_is_inert():
    bad = "\x1b[2J\x07\x9b\u202e</style><script>x</script>\r\n"
    keeper = {"id": bad, "url": bad, "paragraph": bad}
    receipt = {"rule": f"duplicate.{bad}", "evidence": bad, "keeper": keeper}
    record = {"metadata": {"date": bad, "language_score": 0.5}, "source": bad}
    reject = {"file": bad, "offset": bad, "reason": bad, "detail": bad, "raw_length": bad}
    lines = [Line(0, bad), Line(1, bad, receipt, "x", compare(bad, "x")), Line(2, bad, receipt)]
    page = Explanation(bad, bad, bad, record, bad, lines, [reject], [bad])
    stream = io.StringIO()
    print_explanation(page, stream)
    assert "<script>" in stream.getvalue()
    assert not re.search(UNSAFE, stream.getvalue())
    html = render_page(page)
    assert not re.search(UNSAFE, html)
    assert set(read_html(html).tags) <= ALLOWED_TAGS | {"ol", "del", "ins"}
