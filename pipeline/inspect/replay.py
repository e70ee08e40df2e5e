"""`pagesieve replay`: cleans again what a run rejected, as a run of its own."""

import argparse
import os
from dataclasses import fields, replace
from typing import Any

from pipeline.config import CleanConfig
from pipeline.errors import UsageError
from pipeline.inputs.rejects import rejects_file
from pipeline.inputs.shards import Piece, Shard
from pipeline.inspect.run_folder import RunFolder, open_run
from pipeline.outputs.commit import check_output
from pipeline.outputs.summary_files import write_summary_files
from pipeline.quality_options import blocked_hosts
from pipeline.reporting.printable import visible
from pipeline.reporting.run_facts import counted
from pipeline.storage import open_for_reading

_OVERRIDES = (
    *("max_page_bytes", "extractor", "rules", "languages", "dedup", "format", "input_format"),
    *("url_field", "text_field", "html_field", "date_field", "id_field"),
)
"""Options of `clean` that may differ from the run's."""


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Raises:
      UsageError: when there is no such run, or its options do not fit this version.
      PagesieveError: as `clean`.
    """
    folder = open_run(options.output)
    into = options.into or f"{folder.path}.replay"
    if os.path.abspath(into) == os.path.abspath(folder.path):
        raise UsageError("--into is the run itself; give another folder")
    shards = plan_replay(folder)
    if not shards:
        print(f"{visible(folder.path, 400)}: nothing was rejected, so there is nothing to replay")
        return 0
    check_output(into, overwrite=options.overwrite, option="--into")
    config = replay_config(folder, options)
    from pipeline.job import Job
    from pipeline.launch import launch

    job = Job(
        patterns=(),
        output=into,
        config=config,
        overwrite=options.overwrite,
        fresh=True,
        progress=options.progress,
        verbose=options.verbose,
    )
    alone = bool(options.started_as)
    made = launch(job, shards, options.runner, [], options.workers, alone=alone)
    before = sum(folder.run["pages"].get("rejected", {}).values())
    made["origin"] = {"command": "replay", "output": folder.path, "run": folder.name}
    write_summary_files(into, made)
    print("\n".join(_told(made, before, into)))
    return 0


def plan_replay(folder: RunFolder) -> list[Shard]:
    """Makes a shard of each part of rejected/."""
    started = str(folder.run.get("started", "1970-01-01T00:00:00Z"))
    forced = str(folder.options.get("input_format", ""))
    shards = []
    for number, part in enumerate(folder.parts["rejected"]):
        with open_for_reading(part.path) as handle:
            size = handle.seek(0, os.SEEK_END)
        file = rejects_file(part.path, size, started, forced)
        shards.append(Shard(number, f"{part.shard:016x}", (Piece(file),), size * 4))
    return shards


def replay_config(folder: RunFolder, options: argparse.Namespace) -> CleanConfig:
    """Takes the run's options, and those that were given now in their place.

    Raises:
      UsageError: for a value that is not permitted.
    """
    unlisted = folder.options.get("blocked_hosts_not_listed")
    if unlisted and not options.block_hosts:
        raise UsageError(
            f"the run blocked {unlisted:,} hosts more than its run.json lists; give the list "
            "again: --block-hosts=FILE"
        )
    known = {field.name for field in fields(CleanConfig)}
    values = {k: _frozen(v) for k, v in folder.options.items() if k in known}
    values |= {"added": "", "run_name": "", "max_reject_ratio": 1.0, "shard_bytes": None}
    try:
        config = CleanConfig(**values)
        given = {k: getattr(options, k) for k in _OVERRIDES if getattr(options, k) is not None}
        if options.block_hosts is not None:
            given["blocked_hosts"] = blocked_hosts(options.block_hosts)
        if "rules" in given:
            from transforms.strip_widgets import check_rules

            given["rules"] = check_rules(_names(given["rules"]))
        if "languages" in given:
            given["languages"] = _names(given["languages"].lower())
        return replace(config, **given)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _told(made: dict[str, Any], before: int, into: str) -> list[str]:
    """Says what came of it."""
    pages = made["pages"]
    again = {reason: n for reason, n in pages["rejected"].items() if n}
    dropped = sum(pages["dropped"].values())
    lines = [
        (
            f"{pages['written']:,} of {counted(before, 'rejected piece')} of input became pages, "
            f"{dropped:,} were dropped, {sum(again.values()):,} rejected again: "
            f"{visible(into, 400)}"
        )
    ]
    for reject in made.get("rejects", [])[:5]:
        where = f"{visible(reject['file'], 200)}, offset {visible(reject['offset'], 30)}"
        lines.append(
            f"  {visible(reject['reason'], 40)}  {where}: {visible(reject['detail'], 200)}"
        )
    if sum(again.values()) > 5:
        lines.append(f"  ... and {sum(again.values()) - 5:,} more, in rejected/")
    if pages["written"]:
        lines.append(
            "These pages were deduplicated among themselves, not against the run they come from."
        )
    return lines
