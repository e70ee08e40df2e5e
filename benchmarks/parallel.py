"""Times one worker against several on the same files, in turns, and shows where the rest goes.

    python benchmarks/parallel.py [--rounds 3] [--workers 2] FILE.warc.gz...

For each run: wall seconds, CPU seconds of all processes, and those of the busiest and the idlest
worker. Only a machine with as many free cores as workers shows the speed-up; what the CPU seconds
say, the work that several processes do more than once and how evenly it is shared, any machine
shows. Needs the development tools.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

_LOOK_EVERY_S = 0.05


def measure(files, workers, output):
    """Runs the command; returns wall seconds, and CPU seconds by process, the main one first."""
    words = (f"--input={','.join(files)}", f"--output={output}", f"--workers={workers}")
    command = [sys.executable, "-m", "pipeline", "clean", *words, "--progress=off"]
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    root, cpu = psutil.Process(child.pid), {}
    while child.poll() is None:
        try:
            for process in (root, *root.children(recursive=True)):
                times = process.cpu_times()
                cpu[process.pid] = times.user + times.system
        except psutil.Error:
            pass
        time.sleep(_LOOK_EVERY_S)
    wall_s = time.perf_counter() - started
    if child.returncode:
        sys.exit(child.stderr.read().decode())
    shutil.rmtree(output)
    return wall_s, list(cpu.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    ratios = []
    print("| workers | wall s | CPU s | busiest worker | idlest worker | speed-up |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="pagesieve-parallel-") as folder:
        for _ in range(options.rounds):
            several_s, cpu = measure(options.files, options.workers, Path(folder, "several"))
            one_s, alone = measure(options.files, 1, Path(folder, "one"))
            ratios.append(one_s / several_s)
            # Beside the workers there are the processes that wait for them.
            working = sorted(cpu[1:])[-options.workers :]
            print(f"| 1 | {one_s:.1f} | {sum(alone):.1f} | | | |")
            print(
                f"| {options.workers} | {several_s:.1f} | {sum(cpu):.1f} | {working[-1]:.1f} "
                f"| {working[0]:.1f} | {ratios[-1]:.2f} |",
                flush=True,
            )
    print(f"\nspeed-up, median of {len(ratios)}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
