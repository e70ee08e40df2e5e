"""`pagesieve report`: writes report.html and card.md of a finished run again."""

import argparse

from pipeline.errors import UsageError
from pipeline.inspect.run_folder import open_run
from pipeline.outputs.summary_files import write_for_people


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run, or its folder cannot be written to.
    """
    folder = open_run(options.output)
    other = open_run(options.compare, "--compare").run if options.compare else None
    try:
        paths = write_for_people(folder.path, folder.run, other)
    except OSError as error:
        raise UsageError(f"{folder.path} cannot be written to: {error.strerror}") from error
    print(*paths, sep="\n")
    return 0
