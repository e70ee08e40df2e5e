"""tune: what it says a limit would remove is what the filters remove, and nothing is cleaned."""

import json
from collections import Counter

import pytest
from page_files import SENTENCES, jsonl, text, write
from quality_pages import content
from whole_runs import ADDED, Ran

from pipeline.__main__ import main
from pipeline.errors import UsageError
from pipeline.inspect.run_folder import open_run
from pipeline.inspect.tune import tally_part, tune
from pipeline.inspect.tune_tally import Example, new_tally, other_limits
from transforms.text.quality import RULE_SETS


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune")
    source = write(folder / "in.jsonl", content())
    words = [f"--input={source}", f"--output={folder / 'out'}", "--dedup=none", f"--added={ADDED}"]
    return Ran(main(["clean", *words]), "", "", folder / "out")


def told(ran, capsys, *options):
    assert main(["tune", f"--output={ran.output}", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", sorted(RULE_SETS))
def test_it_says_what_the_filter_does(clean, ran, tmp_path, capsys, name):
    found = told(ran, capsys, f"--filters={name}")
    (one,) = found["rule_sets"]
    filtered = clean(
        ran.output.parent / "in.jsonl",
        options=["--dedup=none", f"--filters={name}"],
        output=tmp_path / "filtered",
    )
    dropped = Counter(filtered.run["pages"]["dropped"])
    assert sum(dropped.values()) > 0
    dropped.pop("empty", None)
    firsts = {f"{name}.{r['name']}": r["as_first_reason"]["pages"] for r in one["rules"]}
    assert {reason: n for reason, n in firsts.items() if n} == dropped
    assert one["would_drop"]["pages"] == sum(dropped.values()) == found["would_drop"]["pages"]
    before = {d["id"]: d["metadata"]["signals"]["words"] for d in ran.documents}
    stays = {d["id"] for d in filtered.documents}
    gone = [words for page, words in before.items() if page not in stays]
    assert one["would_drop"]["words"] == sum(gone) or filtered.run["pages"]["dropped"].get("empty")
    assert found["words"] == sum(before.values())
    languages = Counter(d["metadata"]["language"] for d in ran.documents)
    assert {code: n["pages"] for code, n in one["languages"].items()} == languages


def test_limits_and_other_limits_agree(ran, capsys):
    def rule(*options):
        found = told(ran, capsys, "--filters=gopher-quality", *options)
        return found["rule_sets"][0]["rules"][0]

    first = rule()
    assert (first["name"], first["limit"]) == ("min_words", 50)
    assert [other["limit"] for other in first["other_limits"]] == [25, 40, 62, 100]
    for other in first["other_limits"]:
        again = rule(f"--limits=gopher-quality.min_words={other['limit']}")
        assert again["limit"] == other["limit"]
        assert again["would_drop"] == {k: other[k] for k in ("pages", "words")}


def test_examples_are_the_pages_nearest_to_the_limit(ran, capsys):
    limits = "--limits=gopher-quality.min_words=400"
    found = told(ran, capsys, "--filters=gopher-quality", limits)["rule_sets"][0]["rules"][0]
    words = {d["id"]: d["metadata"]["signals"]["words"] for d in ran.documents}
    for side, chosen in (
        ("dropped", [(400 - n, i) for i, n in words.items() if n < 400]),
        ("kept", [(n - 400, i) for i, n in words.items() if n >= 400]),
    ):
        examples = found["examples"][side]
        assert [e["id"] for e in examples] == [i for _, i in sorted(chosen)[:10]]
        assert all(e["value"] == words[e["id"]] == e["words"] for e in examples)
        assert all(e["url"].startswith("https://h") and e["text"] for e in examples)
    few = told(ran, capsys, "--filters=gopher-quality", limits, "--examples=2")
    some = few["rule_sets"][0]["rules"][0]["examples"]
    assert some["dropped"] == found["examples"]["dropped"][:2]
    assert some["kept"] == found["examples"]["kept"][:2]


def test_parts_add_up_to_the_whole(clean, tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", content())
    options = ["--dedup=none", "--workers=1", "--shard-bytes=65536"]
    many = clean(source, options=options, output=tmp_path / "many")
    one = clean(source, options=["--dedup=none"], output=tmp_path / "one")
    assert many.run["input"]["shards"] > one.run["input"]["shards"]
    first, second = told(many, capsys), told(one, capsys)
    for found in (first, second):
        found.pop("output")
    assert first == second


def test_on_a_terminal(ran, capsys):
    assert main(["tune", f"--output={ran.output}", "--filters=gopher-quality,c4"]) == 0
    out = capsys.readouterr().out
    assert "gopher-quality (datatrove 0.10, default parameters) would drop" in out
    assert "min_words" in out
    assert "other limits: pages" in out
    assert "min_words 50, nearest dropped:" in out
    assert "min_words 50, nearest kept:" in out
    assert "c4.no_end_mark" in out
    assert all(len(line) < 200 for line in out.splitlines())


def test_pages_do_nothing_on_the_terminal(clean, tmp_path, capsys):
    record = {"url": "https://a.example/\x1b[31m", "text": "a \x1b[2J\u202e <script> few words"}
    ran = clean(write(tmp_path / "in.jsonl", jsonl(record)))
    assert main(["tune", f"--output={ran.output}"]) == 0
    out = capsys.readouterr().out
    assert "nearest dropped" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--filters=gopher"], "no rule set 'gopher'; there are gopher-quality"),
        (["--limits=gopher-quality.words=3"], "no limit 'gopher-quality.words'"),
        (["--limits=fineweb.min_lines"], "is not NAME=NUMBER"),
        (["--examples=-1"], "--examples is -1"),
    ],
)
def test_what_is_refused(ran, capsys, options, words):
    assert main(["tune", f"--output={ran.output}", *options]) == 2
    assert words in capsys.readouterr().err


def test_without_signals(clean, tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", jsonl({"url": "https://a.example/", "text": "a b c"}))
    ran = clean(source, options=["--signals=off"])
    assert main(["tune", f"--output={ran.output}"]) == 2
    assert "was made with --signals=off" in capsys.readouterr().err
    with pytest.raises(UsageError, match="--signals=off"):
        tune(open_run(str(ran.output)), ["fineweb"], {}, 1)


def test_memory_holds_examples_alone(ran):
    (part,) = open_run(str(ran.output)).parts["documents"]
    once = tally_part(["gopher-quality"], {}, 3, part)
    total = new_tally(["gopher-quality"], {}, 3)
    for _ in range(5):
        total.merge(tally_part(["gopher-quality"], {}, 3, part))
    assert total.total.pages == 5 * once.total.pages
    for rule in total.sets[0].rules.values():
        assert len(rule.removed) <= 3
        assert len(rule.kept) <= 3
        assert all(isinstance(example, Example) for example in rule.kept)


def test_other_limits_make_sense():
    rules = {r.name: r for s in RULE_SETS.values() for r in s.rules}
    assert other_limits(rules["min_stop_words"], 2) == [1, 4]
    assert other_limits(rules["min_alpha_token_share"], 0.8) == [0.4, 0.64, 1.0]
    assert other_limits(rules["max_dup_char_share"], 0.01) == [0.005, 0.008, 0.0125, 0.02]
    assert other_limits(rules["max_hashes_per_token"], 0) == []


def test_a_page_whose_lines_c4_refuses_all_is_told(clean, tmp_path, capsys):
    page = {"url": "https://a.example/", "text": text(*SENTENCES[:5], "No mark", "Two words.")}
    ran = clean(write(tmp_path / "in.jsonl", jsonl(page)), options=["--dedup=none"])
    (one,) = told(ran, capsys, "--filters=c4")["rule_sets"]
    assert one["would_drop"] == {"pages": 0, "words": 0}
    assert one["lines"] == {
        "c4.no_end_mark": {"lines": 1, "words": 2},
        "c4.too_few_words": {"lines": 1, "words": 2},
    }
