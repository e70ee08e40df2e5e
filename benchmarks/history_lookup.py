"""What a run pays for its history: bytes, requests and seconds of the look-ups of its new rows.

    python benchmarks/history_lookup.py [FOLDER] [--runs=N] [--paragraphs=N,N…] [--pages=N,N…]

Histories of 10^5, 10^6 and 10^7 paragraphs (an exact row each, and six near ones) are written to
FOLDER, as one merged segment or as those of N runs. Then nights of 10, 100, 1,000 and 10,000 pages
(7 exact and 42 near keys a page, one in five of them seen before) look all their keys up. The cost
has to follow the new keys, not the history. "cold" drops the system's cache of the files first,
where that is permitted; "from disk" is what it then read, in pages of 4 kB and read ahead.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time

import numpy as np

from pipeline.duplicates.earlier_rows import RowHistory, RowWriter, row_files
from pipeline.duplicates.runs import ROW_TYPES
from transforms.text.rows import NEAR_KEYS, order_of_date

A_PAGE = {"exact": 7, "near": 7 * NEAR_KEYS}
SEEN = 0.2
PIECE = 1 << 18


def write_run(path, kind, count, run, random):
    """Writes rows of one run with random keys, as hashes are; gives a twentieth of the keys."""
    some, done = [], 0
    with RowWriter(path) as writer:
        for start in range(0, count, PIECE):
            rows = np.zeros(min(PIECE, count - start), ROW_TYPES[kind])
            low, high = ((1 << 64) * at // count for at in (start, start + len(rows)))
            rows["key"] = np.sort(random.integers(low, high - 1, len(rows), np.uint64))
            rows["date"] = order_of_date("2024-01-01T00:00:00.000Z", run)
            rows["address"] = np.arange(done, done + len(rows), dtype=np.uint64)
            writer.write(rows)
            done += len(rows)
            some.append(rows["key"][random.integers(0, len(rows), len(rows) // 20 + 1)])
    return np.concatenate(some)


def make_history(folder, paragraphs, runs, random):
    """Writes the row files and gives their parts, and some of their keys."""
    parts, known = {"exact": [], "near": []}, {"exact": [], "near": []}
    for kind, total in (("exact", paragraphs), ("near", NEAR_KEYS * paragraphs)):
        for run in range(1, runs + 1):
            path = os.path.join(folder, f"{kind}-{run}.rows")
            known[kind].append(write_run(path, kind, total // runs, run, random))
            parts[kind].append((path, total // runs))
    return parts, {kind: random.permutation(np.concatenate(k)) for kind, k in known.items()}


def drop_cache(parts):
    """Has the system forget the files' content."""
    for files in parts.values():
        for path, _ in files:
            for name in row_files(path):
                handle = os.open(name, os.O_RDONLY)
                os.fsync(handle)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(handle)


def look_up(parts, runs, keys):
    """Seconds, CPU seconds and cost of one night."""
    history = RowHistory(parts, range(1, runs + 1), 257)
    found, cpu, started = 0, time.process_time(), time.perf_counter()
    for kind, some in keys.items():
        found += len(history.look_up(kind, some))
    return time.perf_counter() - started, time.process_time() - cpu, found, history.reading


def keys_of(pages, known, random):
    """The keys of a night, a fifth of them from the history."""
    keys = {}
    for kind, a_page in A_PAGE.items():
        seen = known[kind][: int(pages * a_page * SEEN)]
        fresh = random.integers(0, 1 << 64, pages * a_page - len(seen), np.uint64)
        keys[kind] = np.unique(np.concatenate([seen, fresh]))
    return keys


def blocks_in():
    """Bytes that came from the disk."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_inblock * 512


def numbers(text):
    """Numbers with commas between them."""
    return [int(word) for word in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--paragraphs", type=numbers, default=[10**5, 10**6, 10**7])
    parser.add_argument("--pages", type=numbers, default=[10, 100, 1000, 10_000])
    options = parser.parse_args()
    header = ("paragraphs", "history MB", "new pages", "MB read", "from disk", "cold s", "cpu s")
    print(("{:>12}" * len(header)).format(*header))
    for size in options.paragraphs:
        folder = tempfile.mkdtemp(dir=options.folder or None)
        try:
            random = np.random.default_rng(size)
            parts, known = make_history(folder, size, options.runs, random)
            total = sum(entry.stat().st_size for entry in os.scandir(folder))
            for pages in options.pages:
                keys = keys_of(pages, known, random)
                drop_cache(parts)
                before = blocks_in()
                cold, _, found, _ = look_up(parts, options.runs, keys)
                disk = blocks_in() - before
                _, cpu, _, reading = look_up(parts, options.runs, keys)
                known_keys = sum(int(pages * a_page * SEEN) for a_page in A_PAGE.values())
                assert found > 0.9 * min(known_keys, size / 20)
                print(
                    f"{size:>12,}{total / 1e6:>12.1f}{pages:>12,}{reading.bytes / 1e6:>12.1f}"
                    f"{disk / 1e6:>12.1f}{cold:>12.3f}{cpu:>12.3f}",
                    flush=True,
                )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
