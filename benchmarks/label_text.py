"""Makes what `train_text_model.py` learns from besides hand labels: weak labels and clean prose.

    python benchmarks/label_text.py weak PAGES.warc.gz PAGES.jsonl > WEAK.jsonl
    python benchmarks/label_text.py clean MANUALS.warc.gz... > CLEAN.jsonl

weak: the same pages as HTML and as text. A line is chrome (0) or main text (1) where `extract_page`
and trafilatura agree, a comment (2) where the former says so, probably main text (3) where the
former keeps what the latter does not hold, else unknown (4). clean: pages of manuals, as extracted,
with the manual's name as their collection, evenly spread over each file.
"""

import argparse
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from transforms.text.errors import TextError
from transforms.text.html import extract_blocks

EVERY, MOST = 15, 125
"""Of each file of manuals every so manieth page is read, up to so many."""
MIN_CHARS, MIN_LINES, MAX_LINES = 1_500, 5, 400


def squeeze(text):
    """One space for any run of white space."""
    return re.sub(r"\s+", " ", text or "").strip()


def read(path):
    """URL and decoded HTML of each page."""
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            raw = record.reader.read()
            yield record.headers["WARC-Target-URI"], bytes_to_str(raw, detect_encoding(raw))


def label(line, rules, joined, other):
    """The label of one line."""
    rule = rules.get(line)
    if rule is None:
        key = line.split(" | ")[0]
        rule = next((name for name, text in joined if key and key in text), None)
    held = len(line) > 3 and line in other
    if rule is None:
        return 3 if held else 4
    if rule == "":
        return 1 if held else 3
    if rule.startswith("comments."):
        return 2
    return 4 if held else 0


def weak(html_pages, text_pages):
    """Prints the labels of each page."""
    import trafilatura

    html_of = dict(read(html_pages))
    for row in map(json.loads, text_pages.read_text(encoding="utf-8").splitlines()):
        html = html_of.get(row["url"])
        try:
            blocks = extract_blocks(html) if html else []
        except TextError:
            blocks = []
        if not blocks:
            continue
        other = squeeze(trafilatura.extract(html, include_comments=False))
        rules = {}
        joined = {"": [], "other": [], "comments.": []}
        for text, rule, _ in blocks:
            rules.setdefault(text, rule)
            kind = "comments." if rule.startswith("comments.") else "other" if rule else ""
            joined[kind].append(text)
        held = [(kind, " \n ".join(texts)) for kind, texts in joined.items()]
        labels = [label(line, rules, held, other) for line in map(squeeze, row["text"].split("\n"))]
        print(json.dumps({"url": row["url"], "labels": labels}))


def clean(paths):
    """Prints pages of manuals."""
    for path in paths:
        found = 0
        for number, (url, html) in enumerate(read(path)):
            if number % EVERY or found == MOST:
                continue
            try:
                lines = [block.text for block in extract_blocks(html) if not block.rule]
            except TextError:
                continue
            if MIN_LINES <= len(lines) <= MAX_LINES and sum(map(len, lines)) >= MIN_CHARS:
                collection = urlsplit(url).path.split("/")[1]
                print(json.dumps({"lines": lines, "collection": collection}))
                found += 1


def main():
    """Chooses between the two."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("what", choices=["weak", "clean"])
    parser.add_argument("files", type=Path, nargs="+")
    args = parser.parse_args()
    if args.what == "weak":
        weak(*args.files)
    else:
        clean(args.files)


if __name__ == "__main__":
    main()
