"""The options of `clean` about quality, block lists and personal data."""

import argparse
from typing import Any

from pipeline.errors import UsageError

_MAX_LIST_BYTES = 64 << 20


def add_quality(clean: argparse.ArgumentParser) -> None:
    """Adds the options to the parser of `clean`."""
    group = clean.add_argument_group("quality and personal data")
    group.add_argument("--signals", type=switch, default="on", help="quality signals: on or off")
    group.add_argument(
        "--filters",
        default="",
        metavar="NAMES",
        help="drop pages by gopher-quality, gopher-repetition, c4, c4-datatrove, fineweb",
    )
    group.add_argument(
        "--limits",
        default="",
        metavar="NAME=N,…",
        help="other limits, e.g. gopher-quality.min_words=30",
    )
    group.add_argument(
        "--block-hosts",
        default="",
        metavar="FILE",
        help="drop pages of the hosts in it, one a line",
    )
    group.add_argument(
        "--word-lists",
        default="",
        metavar="FILE",
        help='count words of your own: JSON with "adult" and "boilerplate"',
    )
    group.add_argument(
        "--mask",
        default="",
        metavar="NAMES",
        help="replace personal data: pii for all, or email, ip, card, phone",
    )


def quality_values(options: argparse.Namespace) -> dict[str, Any]:
    """Gives the values of a `CleanConfig` that these options decide.

    Raises:
      ValueError: for an unknown name or a limit that is no number.
      UsageError: for a file that cannot be used.
    """
    from transforms.assess_quality import check_filters
    from transforms.mask_personal import check_masks

    filters, limits = names_of(options.filters), limits_of(options.limits)
    check_filters(filters, dict(limits))
    adult, boilerplate = _word_lists(options.word_lists)
    return {
        "signals": options.signals,
        "filters": filters,
        "limits": limits,
        "blocked_hosts": blocked_hosts(options.block_hosts),
        "adult_words": adult,
        "boilerplate_phrases": boilerplate,
        "mask": check_masks(names_of(options.mask)),
    }


def names_of(value: str) -> tuple[str, ...]:
    """Splits names separated by commas."""
    return tuple(name.strip() for name in value.split(",") if name.strip())


def limits_of(value: str) -> tuple[tuple[str, float], ...]:
    """Reads `NAME=NUMBER,…`.

    Raises:
      ValueError: for what is none.
    """
    limits = []
    for item in names_of(value):
        name, _, number = item.partition("=")
        try:
            limits.append((name, float(number)))
        except ValueError:
            raise ValueError(f"--limits: {item!r} is not NAME=NUMBER") from None
    return tuple(sorted(limits))


def switch(value: str) -> bool:
    """Reads `on` or `off`."""
    if value not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"{value!r} is neither on nor off")
    return value == "on"


def blocked_hosts(path: str) -> tuple[str, ...]:
    """Reads the file of `--block-hosts`; "" for none.

    Raises:
      UsageError: when it cannot be read, or a line of it is no host.
    """
    from transforms.text.quality import read_hosts

    try:
        return tuple(sorted(read_hosts(_text("--block-hosts", path))))
    except ValueError as error:
        raise UsageError(f"--block-hosts {path}: {error}") from error


def _word_lists(path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from transforms.text.quality import parse_word_lists

    if not path:
        return (), ()
    try:
        lists = parse_word_lists(_text("--word-lists", path))
    except ValueError as error:
        raise UsageError(f"--word-lists {path}: {error}") from error
    return tuple(sorted(lists.adult)), tuple(sorted(lists.boilerplate))


def _text(option: str, path: str) -> str:
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_MAX_LIST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{option} {path}: cannot be read: {error}") from error
    if len(text) > _MAX_LIST_BYTES:
        raise UsageError(f"{option} {path}: longer than {_MAX_LIST_BYTES >> 20} MB")
    return text
