"""The same input gives the same bytes, however it is run."""

import pytest
from corpus_files import write_corpus

SHARDS = "--shard-bytes=65536"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Patterns of a corpus that is cut into several shards."""
    return write_corpus(tmp_path_factory.mktemp("corpus") / "in")


@pytest.fixture
def base(clean, corpus, tmp_path):
    """The run that others are compared with: one process, patterns as they come."""
    ran = clean(*corpus, options=[SHARDS, "--workers=1"], output=tmp_path / "base")
    assert ran.status == 0, ran.err
    rules = ran.run["paragraphs"]["removed"]
    assert {"comments.blogger", "duplicate.exact", "duplicate.near"} <= rules.keys()
    assert sum(ran.run["pages"]["rejected"].values()) == 3
    assert ran.run["input"]["shards"] >= 3
    across = [one for one in ran.receipts if "keeper" in one and one["keeper"]["id"] != one["id"]]
    assert len(across) > 20
    return ran


def same(ran, base):
    assert ran.status == 0, ran.err
    assert ran.run["digest"] == base.run["digest"]
    assert ran.bytes.keys() == base.bytes.keys()
    assert [name for name, data in ran.bytes.items() if data != base.bytes[name]] == []
    return True


def test_again_in_another_order_with_little_memory(clean, corpus, base, tmp_path):
    doubled = [*corpus[::-1], corpus[0]]
    again = clean(*doubled, options=[SHARDS, "--workers=1"], output=tmp_path / "again")
    assert same(again, base)
    options = [SHARDS, "--memory-per-worker=1M", "--workers=1"]
    assert same(clean(*corpus, options=options, output=tmp_path / "little"), base)


def test_in_two_processes(clean, corpus, base, tmp_path):
    ran = clean(*corpus, options=[SHARDS, "--workers=2"], output=tmp_path / "two")
    assert "2 processes on this machine" in ran.err
    assert same(ran, base)


def test_other_shards_give_the_same_records(clean, corpus, base, tmp_path):
    whole = clean(*corpus, output=tmp_path / "whole")
    assert whole.run["input"]["shards"] < base.run["input"]["shards"]
    assert whole.run["digest"] == base.run["digest"]
    for kind in ("documents", "receipts", "rejects"):
        mine, others = getattr(whole, kind), getattr(base, kind)
        assert sorted(map(repr, mine)) == sorted(map(repr, others)), kind


@pytest.mark.parametrize(
    "options",
    [["--dedup=page"], ["--format=parquet"], ["--short-duplicates=corpus", "--min-words=20"]],
    ids=" ".join,
)
def test_with_other_options_too(clean, corpus, tmp_path, options):
    one = clean(*corpus, options=[SHARDS, "--workers=1", *options], output=tmp_path / "one")
    options = [SHARDS, "--workers=1", "--memory-per-worker=2M", *options]
    assert same(clean(*corpus[::-1], options=options, output=tmp_path / "two"), one)


@pytest.mark.slow
def test_on_other_runners(clean, corpus, base, prism_options, tmp_path):
    direct = [SHARDS, "--runner=DirectRunner", prism_options[1]]
    for name, options in {
        "prism": [SHARDS, *prism_options],
        "direct": direct,
        "fn": [SHARDS, "--runner=FnApiRunner", "--direct_num_workers=1"],
        "threads": [
            *(SHARDS, "--runner=FnApiRunner"),
            *("--direct_num_workers=2", "--direct_running_mode=multi_threading"),
        ],
    }.items():
        ran = clean(*corpus, options=options, output=tmp_path / name)
        assert same(ran, base), name


@pytest.mark.slow
def test_on_a_job_server_of_its_own(clean, corpus, base, portable_options, tmp_path):
    ran = clean(*corpus, options=[SHARDS, *portable_options], output=tmp_path / "portable")
    assert same(ran, base)
