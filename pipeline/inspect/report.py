"""`pagesieve report`: writes report.html and card.md of a finished run again."""

import argparse

from pipeline.inspect.run_folder import open_run
from pipeline.outputs.commit import REPORT_FILE
from pipeline.reporting.report import render_report
from pipeline.storage import join, write_bytes


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run.
    """
    folder = open_run(options.output)
    page = render_report(folder.run)
    write_bytes(join(folder.path, REPORT_FILE), page.encode("utf-8", "replace"))
    print(join(folder.path, REPORT_FILE))
    return 0
