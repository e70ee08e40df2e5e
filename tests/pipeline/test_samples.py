"""The sample pages: they are built from their sources, always alike, and stay small."""

import gzip
import importlib.util
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def _script():
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _content(name, data):
    """What is inside, whatever the version of the library that packed it."""
    if name.endswith(".parquet"):
        return pq.read_table(io.BytesIO(data)).to_pylist()
    if name.endswith(".zst"):
        return zstandard.ZstdDecompressor().decompress(data)
    if name == "cut_short.warc.gz":
        return len(data) > 500
    return gzip.decompress(data) if name.endswith(".gz") else data


FOLDERS = sorted(path.name for path in (SAMPLES / "sources").iterdir())


@pytest.mark.parametrize("name", FOLDERS)
def test_committed_file_holds_what_its_sources_say(name):
    pytest.importorskip("warcio")
    built = _script().build(SAMPLES / "sources" / name)
    assert _content(name, built) == _content(name, (SAMPLES / name).read_bytes())


@pytest.mark.parametrize("name", FOLDERS)
def test_building_twice_gives_the_same_bytes(name):
    pytest.importorskip("warcio")
    build = _script().build
    assert build(SAMPLES / "sources" / name) == build(SAMPLES / "sources" / name)


def test_samples_stay_small_and_are_all_described():
    files = [path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < 300_000
    described = (SAMPLES / "README.md").read_text(encoding="utf-8")
    for path in SAMPLES.iterdir():
        if path.is_file() and path.suffix not in {".md", ".py"}:
            assert f"| `{path.name}` |" in described


def test_the_encoded_pages_are_not_utf_8():
    for name in ("diario_windows1252.html", "nikki_shift_jis.html"):
        with pytest.raises(UnicodeDecodeError):
            (SAMPLES / name).read_text(encoding="utf-8")
