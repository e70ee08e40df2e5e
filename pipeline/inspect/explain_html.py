"""An explanation as one HTML page, without network or script; markup is the report's."""

from html import escape
from string import Template
from typing import Any, Final

from pipeline.inspect.explain import Explanation, Line
from pipeline.inspect.explain_text import keeper_sentence, page_facts
from pipeline.reporting.printable import visible
from pipeline.reporting.report_markup import (
    code_name,
    foreign,
    marked,
    page,
    style_of,
    template,
)
from pipeline.reporting.run_facts import counted
from pipeline.reporting.wording import group_name, group_of, reason_meaning, rule_meaning

MAX_CHARS: Final = 100_000
"""A longer paragraph is cut."""


def render_page(explanation: Explanation) -> str:
    """Returns the explanation as a page; whatever comes from the page itself is inert."""
    body = "".join(map(_reject, explanation.rejects))
    body += "".join(_line(line, explanation.id) for line in explanation.lines)
    facts = [explanation.id, *page_facts(explanation.record)]
    notes = "".join(
        f'<p class="verdict bad"><strong>Note:</strong> {foreign(note, 600)}</p>'
        for note in explanation.notes
    )
    legend = ""
    if any(line.changes for line in explanation.lines):
        legend = (
            '<p class="soft page"><del>Words only here</del>,'
            " <ins>words only where the text stays</ins>.</p>"
        )
    content = Template(template("explain.html")).substitute(
        run=f"Page of run {foreign(explanation.run, 120)}",
        heading=foreign(explanation.url, 2000),
        lead=_lead(explanation),
        facts=foreign(", ".join(filter(None, facts)), 600),
        notes=notes,
        body=f'{legend}<ol class="page">{body}</ol>',
    )
    title = f"pagesieve: {visible(explanation.url, 120)}"
    return page(title, "Skip to the page", content)


def _lead(explanation: Explanation) -> str:
    removed = explanation.removed
    gone, total = sum(removed.values()), len(explanation.lines)
    said = f"{foreign(explanation.fate[:1].upper() + explanation.fate[1:], 400)}."
    if not total:
        return said
    rules = ", ".join(f"{code_name(rule)} {count:,}" for rule, count in removed.items())
    balance = f"<strong>{total - gone:,} of {counted(total, 'paragraph')}</strong> kept"
    return f"{said} {balance}, {gone:,} removed{f': {rules}' if rules else ''}."


def _line(line: Line, page_id: str) -> str:
    number = "" if line.number < 0 else f"{line.number} "
    if line.receipt is None:
        head = f'<p class="head">{number}<b>kept</b></p>'
        return f"<li>{head}{_text(escape(visible(line.text, MAX_CHARS)))}</li>"
    rule = str(line.receipt["rule"])
    group = group_of(rule)
    meaning = rule_meaning(rule) or group_name(group).lower()
    style = {"fill-comments": "comments", "fill-duplicate": "duplicate", "fill-chrome": "chrome"}
    head = f"{number}<b>removed</b> by {code_name(rule)}: {escape(visible(meaning, 200))}"
    why = f"Because: {foreign(line.receipt.get('evidence', ''))}"
    if line.receipt.get("keeper"):
        why += f"<br>The text {foreign(keeper_sentence(line, page_id), 2400)}"
    text = (
        marked(line.changes, MAX_CHARS) if line.changes else escape(visible(line.text, MAX_CHARS))
    )
    return (
        f'<li class="{style.get(style_of(group), "gone")}"><p class="head">{head}</p>'
        f'{_text(text)}<p class="why">{why}</p></li>'
    )


def _text(inner: str) -> str:
    return f'<p class="text" lang="" dir="auto">{inner}</p>'


def _reject(reject: dict[str, Any]) -> str:
    reason = str(reject.get("reason", ""))
    meaning = reason_meaning(reason)
    head = f"<b>rejected</b>: {code_name(reason)} {escape(meaning)}"
    file = foreign(reject.get("file", ""), 1000, "mono")
    where = f"{file}, offset {foreign(reject.get('offset', 0))}"
    return (
        f'<li class="rejected"><p class="head">{head}</p>'
        f'{_text(escape(visible(reject.get("detail", ""), 400)))}<p class="why">{where}.'
        " <code>pagesieve replay</code> cleans it again after a fix.</p></li>"
    )
