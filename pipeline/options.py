"""The command line: every flag once, with its unit and default."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from pipeline.config import MIB, CleanConfig
from pipeline.errors import UsageError
from pipeline.history.options import add_index
from pipeline.inspect.options import add_inspect
from pipeline.quality_options import add_quality, names_of, quality_values, switch

_DEFAULTS = CleanConfig()


class _Parser(argparse.ArgumentParser):
    """Raises its complaints, so that they are reported like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see `{self.prog} --help`")


def make_parser() -> argparse.ArgumentParser:
    """Builds the parser of all commands."""
    parser: argparse.ArgumentParser = _Parser(
        prog="pagesieve",
        description="Turns raw scraped pages into clean, deduplicated, labelled text.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_clean(commands)
    add_inspect(commands)
    add_index(commands)
    from pipeline.watch.options import add_watch

    add_watch(commands)
    return parser


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parses a command line.

    Returns:
      Our options, and those that may be Beam's.

    Raises:
      UsageError: when it cannot be understood.
    """
    # An option with an optional value takes it after `=` alone, never the word that follows.
    words = ["--html=" if word == "--html" else word for word in arguments]
    return make_parser().parse_known_args(words)


def _add_clean(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    clean = commands.add_parser(
        "clean",
        help="clean a set of pages",
        description="Cleans a set of pages. All options of Apache Beam are accepted as well.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    where = clean.add_argument_group("input and output")
    where.add_argument(
        "--input",
        action="append",
        metavar="GLOB[,GLOB…]",
        required=True,
        help="files, folders or patterns, also gs://…; may be given several times",
    )
    where.add_argument("--output", metavar="DIR", required=True, help="folder, also gs://…")
    where.add_argument("--overwrite", action="store_true", help="replace a run that is there")
    where.add_argument(
        "--history",
        default="",
        metavar="DIR",
        help="memory of earlier runs: compare with them, and add this one; also gs://…",
    )
    where.add_argument(
        "--wait", action="store_true", help="wait for another run that uses the history"
    )
    where.add_argument("--fresh", action="store_true", help="do not continue an earlier attempt")
    add_formats(where)
    what = clean.add_argument_group("what is removed")
    add_rules(what)
    add_quality(clean)
    duplicates = clean.add_argument_group("duplicates")
    add_duplicates(duplicates)
    add_templates(duplicates)
    _add_how(clean.add_argument_group("how it runs"))


def add_formats(where: "argparse._ArgumentGroup") -> None:
    """Adds the options of input formats and records, which `clean` and `watch` share."""
    where.add_argument(
        "--input-format", default="", metavar="NAME", help="txt, html, jsonl, parquet, warc or wet"
    )
    for field in ("url", "text", "html", "date", "id"):
        where.add_argument(
            f"--{field}-field", default="", metavar="NAME", help=f"{field} in JSONL and Parquet"
        )
    where.add_argument(
        "--format", default=_DEFAULTS.format, help="of documents/: jsonl.gz, jsonl.zst or parquet"
    )
    where.add_argument("--removed", type=switch, default="on", help="receipts: on or off")
    where.add_argument("--source", default="", help="`source` of the records; default: the file")
    where.add_argument("--added", default="", help="`added` of the records; default: now")
    where.add_argument("--run-name", default="", help="name of the run; default: from `added`")


def add_rules(what: "argparse._ArgumentGroup") -> None:
    """Adds the options of what is removed, which `clean` and `watch` share."""
    what.add_argument(
        "--extractor", default=_DEFAULTS.extractor, help="blocks, or fast (resiliparse's main text)"
    )
    what.add_argument(
        "--comments",
        default=_DEFAULTS.comments,
        help="of readers in HTML: drop, or separate (into metadata.comments)",
    )
    what.add_argument(
        "--rules",
        default="all",
        metavar="NAMES",
        help="all, none, or names and groups; -NAME switches one off",
    )
    what.add_argument(
        "--languages", default="", metavar="CODES", help="keep these only, e.g. en,de"
    )
    what.add_argument(
        "--min-language-score", type=float, default=_DEFAULTS.min_language_score, metavar="0..1"
    )
    what.add_argument(
        "--language-engine",
        default=_DEFAULTS.language_engine,
        help="langdetect-rs or langdetect: same answers",
    )
    what.add_argument(
        "--max-page-bytes",
        type=int,
        default=_DEFAULTS.max_page_bytes,
        metavar="BYTES",
        help="longer pages are rejected",
    )


def add_duplicates(duplicates: "argparse._ArgumentGroup") -> None:
    """Adds the options of what a duplicate is, which `clean` and `watch` share."""
    duplicates.add_argument("--dedup", default=_DEFAULTS.dedup, help="corpus, page or none")
    duplicates.add_argument("--near-duplicates", type=switch, default="on", help="on or off")
    duplicates.add_argument(
        "--radius",
        type=int,
        default=_DEFAULTS.radius_bits,
        metavar="BITS",
        help="most bits of 64 that differ between near-duplicates",
    )
    duplicates.add_argument(
        "--min-words",
        type=int,
        default=_DEFAULTS.min_words,
        metavar="WORDS",
        help="paragraphs with fewer are short",
    )
    duplicates.add_argument(
        "--short-duplicates",
        default=_DEFAULTS.short_duplicates,
        help="exact copies of short paragraphs go within the page, the corpus, or not: keep",
    )
    duplicates.add_argument(
        "--keep-number-variants",
        action="store_true",
        help="paragraphs that differ in digits alone stay",
    )
    duplicates.add_argument(
        "--max-pivots",
        type=int,
        default=_DEFAULTS.max_pivots,
        metavar="N",
        help="earlier paragraphs that one is compared with, for each of its keys",
    )


def add_templates(duplicates: "argparse._ArgumentGroup") -> None:
    """Adds the options of site templates, which only a whole set of pages shows."""
    duplicates.add_argument(
        "--template-pages",
        type=int,
        default=_DEFAULTS.template_pages,
        metavar="PAGES",
        help="lines on so many pages of a host, and on the share, are its template: all copies go",
    )
    duplicates.add_argument(
        "--template-share", type=float, default=_DEFAULTS.template_share, metavar="0..1"
    )


def _add_how(how: "argparse._ArgumentGroup") -> None:
    how.add_argument(
        "--check",
        action="store_true",
        help="only check input, output, credentials, history and disk, try a sample, and estimate",
    )
    how.add_argument("--runner", default="local", help="local, or a Beam runner by name")
    how.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes on this machine"
    )
    how.add_argument(
        "--memory-per-worker",
        type=size,
        default="256M",
        metavar="SIZE",
        help="for the search for duplicates, e.g. 512M or 2G",
    )
    how.add_argument(
        "--shard-bytes", type=int, default=None, metavar="BYTES", help="default: by input size"
    )
    how.add_argument(
        "--stall-timeout",
        type=int,
        default=900,
        metavar="SECONDS",
        help="give up when workers of a job server show no progress for so long; 0: never",
    )
    how.add_argument(
        "--max-reject-ratio",
        type=float,
        default=_DEFAULTS.max_reject_ratio,
        metavar="0..1",
        help="exit with status 3 above it",
    )
    how.add_argument(
        "--metrics-file",
        default="",
        metavar="PATH",
        help="write figures of the run for Prometheus, also when it fails",
    )
    how.add_argument("--progress", choices=("auto", "rich", "plain", "off"), default="auto")
    how.add_argument("--verbose", action="store_true", help="log lines and tracebacks")


def to_config(options: argparse.Namespace) -> CleanConfig:
    """Validates the options of `clean`.

    Raises:
      UsageError: for a value that is not permitted.
    """
    from transforms.strip_widgets import check_rules

    try:
        quality = quality_values(options)
        rules = check_rules(names_of(options.rules))
        return CleanConfig(
            extractor=options.extractor,
            comments=options.comments,
            rules=rules,
            languages=names_of(options.languages.lower()),
            min_language_score=options.min_language_score,
            language_engine=options.language_engine,
            dedup=options.dedup,
            near_duplicates=options.near_duplicates,
            radius_bits=options.radius,
            min_words=options.min_words,
            short_duplicates=options.short_duplicates,
            keep_number_variants=options.keep_number_variants,
            max_pivots=options.max_pivots,
            template_pages=options.template_pages,
            template_share=options.template_share,
            format=options.format,
            removed=options.removed,
            **quality,
            max_reject_ratio=options.max_reject_ratio,
            max_page_bytes=options.max_page_bytes,
            url_field=options.url_field,
            text_field=options.text_field,
            html_field=options.html_field,
            date_field=options.date_field,
            id_field=options.id_field,
            input_format=options.input_format,
            shard_bytes=options.shard_bytes,
            added=options.added,
            run_name=options.run_name,
            source=options.source,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


def patterns(options: argparse.Namespace) -> tuple[str, ...]:
    """Gives the input patterns, one by one."""
    return tuple(p for value in options.input for p in value.split(",") if p)


def size(value: str) -> int:
    """Reads a size in memory."""
    factor = {"M": MIB, "G": 1024 * MIB}.get(value[-1:].upper())
    if factor is None or not value[:-1].isdigit() or not int(value[:-1]):
        raise argparse.ArgumentTypeError(f"{value!r} is no size; write 512M or 2G")
    return int(value[:-1]) * factor


def color_wanted() -> bool:
    """Says whether the end of a run may be coloured."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
