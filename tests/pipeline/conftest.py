"""Whole runs of the command, in this process, with everything that they leave."""

import contextlib
import io
import logging

import pytest
from whole_runs import ADDED, Ran

from pipeline.__main__ import main


@pytest.fixture
def clean(tmp_path):
    """Runs `pagesieve clean` and gives its status, what it printed, and its output.

    The function takes patterns or paths, further options as words, and `output`, by default `out`
    in the test's own folder. Time stamps are fixed unless `--added` is among the options, and no
    progress is shown unless `--progress` is.
    """

    def run(*inputs, options=(), output=None):
        folder = tmp_path / "out" if output is None else output
        words = ["clean", *(f"--input={one}" for one in inputs), f"--output={folder}", *options]
        if not any(word.startswith("--added") for word in words):
            words.append(f"--added={ADDED}")
        if not any(word.startswith("--progress") for word in words):
            words.append("--progress=off")  # a busy machine shows more lines of it
        out, err = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                status = main(words)
        finally:
            logging.disable(logging.NOTSET)
        return Ran(status, out.getvalue(), err.getvalue(), folder)

    return run
