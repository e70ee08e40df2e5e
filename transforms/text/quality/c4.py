"""C4's cleaning: lines that go, and the verdict on what is left.

Sources: `clean_page` of TensorFlow Datasets' c4_utils (`c4`) and datatrove 0.10's `C4QualityFilter`
(`c4-datatrove`); Raffel et al. 2020, section 2.2. The page is dropped at the first line that shows
filler text or a curly bracket, and only lines that pass the checks before that are looked at; the
sentences of the lines that stay are counted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.records import Removal
from transforms.text.quality import languages as tongues
from transforms.text.quality.decide import check_overrides, knows
from transforms.text.quality.rules import RULE_SETS, Verdict
from transforms.text.quality.sentences import count_marked, count_sentences

POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_PAGE_CONTENT = ("lorem_ipsum", "curly_brackets")
"""What drops a page when more than so many of its lines show it: none, in the references."""
_EVIDENCE_CHARS = 120


@dataclass(frozen=True, slots=True)
class C4Page:
    """What C4's cleaning makes of one page.

    Attributes:
      removals: number of the paragraph to the reason it goes; rules are `c4.no_end_mark`,
        `c4.too_few_words`, `c4.word_too_long`, `c4.javascript` and `c4.policy`.
      lines: the lines that stay, without citations; meaningless after a verdict on content.
      verdict: why the page is dropped, or None.
    """

    removals: dict[int, Removal]
    lines: tuple[str, ...]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class _Limits:
    rule_set: str
    ends: tuple[str, ...]
    checks_marks: bool
    kind: str
    min_sentences: float
    min_words: float
    max_word_chars: float
    most: Mapping[str, float]


def c4_lines(
    pages: Sequence[Sequence[str]],
    languages: Sequence[str],
    rule_set: str = "c4",
    overrides: Mapping[str, float] | None = None,
) -> list[C4Page]:
    """Applies C4's line and page rules to each page.

    For English the decisions are those of the reference. In other languages a line may end in that
    language's marks too; where sentences or words have no marks between them, the rules that need
    them let pass. A paragraph with line breaks inside goes when none of its lines stays.

    Args:
      pages: the paragraphs of each page.
      languages: ISO 639-1 code of each page, or `und`.
      rule_set: `c4` or `c4-datatrove`.
      overrides: limits, for example `{"c4.min_words_per_line": 3}`.

    Raises:
      ValueError: for another rule set or an unknown limit.
    """
    if rule_set not in {"c4", "c4-datatrove"}:
        raise ValueError(f"line rules belong to c4 and c4-datatrove, not to {rule_set!r}")
    check_overrides(overrides or {})
    known: dict[str, _Limits] = {}
    found = []
    for page, language in zip(pages, languages, strict=True):
        limits = known.get(language)
        if limits is None:
            limits = known[language] = _limits(rule_set, language, overrides or {})
        found.append(_clean(page, limits))
    return found


def _limits(rule_set: str, language: str, overrides: Mapping[str, float]) -> _Limits:
    limit = {
        rule.name: overrides.get(f"{rule_set}.{rule.name}", rule.limit)
        for rule in RULE_SETS[rule_set].rules
        if knows(language, rule.needs)
    }
    code = tongues.base(language)
    quotes = ('"', "'") if rule_set == "c4-datatrove" else ('"',)
    ends = (".", "?", "!", *quotes)
    if code != "en":
        ends = (*ends, *tongues.END_MARKS.get(code, ()), *tongues.CLOSING_QUOTES)
    return _Limits(
        rule_set,
        ends,
        knows(language, "end_marks"),
        code,
        limit.get("min_sentences", 0),
        limit.get("min_words_per_line", 0),
        limit.get("max_word_chars", float("inf")),
        {name: limit[f"max_{name}"] for name in _PAGE_CONTENT},
    )


def _clean(page: Sequence[str], limits: _Limits) -> C4Page:
    removals: dict[int, Removal] = {}
    kept: list[str] = []
    shown = dict.fromkeys(_PAGE_CONTENT, 0)
    for number, paragraph in enumerate(page):
        if (
            limits.checks_marks
            and not paragraph.endswith(limits.ends)
            and paragraph.isprintable()
            and len(paragraph) <= limits.max_word_chars
            and "[" not in paragraph
            and not paragraph.endswith(" ")
        ):  # most lines of most pages: what follows comes to the same, slower
            removals[number] = Removal("c4.no_end_mark", paragraph[-_EVIDENCE_CHARS:])
            continue
        reason = ""
        stayed = len(kept)
        for raw in paragraph.splitlines() or ("",):
            line, reason = _line(raw.strip(), limits)
            while reason in shown:
                shown[reason] += 1
                if shown[reason] > limits.most[reason]:
                    dropped = Verdict(
                        limits.rule_set, f"max_{reason}", shown[reason], limits.most[reason]
                    )
                    return C4Page(removals, tuple(kept), dropped)
                reason = _content(line.lower(), after=reason)
            if not reason:
                kept.append(line)
        if len(kept) == stayed:
            removals[number] = Removal(f"c4.{reason}", _printable(paragraph))
    verdict: Verdict | None = None
    if len(kept) < limits.min_sentences:  # a line that stays has one sentence at least
        count = sum(_sentences(line, limits) for line in kept)
        if count < limits.min_sentences:
            verdict = Verdict(limits.rule_set, "min_sentences", count, limits.min_sentences)
    return C4Page(removals, tuple(kept), verdict)


def _line(line: str, limits: _Limits) -> tuple[str, str]:
    """Returns a line without citations, and why it, or the page with it, goes; "" if it stays."""
    words = -1
    if len(line) > limits.max_word_chars:
        pieces = line.split()
        words = len(pieces)
        if max(map(len, pieces)) > limits.max_word_chars:
            return line, "word_too_long"
    if "[" in line:
        if words < 0 and limits.rule_set == "c4-datatrove":
            words = len(line.split())  # counted before the citations go
        line = _CITATION.sub("", line)
        if limits.rule_set == "c4":
            words = len(line.split())
    reason = ""
    if limits.checks_marks and (not line.endswith(limits.ends) or line.endswith("...")):
        reason = "no_end_mark"
    elif (len(line.split()) if words < 0 else words) < limits.min_words:
        reason = "too_few_words"
    else:
        reason = _content(line.lower())
    return line, reason


def _content(line: str, after: str = "") -> str:
    """Returns what a line in lower case shows, in the order of the reference, or "".

    Args:
      line: in lower case.
      after: what of `_PAGE_CONTENT` it is known to show; only what comes later counts.
    """
    if not after and "lorem ipsum" in line:
        return "lorem_ipsum"
    if after != "curly_brackets":
        if "javascript" in line:
            return "javascript"
        if "{" in line:
            return "curly_brackets"
    suspicious = "cookie" in line or "policy" in line or "terms of use" in line
    if suspicious and any(phrase in line for phrase in POLICY_PHRASES):
        return "policy"
    return ""


def _sentences(line: str, limits: _Limits) -> int:
    if limits.rule_set == "c4":
        return count_sentences(line)
    return count_marked(line, limits.kind)


def _printable(paragraph: str) -> str:
    """The end of a paragraph, as evidence."""
    end = paragraph[-_EVIDENCE_CHARS:]
    if not end.isprintable():
        end = " ".join(end.split())
        if not end.isprintable():
            end = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in end)
    return end
