"""`pagesieve diff`: what changed from one run to another, and why."""

import argparse
import itertools
from typing import Any

import xxhash

from pipeline.errors import UsageError
from pipeline.inspect.compare_pages import PageDifferences, Place, compare_pages
from pipeline.inspect.digest_tables import DigestTables
from pipeline.inspect.parts import records_of
from pipeline.inspect.run_folder import RunFolder, open_run
from pipeline.json_text import pretty
from pipeline.reporting.printable import visible
from pipeline.reporting.report_compare import changed_settings
from pipeline.reporting.run_facts import counted
from pipeline.reporting.word_diff import compare
from pipeline.reporting.wording import language_name
from pipeline.scratch import scratch_folder

SAME, DIFFERENT = 0, 1
"""Exit status, as that of diff(1); 2 where a run cannot be read."""

_TITLES = {
    "only_before": "only in the first run",
    "only_after": "only in the second run",
    "dropped_now": "written by the first run, dropped by the second",
    "written_now": "dropped by the first run, written by the second",
    "input_changed": "same URL, other content or date",
    "text_changed": "same input, other text",
    "language_changed": "same input, other language",
    "removals_changed": "same input and text, other removals",
}

_AROUND = 40
"""Characters shown on both sides of a change."""


def run(options: argparse.Namespace) -> int:
    """Runs the command.

    Returns:
      0 when both runs wrote the same pages, 1 when they differ.

    Raises:
      UsageError: when one of the runs cannot be read.
    """
    before, after = open_run(options.before, ""), open_run(options.after, "")
    if options.examples < 0:
        raise UsageError(f"--examples is {options.examples}; it must be 0 or more")
    told = diff(before, after, options.examples)
    if options.json:
        print(pretty(told).decode(), end="")
    else:
        print(render(told))
    return SAME if told["same"] else DIFFERENT


def diff(before: RunFolder, after: RunFolder, most_examples: int) -> dict[str, Any]:
    """Compares two runs.

    Args:
      before: the first run.
      after: the second.
      most_examples: pages named of each kind.

    Returns:
      What differs, as `--json` prints it. Runs are the same when they wrote the same pages, with
      the same text, language and removals, and rejected as many for the same reasons; the time
      stamps and names of the runs do not count.
    """
    digests = before.run.get("digest"), after.run.get("digest")
    rejected = [folder.run["pages"].get("rejected", {}) for folder in (before, after)]
    if digests[0] and digests[0] == digests[1]:
        differences = PageDifferences(same=int(after.run["pages"].get("written", 0)))
    else:
        with scratch_folder("diff") as folder:
            tables = DigestTables(folder)
            tables.add(0, before)
            tables.add(1, after)
            differences = compare_pages(tables, most_examples)
    settings = changed_settings(before.run, after.run)
    return {
        "before": before.path,
        "after": after.path,
        "same": not differences.any and rejected[0] == rejected[1],
        "settings": [dict(zip(("name", "before", "after"), s, strict=True)) for s in settings],
        "pages": {"same": differences.same, **differences.counts},
        "rejected": {"before": rejected[0], "after": rejected[1]},
        "rules": {
            rule: {"more": more, "fewer": fewer}
            for rule, (more, fewer) in sorted(
                differences.rules.items(), key=lambda item: (-sum(item[1]), item[0])
            )
        },
        "languages": [
            {"before": a, "after": b, "pages": count}
            for (a, b), count in sorted(differences.languages.items(), key=lambda i: (-i[1], i[0]))
        ],
        "examples": _examples(before, after, differences),
    }


def _examples(
    before: RunFolder, after: RunFolder, differences: PageDifferences
) -> dict[str, list[dict[str, Any]]]:
    """Looks the examples up and says in what they differ."""
    pairs = [pair for some in differences.examples.values() for pair in some]
    one = _records(before, {a for a, _ in pairs if a})
    two = _records(after, {b for _, b in pairs if b})
    told: dict[str, list[dict[str, Any]]] = {}
    for kind, some in differences.examples.items():
        for a, b in some:
            record1, record2 = one.get(a) if a else None, two.get(b) if b else None
            example = _example(record1, record2, kind)
            if example:
                told.setdefault(kind, []).append(example)
    return told


def _records(run: RunFolder, places: set[Place]) -> dict[Place, dict[str, Any]]:
    found: dict[Place, dict[str, Any]] = {}
    for shard, some in itertools.groupby(sorted(places), key=lambda place: place[0]):
        wanted = set(some)
        part = run.part("documents", shard)
        for record in records_of(part) if part else ():
            place = shard, xxhash.xxh3_64_intdigest(str(record["id"]).encode("utf-8", "replace"))
            if place in wanted:
                found[place] = record
            if len(found) == len(places):
                return found
    return found


def _example(
    one: dict[str, Any] | None, two: dict[str, Any] | None, kind: str
) -> dict[str, Any] | None:
    record = one or two
    if record is None:
        return None
    told: dict[str, Any] = {"url": record["metadata"]["url"], "id": record["id"]}
    if one is None or two is None or kind == "input_changed":
        return told
    first, second = one["metadata"], two["metadata"]
    if first["language"] != second["language"]:
        told["language"] = {"before": first["language"], "after": second["language"]}
    rules = {
        rule: second["removed"].get(rule, 0) - first["removed"].get(rule, 0)
        for rule in sorted({*first["removed"], *second["removed"]})
    }
    told["rules"] = {rule: change for rule, change in rules.items() if change}
    told["gone"], told["new"] = _paragraphs(one["text"], two["text"])
    return told


def _paragraphs(one: str, two: str) -> tuple[list[str], list[str]]:
    """Gives the first paragraphs that only one of two texts has, cut to what differs."""
    a, b = one.split("\n"), two.split("\n")
    only_a, only_b = set(a) - set(b), set(b) - set(a)
    gone = [p for p in a if p in only_a][:3]
    new = [p for p in b if p in only_b][:3]
    if len(only_a) == len(only_b) == 1 and (changes := compare(gone[0], new[0])):
        marks = [n for n, stretch in enumerate(changes) if stretch.mark != "same"]
        start = len(changes[0].text) if marks and marks[0] > 0 else 0
        start = max(0, start - _AROUND)
        return [gone[0][start:]], [new[0][start:]]
    return gone, new


def render(told: dict[str, Any]) -> str:
    """Writes what differs for people; nothing that pages say does anything on a terminal."""
    lines = [
        f"{visible(told['before'], 300)} and {visible(told['after'], 300)}: "
        + ("the same" if told["same"] else "they differ")
    ]
    pages = told["pages"]
    lines.append(f"  {counted(pages['same'], 'page')} the same")
    for setting in told["settings"]:
        name, then, now = (visible(setting[key], 200) for key in ("name", "before", "after"))
        lines.append(f"  {name}: {then} before, {now} after")
    then, now = told["rejected"]["before"], told["rejected"]["after"]
    if then != now:
        lines.append(f"  rejected: {_reasons(then)} before, {_reasons(now)} after")
    for change in told["languages"]:
        was, became = (visible(language_name(change[key]), 60) for key in ("before", "after"))
        lines.append(f"  language: {counted(change['pages'], 'page')} from {was} to {became}")
    if told["rules"]:
        lines.append("  paragraphs removed, of the pages in both runs:")
        width = max(len(visible(rule, 60)) for rule in told["rules"])
        for rule, change in told["rules"].items():
            figures = f"{change['more']:+,}  {-change['fewer']:+,}".replace("+0", "0")
            lines.append(f"    {visible(rule, 60):<{width}}  {figures}")
    for kind, title in _TITLES.items():
        if pages[kind]:
            lines += ["", f"  {counted(pages[kind], 'page')}: {title}"]
            for example in told["examples"].get(kind, []):
                lines += _example_lines(example, kind)
    return "\n".join(lines)


def _reasons(found: dict[str, int]) -> str:
    return ", ".join(f"{visible(r, 40)} {n:,}" for r, n in sorted(found.items())) or "none"


def _example_lines(example: dict[str, Any], kind: str) -> list[str]:
    lines = [f"    {visible(example['url'], 300)}"]
    if kind == "language_changed":
        change = example["language"]
        lines.append(f"      {visible(change['before'], 20)} became {visible(change['after'], 20)}")
    if kind in ("text_changed", "removals_changed") and example.get("rules"):
        rules = (f"{visible(rule, 60)} {change:+d}" for rule, change in example["rules"].items())
        lines.append(f"      removed: {', '.join(rules)}")
    if kind == "text_changed":
        lines += [f"      - {visible(text, 160)}" for text in example.get("gone", [])]
        lines += [f"      + {visible(text, 160)}" for text in example.get("new", [])]
    return lines
