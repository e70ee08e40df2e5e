"""run.json: what a run was told, what it did, and whether it adds up."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

from pipeline.config import CleanConfig
from pipeline.inputs.plan import Shard
from pipeline.outputs.counts import Counts, check_conservation
from pipeline.outputs.histograms import describe_histograms
from pipeline.outputs.largest import MOST, least_variants

SCHEMA = 1
"""Version of this document's layout."""

MOST_BLOCKED_HOSTS = 1000
"""Listed among the options; block lists have millions."""


def describe_run(
    config: CleanConfig,
    shards: Sequence[Shard],
    counts: Counts,
    *,
    versions: dict[str, str],
    engine: str,
    times: tuple[str, str],
    input_digest: str,
) -> dict[str, Any]:
    """Makes the content of run.json, from which the report and the summary are made too.

    Args:
      config: what was asked for.
      shards: of the input.
      counts: of the whole run.
      versions: names to versions.
      engine: description of the engine.
      times: start and end.
      input_digest: of the plan.
    """
    files = {piece.file.path: piece.file.size for shard in shards for piece in shard.pieces}
    return {
        "schema": SCHEMA,
        "pagesieve": versions["pagesieve"],
        "run": config.run_name,
        "started": times[0],
        "finished": times[1],
        "engine": engine,
        "options": describe_options(config),
        "versions": versions,
        "rules_version": versions["rules"],
        "input": {
            "files": len(files),
            "bytes": sum(files.values()),
            "shards": len(shards),
            "digest": input_digest,
        },
        **describe_counts(counts),
    }


def describe_options(config: CleanConfig) -> dict[str, Any]:
    """Makes the options of run.json: what is empty is left out, and of many blocked hosts the rest.

    `blocked_hosts_not_listed` then tells how many more there are, and `blocked_hosts_digest` one
    list from another.
    """
    told = {
        name: list(value) if isinstance(value, tuple) else value  # as JSON gives it back
        for name, value in dataclasses.asdict(config).items()
        if value not in ("", None)
    }
    more = len(config.blocked_hosts) - MOST_BLOCKED_HOSTS
    if more > 0:
        told["blocked_hosts"] = told["blocked_hosts"][:MOST_BLOCKED_HOSTS]
        told["blocked_hosts_not_listed"] = more
        listed = "\n".join(config.blocked_hosts).encode("utf-8", "replace")
        told["blocked_hosts_digest"] = hashlib.sha256(listed).hexdigest()[:16]
    return told


def describe_counts(counts: Counts) -> dict[str, Any]:
    """Makes the part of run.json that tells what happened, and whether it adds up."""
    n = counts.n
    broken = check_conservation(counts)
    return {
        "pages": {
            "read": n["pages.read"],
            "written": n["pages.written"],
            "dropped": counts.group("pages.dropped"),
            "rejected": counts.group("pages.rejected"),
            "skipped": counts.group("pages.skipped"),
        },
        "paragraphs": {
            "in": n["paragraphs.in"],
            "kept": n["paragraphs.kept"],
            "removed": counts.group("paragraphs.removed"),
            "dropped": counts.group("paragraphs.dropped"),
            "rejected": 0,
        },
        "characters": {"in": n["characters.in"], "kept": n["characters.kept"]},
        "masked": {
            "pages": n["pages.masked"],
            "paragraphs": n["paragraphs.masked"],
            "places": counts.group("masks"),
        },
        "languages": counts.group("languages"),
        "years": dict(sorted(counts.group("years").items())),
        "months": dict(sorted(counts.group("months").items())),
        "hosts": {
            host: dict(zip(("pages", "in", "kept"), numbers, strict=True))
            for host, numbers in sorted(
                counts.hosts.items(), key=lambda item: (-item[1][0], item[0])
            )[:50]
        },
        "duplicates": {
            "compared": n["duplicates.near_compared"],
            "not_compared": n["duplicates.near_capped"],
            "exact_rows": n["duplicates.exact_rows"],
            "near_rows": n["duplicates.near_rows"],
        },
        "samples": {
            rule: [{k: v for k, v in sample.items() if k != "rank"} for sample in samples]
            for rule, samples in sorted(counts.samples.items())
        },
        "groups": _groups(counts),
        "templates": [
            {"pages": group.size, **group.about}
            for _, group in sorted(counts.templates.groups.items())
        ],
        "signals": describe_histograms(counts.histograms),
        "rejects": counts.rejects,
        "conservation": {"holds": not broken, "broken": broken},
        "digest": f"{counts.digest:032x}",
    }


def _groups(counts: Counts) -> list[dict[str, Any]]:
    """Gives the largest groups of duplicates: the keeper, and texts of its copies.

    A keeper of an earlier run is known by its copies alone.
    """
    found: dict[str, dict[str, Any]] = {}
    for _, group in sorted(counts.groups.groups.items()):
        found[group.name] = {"copies": group.size, "keeper": group.about, "variants": []}
    here = found.keys() | set()
    for _, group in sorted(counts.copies.groups.items()):
        one = found.setdefault(group.name, {"copies": 0, "keeper": group.about, "variants": []})
        if group.name not in here:
            one["copies"] += group.size
        one["variants"] = least_variants(one["variants"] + group.variants)
    for one in found.values():
        one["variants"] = [{k: v for k, v in v.items() if k != "rank"} for v in one["variants"]]
    return sorted(found.values(), key=lambda one: -int(one["copies"]))[:MOST]
