"""The report's sections on what was removed: rules with samples, duplicates, templates."""

from collections.abc import Mapping
from html import escape
from typing import Any, Final

from pipeline.reporting.printable import visible
from pipeline.reporting.report_markup import (
    bar,
    changes,
    code_name,
    count_cell,
    foreign,
    quote,
    style_of,
    table,
)
from pipeline.reporting.run_facts import (
    RunFacts,
    counted,
    mapping,
    number,
    rows,
    share,
)
from pipeline.reporting.wording import group_name, group_of, rule_meaning

MAX_RULES: Final = 100
MAX_SAMPLES: Final = 5
_FIRST: Final = 12
MAX_GROUPS: Final = 20
MAX_VARIANTS: Final = 5
MAX_TEMPLATES: Final = 20


def render_removals(run: Mapping[str, Any], facts: RunFacts) -> str:
    """Returns each rule that removed anything, with samples that unfold."""
    if not facts.removed:
        return "<p>Nothing was removed.</p>"
    samples = mapping(run.get("samples"))
    largest = max(facts.removed.values())
    shown = list(facts.removed.items())[:MAX_RULES]
    drawn = [
        unfolding(
            rule,
            rule_meaning(rule) or group_name(group_of(rule)),
            (count, facts.paragraphs_in, largest),
            style_of(group_of(rule)),
            rows(samples.get(rule))[:MAX_SAMPLES],
        )
        for rule, count in shown
    ]
    total = sum(count for _, count in shown[_FIRST:])
    rest = f"{counted(len(drawn[_FIRST:]), 'more rule')} that removed {counted(total, 'paragraph')}"
    more = len(facts.removed) - len(shown)
    note = f"<p>{counted(more, 'more rule')} not shown.</p>" if more > 0 else ""
    return (
        "<p>Each rule with the paragraphs that it removed, and their share of all that came in."
        f" Unfold one to read what it took.</p>{folded(drawn, rest)}{note}"
    )


def folded(drawn: list[str], rest: str) -> str:
    """Returns a list of which only the first items are unfolded.

    Args:
      drawn: the items, as HTML.
      rest: what to call the others: text.
    """
    body = f'<div class="rules">{"".join(drawn[:_FIRST])}</div>'
    if len(drawn) > _FIRST:
        body += (
            f"<details><summary>{escape(rest)}</summary>"
            f'<div class="rules">{"".join(drawn[_FIRST:])}</div></details>'
        )
    return body


def unfolding(
    name: str,
    meaning: str,
    figures: tuple[int, int, int],
    style: str,
    samples: list[Mapping[str, Any]],
) -> str:
    """Returns a line with a count and a bar, under which samples unfold.

    Args:
      name: of a rule or a reason.
      meaning: in a few words.
      figures: the count, what it is a share of, and the largest count of the list.
      style: the colour class of the bar.
      samples: removed paragraphs.
    """
    count, whole, largest = figures
    summary = (
        f'<span class="name">{code_name(name)}<br><small>{escape(meaning)}</small></span>'
        f'<span class="n">{count:,} <small>{share(count, whole)}</small></span>'
        f"{bar(count, largest, style)}"
    )
    if not samples:
        return f'<div class="rule">{summary}</div>'
    return (
        f'<details><summary class="rule">{summary}</summary>'
        f'<ul class="samples">{"".join(map(render_sample, samples))}</ul></details>'
    )


def render_sample(sample: Mapping[str, Any]) -> str:
    """Returns one removed paragraph, with where and why."""
    lines = [f"On {foreign(sample.get('url', ''), 200, 'mono')}"]
    if sample.get("evidence"):
        lines.append(f"Because: {foreign(sample['evidence'], 240)}")
    keeper = mapping(sample.get("keeper"))
    if keeper:
        lines.append(f"The text stays on {foreign(keeper.get('url', ''), 200, 'mono')}")
    text = escape(visible(sample.get("text", ""), 500))
    return f"<li>{quote(text)}{''.join(f'<p>{line}</p>' for line in lines)}</li>"


def render_duplicates(run: Mapping[str, Any], facts: RunFacts) -> str:
    """Returns the largest groups of duplicates, with the words marked that their copies change."""
    groups = [one for one in rows(run.get("groups"))[:MAX_GROUPS] if number(one.get("copies"))]
    if not groups:
        return ""
    removed = sum(n for rule, n in facts.removed.items() if group_of(rule) == "duplicate")
    body = folded(
        list(map(_group, groups)), f"{counted(len(groups[_FIRST:]), 'more text')} with copies"
    )
    return (
        f"<p>{counted(removed, 'paragraph')} went because their text stands elsewhere. These are"
        " the texts with the most copies; unfold one to see where it stays and which"
        " words its copies change: <del>only in the copy</del>, <ins>only where the text"
        f" stays</ins>. Long texts are cut.</p>{body}"
    )


def _group(group: Mapping[str, Any]) -> str:
    keeper, copies = mapping(group.get("keeper")), number(group.get("copies"))
    variants = rows(group.get("variants"))[:MAX_VARIANTS]
    base = _text_that_stays(keeper, variants)
    first = base or (str(variants[0].get("text", "")) if variants else "")
    where = f"Stays on {foreign(keeper.get('url', ''), 200, 'mono')}"
    text = quote(escape(visible(base, 500))) if base else ""
    shown = [f"<li>{text}<p>{where}</p></li>"]
    same = 0
    for variant in variants:
        text = str(variant.get("text", ""))
        if text == base:
            same += 1
            continue
        bits = number(variant.get("distance"))
        found = f"Removed on {foreign(variant.get('url', ''), 200, 'mono')}"
        near = f", {counted(bits, 'bit')} of 64 differ" if bits else ""
        shown.append(f"<li>{quote(changes(text, base))}<p>{found}{near}</p></li>")
    if same and not shown[1:]:
        shown.append("<li><p>All copies that were looked at are word for word the same.</p></li>")
    return (
        '<details><summary class="rule group">'
        f'<span class="n">{counted(copies, "copy", "copies")}</span>'
        f'<bdi lang="">{escape(visible(first, 120))}</bdi></summary>'
        f'<ul class="samples">{"".join(shown)}</ul></details>'
    )


def _text_that_stays(keeper: Mapping[str, Any], variants: list[Mapping[str, Any]]) -> str:
    """Returns the keeper's text; that of an exact copy where an earlier run has the keeper."""
    text = keeper.get("text")
    if isinstance(text, str):
        return text
    exact = (one for one in variants if one.get("distance") == 0)
    return str(next(exact, {}).get("text", ""))


def render_templates(run: Mapping[str, Any], facts: RunFacts) -> str:
    """Returns the lines that stood on most pages of their host."""
    found = rows(run.get("templates"))[:MAX_TEMPLATES]
    if not found:
        return ""
    body = [
        (
            ("", foreign(one.get("host", ""), 100)),
            count_cell(number(one.get("pages"))),
            ("wide", f'<bdi lang="">{escape(visible(one.get("text", ""), 200))}</bdi>'),
        )
        for one in found
    ]
    total = facts.removed.get("template.line", 0)
    return (
        f"<p>{counted(total, 'paragraph')} went because the same line stands on many pages of its"
        " host. The widest:</p>"
        f"{table('Lines of site templates', ('Host', '#Pages', 'Line'), body)}"
    )
