"""deploy/scheduled: each example is well-formed, and calls the command with options that exist."""

import py_compile
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.options import parse, to_config

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "deploy" / "scheduled"

BEAMS = {"--project", "--region", "--temp_location", "--sdk_container_image"}
BEAMS |= {"--service_account_email"}


def commands(text):
    """Every `pagesieve clean` of a text, as words."""
    joined = text.replace("\\\n", " ")
    for found in re.finditer(r"pagesieve clean ((?:\s*--[^\s']+)+)", joined):
        yield ["clean", *shlex.split(found[1])]


@pytest.mark.parametrize(
    "name", ["crontab", "pagesieve.service", "cronjob.yaml", "cloud_scheduler.sh"]
)
def test_the_command_takes_these_options(name):
    found = list(commands((FOLDER / name).read_text()))
    assert len(found) == 1
    options, rest = parse(found[0])
    assert options.history
    assert options.wait
    assert {word.split("=")[0] for word in rest} <= BEAMS
    to_config(options)


def test_the_dag_compiles_and_its_options_exist(tmp_path):
    path = FOLDER / "airflow_dag.py"
    py_compile.compile(str(path), cfile=str(tmp_path / "dag.pyc"), doraise=True)
    words = re.findall(r'f?"(--[a-z-]+(?:=[^"]*)?)"', path.read_text())
    options, rest = parse(["clean", *words])
    assert rest == []
    assert options.wait


def test_the_cron_job_is_whole():
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((FOLDER / "cronjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # which podFailurePolicy requires
    mounts = {m["name"] for c in pod["containers"] for m in c["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}


def test_the_crontab_has_one_line_that_cron_can_read():
    lines = (FOLDER / "crontab").read_text().splitlines()
    (line,) = [line for line in lines if line and not line.startswith("#")]
    fields = line.split(" ", 5)
    assert all(re.fullmatch(r"[0-9*/,-]+", field) for field in fields[:5])
    assert re.search(r"(?<!\\)%", fields[5]) is None  # cron ends the command at a bare one


def test_systemd_accepts_the_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: the units are not checked")
    for name in ("pagesieve.service", "pagesieve.timer"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "pagesieve.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def _shell_files():
    files = [*ROOT.glob("*.sh"), *(ROOT / "deploy").rglob("*.sh"), ROOT / ".ci" / "run"]
    return sorted(str(path.relative_to(ROOT)) for path in files)


@pytest.mark.parametrize("name", _shell_files())
def test_bash_and_shellcheck_accept_every_script(name):
    done = subprocess.run(
        ["bash", "-n", name], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed: bash alone has read the script")
    done = subprocess.run(
        ["shellcheck", "--external-sources", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_commands_inside_the_examples_are_good_shell(tmp_path):
    """What cron, systemd and Kubernetes hand to a shell, as they hand it on."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed: the commands in the examples are not checked")
    cron = [x for x in (FOLDER / "crontab").read_text().splitlines() if x and x[0] != "#"]
    service = re.search(
        r"ExecStart=/bin/bash -c '(.*)'\n", (FOLDER / "pagesieve.service").read_text()
    )
    yaml = pytest.importorskip("yaml").safe_load((FOLDER / "cronjob.yaml").read_text())
    pod = yaml["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    texts = {
        "cron": cron[0].split(" ", 6)[6].replace("\\%", "%"),
        "systemd": service[1].replace("$$", "$").replace("%%", "%"),
        "kubernetes": pod["containers"][0]["args"][0],
    }
    for name, text in texts.items():
        assert text.startswith("night=$(date ")
        path = tmp_path / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        # A date has no blanks: it needs no quotes.
        done = subprocess.run(
            ["shellcheck", "--exclude=SC2086", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
