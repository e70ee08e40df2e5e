"""Near-duplicate paragraphs: pagesieve beside its peers, on the same paragraphs in one run.

The peers live in an environment of their own:

    python3 -m venv venv-peers
    venv-peers/bin/pip install text-dedup datasketch simhash
    python benchmarks/compare_dedup.py --python=venv-peers/bin/python FOLDER [--tools NAME,…]

FOLDER has pages.jsonl (pages of one paragraph a line, with url, date and text) and truth.jsonl
(url, text, of, kind, words, remove), as the quality gate reads them. Each tool gets all paragraphs,
those of the earliest pages first, in a process of its own, and says which of them stay. Counted are
the CPU seconds and the largest resident memory of that process and of those that it starts, imports
included. Some tools keep any one of a group: so an edited copy is found when not both it and its
original stay, a look-alike is kept when both do. Tools:

- pagesieve: `drop_near_duplicates` with its defaults;
- text-dedup-minhash, text-dedup-simhash: the commands of ChenghaoMou's text-dedup with their
  defaults; `-loose` is what its defaults become for paragraphs: words or pairs of them instead of
  five, half of them in common instead of 70 %; 7 bits of 64 instead of 3;
- datasketch: MinHashLSH over sets of 4 characters, 128 permutations, half of them in common;
- simhash: SimhashIndex of the `simhash` package, with 3 and with 7 bits.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGESIEVE = r"""
import json, sys
from transforms.text.text_duplicates import drop_near_duplicates
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
stay = [n for n, gone in enumerate(drop_near_duplicates(texts)) if gone is None]
json.dump(stay, open(sys.argv[2], "w"))
"""
OF_TEXT_DEDUP = r"""
import json, sys
from datasets import load_from_disk
json.dump(list(load_from_disk(sys.argv[1])["number"]), open(sys.argv[2], "w"))
"""
DATASKETCH = r"""
import json, sys
from datasketch import MinHash, MinHashLSH
index, kept, stay = MinHashLSH(threshold=0.5, num_perm=128), {}, []
for n, line in enumerate(open(sys.argv[1], encoding="utf-8")):
    text = json.loads(line)["text"].lower()
    sketch = MinHash(num_perm=128)
    sketch.update_batch([text[i:i + 4].encode() for i in range(max(len(text) - 3, 1))])
    if not any(sketch.jaccard(kept[k]) >= 0.5 for k in index.query(sketch)):
        kept[n] = sketch
        index.insert(n, sketch)
        stay.append(n)
json.dump(stay, open(sys.argv[2], "w"))
"""
SIMHASH = r"""
import json, logging, sys
from simhash import Simhash, SimhashIndex
logging.disable(logging.CRITICAL)
index, stay = SimhashIndex([], k=int(sys.argv[3])), []
for n, line in enumerate(open(sys.argv[1], encoding="utf-8")):
    value = Simhash(json.loads(line)["text"])
    if not index.get_near_dups(value):
        index.add(str(n), value)
        stay.append(n)
json.dump(stay, open(sys.argv[2], "w"))
"""
TEXT_DEDUP = {
    "text-dedup-minhash": ("minhash",),
    "text-dedup-minhash-loose": ("minhash", "--ngram", "2", "--threshold", "0.5"),
    "text-dedup-simhash": ("simhash",),
    "text-dedup-simhash-loose": (
        *("simhash", "--ngram", "1", "--bit_diff", "7", "--num_bucket", "8"),
    ),
}
SCRIPTS = {
    "pagesieve": (PAGESIEVE,),
    "datasketch": (DATASKETCH,),
    "simhash-3": (SIMHASH, "3"),
    "simhash-7": (SIMHASH, "7"),
}
TOOLS = ("pagesieve", *TEXT_DEDUP, "datasketch", "simhash-3", "simhash-7")


def command(python, tool, source, target):
    """Gives the words that start a tool; text-dedup leaves a folder at `target`."""
    if tool not in TEXT_DEDUP:
        script, *options = SCRIPTS[tool]
        return [python, "-c", script, source, target, *options]
    module, *options = TEXT_DEDUP[tool]
    fixed = ["--path", "json", "--data_files", source, "--split", "train", "--column", "text"]
    where = ["--cache_dir", f"{target}.cache", "--output", target, "--num_proc", "1"]
    return [python, "-m", f"text_dedup.{module}", *fixed, *where, *options]


def run(python, tool, source, folder):
    """Runs a tool; gives its numbers of texts that stay, CPU seconds, and peak megabytes."""
    target = f"{folder}/{tool}"
    words = command(python, tool, source, target)
    log = Path(folder) / f"{tool}.log"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, env=environment)
        peak = watch(process)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{tool} failed:\n{log.read_text('utf-8', 'replace')[-2000:]}")
    if tool in TEXT_DEDUP:
        target += ".json"
        reader = [python, "-c", OF_TEXT_DEDUP, f"{folder}/{tool}", target]
        subprocess.run(reader, check=True, env=environment)
    stay = set(json.loads(Path(target).read_text("utf-8")))
    return stay, used.ru_utime + used.ru_stime, max(peak, used.ru_maxrss >> 10)


def watch(process):
    """Gives the largest sum of the resident memory of a process and its descendants, in MB."""
    peak = 0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, sum(resident(pid) for pid in descendants(process.pid)))
        time.sleep(0.05)
    return peak


def descendants(pid):
    """Yields a process and those that it has started, by /proc."""
    yield pid
    try:
        started = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return
    for child in started:
        yield from descendants(int(child))


def resident(pid):
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def judge(paragraphs, truth, stay):
    """Gives the share judged right by kind, and by kind and length."""
    where = {(url, squeeze(text)): n for n, (url, text) in enumerate(paragraphs)}
    first = {squeeze(text): n for n, (_, text) in reversed(list(enumerate(paragraphs)))}
    cells = collections.defaultdict(lambda: [0, 0])
    for one in truth:
        pair = {where[one["url"], squeeze(one["text"])], first[squeeze(one["of"])]}
        for name in (one["kind"], f"{one['kind']} {one['words']}"):
            cells[name][0] += (pair <= stay) != one["remove"]
            cells[name][1] += 1
    return {name: right / count for name, (right, count) in cells.items()}


def squeeze(text):
    return " ".join(text.split())


KINDS = ("exact", "format", "one_word", "number", "appended", "ten_percent", "skeleton", "half")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="of pages.jsonl and truth.jsonl")
    parser.add_argument("--python", default=sys.executable, help="of the peers' environment")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--short", action="store_true", help="texts of 10-20 words by themselves")
    options = parser.parse_args()
    load = [
        [json.loads(line) for line in (Path(options.folder) / name).open(encoding="utf-8")]
        for name in ("pages.jsonl", "truth.jsonl")
    ]
    pages, truth = sorted(load[0], key=lambda page: page["date"]), load[1]
    paragraphs = [
        (page["url"], line)
        for page in pages
        for line in filter(str.strip, page["text"].splitlines())
    ]
    print(f"{len(paragraphs):,} paragraphs, {len(truth):,} of them labelled")
    print("| tool | CPU-s | peak MB |", " | ".join(KINDS), "|")
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/texts.jsonl"
        with open(source, "w", encoding="utf-8") as out:
            rows = ({"text": text, "number": n} for n, (_, text) in enumerate(paragraphs))
            out.writelines(json.dumps(row) + "\n" for row in rows)
        for tool in options.tools.split(","):
            python = sys.executable if tool == "pagesieve" else options.python
            stay, cpu_s, peak = run(python, tool, source, folder)
            shares = judge(paragraphs, truth, stay)
            names = [f"{kind} 10-20" if options.short else kind for kind in KINDS]
            row = " | ".join(f"{shares[name]:.3f}" for name in names)
            print(f"| {tool} | {cpu_s:.1f} | {peak} | {row} |", flush=True)


if __name__ == "__main__":
    main()
