"""Cleans the same pages once, 4 and 16 times over, to show how time and memory grow with the work.

    python benchmarks/growth.py [--times 1,4,16] [--workers 2] PAGES.warc.gz…

Each set is dealt out to 8 files by repeat_pages.py, on other hosts and other days. The last column
is what each further 1,000 pages cost beyond the set before: start-up does not count in it. Needs
the development tools.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from speed import measure

_HERE = Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", default="1,4,16")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    print("| times | pages | wall s | CPU s | peak MB | CPU s per further 1,000 pages |")
    print("|---|---|---|---|---|---|")
    before = (0, 0.0)
    with tempfile.TemporaryDirectory(prefix="pagesieve-growth-") as folder:
        for times in options.times.split(","):
            corpus = Path(folder, f"corpus-{times}")
            repeat = [sys.executable, str(_HERE / "repeat_pages.py"), "--times", times]
            repeat += [*options.files, str(corpus)]
            made = subprocess.run(repeat, check=True, capture_output=True, text=True)
            pages = int(made.stdout.split()[0])
            command = [sys.executable, "-m", "pipeline", "clean", f"--input={corpus}/*.warc.gz"]
            command += [f"--output={folder}/out-{times}", f"--workers={options.workers}"]
            wall, cpu, peak = measure([*command, "--progress=off"])
            further = 1000 * (cpu - before[1]) / (pages - before[0])
            print(
                f"| {times} | {pages:,} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} | {further:.2f} |",
                flush=True,
            )
            before = (pages, cpu)


if __name__ == "__main__":
    main()
