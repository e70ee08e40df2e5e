"""Speed and memory of the search for duplicates alone, over made fingerprint rows.

    python benchmarks/find_duplicates_speed.py [--rows 100000000] [--kind near|exact]
        [--case uniform|footer|template|numbers|pages] [--memory-mb 256] [--folder DIR]

The rows are spilled as sorted runs, as a pipeline's first step leaves them, by another process;
then one process, set up as a worker is, searches partition by partition. Cases:

- uniform: one row in ten is a copy or a near copy (up to 6 bits) of another;
- footer: one text on all pages, so one key with all rows, all equal;
- template: one key whose texts differ by 20-30 bits, so that every pivot is compared;
- numbers: one key whose texts differ in a number alone, by up to 8 bits of 64 and 6 minima;
- pages: as many copies of a page of 20 paragraphs as there are rows for.
"""

import argparse
import concurrent.futures
import multiprocessing
import resource
import tempfile
import time

import numpy as np

from pipeline.duplicates.partitions import partition_bounds, search_partition
from pipeline.duplicates.runs import (
    BINS,
    KINDS,
    ROW_TYPES,
    RunWriter,
    Slice,
    read_totals,
    slices_of,
)
from pipeline.process_setup import keep_little
from pipeline.work import WorkFolder
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.rows import MAX_PAGES, PARAGRAPH_BITS, pack_address

_A_SHARD = 1 << 20


def mix(numbers, salt):
    """SplitMix64 of each number: well-mixed 64 bits, the same for ever."""
    x = numbers + np.uint64((salt * 2 + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def make_rows(first, count, kind, case):
    """Makes rows `first` to `first + count`; each depends on its number alone."""
    number = np.arange(first, first + count, dtype=np.uint64)
    text = number.copy()
    if case == "uniform":
        copy = (mix(number, 1) % np.uint64(10) == 0) & (number > 0)
        text[copy] = mix(number[copy], 2) % number[copy]
    elif case == "pages":
        text = number % np.uint64(20)
    else:
        text[:] = 7
    rows = np.zeros(count, ROW_TYPES[kind])
    rows["key"] = mix(text, 3)
    rows["date"] = mix(number, 4) >> np.uint64(30)
    rows["page_hash"] = mix(number, 5)
    shard, place = first // _A_SHARD, np.arange(count)
    page, paragraph = place >> 4, place & 15
    rows["address"] = pack_address(shard, 0, paragraph)
    rows["address"] += page.astype(np.uint64) % np.uint64(MAX_PAGES) << np.uint64(PARAGRAPH_BITS)
    if kind == "exact":
        rows["check"] = mix(text, 6)
        return rows
    rows["simhash"] = mix(text, 6)
    rows["minima"][:, 0], rows["minima"][:, 1] = mix(text, 7), mix(text, 8)
    rows["shingles"] = 200
    if case == "uniform":
        for salt in range(10, 16):
            bit = mix(number, salt) % np.uint64(128)
            rows["simhash"] ^= np.where(bit < 64, np.uint64(1) << (bit % np.uint64(64)), 0)
    rows["digitless"] = mix(text, 9) >> np.uint64(48)
    rows["beginning"] = mix(text, 10) >> np.uint64(32)
    if case == "numbers":
        for salt in range(20, 28):
            rows["simhash"] ^= np.uint64(1) << (mix(number, salt) % np.uint64(64))
        for salt in range(30, 36):
            rows["minima"][:, salt & 1] ^= np.uint64(1) << (mix(number, salt) % np.uint64(64))
    if case == "template":
        rows["digitless"] = mix(number, 9) >> np.uint64(48)
        rows["beginning"] = mix(number, 10) >> np.uint64(32)
        rows["simhash"] = mix(number, 6)
        rows["minima"][:, 0] ^= mix(number, 9) & mix(number, 10)
    return rows


def spill(folder, total, kind, case):
    """Writes the rows as the sorted runs of shards."""
    work = WorkFolder(folder, folder)
    for shard, first in enumerate(range(0, total, _A_SHARD)):
        writer = RunWriter(work, shard)
        for start in range(first, min(first + _A_SHARD, total), 1 << 15):
            count = min(1 << 15, total - start)
            rows = make_rows(start, count, kind, case)
            rows["address"] += np.uint64((start - first) >> 4 << PARAGRAPH_BITS)
            rows["address"] &= np.uint64((1 << 44) - 1)
            rows["address"] |= np.uint64(shard << 44)
            data = rows.tobytes()
            writer.add(data if kind == "exact" else b"", data if kind == "near" else b"")
        writer.close()
    return shard + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--kind", choices=("near", "exact"), default="near")
    parser.add_argument(
        "--case", choices=("uniform", "footer", "template", "numbers", "pages"), default="uniform"
    )
    parser.add_argument("--memory-mb", type=int, default=256)
    parser.add_argument("--folder", default=None, help="where the rows are spilled")
    options = parser.parse_args()
    keep_little()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        began = time.perf_counter()
        with concurrent.futures.ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn")
        ) as pool:
            shards = pool.submit(spill, folder, options.rows, options.kind, options.case).result()
        print(f"spilled {options.rows:,} rows in {time.perf_counter() - began:.1f} s")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        search(options, WorkFolder(folder, folder), shards, before)


def search(options, work, shards, before_mb):
    wall, cpu = time.perf_counter(), time.process_time()
    totals = np.zeros((len(KINDS), BINS), np.uint64)
    for shard in range(shards):
        totals += read_totals(work, shard)
    memory = options.memory_mb << 20
    bounds = partition_bounds(totals, memory, 1)
    slices: dict[str, list[Slice]] = {}
    for shard in range(shards):
        for partition, rows in slices_of(work, shard, bounds):
            slices.setdefault(partition, []).append(rows)
    matches = compared = capped = 0
    for partition, some in sorted(slices.items()):
        found = search_partition(options.kind, some, DedupRules(), memory, work.matches(partition))
        matches += sum(count for _, _, _, count in found.slices)
        compared += found.compared
        capped += found.capped
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = int(totals.sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{options.case}, {options.kind}: {rows:,} rows in {len(slices)} partitions: "
        f"{wall:.1f} s, {cpu:.1f} CPU-s, {options.rows / cpu / 1e6:.2f} million rows a CPU-second, "
        f"peak {peak} MB ({before_mb} MB before); {matches:,} matches, {compared:,} compared, "
        f"{capped:,} capped"
    )


if __name__ == "__main__":
    main()
