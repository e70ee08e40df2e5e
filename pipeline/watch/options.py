"""The command line of `pagesieve watch`."""

import argparse
import re

from pipeline.config import CleanConfig
from pipeline.quality_options import add_quality

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")


def add_watch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the parser of `pagesieve watch`."""
    from pipeline.options import add_duplicates, add_formats, add_rules, size

    watch = commands.add_parser(
        "watch",
        help="clean pages as they arrive",
        description=(
            "Cleans pages as they appear in a folder or bucket, or as a Pub/Sub subscription "
            "delivers them, and commits them window by window. "
            "Ctrl-C or SIGTERM ends it cleanly; the same command goes on, also after a crash."
        ),
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    where = watch.add_argument_group("input and output")
    where.add_argument(
        "--input",
        action="append",
        metavar="GLOB[,GLOB…]",
        help="where pages appear: files, folders or patterns, also gs://…",
    )
    where.add_argument(
        "--subscription",
        default="",
        metavar="projects/P/subscriptions/S",
        help="instead of --input: Pub/Sub messages, each a page as JSON or a notification of an "
        "object in Google Cloud Storage",
    )
    where.add_argument(
        "--output", metavar="DIR", required=True, help="folder, or gs://BUCKET/FOLDER with --work"
    )
    where.add_argument(
        "--work",
        default="",
        metavar="DIR",
        help="with an output in a bucket: local folder of what the stream remembers; keep it",
    )
    where.add_argument(
        "--history",
        default="",
        metavar="DIR",
        help="runs of `clean` to start from: what they kept is a duplicate here; only read",
    )
    add_formats(where)
    add_rules(watch.add_argument_group("what is removed"))
    add_quality(watch)
    duplicates = watch.add_argument_group("duplicates")
    add_duplicates(duplicates)
    duplicates.add_argument(
        "--dedup-horizon",
        type=seconds,
        default="0",
        metavar="TIME",
        help="how long a paragraph is remembered, e.g. 12h or 30d; 0: for ever",
    )
    how = watch.add_argument_group("how it runs")
    how.add_argument(
        "--window",
        type=seconds,
        default="60s",
        metavar="TIME",
        help="what arrives in so long is committed together, e.g. 1s, 1m or 1h",
    )
    how.add_argument(
        "--settle",
        type=seconds,
        default="1s",
        metavar="TIME",
        help="a local file is read once it has not changed for so long",
    )
    how.add_argument(
        "--memory-per-worker",
        type=size,
        default="256M",
        metavar="SIZE",
        help="for the search for duplicates, e.g. 512M or 2G",
    )
    how.add_argument(
        "--stall-timeout",
        type=seconds,
        default="5m",
        metavar="TIME",
        help="Prism is started again when nothing has moved for so long; 0: never",
    )
    how.add_argument("--progress", choices=("auto", "rich", "plain", "off"), default="auto")
    how.add_argument("--verbose", action="store_true", help="log lines and tracebacks")
    defaults = CleanConfig()
    watch.set_defaults(
        shard_bytes=None,
        max_reject_ratio=defaults.max_reject_ratio,
        template_pages=defaults.template_pages,
        template_share=defaults.template_share,
    )


def seconds(value: str) -> float:
    """Reads a length of time: a number and s, m, h or d.

    Raises:
      ArgumentTypeError: when it is none.
    """
    match = _DURATION.fullmatch(value.strip().lower())
    if match is None:
        raise argparse.ArgumentTypeError(f"{value!r} is no length of time; write 30s, 5m, 2h or 7d")
    return float(match[1]) * _UNITS_S[match[2] or "s"]
