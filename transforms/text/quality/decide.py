"""Decides which pages to keep, from their signals and the limits of the rule sets."""

import math
from collections.abc import Mapping, Sequence

from transforms.text.quality import languages as tongues
from transforms.text.quality.rules import RULE_SETS, Need, Rule, Verdict

_BY_LINE = frozenset({"c4", "c4-datatrove"})
"""Rule sets that read the lines themselves; the others need the signals only."""


def check_overrides(overrides: Mapping[str, float]) -> None:
    """Raises ValueError for an override of no known limit, or of no finite value."""
    known = {f"{s.name}.{rule.name}" for s in RULE_SETS.values() for rule in s.rules}
    for name, value in overrides.items():
        if name not in known:
            rule_set = name.partition(".")[0]
            near = sorted(k for k in known if k.startswith(f"{rule_set}."))
            raise ValueError(
                f"no limit {name!r}; "
                + (
                    f"{rule_set} has {', '.join(near)}"
                    if near
                    else f"rule sets: {', '.join(RULE_SETS)}"
                )
            )
        if not math.isfinite(value):
            raise ValueError(f"the limit {name} must be a finite number, got {value}")


def knows(language: str, need: Need) -> bool:
    """Returns whether there is what a rule needs to know of a language."""
    code = tongues.base(language)
    if need == "stop_words":
        return code in tongues.STOP_WORDS
    if need == "spaces":
        return code not in tongues.WITHOUT_SPACES
    if need == "end_marks":
        return code not in tongues.WITHOUT_END_MARKS
    return True


def judge(
    pages: Sequence[Sequence[str]],
    languages: Sequence[str],
    signals: Sequence[Mapping[str, float]],
    rule_sets: Sequence[str],
    overrides: Mapping[str, float] | None = None,
) -> list[Verdict | None]:
    """Returns for each page the first rule it fails, or None to keep it.

    For `c4` and `c4-datatrove` this is the page verdict of `c4_lines`.

    Each rule set looks at the page as it is given; a rule that knows too little of the page's
    language lets it pass.

    Args:
      pages: the paragraphs of each page.
      languages: ISO 639-1 code of each page, or `und`.
      signals: what `signals` measured on the same pages.
      rule_sets: names of rule sets, applied in this order.
      overrides: limits by `rule_set.rule`, for example `gopher-quality.min_words`.

    Raises:
      ValueError: for an unknown rule set or limit, or if the lengths differ.
    """
    overrides = overrides or {}
    check_overrides(overrides)
    for name in rule_sets:
        if name not in RULE_SETS:
            raise ValueError(f"no rule set {name!r}; there are {', '.join(RULE_SETS)}")
    plans: dict[tuple[str, str], list[tuple[Rule, float]]] = {}
    verdicts: list[Verdict | None] = [None] * len(pages)
    if not len(pages) == len(languages) == len(signals):
        raise ValueError(f"{len(pages)} pages, {len(languages)} languages, {len(signals)} signals")
    for name in rule_sets:
        open_pages = [i for i, verdict in enumerate(verdicts) if verdict is None]
        if name in _BY_LINE:
            from transforms.text.quality.c4 import c4_lines

            chosen = [pages[i] for i in open_pages]
            tongue = [languages[i] for i in open_pages]
            for i, page in zip(open_pages, c4_lines(chosen, tongue, name, overrides), strict=True):
                verdicts[i] = page.verdict
            continue
        for i in open_pages:
            key = (name, languages[i])
            if key not in plans:
                plans[key] = [
                    (rule, overrides.get(f"{name}.{rule.name}", rule.limit))
                    for rule in RULE_SETS[name].rules
                    if knows(languages[i], rule.needs)
                ]
            verdicts[i] = _first_failure(name, signals[i], plans[key])
    return verdicts


def _first_failure(
    name: str, measured: Mapping[str, float], plan: Sequence[tuple[Rule, float]]
) -> Verdict | None:
    for rule, limit in plan:
        value = measured[rule.signal]
        if rule.fails(value, limit):
            return Verdict(name, rule.name, value, limit)
    return None
