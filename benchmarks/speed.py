"""Times pagesieve beside the floor and a peer on the same WARC files, in turns; prints a table.

    python benchmarks/speed.py [--rounds 3] [--workers 2] [--without-datatrove] FOLDER

Only ratios within one run count: machines are noisy. Each figure is the median of the rounds, each
ratio the median of the ratios within a round. Needs the development tools; datatrove is installed
into an environment of its own, `.venv-datatrove`, on first use.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

_HERE = Path(__file__).parent
_PEER = _HERE.parent / ".venv-datatrove"


def measure(command):
    """Runs a command; returns wall seconds, CPU seconds and peak MB of its process tree."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
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
            errors.seek(0)
            sys.exit(f"{command}: {errors.read().decode()[-2000:]}")
    return time.perf_counter() - started, sum(cpu.values()), peak / 1e6


def peer_python():
    """Gives the Python that has datatrove; makes its environment on first use."""
    python = _PEER / "bin/python"
    if not (_PEER / "complete").exists():
        import ast

        source = ast.parse((_HERE / "datatrove_chain.py").read_text())
        packages = next(
            ast.literal_eval(node.value)
            for node in source.body
            if isinstance(node, ast.Assign) and node.targets[0].id == "PACKAGES"
        )
        print(f"installing datatrove into {_PEER} (once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(_PEER)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        (_PEER / "complete").touch()
    return str(python)


def commands_for(folder, workers, out, *, datatrove):
    """Gives the commands to compare, by name."""
    files, n = sorted(map(str, folder.glob("*.warc.gz"))), str(workers)
    if not files:
        sys.exit(f"{folder} holds no *.warc.gz")
    clean = [sys.executable, "-m", "pipeline", "clean", f"--input={','.join(files)}"]
    clean += [f"--output={out}/run", "--overwrite", f"--workers={n}", "--progress=off"]
    floor = [sys.executable, str(_HERE / "floor.py"), "--processes", n, f"{out}/floor", *files]
    commands = {
        "floor": floor,
        "pagesieve": clean,
        "pagesieve, `--extractor=fast`": [*clean, "--extractor=fast"],
    }
    if datatrove:
        chain = [peer_python(), str(_HERE / "datatrove_chain.py"), f"{out}/peer", str(folder)]
        commands["datatrove's chain"] = [*chain, "--workers", n]
    return commands


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--without-datatrove", action="store_true")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    out = Path(tempfile.mkdtemp(prefix="pagesieve-speed-"))
    commands = commands_for(
        options.folder, options.workers, out, datatrove=not options.without_datatrove
    )
    results = {name: [] for name in commands}
    before, pages = os.getloadavg()[0], 0
    for number in range(options.rounds):
        for name, command in commands.items():
            results[name].append(measure(command))
            wall, cpu, _ = results[name][-1]
            print(f"round {number + 1}: {name}: {wall:.1f} s, {cpu:.1f} CPU s", file=sys.stderr)
            if name.startswith("pagesieve"):
                pages = json.loads((out / "run/run.json").read_text())["pages"]["read"]
    shutil.rmtree(out)
    print(
        f"{pages:,} pages, {options.workers} processes, medians of {options.rounds} rounds in "
        f"turns; load {before:.1f} before, {os.getloadavg()[0]:.1f} after\n"
    )
    print("| | pages/s | CPU s per 1,000 pages | of the floor's CPU | of its speed | peak MB |")
    print("|---|---|---|---|---|---|")
    for name, rounds in results.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*rounds, strict=True))
        pairs = list(zip(rounds, results["floor"], strict=True))
        cells = (
            f"{pages / wall:,.0f}",
            f"{1000 * cpu / pages:.2f}",
            f"{statistics.median(mine[1] / floor[1] for mine, floor in pairs):.2f}",
            f"{statistics.median(floor[0] / mine[0] for mine, floor in pairs):.2f}",
            f"{peak:,.0f}",
        )
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
