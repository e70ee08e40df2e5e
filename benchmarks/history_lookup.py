"""What a run pays for its history: bytes, requests and seconds of the look-ups of its new rows.

    python benchmarks/history_lookup.py [FOLDER] [--runs=N]

Histories of 10^5, 10^6 and 10^7 near rows (and a sixth as many exact ones) are written to FOLDER,
as one merged segment or as those of N runs; then a night of 1,000 pages (7,000 exact and 42,000
near keys, one in five of them seen before) looks all its keys up. The cost has to follow the new
keys, not the history. "cold" drops the system's cache of the files first, where that is permitted.
"""

import argparse
import os
import resource
import tempfile
import time

import numpy as np

from pipeline.duplicates.earlier_rows import RowHistory, write_rows
from pipeline.duplicates.runs import ROW_TYPES
from transforms.text.rows import order_of_date, sort_rows

SIZES = (100_000, 1_000_000, 10_000_000)
NEW = {"exact": 7_000, "near": 42_000}
SEEN = 0.2


def made_rows(kind, count, run, random):
    """Rows of one run with random keys, as hashes are."""
    rows = np.zeros(count, ROW_TYPES[kind])
    rows["key"] = random.integers(0, 1 << 64, count, np.uint64)
    rows["date"] = order_of_date("2024-01-01T00:00:00.000Z", run)
    rows["address"] = np.arange(count, dtype=np.uint64)
    return sort_rows(rows)


def make_history(folder, near_rows, runs, random):
    """Writes the row files and gives parts, and a fifth of the keys of a new run."""
    parts, seen = {"exact": [], "near": []}, {"exact": [], "near": []}
    for kind, total in (("exact", near_rows // 6), ("near", near_rows)):
        for run in range(1, runs + 1):
            rows = made_rows(kind, total // runs, run, random)
            path = os.path.join(folder, f"{kind}-{near_rows}-{run}.rows")
            write_rows(path, rows)
            parts[kind].append((path, len(rows)))
            wanted = int(NEW[kind] * SEEN) // runs + 1
            seen[kind].append(random.choice(rows["key"], min(wanted, len(rows)), replace=False))
    return parts, {kind: np.concatenate(keys) for kind, keys in seen.items()}


def drop_cache(parts):
    """Has the system forget the files' content."""
    os.sync()
    for files in parts.values():
        for path, _ in files:
            for name in (path, f"{path}.index"):
                handle = os.open(name, os.O_RDONLY)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(handle)


def look_up(parts, runs, seen, random):
    """Seconds and cost of one night."""
    history = RowHistory(parts, range(1, runs + 1), 257)
    found, started = 0, time.perf_counter()
    for kind in ("exact", "near"):
        fresh = random.integers(0, 1 << 64, NEW[kind] - len(seen[kind]), np.uint64)
        found += len(history.look_up(kind, np.unique(np.concatenate([seen[kind], fresh]))))
    return time.perf_counter() - started, found, history.reading


def blocks_in():
    """Bytes that came from the disk."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_inblock * 512


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    options = parser.parse_args()
    header = ("near rows", "history MB", "requests", "MB read", "from disk", "warm s", "cold s")
    print(("{:>12}" * len(header)).format(*header))
    for size in [size for size in SIZES if size <= options.most]:
        with tempfile.TemporaryDirectory(dir=options.folder or None) as folder:
            random = np.random.default_rng(size)
            parts, seen = make_history(folder, size, options.runs, random)
            total = sum(os.path.getsize(p) for files in parts.values() for p, _ in files)
            drop_cache(parts)
            before = blocks_in()
            cold, _, _ = look_up(parts, options.runs, seen, random)
            disk = blocks_in() - before
            warm, found, reading = min(
                (look_up(parts, options.runs, seen, random) for _ in range(3)),
                key=lambda measured: measured[0],
            )
            assert found >= sum(map(len, seen.values()))
            print(
                f"{size:>12,}{total / 1e6:>12.1f}{reading.requests:>12,}"
                f"{reading.bytes / 1e6:>12.1f}{disk / 1e6:>12.1f}{warm:>12.3f}{cold:>12.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
