"""The command line of `pagesieve index`."""

import argparse


def add_index(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parser of `pagesieve index` and its parts."""
    index = commands.add_parser(
        "index",
        help="the memory of scheduled runs",
        description="Looks into the memory of scheduled runs (clean --history), and mends it.",
        allow_abbrev=False,
    )
    parts = index.add_subparsers(dest="action", metavar="ACTION", required=True)
    found = _add(parts, "list", "the runs that it has, a line each")
    found.add_argument("--json", action="store_true", help="for programs")
    _add(parts, "show", "all that it knows of a run").add_argument(
        "run", metavar="RUN", help="number or name of a run"
    )
    back = _add(parts, "rollback", "undo a run and all after it; their output stays")
    back.add_argument("run", metavar="RUN", help="number or name of the first run to undo")
    compact = _add(parts, "compact", "merge the rows of all runs, so that look-ups cost less")
    compact.add_argument(
        "--drop-before",
        default="",
        metavar="DATE",
        help="forget the paragraphs of runs added before this day, YYYY-MM-DD",
    )
    for one in (back, compact):
        one.add_argument("--dry-run", action="store_true", help="only say what would be done")
        one.add_argument("--wait", action="store_true", help="wait for a run that uses the history")


def _add(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    parser = parts.add_parser(
        name, help=what, description=f"{what[0].upper()}{what[1:]}.", allow_abbrev=False
    )
    parser.add_argument("history", metavar="HISTORY", help="folder of the history, also gs://…")
    return parser
