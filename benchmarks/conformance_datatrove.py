"""Compares page verdicts with datatrove's filters, page by page: keep or drop, and the reason.

datatrove lives in an environment of its own:

    python3 -m venv venv-datatrove
    venv-datatrove/bin/pip install "datatrove[processing,io]" spacy lxml_html_clean
    python benchmarks/conformance_datatrove.py --python=venv-datatrove/bin/python PAGES.jsonl

PAGES.jsonl has one page a line with a `text` field. Each filter judges each page as it is. With
`--language=de` datatrove gets German's tokenizer and our German stop words instead of its defaults.
"""

import argparse
import collections
import json
import subprocess
import sys
from pathlib import Path

REFERENCE = r"""
import json, sys
from datatrove.data import Document
from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter
from datatrove.pipeline.filters import GopherRepetitionFilter
from datatrove.pipeline.filters.c4_filters import C4QualityFilter
options = json.loads(sys.argv[1])
language = {"language": options["code"]} if options["code"] else {}
words = {"stop_words": options["stop_words"]} if options["stop_words"] else {}
filters = {
    "gopher-repetition": GopherRepetitionFilter(**language),
    "gopher-quality": GopherQualityFilter(**language, **words),
    "c4-datatrove": C4QualityFilter(**language),
    "fineweb": FineWebQualityFilter(**language),
}
for line in sys.stdin:
    text = json.loads(line)["text"]
    row = {}
    for name, one in filters.items():
        page = Document(text=text, id="")
        try:
            result = one.filter(page)
        except Exception as error:
            result = (False, "error " + type(error).__name__)
        row[name] = None if result is True else result[1]
        if name == "c4-datatrove" and result is True:
            row["c4-text"] = page.text
    print(json.dumps(row), flush=True)
"""
MARKS = r"""
import json
from datatrove.data import Document
from datatrove.pipeline.filters import FineWebQualityFilter, GopherQualityFilter
switched_off = dict.fromkeys((
    "max_doc_words", "min_avg_word_length", "max_avg_word_length", "max_symbol_word_ratio",
    "max_bullet_lines_ratio", "max_ellipsis_lines_ratio", "max_non_alpha_words_ratio",
    "min_stop_words",
))
words = GopherQualityFilter(min_doc_words=1, **switched_off)
ends = FineWebQualityFilter(short_line_thr=2, char_duplicates_ratio=1, new_line_ratio=9)
found = {"punctuation": [], "terminal": []}
for code in range(0x11000):
    char = chr(code)
    if char.isspace() or 0xD800 <= code < 0xE000 or code == 0:
        continue
    if words.filter(Document(text=char, id="")) is not True:
        found["punctuation"].append(code)
    if ends.filter(Document(text=char, id="")) is True:
        found["terminal"].append(code)
print(json.dumps(found))
"""
CODES = {"en": "", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "ru": "rus", "nl": "nld"}


def reference(python: str, texts: list[str], language: str, stop_words: list[str]) -> list[dict]:
    options = json.dumps({"code": CODES[language], "stop_words": stop_words})
    done = subprocess.run(
        [python, "-W", "ignore", "-c", REFERENCE, options],
        input="".join(json.dumps({"text": text}) + "\n" for text in texts),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def ours(texts: list[str], language: str) -> list[dict]:
    from transforms.text import quality

    pages = [text.split("\n") for text in texts]
    languages = [language] * len(pages)
    rows: list[dict] = [{} for _ in pages]
    for first in range(0, len(pages), 64):
        part = slice(first, first + 64)
        measured = quality.signals(pages[part], languages[part])
        for name in ("gopher-repetition", "gopher-quality", "c4-datatrove", "fineweb"):
            if name == "c4-datatrove":
                outcome = quality.c4_lines(pages[part], languages[part], name)
                verdicts = [one.verdict for one in outcome]
                for row, one in zip(rows[part], outcome, strict=True):
                    row["c4-text"] = "\n".join(one.lines)
            else:
                verdicts = quality.judge(pages[part], languages[part], measured, [name], {})
            reasons = {rule.name: rule.reason for rule in quality.RULE_SETS[name].rules}
            for row, verdict in zip(rows[part], verdicts, strict=True):
                row[name] = reasons[verdict.rule] if verdict else None
    return rows


def compare_marks(python: str) -> dict[str, list[str]]:
    """Asks about every character by itself; returns those that are judged otherwise here."""
    from transforms.text.quality.characters import PUNCTUATION, TERMINAL_MARKS

    done = subprocess.run(
        [python, "-W", "ignore", "-c", MARKS], stdout=subprocess.PIPE, text=True, check=True
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    mine = {"punctuation": PUNCTUATION, "terminal": TERMINAL_MARKS}
    return {
        name: [
            hex(code)
            for code in sorted(set(codes) ^ set(map(ord, mine[name])))
            if 0 < code < 0x11000 and not chr(code).isspace()
        ]
        for name, codes in theirs.items()
    }


def compare(python: str, texts: list[str], language: str = "en") -> dict[str, list[tuple]]:
    """Returns per rule set the pages that differ: (number, theirs, ours)."""
    from transforms.text.quality.languages import STOP_WORDS

    stop_words = [] if language == "en" else list(STOP_WORDS[language])
    theirs = reference(python, texts, language, stop_words)
    mine = ours(texts, language)
    differences: dict[str, list[tuple]] = {}
    names = ["gopher-repetition", "gopher-quality", "c4-datatrove", "fineweb"]
    if language == "en":  # elsewhere lines may end in more marks here, on purpose
        names.append("c4-text")
    for name in names:
        differences[name] = [
            (number, a.get(name), b.get(name))
            for number, (a, b) in enumerate(zip(theirs, mine, strict=True))
            if (name in a or name != "c4-text") and a.get(name) != b.get(name)
        ]
        kept = sum(row.get(name) is None for row in theirs)
        reasons = collections.Counter(row.get(name) for row in theirs if row.get(name))
        detail = (
            "" if name == "c4-text" else f"reference keeps {kept}; {dict(reasons.most_common())}"
        )
        same = len(texts) - len(differences[name])
        print(f"{name}: {same} of {len(texts)} agree; {detail}")
        for number, a, b in differences[name][:20]:
            print(f"  page {number}: reference {str(a)[:200]!r}, here {str(b)[:200]!r}")
    return differences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--python", required=True, help="of the environment with datatrove")
    parser.add_argument("--language", default="en", choices=sorted(CODES))
    parser.add_argument("--limit", type=int, default=1000, help="pages")
    options = parser.parse_args()
    with options.pages.open(encoding="utf-8") as lines:
        texts = [
            json.loads(line)["text"] for _, line in zip(range(options.limit), lines, strict=False)
        ]
    marks = compare_marks(options.python)
    print(f"characters judged otherwise: {marks}")
    differences = compare(options.python, texts, options.language)
    sys.exit(any(marks.values()) or any(differences.values()))


if __name__ == "__main__":
    main()
