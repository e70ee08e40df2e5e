"""CPU time a page of the quality steps, on one thread.

    python benchmarks/quality_speed.py PAGES.jsonl [--language=en] [--batch=64]

PAGES.jsonl has one page a line with a `text` field. The first round starts with nothing in memory,
the others are warm; the best of them is what a long run pays.
"""

import argparse
import json
import time
from pathlib import Path

from transforms.text import quality


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--batch", type=int, default=64, help="pages")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with options.pages.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    pages = [text.split("\n") for text in texts]
    languages = [options.language] * len(pages)
    quality.signals([["Built once for a process."]], [options.language])
    rounds: list[dict[str, float]] = []
    for _ in range(options.rounds):
        spent = dict.fromkeys(("signals", "judge", "c4_lines", "mask_pii"), 0.0)
        for first in range(0, len(pages), options.batch):
            part = slice(first, first + options.batch)
            marks = [time.process_time()]
            measured = quality.signals(pages[part], languages[part])
            marks.append(time.process_time())
            names = ["gopher-repetition", "gopher-quality", "fineweb"]
            quality.judge(pages[part], languages[part], measured, names, {})
            marks.append(time.process_time())
            quality.c4_lines(pages[part], languages[part], "c4")
            marks.append(time.process_time())
            quality.mask_pii(texts[part])
            marks.append(time.process_time())
            for name, start, end in zip(spent, marks, marks[1:], strict=False):
                spent[name] += end - start
        rounds.append({name: 1000 * seconds / len(pages) for name, seconds in spent.items()})
    chars = sum(map(len, texts)) / len(texts)
    print(f"{len(pages)} pages of {chars:,.0f} characters on average; ms CPU a page")
    for title, chosen in (("first round", rounds[:1]), ("best of the others", rounds[1:])):
        best = min(chosen, key=lambda one: sum(one.values()), default={})
        detail = ", ".join(f"{name} {value:.3f}" for name, value in best.items())
        print(f"{title}: {sum(best.values()):.3f} ({detail})")


if __name__ == "__main__":
    main()
