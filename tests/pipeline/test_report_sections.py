"""The sections of the report: that what they say and draw is what the run holds."""

import re

from run_example import example_run
from test_report import read

from pipeline.reporting.report import render_report
from pipeline.reporting.report_charts import Limit, Series, bars_side_by_side, histogram
from pipeline.reporting.report_flow import steps
from pipeline.reporting.run_facts import read_facts
from pipeline.reporting.word_diff import compare


def section(html, name):
    return html[html.index(f'<section id="{name}"') :].partition("</section>")[0]


def shown(html, name):
    return " ".join("".join(read(f"<main>{section(html, name)}</section></main>").text).split())


def test_every_paragraph_leaves_at_one_step():
    run = example_run()
    run["paragraphs"]["removed"] |= {"template.line": 50, "c4.no_end_mark": 40, "odd.rule": 10}
    run["paragraphs"]["dropped"] = {"short": 100, "language": 30, "gopher-quality.min_words": 20}
    run["paragraphs"]["in"] += 150
    run["pages"]["dropped"] |= {"language": 3, "gopher-quality.min_words": 2}
    facts = read_facts(run)
    found = {step.name: step for step in steps(facts)}
    assert list(found) == [
        "Reading",
        "Boilerplate and widgets",
        "Language",
        "Quality",
        "Duplicates",
    ]
    assert sum(s.paragraphs for s in found.values()) == facts.paragraphs_in - facts.paragraphs_kept
    assert found["Boilerplate and widgets"].paragraphs == 3000 + 1000 + 10
    assert (found["Language"].paragraphs, found["Language"].pages) == (30, 3)
    assert (found["Quality"].paragraphs, found["Quality"].pages) == (60, 2)
    assert (found["Duplicates"].paragraphs, found["Duplicates"].pages) == (900 + 50 + 100, 12)
    assert found["Reading"].pages == 8


def test_paragraphs_that_got_lost_have_a_step_of_their_own():
    run = example_run()
    run["paragraphs"]["kept"] -= 7
    (last,) = [step for step in steps(read_facts(run)) if step.name == "Unaccounted for"]
    assert last.paragraphs == 7


def test_copies_show_the_words_that_they_change():
    html = section(render_report(example_run()), "duplicates")
    assert "40 copies" in html
    assert "tables are <del>posted</del><ins>printed</ins> on the first" in html
    assert "5 bits of 64 differ" in html
    assert compare("a", "a") == [("same", "a")]


def test_copies_of_an_earlier_runs_text_are_compared_with_an_exact_one():
    run = example_run()
    (group,) = run["groups"]
    text = group["keeper"].pop("text")
    exact = {"url": "https://c.example/", "text": text, "distance": 0}
    group["variants"].append(exact)
    html = section(render_report(run), "duplicates")
    assert "tables are <del>posted</del><ins>printed</ins> on the first" in html
    assert "https://a.example/tide" in html
    group["variants"].remove(exact)
    html = section(render_report(run), "duplicates")
    assert "tables are posted on the first" in html
    assert "https://a.example/tide" in html


def test_limits_are_drawn_where_they_cut():
    run = example_run()
    dashed = section(render_report(run), "signals")
    assert 'class="fill-limit unapplied"' in dashed
    assert "gopher-quality.min_words: at least 50 (not used)" in dashed
    run["options"] |= {"filters": ["gopher-quality"], "limits": [["gopher-quality.min_words", 75]]}
    run["pages"]["dropped"] = {"gopher-quality.min_words": 12}
    solid = section(render_report(run), "signals")
    assert "unapplied" not in solid
    assert "gopher-quality.min_words</code> 75: 12 pages dropped" in solid
    # 75 is the middle of the third bin, 50 to 100: one of seven of equal width
    bars = re.findall(r'<rect x="([\d.]+)"[^>]* width="([\d.]+)"[^>]*class="fill-kept"', solid)
    line = re.search(r'<rect x="([\d.]+)"[^>]* width="([\d.]+)"[^>]*class="fill-limit"', solid)
    middle = float(line[1]) + float(line[2]) / 2
    assert abs(middle - (float(bars[2][0]) + float(bars[2][1]) / 2)) < 0.1


def test_charts_hold_no_script_style_or_chance():
    series = [
        Series("fill-dropped", [3, 10], ["a", "b"]),
        Series("fill-kept", [1, 9], ["c", "<d>"]),
    ]
    one = histogram(series, [(0, "0"), (1, "5")], [Limit(0.5, "limit", applied=True)])
    assert one == histogram(series, [(0, "0"), (1, "5")], [Limit(0.5, "limit", applied=True)])
    assert not re.search(
        r"<(script|style|defs|desc)|\bid=|style=|http(?!://www\.w3\.org/2000/svg)", one
    )
    assert "<title>&lt;d&gt;</title>" in one
    assert one.count("<rect") == 2 + 4 + 1


def test_then_stands_above_now_with_its_own_length():
    series = [Series("then", [17, 2], ["t17", "t2"]), Series("now", [13, 7], ["n13", "n7"])]
    found = re.findall(
        r'<rect x="[\d.]+" y="([\d.]+)" width="([\d.]+)"[^>]*class="(\w+)"><title>(\w+)<',
        bars_side_by_side(series, ["one", "two"]),
    )
    bars = {title: (float(y), float(width), style) for y, width, style, title in found}
    assert {title: style for title, (_, _, style) in bars.items()} == {
        "t17": "then",
        "t2": "then",
        "n13": "now",
        "n7": "now",
    }
    assert sorted(bars, key=lambda title: bars[title][0]) == ["t17", "n13", "t2", "n7"]
    for title, value in (("t2", 2), ("n13", 13), ("n7", 7)):
        assert abs(bars[title][1] / bars["t17"][1] - value / 17) < 0.01


def test_what_is_new_since_the_other_run():
    run, other = example_run(), example_run()
    run["templates"].append({"pages": 9, "host": "b.example", "text": "All rights reserved by us"})
    other["groups"] = []
    other["languages"] = {"en": 500, "de": 500}
    said = shown(render_report(run, other), "compare")
    assert "New lines of site templates" in said
    assert "All rights reserved by us" in said
    assert "You are here: Home" not in said
    assert "The tide tables are printed on the first of March." in said
    assert "-35.6" in said  # German
    assert "New texts" not in shown(render_report(run, run), "compare")


def test_months_without_pages_stand_in_the_picture_too():
    html = section(render_report(example_run()), "dates")
    assert "2024-02: 0 pages" in html
    assert "1,080 of 1,180 pages that were written have a date." in html
    run = example_run()
    run["months"] = {}
    assert "Pages by year" in section(render_report(run), "dates")


def test_charts_are_drawn_alike_where_lxml_is_installed():
    from pygal.etree import etree

    from pipeline.reporting.report_charts import Series, columns

    one = Series("fill-kept", [1, 2], ["one page", "two pages"])
    drawn = columns(one, ["2023", "2024"])
    assert "<title>two pages</title>" in drawn
    etree.to_lxml()  # what pygal chooses by itself there
    assert columns(one, ["2023", "2024"]) == drawn
