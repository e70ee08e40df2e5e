"""Rules that every module keeps: which way imports point, sizes, names."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 350
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "base", "tools"}


def modules(*folders):
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def imported(path):
    """Full names of all modules that a module names in an import, at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def short(path):
    return str(path.relative_to(ROOT))


def dotted(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", modules("transforms"), ids=short)
def test_transforms_know_nothing_of_the_pipeline(path):
    assert [name for name in imported(path) if name.split(".")[0] in {"pipeline", "tests"}] == []


@pytest.mark.parametrize("path", modules("transforms/text"), ids=short)
def test_the_text_functions_know_no_transform(path):
    allowed = ("transforms.text", "transforms.records")
    own = [name for name in imported(path) if name.startswith("transforms")]
    assert [name for name in own if not name.startswith(allowed)] == []


def test_the_text_functions_work_without_beam():
    names = [dotted(path) for path in modules("transforms/text")]
    script = f"""
import importlib, sys
class NoBeam:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "apache_beam":
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, NoBeam())
for name in {names!r}:
    importlib.import_module(name)
print(sorted(name for name in sys.modules if name.split(".")[0] in ("apache_beam", "pipeline")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr[-2000:]


@pytest.mark.parametrize("path", modules("pipeline", "transforms"), ids=short)
def test_annotations_stay_real_where_beam_reads_them(path):
    names = list(imported(path))
    if any(name.split(".")[0] == "apache_beam" for name in names):
        assert "__future__.annotations" not in names


@pytest.mark.parametrize("path", modules("pipeline", "transforms", "tests"), ids=short)
def test_modules_are_short_and_named_for_what_they_do(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert path.stem not in VAGUE_NAMES


def test_no_two_test_modules_share_a_name():
    # pytest puts their folders on one path.
    stems = [path.stem for path in modules("tests") if path.stem not in {"conftest", "__init__"}]
    assert sorted(stems) == sorted(set(stems))
