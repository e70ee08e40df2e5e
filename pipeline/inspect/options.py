"""The command lines of the commands that look into a finished run."""

import argparse
import os
from collections.abc import Callable


def add_inspect(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parsers of all these commands."""
    add: tuple[Callable[[argparse._SubParsersAction[argparse.ArgumentParser]], None], ...] = (
        _add_explain,
        _add_replay,
        _add_restore,
        _add_diff,
        _add_report,
        _add_tune,
        _add_filter,
    )
    for one in add:
        one(commands)
    for name in ("explain", "restore", "diff", "report", "tune", "filter"):
        commands.choices[name].add_argument("--verbose", action="store_true", help="tracebacks")


def _add_explain(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explain = commands.add_parser(
        "explain",
        help="show a page with every removal and its reason",
        description="Shows a page paragraph by paragraph: kept, or removed by which rule and why.",
        allow_abbrev=False,
    )
    explain.add_argument("--output", required=True, metavar="DIR", help="of a finished run")
    explain.add_argument(
        "page", metavar="URL|ID", help="of the page, or any part that no other page has"
    )
    explain.add_argument(
        "--html",
        nargs="?",
        metavar="FILE",
        help="write a page to FILE instead; without =FILE to explain-ID.html here",
    )


def _add_replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser(
        "replay",
        help="clean again what was rejected",
        description="Cleans what a run rejected once more, with the run's options but for those "
        "given here, and writes it as a run of its own.",
        allow_abbrev=False,
    )
    replay.add_argument("--output", required=True, metavar="DIR", help="of a finished run")
    replay.add_argument("--into", metavar="DIR", help="folder of the new run; default: DIR.replay")
    replay.add_argument("--overwrite", action="store_true", help="replace a run that is there")
    other = replay.add_argument_group("other than in the run")
    other.add_argument("--max-page-bytes", type=int, metavar="BYTES", help="longest page")
    for name in ("extractor", "rules", "languages", "dedup", "format", "input-format"):
        other.add_argument(f"--{name}", metavar="VALUE", help="as for `clean`")
    other.add_argument("--block-hosts", metavar="FILE", help="as for `clean`")
    for field in ("url", "text", "html", "date", "id"):
        other.add_argument(f"--{field}-field", metavar="NAME", help=f"{field} in JSONL and Parquet")
    how = replay.add_argument_group("how it runs")
    how.add_argument("--runner", default="local", help="local, or a Beam runner by name")
    how.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes on this machine"
    )
    how.add_argument("--progress", choices=("auto", "rich", "plain", "off"), default="auto")
    how.add_argument("--verbose", action="store_true", help="log lines and tracebacks")


def _add_restore(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    restore = commands.add_parser(
        "restore",
        help="put back what some rules removed",
        description="Writes a run again, with what some rules removed back at its place.",
        allow_abbrev=False,
    )
    restore.add_argument("--output", required=True, metavar="DIR", help="of a finished run")
    restore.add_argument(
        "--rule",
        required=True,
        metavar="NAMES",
        help="rules or groups of rules, e.g. share,meta.words",
    )
    restore.add_argument("--into", required=True, metavar="DIR", help="folder of the new run")
    restore.add_argument("--overwrite", action="store_true", help="replace a run that is there")


def _add_diff(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    diff = commands.add_parser(
        "diff",
        help="compare two runs",
        description="Compares what two runs wrote, and says why it differs.",
        epilog="Exit status: 0 the same pages, 1 they differ, 2 a run cannot be read.",
        allow_abbrev=False,
    )
    diff.add_argument("before", metavar="RUN1", help="folder of a finished run")
    diff.add_argument("after", metavar="RUN2", help="folder of another")
    diff.add_argument("--json", action="store_true", help="for programs")
    diff.add_argument(
        "--examples", type=int, default=5, metavar="N", help="pages named of each kind (5)"
    )


def _add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    report = commands.add_parser(
        "report",
        help="rebuild report.html and card.md",
        description="Writes report.html and card.md of a finished run again.",
        allow_abbrev=False,
    )
    report.add_argument("--output", required=True, metavar="DIR", help="of a finished run")
    report.add_argument(
        "--compare", metavar="DIR", default="", help="of another run: show what changed since"
    )


def _add_tune(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    tune = commands.add_parser(
        "tune",
        help="show what each limit of the filters would remove",
        description="Shows, from stored signals, how many pages and words each limit would "
        "remove, and pages on both sides of it.",
        allow_abbrev=False,
    )
    tune.add_argument("--output", required=True, metavar="DIR", help="of a finished run")
    _add_rules(tune, "rule sets to look at; default: all")
    tune.add_argument(
        "--examples", type=int, default=10, metavar="N", help="pages of each side (10)"
    )
    tune.add_argument("--json", action="store_true", help="for programs")


def _add_filter(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "filter",
        help="drop pages of a finished run by the filters",
        description="Writes a run again without the pages that fail, judged by stored signals.",
        allow_abbrev=False,
    )
    command.add_argument("--output", required=True, metavar="DIR", help="of a finished run")
    command.add_argument("--into", required=True, metavar="DIR", help="folder of the new run")
    _add_rules(command, "rule sets that a page has to pass")
    command.add_argument("--overwrite", action="store_true", help="replace a run that is there")


def _add_rules(command: argparse.ArgumentParser, said: str) -> None:
    command.add_argument("--filters", default="", metavar="NAMES", help=said)
    command.add_argument(
        "--limits",
        default="",
        metavar="NAME=N,…",
        help="other limits, e.g. gopher-quality.min_words=30",
    )
