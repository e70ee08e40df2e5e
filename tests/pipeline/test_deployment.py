"""What is deployed: an image whose steps work here, a template that asks for real options."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import engine
from pipeline.options import make_parser

ROOT = Path(__file__).parents[2]


def _options():
    commands = next(a for a in make_parser()._actions if a.dest == "command")
    return {a.option_strings[0][2:]: a for a in commands.choices["clean"]._actions}


def test_the_template_asks_for_real_options_only():
    parameters = json.loads((ROOT / "deploy/metadata.json").read_text())["parameters"]
    names = [parameter["name"] for parameter in parameters]
    assert len(set(names)) == len(names)
    options = _options()
    assert set(names) <= options.keys()
    for parameter in parameters:
        option = options[parameter["name"]]
        assert parameter["isOptional"] is not option.required, parameter["name"]
        assert option.nargs is None, "a switch takes no value"
        for regex in parameter.get("regexes", ()):
            default = "on" if option.default is True else option.default
            if default not in (None, ""):
                assert re.fullmatch(regex, str(default)), parameter["name"]
    assert {name for name, option in options.items() if option.required} <= set(names)


def test_the_image_is_made_of_files_that_are_there():
    text = (ROOT / "deploy/Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert {"pipeline", "transforms", "constraints.txt", "README.md"} <= set(names)
    assert all((ROOT / name).exists() for name in names)
    assert "RUN deploy/install.sh" in text
    entry = re.search(r"FLEX_TEMPLATE_PYTHON_PY_FILE=/opt/pagesieve/(\S+)", text)[1]
    assert (ROOT / entry).is_file()
    beam = re.search(r"^apache-beam==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert f":{beam[1]}\n" in text.split("FROM apache/beam_python3.11_sdk")[1][:12]


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ.get("PAGESIEVE_TEST_INSTALL") != "1",
    reason="installs 100 packages, minutes without a cache: set PAGESIEVE_TEST_INSTALL=1",
)
def test_the_steps_of_the_image_install_a_command_that_works(tmp_path):
    environment = {**os.environ, "PYTHON": sys.executable, "PIP_NO_COMPILE": "1"}
    if subprocess.run([sys.executable, "-m", "pip", "--version"], check=False).returncode:
        pytest.skip("this environment has no pip")
    subprocess.run(
        [ROOT / "deploy/install.sh", tmp_path / "prefix"], env=environment, check=True, timeout=500
    )
    (packages,) = (tmp_path / "prefix").glob("lib/python*/site-packages")
    assert not (packages / "tests" / "servers.py").exists()
    environment["PYTHONPATH"] = str(packages)
    (tmp_path / "in.txt").write_text("A page of one paragraph.\n")
    words = ["clean", f"--input={tmp_path}/in.txt", f"--output={tmp_path}/out", "--workers=1"]
    ran = subprocess.run(
        [sys.executable, "-S", tmp_path / "prefix/bin/pagesieve", *words],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    dry = subprocess.run(
        [sys.executable, "-S", "-c", _DRY_RUN, str(tmp_path)],
        env={**environment, "NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert dry.returncode == 0, dry.stderr
    assert "passes Dataflow's checks" in dry.stdout


_DRY_RUN = """
import sys
import apache_beam
from pipeline.clean import CleanPages
from pipeline.config import CleanConfig, RunSettings
from pipeline.engine import HandedOverError, check_runner, choose_engine, run_pipeline
from pipeline.inputs.plan import plan
from pipeline.work import WorkFolder
check_runner("DataflowRunner", ["gs://bucket/in", "gs://bucket/out"])
shards = plan([sys.argv[1] + "/in.txt"])
engine = choose_engine("DataflowRunner", ["--dry_run=true", "--no_auth", "--project=my-project",
    "--region=europe-west1", "--temp_location=gs://bucket/tmp"], 1, 1)
work = WorkFolder("gs://bucket/out/.work", "gs://bucket/out")
settings = RunSettings(workers=1, memory_per_worker=1 << 28, work=work.root, progress_folder="")
clean = CleanPages(shards, CleanConfig(added="2024-05-01T10:00:00.000Z"), settings, work)
try:
    run_pipeline(engine, lambda pipeline: pipeline | clean)
except HandedOverError as error:
    print(error)
"""


def test_dataflow_needs_its_extra(clean, tmp_path, monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    (tmp_path / "a.txt").write_text("A page.")
    ran = clean(tmp_path / "a.txt", options=("--runner=DataflowRunner",))
    assert ran.refused("pip install 'pagesieve[gcp]'")


def test_dataflow_reaches_no_local_path(clean, tmp_path, monkeypatch):
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: True)
    (tmp_path / "a.txt").write_text("A page.")
    ran = clean(tmp_path / "a.txt", options=("--runner=DataflowRunner",))
    assert ran.refused("give a path in a bucket: gs://BUCKET/FOLDER")
