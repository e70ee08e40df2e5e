"""Times pagesieve beside the floor on the same WARC files, in turns, and prints a table.

    python benchmarks/speed.py [--rounds 3] [--workers 2] FILE.warc.gz...

Only ratios within one run count: machines are noisy. Needs the development tools, and fastwarc.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

_HERE = Path(__file__).parent


def measure(command):
    """Runs a command; returns wall seconds, CPU seconds and peak MB of its process tree."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    root, cpu, peak = psutil.Process(child.pid), {}, 0
    while child.poll() is None:
        resident = 0
        try:
            tree = [root, *root.children(recursive=True)]
        except psutil.Error:
            tree = []
        for process in tree:
            try:
                times = process.cpu_times()
                cpu[process.pid] = times.user + times.system
                resident += process.memory_info().rss
            except psutil.Error:
                continue
        peak = max(peak, resident)
        time.sleep(0.1)
    if child.returncode:
        sys.exit(f"{command}: {child.stderr.read().decode()}")
    return time.perf_counter() - started, sum(cpu.values()), peak / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    out = Path(tempfile.mkdtemp(prefix="pagesieve-speed-"))
    n = str(options.workers)
    clean = [
        sys.executable,
        "-m",
        "pipeline",
        "clean",
        f"--input={','.join(options.files)}",
        f"--output={out}/run",
        "--overwrite",
        f"--workers={n}",
        "--progress=off",
    ]
    commands = {
        "floor": [
            sys.executable,
            str(_HERE / "floor.py"),
            "--processes",
            n,
            f"{out}/floor",
            *options.files,
        ],
        "pagesieve": clean,
        "pagesieve, fast": [*clean, "--extractor=fast"],
    }
    results = {name: [] for name in commands}
    pages = 0
    for _ in range(options.rounds):
        for name, command in commands.items():
            results[name].append(measure(command))
            if name.startswith("pagesieve"):
                pages = json.loads((out / "run/run.json").read_text())["pages"]["read"]
    shutil.rmtree(out)
    print(f"{pages:,} pages, {n} processes, medians of {options.rounds} rounds in turns\n")
    print("| | pages/s | CPU s per 1,000 pages | of the floor's CPU | peak MB |")
    print("|---|---|---|---|---|")
    for name, rounds in results.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = statistics.median(
            mine[1] / floor[1] for mine, floor in zip(rounds, results["floor"], strict=True)
        )
        cells = (
            f"{pages / wall:,.0f}",
            f"{1000 * cpu / pages:.2f}",
            f"{ratio:.2f}",
            f"{peak:,.0f}",
        )
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
