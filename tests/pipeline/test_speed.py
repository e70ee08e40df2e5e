"""The cost of a page beside the floor's, in one process and in turns: a guard against slow changes.

CPU seconds and ratios only, so that a busy machine changes little; the bounds leave half as much
again as was measured.
"""

import glob
import statistics
import sys
import time
from pathlib import Path

import pytest

from transforms.text import kernel
from transforms.text.normal import read_forms
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import sketch

ROOT = Path(__file__).resolve().parents[2]
COPIES = 100
ROUNDS = 3
MOST_OF_THE_FLOOR = 5.0
LEAST_GAIN_OF_THE_KERNEL = 1.5


@pytest.fixture(scope="module")
def benchmarks():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import floor
    import repeat_pages
    import steps

    yield floor, steps, repeat_pages
    sys.path.remove(str(ROOT / "benchmarks"))


def make_pages(repeat_pages, path):
    samples = sorted(glob.glob(str(ROOT / "samples" / "*.html")))
    assert len(samples) > 5
    pages = 0
    with open(path, "wb") as out:
        for copy in range(COPIES):
            for name in samples:
                body = Path(name).read_bytes().replace(b"<p>", b"<p>%d " % copy)
                head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
                url = f"https://{Path(name).stem}.example/{copy}"
                out.write(repeat_pages.record_of(url, "2024-01-01T00:00:00Z", head + body))
                pages += 1
    return pages


@pytest.mark.slow
def test_a_page_costs_a_few_times_what_the_floor_costs(benchmarks, tmp_path):
    floor, steps, repeat_pages = benchmarks
    path = str(tmp_path / "pages.warc.gz")
    pages = make_pages(repeat_pages, path)
    ratios = []
    for _ in range(ROUNDS + 1):
        started = time.process_time()
        assert floor.work([path], tmp_path / "floor.jsonl.gz")[0] == pages
        of_floor = time.process_time() - started
        started = time.process_time()
        assert steps.measure(path, pages, "blocks")[1] == pages
        ratios.append((time.process_time() - started) / of_floor)
    assert statistics.median(ratios[1:]) < MOST_OF_THE_FLOOR, ratios  # the first one loads models


@pytest.mark.slow
@pytest.mark.skipif(kernel.compiled is None, reason="no compiled kernel is installed")
def test_the_kernel_is_worth_its_place(monkeypatch):
    words = read_forms([f"{n} {text}" for n in range(400) for text in TEXTS], 5).words

    def seconds():
        hasher = ShingleHasher()
        sketch(words, 76, hasher)
        started = time.process_time()
        sketch(words, 76, hasher)
        return time.process_time() - started

    compiled = statistics.median(seconds() for _ in range(3))
    monkeypatch.setattr(kernel, "compiled", None)
    assert statistics.median(seconds() for _ in range(3)) > LEAST_GAIN_OF_THE_KERNEL * compiled


TEXTS = (
    "The ferry to the island leaves every hour from the old stone pier near the market square.",
    "Karten werden an Bord verkauft, und die Überfahrt dauert bei ruhiger See vierzig Minuten.",
    "Bilhetes são vendidos a bordo; a travessia demora quarenta minutos quando o mar está calmo.",
)
