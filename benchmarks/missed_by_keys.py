"""What near keys miss: all pairs of real paragraphs, against those that share a key.

    python benchmarks/missed_by_keys.py FILE.warc.gz… [--paragraphs 50000] [--radius 24]

Takes the first paragraphs of WARC files, no two with the same words, compares every one with every
earlier one by SimHash, and gives the pairs within the radius to the verdict. What it takes for near
among so many pairs is looked at in the texts: two are alike when their sets of 4-grams have half in
common, or one has 70 % of its 4-grams in the other. Prints by distance and by length how many pairs
are near, and how many of those that are alike, and of the others, share no key; and the paragraphs
that would go if all were compared, and stay.
"""

import argparse
import time

import numpy as np
from paragraphs_of_warc import read_pages

from transforms.text.dedup_defaults import DEFAULT_RADIUS_BITS
from transforms.text.normal import strip_to_words
from transforms.text.rows import NEAR_KEYS
from transforms.text.shingles import WIDTH, ShingleHasher
from transforms.text.text_duplicates import text_rows
from transforms.text.verdict import is_near

BLOCK = 512
DISTANCES = ((0, 3), (4, 6), (7, 10), (11, 12), (13, 16), (17, 20), (21, 24), (25, 64))
WORDS = ((10, 19), (20, 49), (50, 99), (100, 10**9))


def rows_of(texts):
    """Gives the near rows of different texts, shape (n, NEAR_KEYS), and the texts' places."""
    places = np.arange(len(texts), dtype=np.uint64)
    exact, near = text_rows(texts, places, places, places, ShingleHasher())
    first = np.unique(exact["key"], return_index=True)[1]
    near = near[np.isin(near["address"], exact["address"][first])].reshape(-1, NEAR_KEYS)
    return near, near["address"][:, 0].astype(np.intp)


def pairs_within(simhash, radius):
    """Yields (later, earlier) of all pairs within the radius, block by block."""
    for start in range(0, len(simhash), BLOCK):
        some = simhash[start : start + BLOCK]
        end = start + len(some)
        distance = np.bitwise_count(some[:, None] ^ simhash[None, :end])
        later, earlier = np.nonzero(distance <= radius)
        later += start
        before = earlier < later
        yield later[before], earlier[before]


def near_pairs(near, radius):
    """Gives the near pairs as (later, earlier), and how many were within the radius."""
    rows, within = near[:, 0], 0
    found = [np.empty((2, 0), np.intp)]
    for later, earlier in pairs_within(np.ascontiguousarray(rows["simhash"]), radius):
        within += len(later)
        for first in range(0, len(later), 1 << 16):
            a, b = later[first : first + (1 << 16)], earlier[first : first + (1 << 16)]
            yes = is_near(rows[a], rows[b], radius)
            found.append(np.stack([a[yes], b[yes]]))
    return np.concatenate(found, axis=1), within


def are_alike(texts, pairs):
    """Looks each pair's texts up: do they have their 4-grams in common?"""
    known, alike = {}, np.empty(len(pairs), bool)
    for number, (one, other) in enumerate(pairs):
        for place in (one, other):
            if place not in known:
                words = strip_to_words([texts[place]])[0]
                known[place] = {words[i : i + WIDTH] for i in range(max(len(words) - WIDTH + 1, 1))}
        mine, its = known[one], known[other]
        common = len(mine & its)
        alike[number] = common >= min(len(mine | its) / 2, 0.7 * min(len(mine), len(its)))
    return alike


def print_table(title, classes, values, alike, missed):
    print(
        f"\n| {title} | near | alike | share no key | | not alike | share no key |\n{'|---' * 7}|"
    )
    for low, high in classes:
        some = (values >= low) & (values <= high)
        if some.any():
            yes, no = some & alike, some & ~alike
            share = f"{(yes & missed).sum() / max(yes.sum(), 1):.1%}"
            name = f"{low}+" if high > 10**6 else f"{low}-{high}"
            cells = (some.sum(), yes.sum(), (yes & missed).sum(), no.sum(), (no & missed).sum())
            near, its, lost, others, others_lost = (f"{int(cell):,}" for cell in cells)
            print(f"| {name} | {near} | {its} | {lost} | {share} | {others} | {others_lost} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="WARC files")
    parser.add_argument("--paragraphs", type=int, default=50_000, help="that differ in words")
    parser.add_argument("--radius", type=int, default=DEFAULT_RADIUS_BITS)
    options = parser.parse_args()
    texts, seen = [], set()
    for lines in read_pages(options.files, 4 * options.paragraphs).values():
        for line in lines:
            if line not in seen:
                seen.add(line)
                texts.append(line)
    near, places = rows_of(texts)
    near, places = near[: options.paragraphs], places[: options.paragraphs]
    began = time.process_time()
    (later, earlier), within = near_pairs(near, options.radius)
    spent = time.process_time() - began
    pairs = len(near) * (len(near) - 1) // 2
    missed = ~(near["key"][later] == near["key"][earlier]).any(axis=1)
    print(
        f"{len(near):,} different paragraphs, {pairs:,} pairs, {within:,} of them within "
        f"{options.radius} bits, {len(later):,} near; {spent:.0f} CPU-s"
    )
    distance = np.bitwise_count(near["simhash"][later, 0] ^ near["simhash"][earlier, 0])
    alike = are_alike(texts, places[np.stack([later, earlier], axis=1)].tolist())
    print_table("bits", DISTANCES, distance, alike, missed)
    words = np.array([len(texts[place].split()) for place in places])
    print_table("words", WORDS, np.minimum(words[later], words[earlier]), alike, missed)
    to_alike, by_key = set(later[alike].tolist()), set(later[~missed].tolist())
    lost = len(to_alike - by_key)
    apart = int((alike & missed).sum())
    print(
        f"\n{apart:,} of {int(alike.sum()):,} near pairs that are alike share no key "
        f"({apart / max(alike.sum(), 1):.2%}); of {len(to_alike):,} paragraphs that are near and "
        f"alike to an earlier one, {lost:,} have no near one that shares a key "
        f"({lost / max(len(to_alike), 1):.2%}); of the near pairs that share one, "
        f"{alike[~missed].mean():.2%} are alike"
    )


if __name__ == "__main__":
    main()
