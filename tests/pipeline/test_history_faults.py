"""Runs with a history that are killed anywhere: the same command then ends as if nothing was."""

import random
import shutil

import numpy as np
import pytest
from history_runs import ADDED, edited, page, result, sentence, tree
from killed_runs import killer

from pipeline.duplicates.earlier_rows import RowHistory
from pipeline.duplicates.runs import ROW_TYPES
from pipeline.history.manifest import load

pytestmark = pytest.mark.slow

KILLS = {"1": 43, "2": 7}
"""Runs killed with so many workers; 50 in all."""


def corpus(seed, pages):
    """JSON lines with a good number of copies, of itself and of other corpora."""
    draw = random.Random(seed)
    made = []
    for number in range(pages):
        texts = [edited(sentence(draw.randrange(400)), draw.randrange(4)) for _ in range(20)]
        texts += [sentence(1000 * seed + 20 * number + n) for n in range(10)]
        day = f"2024-0{seed}-{1 + number % 28:02d}T00:00:00Z"
        made.append(page(1000 * seed + number, texts, day))
    return "".join(made)


class Place:
    """A folder with two nights: the first is in the history, the second is to be cleaned."""

    def __init__(self, folder, run, workers):
        self.folder, self.run, self.workers = folder, run, workers
        for night in (1, 2):
            (folder / f"night{night}.jsonl").write_text(corpus(night, 120))
        assert run(self.command(1))["status"] == 0
        shutil.copytree(folder / "history", folder / "first")
        self.whole, _ = self.outcome()

    def command(self, night=2):
        return [
            *("clean", f"--input={self.folder}/night{night}.jsonl", "--shard-bytes=65536"),
            *(f"--output={self.folder}/out{night}", f"--history={self.folder}/history"),
            *(f"--added={ADDED}", "--run-name=test", f"--workers={self.workers}"),
            "--progress=off",
        ]

    def outcome(self):
        """Runs the second night to its end; what it left, after which all is as it was before."""
        ended = self.run(self.command())
        assert ended["status"] == 0, ended["err"]
        assert sorted(path.name for path in self.folder.iterdir()) == [
            *("first", "history", "night1.jsonl", "night2.jsonl", "out1", "out2")
        ]
        history = self.folder / "history"
        left = sorted(name for name in tree(history) if name.endswith(".part"))
        assert left == []
        assert len(list((history / "runs").iterdir())) == 2
        found = result(self.folder / "out2"), all_rows(history)
        shutil.rmtree(self.folder / "out2")
        shutil.rmtree(history)
        shutil.copytree(self.folder / "first", history)
        return found, ended["err"]


def all_rows(history):
    """All that a history answers."""
    manifest = load(str(history))
    found = {}
    for kind in ("exact", "near"):
        files = [
            (str(history / s.folder / name), rows)
            for s in manifest.segments
            for of, name, rows in s.parts
            if of == kind
        ]
        raw = [np.fromfile(path, ROW_TYPES[kind]) for path, _ in files]
        keys = np.unique(np.concatenate(raw)["key"])
        runs = [run.number for run in manifest.runs]
        found[kind] = RowHistory({kind: files}, runs, 1000).look_up(kind, keys).tobytes()
    links = tree(history, *(run.folder for run in manifest.runs))
    return found, {name: data for name, data in links.items() if ".rows" not in name}


def differences(found, whole):
    """Names of the files, and kinds of rows, that are not the same."""
    (output, (rows, rest)), (whole_output, (whole_rows, whole_rest)) = found, whole
    pairs = ((output, whole_output), (rows, whole_rows), (rest, whole_rest))
    return [n for a, b in pairs for n in sorted(a.keys() | b.keys()) if a.get(n) != b.get(n)]


def moments(place, draw):
    """Endless moments to kill at: as files of each phase appear, and at random."""
    work, history = f"{place.folder}/out2.work", f"{place.folder}/history"
    phases = [
        (f"{work}/plan.json", 1),
        (f"{work}/map/*/done", 4),
        (f"{work}/find/*", 2),
        (f"{work}/keep/*", 5),
        (f"{history}/runs/000002-*/*.rows", 2),
        (f"{work}/write/*", 3),
        (f"{work}/counts.json", 1),
        (f"{work}/ready.json", 1),
        (f"{work}/out/run.json", 1),
        (f"{place.folder}/out2/run.json", 1),
    ]
    while True:
        for pattern, most in phases:
            delay = draw.choice((0, draw.uniform(0, 0.01), draw.uniform(0, 0.1)))
            yield (pattern, draw.randint(1, most)), delay
            yield None, draw.uniform(0.05, 1.5 if place.workers == "1" else 6)


@pytest.mark.parametrize("workers", list(KILLS))
def test_whenever_a_run_is_killed_the_same_command_ends_it(tmp_path, workers):
    draw = random.Random(workers)
    with killer() as run:
        place = Place(tmp_path, run, workers)
        moment = moments(place, draw)
        killed = 0
        while killed < KILLS[workers]:
            for _ in range(draw.randint(1, 3)):  # killed once or more before it may end
                when, delay = next(moment)
                ended = run(place.command(), when, delay)
                killed += ended["killed"]
                assert ended["killed"] or ended["status"] == 0, ended["err"]
                if not ended["killed"]:
                    break
            if ended["killed"]:
                found, said = place.outcome()
            else:  # it was faster; the same again then says so, and changes nothing
                before = tree(tmp_path)
                again = run(place.command())
                assert again["status"] == 0
                assert "is in the history already" in again["err"]
                assert tree(tmp_path) == before
                shutil.rmtree(tmp_path / "out2")
                shutil.rmtree(tmp_path / "history")
                shutil.copytree(tmp_path / "first", tmp_path / "history")
                continue
            assert differences(found, place.whole) == [], said
            assert "Traceback" not in said
