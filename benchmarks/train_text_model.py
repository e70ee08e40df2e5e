"""Trains the model of `transforms.text.widgets` and measures it, cross-validated by host.

usage: train_text_model.py PAGES.jsonl TRUTH.jsonl [--weak WEAK.jsonl] [--clean CLEAN.jsonl]
                           [--write transforms/text/widgets/model.npz]

  PAGES   one page a line: {"url", "text"}, text one paragraph a line
  TRUTH   one page a line: {"url", "keep": [...], "chrome": [...], "comments": [...]} (segments)
  WEAK    labels from extractors that saw the page's HTML: {"url", "labels": [...]}, for each line
          0 chrome, 1 main text, 2 comment, 3 probably main text, 4 unknown
  CLEAN   pages of clean prose, nothing of which may go: {"lines": [...]}

Prints, for the whole judge (gate, phrases, sections, model) in cross-validation, a table of
kept / chrome removed / comments removed / f1 / share of clean characters lost over thresholds.
Deterministic: seeds are fixed; one thread and about three minutes for 450 pages.
"""

import argparse
import hashlib
import json
import pathlib
import re
from urllib.parse import urlsplit

import numpy as np

from transforms.text.widgets import judge, model, sections
from transforms.text.widgets.context import UNIT, Layout, features
from transforms.text.widgets.phrasebook import BOOK
from transforms.text.widgets.signals import measure

FOLDS = 5
HIDDEN, SEEDS, EPOCHS = 16, 4, 8
RATE, DECAY, BATCH = 3e-3, 3e-4, 256
THRESHOLDS = ((1.0, 0.3), (1.3, 0.3), (1.6, 0.3), (1.7, 0.3), (1.8, 0.3), (1.9, 0.3))
COMPOSED, COMPOSED_WEIGHT = 800, 0.05
WEAK_WEIGHT, CLEAN_WEIGHT, COMMENT_WEIGHT = 0.02, 0.004, 2.0


def squeeze(text):
    """One space for any run of white space."""
    return re.sub(r"\s+", " ", text).strip()


def read_jsonl(path):
    """Reads a file of JSON lines."""
    with pathlib.Path(path).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def fold_of(name):
    """A stable fold for a host or a collection."""
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % FOLDS


def targets(lines, truth, weak):
    """Targets (removed, comment) and weights of a page's lines; hand labels outweigh weak ones."""
    target = np.zeros((len(lines), 2))
    weight = np.zeros((len(lines), 2))
    if weak is not None:
        label = np.array(weak)
        target[:, 0] = (label == 0) | (label == 2)
        target[:, 1] = label == 2
        weight[:, 0] = np.select([label <= 2, label == 3], [WEAK_WEIGHT, WEAK_WEIGHT / 2], 0)
        weight[:, 1] = WEAK_WEIGHT
    squeezed = [squeeze(line) for line in lines]
    for kind, removed in (("chrome", 1), ("comments", 1), ("keep", 0)):
        for segment in map(squeeze, truth[kind]):
            for i, line in enumerate(squeezed):
                if segment in line or (len(line) >= 25 and line in segment):
                    target[i] = removed, kind == "comments"
                    weight[i] = COMMENT_WEIGHT if kind == "comments" else 1, 1
    return target, weight


def composed(clean, count):
    """Short pages made of a few paragraphs of clean prose and the lines of widgets around them.

    Scraped pages are long; without these the model would think of a short page as chrome.
    Returns pages with their targets and weights, and the collections they come from.
    """
    random = np.random.default_rng(7)
    languages = sorted({phrase.language for phrase in BOOK.phrases})
    lines_of = {
        language: [
            re.sub(r"\{n\}", "3", phrase.text)
            for phrase in BOOK.phrases
            if phrase.language == language and not phrase.slotted
        ]
        for language in languages
    }
    for row in (clean[i] for i in random.integers(0, max(len(clean), 1), count) if clean):
        prose = [line for line in row["lines"] if len(line) > 80 and line[-1] in ".!?。।"]
        if not prose:
            continue
        start = int(random.integers(0, len(prose)))
        body = prose[start : start + int(random.integers(1, 9))]
        written = lines_of[languages[int(random.integers(0, len(languages)))]]
        picked = [written[i] for i in random.integers(0, len(written), 14)]
        head = picked[: int(random.choice([0, 0, 1, 4]))]
        tail = picked[4 : 4 + int(random.integers(1, 10))]
        page = [*head, *body, *tail]
        target = np.zeros((len(page), 2))
        target[: len(head), 0] = target[len(head) + len(body) :, 0] = 1
        weight = np.full((len(page), 2), [COMPOSED_WEIGHT, 0.0])
        yield page, target, weight, row.get("collection", "")


def featurise(pages):
    """Features of all lines of all pages, in units of 1."""
    parts = []
    for start in range(0, len(pages), 50):
        batch = pages[start : start + 50]
        layout = Layout(np.array([len(page) for page in batch]))
        parts.extend(features(measure(batch), layout))
    return np.concatenate(parts)


def train(x, y, weight, seed):
    """One network with one hidden layer, by Adam with a cosine schedule."""
    random = np.random.default_rng(seed)
    wide = x.shape[1]
    weights = [
        random.normal(0, np.sqrt(1.5 / wide), (wide, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, 2)),
        np.zeros(2),
    ]
    moments = [[np.zeros_like(w), np.zeros_like(w)] for w in weights]
    total = EPOCHS * (len(x) // BATCH + 1)
    step = 0
    for _ in range(EPOCHS):
        order = random.permutation(len(x))
        for start in range(0, len(x), BATCH):
            rows = order[start : start + BATCH]
            hidden = np.maximum(x[rows] @ weights[0] + weights[1], 0)
            odds = hidden @ weights[2] + weights[3]
            error = (1 / (1 + np.exp(-odds)) - y[rows]) * weight[rows] / len(rows)
            back = (error @ weights[2].T) * (hidden > 0)
            slopes = [
                x[rows].T @ back + DECAY * weights[0],
                back.sum(0),
                hidden.T @ error + DECAY * weights[2],
                error.sum(0),
            ]
            step += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / total))
            for w, slope, moment in zip(weights, slopes, moments, strict=True):
                moment[0] = 0.9 * moment[0] + 0.1 * slope
                moment[1] = 0.999 * moment[1] + 0.001 * slope**2
                scale = np.sqrt(moment[1] / (1 - 0.999**step)) + 1e-8
                np.subtract(w, rate * (moment[0] / (1 - 0.9**step)) / scale, out=w)
    return weights


def fit(x, y, weight):
    """An ensemble as one wide network, in whole numbers."""
    used = weight.sum(axis=1) > 0
    x, y, weight = x[used] / UNIT, y[used], weight[used]
    mean, deviation = x.mean(axis=0), x.std(axis=0) + 0.05
    scaled = ((x - mean) / deviation).astype(np.float32)
    weight = weight / weight[:, 0][weight[:, 0] > 0].mean()
    nets = [train(scaled, y.astype(np.float32), weight.astype(np.float32), s) for s in range(SEEDS)]
    first = np.concatenate([net[0] for net in nets], axis=1) / deviation[:, None]
    first_bias = np.concatenate([net[1] for net in nets]) - mean @ first
    second = np.concatenate([net[2] for net in nets]) / SEEDS
    second_bias = sum(net[3] for net in nets) / SEEDS
    return model.quantise(first / UNIT, first_bias, second, second_bias)


class Scorer:
    """Counts segments as the scorer of labelled pages does."""

    def __init__(self):
        self.kept = [0, 0]
        self.stays = {"chrome": [0, 0], "comments": [0, 0]}

    def add(self, text, truth):
        """Adds one cleaned page."""
        page = squeeze(text)
        self.kept[0] += sum(squeeze(s) in page for s in truth["keep"])
        self.kept[1] += len(truth["keep"])
        for kind, tally in self.stays.items():
            tally[0] += sum(squeeze(s) in page for s in truth[kind])
            tally[1] += len(truth[kind])

    def result(self):
        """Kept, chrome removed, comments removed, f1; 0..1."""
        stay = sum(tally[0] for tally in self.stays.values())
        lost = self.kept[1] - self.kept[0]
        return (
            self.kept[0] / max(self.kept[1], 1),
            *(1 - tally[0] / max(tally[1], 1) for tally in self.stays.values()),
            2 * self.kept[0] / max(2 * self.kept[0] + stay + lost, 1),
        )


def judged(pages, weights):
    """What the judge removes from each page, under other weights than the packaged ones."""
    original = model.packaged
    model.packaged = lambda: weights
    try:
        return judge.find_widgets(pages)
    finally:
        model.packaged = original


def main():
    """Cross-validates, prints the table, and with --write trains on everything."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("pages")
    parser.add_argument("truth")
    parser.add_argument("--weak")
    parser.add_argument("--clean")
    parser.add_argument("--write")
    parser.add_argument("--no-cv", action="store_true")
    args = parser.parse_args()

    truth = {row["url"]: row for row in read_jsonl(args.truth)}
    weak = {row["url"]: row["labels"] for row in read_jsonl(args.weak)} if args.weak else {}
    rows = [row for row in read_jsonl(args.pages) if row["url"] in truth]
    clean = read_jsonl(args.clean) if args.clean else []
    pages = [row["text"].split("\n") for row in rows] + [row["lines"] for row in clean]
    folds = np.array(
        [fold_of(".".join(urlsplit(row["url"]).netloc.split(".")[-2:])) for row in rows]
        + [fold_of(row.get("collection", "")) for row in clean]
    )
    labelled = [
        targets(p, truth[r["url"]], weak.get(r["url"])) for p, r in zip(pages, rows, strict=False)
    ]
    for row in clean:
        size = (len(row["lines"]), 2)
        labelled.append((np.zeros(size), np.full(size, CLEAN_WEIGHT)))
    made = list(composed(clean, COMPOSED)) if clean else []
    pages += [page for page, _, _, _ in made]
    labelled += [(target, weight) for _, target, weight, _ in made]
    folds = np.concatenate([folds, [fold_of(collection) for *_, collection in made]]).astype(int)
    y = np.concatenate([pair[0] for pair in labelled])
    weight = np.concatenate([pair[1] for pair in labelled])
    x = featurise(pages)
    owner = np.repeat(folds, [len(page) for page in pages])

    if not args.no_cv:
        fitted = [
            model.as_weights(fit(x[owner != k], y[owner != k], weight[owner != k]))
            for k in range(FOLDS)
        ]
        print("goes  section  kept  chrome  comments  f1     clean characters lost")
        for goes, inside in THRESHOLDS:
            sections.GOES = int(goes * model.SCORE_UNIT)
            sections.GOES_IN_SECTION = int(inside * model.SCORE_UNIT)
            scorer, lost, chars = Scorer(), 0, 0
            for k in range(FOLDS):
                chosen = np.flatnonzero(folds == k).tolist()
                for i, gone in zip(
                    chosen, judged([pages[i] for i in chosen], fitted[k]), strict=True
                ):
                    if i < len(rows):
                        kept = [line for n, line in enumerate(pages[i]) if n not in gone]
                        scorer.add("\n".join(kept), truth[rows[i]["url"]])
                    elif i < len(rows) + len(clean):
                        lost += sum(len(pages[i][n]) for n in gone)
                        chars += sum(map(len, pages[i]))
            shown = "  ".join(f"{value:.3f}" for value in scorer.result())
            print(
                f"{goes:.1f}   {inside:.1f}      {shown}   {lost / max(chars, 1):.4f}", flush=True
            )
    if args.write:
        whole = fit(x, y, weight)
        np.savez_compressed(args.write, **whole)
        print(f"{args.write}: {pathlib.Path(args.write).stat().st_size} bytes")


if __name__ == "__main__":
    main()
