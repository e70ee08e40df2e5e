"""Trains the model that tells the content of a page from its chrome, and says how good it is.

    python benchmarks/train_html_model.py PAGES.warc.gz TRUTH.jsonl \
        --extra MANUALS.warc.gz --save transforms/text/html/weights.npz --cross-validate

TRUTH.jsonl names pages by `url` and lists segments under `keep`, `chrome` and `comments`.

Labels are few, so training has two steps. A *teacher* (boosted trees) learns from the labelled
units; besides the model's own features it sees what four other extractors decided, which is too
slow for use but tells much. Its out-of-fold predictions on all units, labelled or not, then train
the *student*: a network of one hidden layer, fast enough for use. Folds are split by page, every
page being another host; inside a fold of the cross-validation neither teacher nor student sees
anything of the pages that are scored.
"""

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import lightgbm  # and readability-lxml, trafilatura
import lxml.html
import numpy as np
import trafilatura
from fastwarc.warc import ArchiveIterator, WarcRecordType
from readability import Document
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from transforms.text.html.decide import keep_units
from transforms.text.html.dom import parse
from transforms.text.html.features import ALL_BITS, N_NUMBERS, build
from transforms.text.html.model import CHROME, SCORE_STEPS, Weights, scores
from transforms.text.html.tree import Tree

UNLABELLED_WEIGHT = 0.1
EXTRA_WEIGHT = 0.03
"""Weight of a unit of a page without any label; such pages have many units."""
MAX_EXTRA_UNITS = 300
CLIP = 4.0
FOLDS = 5


@dataclass
class Sample:
    """A labelled page.

    One row a unit that the model sees: features, label (-1 unknown), weight and what other
    extractors say of it.
    """

    truth: dict
    tree: Tree
    texts: list[str]
    units: np.ndarray
    features: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    others: np.ndarray


def squeeze(text: str) -> str:
    """Collapse whitespace."""
    return re.sub(r"\s+", " ", text or "").strip()


def read_samples(pages: Path, truth: Path) -> list[Sample]:
    """Read, parse and label all pages that the truth names."""
    with truth.open(encoding="utf-8") as lines:
        truths = {record["url"]: record for record in map(json.loads, lines)}
    samples = []
    with pages.open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
            labels = truths.get(record.headers["WARC-Target-URI"])
            if labels is None:
                continue
            raw = record.reader.read()
            html = bytes_to_str(raw, detect_encoding(raw))
            tree = parse(html)
            texts = [" ".join(lines) for lines in tree.lines]
            if not texts:
                continue
            rows, units = build([tree])
            label, weight = label_units(texts, labels)
            others = opinions(html, texts)
            samples.append(
                Sample(labels, tree, texts, units, rows, label[units], weight[units], others[units])
            )
    return samples


def read_extras(paths: list[Path], count: int) -> list[Sample]:
    """Read pages without labels, evenly spread over each file."""
    samples: list[Sample] = []
    nothing = {"keep": [], "chrome": [], "comments": []}
    for path in paths:
        with path.open("rb") as stream:
            raw = [
                record.reader.read()
                for record in ArchiveIterator(stream, record_types=WarcRecordType.response)
            ]
        for page in raw[:: max(1, len(raw) // count)][:count]:
            html = bytes_to_str(page, detect_encoding(page))
            tree = parse(html)
            texts = [" ".join(lines) for lines in tree.lines]
            if not 3 <= len(texts) <= MAX_EXTRA_UNITS:
                continue
            rows, units = build([tree])
            unknown = np.full(len(units), -1.0)
            others = opinions(html, texts)[units]
            samples.append(Sample(nothing, tree, texts, units, rows, unknown, unknown * 0, others))
    return samples


def label_units(texts: list[str], truth: dict) -> tuple[np.ndarray, np.ndarray]:
    """Labels of units: 1 keep, 0 remove, -1 unknown; a segment may span several units."""
    page = " ".join(texts)
    starts = np.cumsum([0] + [len(text) + 1 for text in texts])
    label, weight = np.full(len(texts), -1.0), np.zeros(len(texts))
    for kind, value in (("chrome", 0), ("comments", 0), ("keep", 1)):
        for segment in map(squeeze, truth[kind]):
            hits = []
            at = page.find(segment)
            while at >= 0:
                first = np.searchsorted(starts, at, "right") - 1
                last = np.searchsorted(starts, at + len(segment) - 1, "right") - 1
                hits.append((first, last))
                at = page.find(segment, at + 1)
            if value and len(hits) > 1:
                hits = [max(hits, key=lambda hit: len(texts[hit[0]]))]
            for first, last in hits:
                for unit in range(first, last + 1):
                    # A short segment that stands in several places says little about a long unit.
                    unsure = len(hits) > 1 and len(texts[unit]) > 4 * len(segment) + 100
                    if kind == "chrome" and unsure:
                        continue
                    if label[unit] < 0 or value:
                        label[unit] = value
                        weight[unit] = max(weight[unit], 1 / len(hits))
    return label, weight


def opinions(html: str, texts: list[str]) -> np.ndarray:
    """What other extractors keep of every unit: a share, one column an extractor."""
    outputs = [
        trafilatura.extract(html, include_comments=False, **options)
        for options in ({}, {"favor_precision": True}, {"favor_recall": True})
    ]
    try:
        outputs.append(lxml.html.fromstring(Document(html).summary()).text_content())
    except Exception:  # noqa: BLE001  readability raises many kinds; no opinion then
        outputs.append("")
    outputs.append(
        extract_plain_text(
            html, main_content=True, comments=False, post_meta=False, alt_texts=False,
            list_bullets=False,
        )
    )  # fmt: skip
    return np.array([[_held(squeeze(output), text) for output in outputs] for text in texts])


def _held(output: str, text: str) -> float:
    text = text.replace(" | ", " ")
    if len(text) <= 50:
        return float(len(text) > 3 and text in output)
    middle = len(text) // 2
    parts = (text[:40], text[middle - 20 : middle + 20], text[-40:])
    return sum(part in output for part in parts) / 3


def teach(
    samples: list[Sample], seeds: int, extras: list[Sample]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Predictions of the teacher for every unit: out of fold, and those of pages without labels."""
    views_of_extras = [np.hstack([extra.features, extra.others]) for extra in extras]
    of_extras = [np.zeros(len(extra.units)) for extra in extras]
    fold = np.random.RandomState(1).permutation(len(samples)) % FOLDS
    views = [np.hstack([sample.features, sample.others]) for sample in samples]
    out: list[np.ndarray] = [np.empty(0)] * len(samples)
    for number in range(FOLDS):
        train = [i for i in range(len(samples)) if fold[i] != number]
        known = [samples[i].label >= 0 for i in train]
        x = np.concatenate([views[i][k] for i, k in zip(train, known, strict=True)])
        y = np.concatenate([samples[i].label[k] for i, k in zip(train, known, strict=True)])
        w = np.concatenate([samples[i].weight[k] for i, k in zip(train, known, strict=True)])
        models = [
            lightgbm.LGBMClassifier(
                n_estimators=250, num_leaves=15, learning_rate=0.04, subsample=0.8,
                subsample_freq=1, colsample_bytree=0.2, min_child_samples=10, reg_lambda=5,
                n_jobs=1, verbose=-1, random_state=seed,
            ).fit(x, y, sample_weight=w)
            for seed in range(seeds)
        ]  # fmt: skip
        for i in np.flatnonzero(fold == number):
            out[i] = np.mean([model.predict_proba(views[i])[:, 1] for model in models], axis=0)
        for i, view in enumerate(views_of_extras):
            if len(view):
                of_extras[i] = of_extras[i] + models[0].predict_proba(view)[:, 1] / FOLDS
    return out, of_extras


def train_student(samples, soft, *, hidden: int, networks: int, steps: int, seed: int) -> Weights:
    """Fit networks to labels and to the teacher's predictions, and put them side by side.

    A bit so rare that its bounds are the same says nothing; the model does without it.
    """
    f = np.float32
    x = np.concatenate([sample.features for sample in samples]).astype(f)
    y = np.concatenate(
        [
            np.where(s.label >= 0, s.label * 0.96 + 0.02, t)
            for s, t in zip(samples, soft, strict=True)
        ]
    ).astype(f)
    w = np.concatenate(
        [
            np.where(
                s.label >= 0,
                s.weight,
                UNLABELLED_WEIGHT if s.truth["keep"] or s.truth["chrome"] else EXTRA_WEIGHT,
            )
            for s in samples
        ]
    )
    mean, deviation = x.mean(0), np.maximum(x.std(0), 0.05)
    low, high = np.ceil(mean - CLIP * deviation), np.floor(mean + CLIP * deviation)
    used = np.flatnonzero((low < high) | (np.arange(len(low)) < N_NUMBERS))
    low, high, mean, deviation = low[used], high[used], mean[used], deviation[used]
    x = (np.clip(x[:, used], low, high) - mean) / deviation
    fitted = [_fit(x, y, w, hidden, steps, seed * networks + k) for k in range(networks)]
    first, bias, second, last = (np.concatenate(p, axis=-1) for p in zip(*fitted, strict=True))
    first = first / deviation[:, None]
    return Weights(
        bits=ALL_BITS[used[N_NUMBERS:] - N_NUMBERS],
        low=low.astype(np.float64), high=high.astype(np.float64),
        first=np.round(first * 2.0**16).astype(np.float64),
        first_bias=np.round((bias - mean @ first) * 2.0**16).astype(np.float64),
        second=np.round(second / networks * 2.0**12).astype(np.float64),
        second_bias=float(np.round(last.mean() * SCORE_STEPS)),
    )  # fmt: skip


def _fit(x, y, w, hidden: int, steps: int, seed: int) -> list[np.ndarray]:
    """One network: Adam with decoupled decay, noise on its input and hidden units."""
    f = np.float32
    rng = np.random.default_rng(seed)
    size = x.shape[1]
    p = [
        (rng.standard_normal((size, hidden)) / np.sqrt(size)).astype(f), np.zeros(hidden, f),
        (rng.standard_normal(hidden) / np.sqrt(hidden)).astype(f), np.zeros(1, f),
    ]  # fmt: skip
    m, v = [np.zeros_like(a) for a in p], [np.zeros_like(a) for a in p]
    order = np.cumsum(w) / w.sum()
    for step in range(steps):
        rate = f(1e-3 * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * step / steps)))
        rows = np.minimum(np.searchsorted(order, rng.random(256)), len(x) - 1)
        batch = x[rows] * ((rng.random((256, size), dtype=f) > 0.1) / f(0.9))
        z = batch @ p[0] + p[1]
        on = (z > 0) * ((rng.random(z.shape, dtype=f) > 0.3) / f(0.7))
        h = z * on
        error = (1 / (1 + np.exp(-(h @ p[2] + p[3]))) - y[rows]) / f(256)
        back = (error[:, None] * p[2]) * on
        slopes = [batch.T @ back, back.sum(0), h.T @ error, error.sum(keepdims=True)]
        for k, slope in enumerate(slopes):
            m[k] += f(0.1) * (slope - m[k])
            v[k] += f(0.001) * (slope**2 - v[k])
            move = (m[k] / f(1 - 0.9 ** (step + 1))) / (
                np.sqrt(v[k] / f(1 - 0.999 ** (step + 1))) + f(1e-8)
            )
            p[k] -= rate * (move + (f(0.01) * p[k] if k in {0, 2} else f(0)))
    return p


def judge_sample(sample: Sample, weights: Weights) -> list[float]:
    """Log odds of all units of a page."""
    logits = np.full(len(sample.texts), CHROME)
    if len(sample.units):
        used = np.append(np.full(N_NUMBERS, fill_value=True), np.isin(ALL_BITS, weights.bits))
        logits[sample.units] = scores(sample.features[:, used], weights)
    return logits.tolist()


def measure(samples: list[Sample], kept: list[list[bool]]) -> dict[str, float]:
    """Shares of segments, as the scorer of labelled pages counts them."""
    found = {kind: [0, 0] for kind in ("keep", "chrome", "comments")}
    for sample, keep in zip(samples, kept, strict=True):
        page = " ".join(t for t, k in zip(sample.texts, keep, strict=True) if k)
        for kind, count in found.items():
            count[0] += sum(squeeze(segment) in page for segment in sample.truth[kind])
            count[1] += len(sample.truth[kind])
    tp, wanted = found["keep"]
    fp = found["chrome"][0] + found["comments"][0]
    return {
        "kept": round(tp / wanted, 4),
        "chrome_removed": round(1 - found["chrome"][0] / max(found["chrome"][1], 1), 4),
        "comments_removed": round(1 - found["comments"][0] / max(found["comments"][1], 1), 4),
        "f1": round(2 * tp / (tp + wanted + fp), 4),
    }


def main() -> None:
    """Train, cross-validate, save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("pages", type=Path, help="labelled pages, WARC")
    parser.add_argument("truth", type=Path, help="their labels, JSON lines")
    parser.add_argument("--extra", type=Path, action="append", default=[], help="unlabelled WARC")
    parser.add_argument("--extra-pages", type=int, default=40, help="taken from each such file")
    parser.add_argument("--save", type=Path, help="write the trained weights to this .npz")
    parser.add_argument("--cross-validate", action="store_true", help="print scores of 5 folds")
    parser.add_argument("--hidden", type=int, default=24, help="hidden units")
    parser.add_argument("--networks", type=int, default=3, help="whose scores are averaged")
    parser.add_argument("--steps", type=int, default=5000, help="training steps of 256 units")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--thresholds", default="-0.2,-0.1,0,0.1,0.2", help="log odds to report")
    options = parser.parse_args()
    samples = read_samples(options.pages, options.truth)
    extras = read_extras(options.extra, options.extra_pages)
    units = sum(len(s.texts) for s in samples)
    print(f"{len(samples)} pages, {units} units; {len(extras)} without labels", file=sys.stderr)
    settings = {name: getattr(options, name) for name in ("hidden", "networks", "steps", "seed")}
    if options.cross_validate:
        fold = np.random.RandomState(0).permutation(len(samples)) % FOLDS
        logits: list[list[float]] = [[]] * len(samples)
        for number in range(FOLDS):
            train = [s for s, k in zip(samples, fold, strict=True) if k != number]
            soft, soft_extras = teach(train, 2, extras)
            weights = train_student(train + extras, soft + soft_extras, **settings)
            for i in np.flatnonzero(fold == number):
                logits[i] = judge_sample(samples[i], weights)
        for threshold in map(float, options.thresholds.split(",")):
            pairs = zip(samples, logits, strict=True)
            kept = [keep_units(s.tree, logit, threshold=threshold) for s, logit in pairs]
            print(json.dumps({"threshold": threshold, **measure(samples, kept)}), flush=True)
    if options.save:
        soft, soft_extras = teach(samples, 4, extras)
        weights = train_student(samples + extras, soft + soft_extras, **settings)
        np.savez_compressed(
            options.save, bits=weights.bits.astype(np.int32),
            low=weights.low.astype(np.int32), high=weights.high.astype(np.int32),
            first=weights.first.astype(np.int32), first_bias=weights.first_bias.astype(np.int64),
            second=weights.second.astype(np.int32), second_bias=np.int64(weights.second_bias),
        )  # fmt: skip
        kept = [keep_units(s.tree, judge_sample(s, weights)) for s in samples]
        print(json.dumps({"on_training_pages": measure(samples, kept)}))


if __name__ == "__main__":
    main()
