"""The report and the explanation in a real browser: quiet, inert, and usable without a mouse."""

import itertools
import json
import re

import pytest
from browser import Browser, find_browser
from inspect_runs import HOSTILE_URL, write_pages
from inspect_runs import clean as clean_file
from run_example import example_run
from test_report import HOSTILE, with_everywhere

from pipeline.__main__ import main
from pipeline.reporting.report import render_report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="chromium is not installed"),
]
CONTRAST = """
(() => {
  const light = c => {
    const v = c / 255;
    return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  };
  const parse = s => s.match(/[\\d.]+/g).map(Number);
  const level = ([r, g, b]) => .2126 * light(r) + .7152 * light(g) + .0722 * light(b);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const found = {};
  const texts = 'h1,h2,h4,p,.soft,caption,th,td,small,summary,dd,dt,del,ins,li,a,.chart text';
  for (const e of document.querySelectorAll(texts)) {
    if (!e.textContent.trim() || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const inChart = e.closest('svg');
    const fore = level(parse(inChart ? style.fill : style.color));
    const back = level(behind(inChart ? e.closest('figure') : e));
    const ratio = (Math.max(fore, back) + .05) / (Math.min(fore, back) + .05);
    const name = e.tagName + '.' + (e.getAttribute('class') || '');
    found[name] = Math.min(found[name] || 99, ratio);
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def browser():
    one = Browser(find_browser())
    yield one
    one.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Name to path: reports and an explanation, harmless and hostile ones."""
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "report": render_report(example_run(), example_run() | {"languages": {"en": 4, "fr": 9}}),
        "hostile": render_report(
            with_everywhere(" ".join(HOSTILE)), with_everywhere("".join(HOSTILE))
        ),
    }
    for name, html in made.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    out = clean_file(write_pages(folder / "in.jsonl"), folder / "out")
    explain = ["explain", f"--output={out}"]
    assert main([*explain, HOSTILE_URL, f"--html={folder}/explain.html"]) == 0
    assert main([*explain, "https://b.example/news/two", f"--html={folder}/near.html"]) == 0
    return {name: folder / f"{name}.html" for name in (*made, "explain", "near")} | {
        "run": out / "report.html"
    }


@pytest.mark.parametrize("name", ["report", "hostile", "explain", "near", "run"])
def test_it_is_quiet_and_asks_for_nothing(browser, pages, name):
    browser.open(pages[name])
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert browser.complaints() == []
    asked = [url for url in browser.requests() if url != "data:,"]
    assert asked == [f"file://{pages[name]}"]
    assert browser.run("document.scripts.length") == 0
    assert browser.run("document.querySelectorAll('iframe,img,object,embed,form').length") == 0
    assert browser.run(
        "[...document.querySelectorAll('*')].every("
        "e => [...e.attributes].every(a => !a.name.startsWith('on')))"
    )
    assert browser.run("document.title").startswith("pagesieve: ")


def test_a_script_of_a_page_would_not_run_even_if_it_got_in(browser, pages, tmp_path):
    html = pages["report"].read_text(encoding="utf-8")
    bad = (
        "<script>document.title = 'owned'</script><img src=https://evil.example/x onerror=alert(1)>"
    )
    path = tmp_path / "bad.html"
    path.write_text(html.replace("<main", f"{bad}<main", 1), encoding="utf-8")
    browser.open(path)
    assert browser.run("document.title").startswith("pagesieve: ")
    assert browser.complaints()  # it does notice
    assert not [e for e in browser.events if e["method"] == "Page.javascriptDialogOpening"]
    failed = [e for e in browser.events if e["method"] == "Network.loadingFailed"]
    assert all(e["params"].get("blockedReason") == "csp" for e in failed)


@pytest.mark.parametrize("name", ["report", "hostile", "near"])
@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_the_side(browser, pages, name, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.open(pages[name])
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert browser.run("document.documentElement.scrollWidth") <= width
    browser.call("Emulation.clearDeviceMetricsOverride")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report", "near"])
def test_text_can_be_told_from_its_background(browser, pages, name, scheme):
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", features=feature)
    browser.open(pages[name])
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    paper = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (int(re.search(r"\d+", paper)[0]) < 60) is (scheme == "dark")
    ratios = browser.run(CONTRAST)
    assert len(ratios) > 4
    assert {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}
    browser.call("Emulation.setEmulatedMedia", features=[])


def test_keys_are_enough(browser, pages):
    browser.open(pages["report"])
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.textContent") == "Skip to the results"
    assert browser.run("document.activeElement.getBoundingClientRect().left") >= 0
    browser.press("Enter", 13, "\r")
    assert browser.run("location.hash") == "#main"
    opened = "document.activeElement.matches('summary')"
    for _ in range(60):
        browser.press("Tab", 9)
        if browser.run(opened):
            break
    assert browser.run(opened)
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = browser.run("document.activeElement.parentElement.open")
    browser.press("Enter", 13, "\r")
    assert browser.run("document.activeElement.parentElement.open") is not before


@pytest.mark.parametrize("name", ["report", "near"])
def test_a_screen_reader_finds_its_way(browser, pages, name):
    browser.open(pages[name])
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""), node)
        for node in nodes
        if not node.get("ignored") and "role" in node
    ]
    roles = [role for role, _, _ in found]
    assert roles.count("main") == roles.count("banner") == roles.count("contentinfo") == 1
    levels = browser.run(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(e => +e.tagName[1])"
    )
    assert roles.count("heading") == len(levels)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    for role in ("table", "image", "navigation", "region", "link", "heading"):
        assert all(said.strip() for kind, said, _ in found if kind == role), role
    if name == "report":
        assert {"table", "image", "navigation", "region"} <= set(roles)


def test_on_paper_everything_is_unfolded(browser, pages):
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.open(pages["report"])
    hidden = browser.run(
        "[...document.querySelectorAll('blockquote')]"
        ".filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length"
    )
    assert hidden == 0
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_the_largest_possible_report_opens_at_once(browser, tmp_path):
    run = example_run()
    text = "A paragraph of a page, as long as any that a report shows. " * 9
    sample = {"url": "https://a.example/" + "x" * 300, "text": text, "evidence": text}
    run["samples"] = {f"group{i}.rule": [sample] * 5 for i in range(500)}
    run["paragraphs"]["removed"] = {f"group{i}.rule": 9_800_000 - i for i in range(500)}
    run["hosts"] = {f"{i}.example": {"pages": 200_000 - i, "in": 9, "kept": 8} for i in range(500)}
    run["languages"] = {f"x{i}": 90_000 for i in range(200)}
    run["groups"] *= 500
    run["templates"] *= 500
    signals = run["signals"]["words"]
    run["signals"] = json.loads(json.dumps(dict.fromkeys(("words", "chars", "lines"), signals)))
    html = render_report(run, run)
    path = tmp_path / "large.html"
    path.write_text(html, encoding="utf-8")
    assert len(html) < 3_000_000
    browser.open(path)
    entry = "performance.getEntriesByType('navigation')[0]"
    assert browser.run(f"{entry}.loadEventEnd") < 20_000  # milliseconds; 300 when nothing else runs
