"""Quality signals of pages, and the page filters of published corpora over them."""

from transforms.text.quality.c4 import C4Page, c4_lines
from transforms.text.quality.decide import judge
from transforms.text.quality.measure import signals
from transforms.text.quality.rules import RULE_SETS, Rule, RuleSet, Verdict

__all__ = [
    "RULE_SETS",
    "C4Page",
    "Rule",
    "RuleSet",
    "Verdict",
    "c4_lines",
    "judge",
    "signals",
]
