"""What the search of a tick leaves to remember."""

import numpy as np

from pipeline.config import CleanConfig
from pipeline.duplicates.runs import ROW_TYPES
from pipeline.storage import write_bytes
from pipeline.watch.decide import decide_tick
from pipeline.watch.elements import RowPart
from pipeline.watch.manifest import StreamManifest
from pipeline.watch.past import HistoryStart, date_of
from pipeline.watch.settings import WatchSettings
from transforms.fingerprint_paragraphs import DedupRules
from transforms.text.rows import PARAGRAPH_BITS, sort_rows

HOT, RARE = 5, 7


def test_a_tick_remembers_no_more_rows_of_a_key_than_can_count(tmp_path):
    settings = WatchSettings(
        config=CleanConfig(),
        patterns=("x",),
        output=str(tmp_path),
        work=str(tmp_path / "work"),
        memory=str(tmp_path / "memory"),
    )
    rows = np.zeros(502, ROW_TYPES["near"])
    pages = np.arange(len(rows), dtype=np.uint64)
    rows["key"][:500] = HOT
    rows["key"][500:] = RARE
    rows["simhash"] = np.random.default_rng(1).integers(0, 2**63, len(rows))  # all are different
    rows["date"] = np.uint64(date_of(1, 0)) | pages
    rows["address"] = pages << np.uint64(PARAGRAPH_BITS)
    path = str(tmp_path / "batch.near")
    write_bytes(path, sort_rows(rows).tobytes())
    rules = DedupRules(max_pivots=16)
    parts = [RowPart(1000, path, 0, len(rows))]
    decided = decide_tick(
        settings, rules, HistoryStart(), StreamManifest(settings={}), "near-0", parts, []
    )
    assert (decided.searched, decided.row_count) == (502, 17 + 2)
    kept = np.fromfile(decided.rows, ROW_TYPES["near"])
    assert kept["date"][kept["key"] == HOT].tolist() == rows["date"][:17].tolist()
    assert kept["date"][kept["key"] == RARE].tolist() == rows["date"][500:].tolist()
