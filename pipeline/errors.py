"""Errors that a user sees as one line, each with its exit status.

PagesieveError
+-- UsageError     2: the command line, the configuration or an input pattern is wrong
+-- RunError       1: the run failed; nothing was committed
+-- AlreadyDone    0: nothing to do: the history has a run of the same input and options
+-- TooManyRejects 3: committed, but more was rejected than --max-reject-ratio permits
"""


class PagesieveError(Exception):
    """What went wrong, where, and what to do, in one or two lines."""

    exit_status = 1


class UsageError(PagesieveError):
    """The command line, the configuration or an input pattern is wrong. No work was done."""

    exit_status = 2


class RunError(PagesieveError):
    """The run failed and committed nothing."""

    exit_status = 1


class AlreadyDoneError(PagesieveError):
    """There is nothing to do: the history has a run of the same input and options."""

    exit_status = 0


class TooManyRejectsError(PagesieveError):
    """The run is complete, but more input was rejected than the user permits."""

    exit_status = 3


def what_happened(error: Exception) -> str:
    """Says in one line what an unexpected error was."""
    return f"{last_line(error)[:600]} (--verbose shows more)"


def last_line(error: Exception) -> str:
    """Finds, in what a runner makes of an error, the line that says what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "[while running" in line] or lines[-1:]
    text = told[-1] if told else ""
    name = type(error).__name__
    tells = bool(text) and (name in text or isinstance(error, (RuntimeError, OSError)))
    return text if tells else f"{name}: {text}"
