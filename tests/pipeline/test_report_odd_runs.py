"""A run.json of another version, or a damaged one, still gives a report: nothing there raises."""

import random

from run_example import example_run
from test_report import read

from pipeline.reporting.card import render_card
from pipeline.reporting.report import render_report
from pipeline.reporting.summary import render_summary, summary_line

NAMES = ("words", "edges", "kept", "copies", "keeper", "text", "variants", "2024-01", "pages", "in")
PLAIN = (None, True, 0, -5, 3.7, float("nan"), float("inf"), 10**30, "text", [1] * 7)


def odd(rng, depth=0):
    kind = rng.randrange(len(PLAIN) + (2 if depth < 3 else 0))
    if kind < len(PLAIN):
        return PLAIN[kind]
    some = range(rng.randrange(4))
    if kind == len(PLAIN):
        return [odd(rng, depth + 1) for _ in some]
    return {rng.choice(NAMES): odd(rng, depth + 1) for _ in some}


def places(value, before=()):
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, inner in items:
        yield (*before, key)
        yield from places(inner, (*before, key))


def damaged(rng):
    run = example_run()
    run["options"] |= {"filters": ["gopher-quality"], "limits": [["gopher-quality.min_words", 5]]}
    run["masked"] = {"places": {"mask.email": 3}}
    chosen = rng.sample(list(places(run)), rng.randrange(1, 5))
    for place in sorted(chosen, key=len, reverse=True):  # the innermost first, while it is there
        inside = run
        for key in place[:-1]:
            inside = inside[key]
        inside[place[-1]] = odd(rng)
    return run


def test_whatever_run_json_holds_there_is_a_report():
    rng = random.Random(11)
    for _ in range(120):
        run = damaged(rng)
        read(render_report(run, example_run()))
        read(render_report(example_run(), run))
        render_card(run).encode("utf-8", "replace")
        assert render_summary(run, "out", color=False).startswith("pagesieve: ")
        assert summary_line(run).isascii()
