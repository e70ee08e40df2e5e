"""Cleans a corpus and one several times as large, and compares memory and time.

    python benchmarks/enlarge_corpus.py CORPUS/*.warc.gz LARGE --copies 4
    python benchmarks/scale.py CORPUS LARGE [--workers 2] [-- OPTIONS OF pagesieve clean…]

Prints pages, wall and CPU seconds, and the largest sum of the resident memory of all processes, the
most of the main process and the most of a worker. Memory that processes share counts for each.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil


def measure(command, log):
    """Runs a command.

    Returns:
      Wall seconds, CPU seconds, and (seconds since the start, MB of each process) for each sample.
    """
    started = time.perf_counter()
    with Path(log).open("wb") as said:
        child = subprocess.Popen(command, stdout=said, stderr=said)
        root, cpu, samples = psutil.Process(child.pid), {}, []
        while child.poll() is None:
            resident = {}
            try:
                tree = [root, *root.children(recursive=True)]
            except psutil.Error:
                tree = []
            for process in tree:
                try:
                    times = process.cpu_times()
                    resident[process.pid] = process.memory_info().rss / 1e6
                    cpu[process.pid] = times.user + times.system
                except psutil.Error:
                    continue
            samples.append((time.perf_counter() - started, resident))
            time.sleep(0.1)
    if child.returncode:
        sys.exit(f"{command}: {Path(log).read_text('utf-8', 'replace')[-2000:]}")
    return time.perf_counter() - started, sum(cpu.values()), samples


def clean(folder, workers, options, scratch):
    """Cleans a folder; gives pages, wall and CPU seconds, and samples."""
    out = Path(scratch) / "out"
    command = [sys.executable, "-m", "pipeline", "clean", f"--input={folder}/*.warc.gz"]
    command += [f"--output={out}", "--overwrite", f"--workers={workers}", "--progress=off"]
    wall, cpu, samples = measure([*command, *options], Path(scratch) / "log")
    return json.loads((out / "run.json").read_bytes()), wall, cpu, samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", help="of *.warc.gz, the smallest first")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--samples", help="file for the samples of memory, as JSON lines")
    words = sys.argv[1:]
    here = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:here])
    print(f"| corpus | pages | wall s | CPU-s | peak MB | main | worker |\n{'|---' * 7}|")
    first = None
    for folder in options.folders:
        with tempfile.TemporaryDirectory(prefix="pagesieve-scale-") as scratch:
            run, wall, cpu, samples = clean(folder, options.workers, words[here + 1 :], scratch)
        if options.samples:
            with Path(options.samples).open("a", encoding="utf-8") as out:
                out.writelines(f"{json.dumps([folder, *one])}\n" for one in samples)
        peak = max(sum(resident.values()) for _, resident in samples)
        main_pid = next(iter(samples[0][1]))
        alone = max(resident.get(main_pid, 0) for _, resident in samples)
        worker = max(
            (mb for _, resident in samples for pid, mb in resident.items() if pid != main_pid),
            default=0,
        )
        times = "" if first is None else f" ({cpu / first[0]:.2f} times)"
        more = "" if first is None else f" ({peak / first[1] - 1:+.1%})"
        first = first or (cpu, peak)
        print(
            f"| {folder} | {run['pages']['read']:,} | {wall:.0f} | {cpu:.0f}{times} "
            f"| {peak:,.0f}{more} | {alone:.0f} | {worker:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
