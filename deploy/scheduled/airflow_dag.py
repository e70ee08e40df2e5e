# ruff: noqa: INP001, S603, S607 - a file of its own, which starts a fixed command by its name
"""Airflow 3: a run for each day, one after the other, so that each remembers all before it."""

import datetime
import subprocess

from airflow.exceptions import AirflowException, AirflowFailException
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

_CRAWL = "/srv/crawl"


def clean(ds: str) -> None:
    """Cleans what came in on a day; the same day again goes on where it stopped, or is done."""
    done = subprocess.run(
        [
            "pagesieve",
            "clean",
            f"--input={_CRAWL}/incoming/{ds}",
            f"--output={_CRAWL}/clean/{ds}",
            f"--history={_CRAWL}/history",
            f"--run-name={ds}",
            "--wait",
            "--progress=plain",
        ],
        check=False,
    )
    if done.returncode in (2, 3):  # trying again mends neither a wrong option nor bad input
        raise AirflowFailException(f"pagesieve ended with status {done.returncode}")
    if done.returncode:
        raise AirflowException(f"pagesieve ended with status {done.returncode}")


with DAG(
    dag_id="pagesieve",
    schedule="10 2 * * *",
    start_date=datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC),
    catchup=True,
    max_active_runs=1,
    default_args={
        "depends_on_past": True,
        "retries": 3,
        "retry_delay": datetime.timedelta(minutes=10),
    },
):
    PythonOperator(task_id="clean", python_callable=clean)
