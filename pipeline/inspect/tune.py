"""`pagesieve tune`: what each limit would remove, from stored signals, without cleaning again."""

import argparse
import itertools
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from pipeline.errors import UsageError
from pipeline.inspect.parts import records_of
from pipeline.inspect.run_folder import Part, RunFolder, open_run
from pipeline.inspect.tune_tally import (
    Amount,
    Example,
    RuleTally,
    SetTally,
    Tally,
    add_records,
    new_tally,
)
from pipeline.json_text import pretty
from pipeline.quality_options import limits_of, names_of
from transforms.assess_quality import check_filters
from transforms.text.quality import RULE_SETS

_BATCH_PAGES = 512


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run or rule set, or its records have no signals.
    """
    folder = open_run(options.output)
    names, overrides = chosen_filters(options.filters or ",".join(RULE_SETS), options.limits)
    if options.examples < 0:
        raise UsageError(f"--examples is {options.examples}; it must be 0 or more")
    told = describe(folder, tune(folder, names, overrides, options.examples))
    if options.json:
        print(pretty(told).decode(), end="")
    else:
        from pipeline.inspect.tune_text import render

        print(render(told))
    return 0


def chosen_filters(filters: str, limits: str) -> tuple[tuple[str, ...], dict[str, float]]:
    """Reads names of rule sets and limits from a command line.

    Raises:
      UsageError: for an unknown one.
    """
    try:
        names, overrides = names_of(filters), dict(limits_of(limits))
        check_filters(names, overrides)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return tuple(dict.fromkeys(names)), overrides


def tune(
    folder: RunFolder, names: Sequence[str], overrides: dict[str, float], examples: int
) -> Tally:
    """Reads all records once, and counts what limits would remove.

    Args:
      folder: the run.
      names: of rule sets.
      overrides: limits that differ from the reference.
      examples: pages to keep of each side of each limit.

    Raises:
      UsageError: when no record has signals.
    """
    total = new_tally(names, overrides, examples)
    for part in _parts(folder.parts["documents"], partial(tally_part, names, overrides, examples)):
        total.merge(part)
    if total.without and not total.total.pages:
        raise UsageError(
            f"{folder.path} was made with --signals=off; clean the input again with --signals=on"
        )
    return total


def _parts(parts: Sequence[Part], work: "partial[Tally]") -> Iterator[Tally]:
    processes = min(len(parts), os.cpu_count() or 1)
    if processes < 2:
        yield from map(work, parts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(work, parts)


def tally_part(
    names: Sequence[str], overrides: dict[str, float], examples: int, part: Part
) -> Tally:
    """Counts over one part."""
    tally = new_tally(names, overrides, examples)
    records = records_of(part)
    while batch := list(itertools.islice(records, _BATCH_PAGES)):
        add_records(tally, batch)
    return tally


def describe(folder: RunFolder, tally: Tally) -> dict[str, Any]:
    """Makes what `--json` prints."""
    pages = folder.run["pages"]
    return {
        "run": folder.name,
        "output": folder.path,
        "pages": tally.total.pages,
        "words": tally.total.words,
        "pages_without_signals": tally.without,
        "pages_dropped_before": sum(pages.get("dropped", {}).values()),
        "would_drop": _amount(tally.dropped),
        "rule_sets": [_set(one) for one in tally.sets],
    }


def _amount(amount: Amount) -> dict[str, int]:
    return {"pages": amount.pages, "words": amount.words}


def _set(one: SetTally) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.name,
        "source": RULE_SETS[one.name].source,
        "would_drop": _amount(one.dropped),
        "languages": {
            code: {"pages": numbers[0], "would_drop": numbers[1]}
            for code, numbers in sorted(one.languages.items(), key=lambda i: (-i[1][0], i[0]))
        },
        "rules": [_rule(name, rule) for name, rule in one.rules.items()],
    }
    if one.lines:
        told["lines"] = {
            rule: {"lines": numbers[0], "words": numbers[1]}
            for rule, numbers in sorted(one.lines.items(), key=lambda i: (-i[1][0], i[0]))
        }
    return told


def _rule(name: str, rule: RuleTally) -> dict[str, Any]:
    return {
        "name": name,
        "signal": rule.rule.signal,
        "limit": rule.limit,
        "would_drop": _amount(rule.alone),
        "as_first_reason": _amount(rule.first),
        "abstains": rule.abstained,
        "other_limits": [
            {"limit": limit, **_amount(amount)} for limit, amount in rule.others.items()
        ],
        "examples": {
            "dropped": [_example(example) for example in rule.removed],
            "kept": [_example(example) for example in rule.kept],
        },
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "value": example.value,
        "words": example.words,
        "url": example.url,
        "id": example.id,
        "text": example.text,
    }
