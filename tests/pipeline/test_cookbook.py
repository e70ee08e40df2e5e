"""The recipes of docs/cookbook.md, run as they stand on the sample pages, say what the run says.

The tools are in an environment of their own, whose Python `PAGESIEVE_READERS` names:

    python3 -m venv readers
    readers/bin/pip install -r tests/readers.txt
    readers/bin/pip install --no-deps -r tests/readers_no_deps.txt
"""

import ast
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from whole_runs import Ran

from pipeline.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
COOKBOOK = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
READERS = os.environ.get("PAGESIEVE_READERS", "")
RECIPES = re.findall(r"```(python|sh)\n(.*?)```", COOKBOOK, re.DOTALL)
SAMPLES = ("*.txt", "*.html", "*.zst", "*.jsonl", "*.gz", "*.parquet")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not READERS, reason="PAGESIEVE_READERS does not name a Python with the tools"
    ),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The two runs that the recipes read, in several parts, and their folder."""
    folder = tmp_path_factory.mktemp("cookbook")
    patterns = ",".join(f"{ROOT}/samples/{one}" for one in SAMPLES)
    for name, kind in (("clean", "jsonl.gz"), ("columns", "parquet")):
        words = [f"--input={patterns}", f"--output={folder}/{name}", f"--format={kind}"]
        words += ["--shard-bytes=65536", "--workers=1", "--progress=off"]
        assert main(["clean", *words]) == 0
    clean = Ran(0, "", "", folder / "clean")
    assert len(list((folder / "clean" / "documents").iterdir())) > 1
    return folder, clean


def expected(clean):
    """What the recipes print, in order, by the run itself; None for a command of a tool."""
    pages, receipts = clean.documents, clean.receipts
    languages = Counter(page["metadata"]["language"] for page in pages)
    rules = Counter(receipt["rule"] for receipt in receipts)
    comments = [one for one in receipts if one["rule"].startswith("comments.")]
    written = {page["id"] for page in pages}
    return [
        sum(len(page["text"].split()) for page in pages),
        dict(languages),
        dict(sorted(rules.items(), key=lambda item: -item[1])[:3]),
        sum(len(page["text"]) > 500 for page in pages),
        sum(page["metadata"]["paragraphs_in"] for page in pages),
        sorted(languages.items(), key=lambda item: (-item[1], item[0])),
        [
            (
                len({one["id"] for one in comments if one["id"] in written}),
                sum(one["id"] in written for one in comments),
            )
        ],
        f"{len(pages)} {languages['de']}",
        sum(len(page["text"]) for page in pages),
        languages["en"],
        None,
        len(pages),
        f"{clean.run['pages']['written']} {clean.run['paragraphs']['kept']}",
    ]


@pytest.mark.parametrize("number", range(len(RECIPES)))
def test_the_recipe_says_what_the_run_says(runs, number):
    folder, clean = runs
    kind, recipe = RECIPES[number]
    tools = os.path.dirname(READERS)
    words = [READERS, "-W", "error::SyntaxWarning", "-c"] if kind == "python" else ["bash", "-ec"]
    ran = subprocess.run(
        [*words, recipe],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ
        | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HF_HOME": str(folder / "hub"),
            "HF_HUB_OFFLINE": "1",
        },
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(expected(clean)) == len(RECIPES)
    says, said = expected(clean)[number], ran.stdout.strip()
    if kind == "sh":
        tagged = (folder / "clean" / "attributes" / "char_length_v1").iterdir()
        parts = (folder / "clean" / "documents").iterdir()
        assert {path.name for path in tagged} == {path.name for path in parts}
    elif isinstance(says, dict):  # equal counts may come in another order
        assert ast.literal_eval(said) == says
    else:
        assert said == str(says)
