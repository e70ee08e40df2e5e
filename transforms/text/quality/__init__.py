"""Quality signals of pages, and the page filters of published corpora over them.

`signals` measures, `judge` compares with the limits of a rule set, `c4_lines` cleans as C4 does.
The same signals can be judged again with other limits without reading the page again.
"""

from transforms.text.quality.c4 import C4Page, c4_lines
from transforms.text.quality.decide import judge
from transforms.text.quality.hosts import host_blocked, read_hosts
from transforms.text.quality.measure import signals
from transforms.text.quality.personal import mask_pii
from transforms.text.quality.rules import RULE_SETS, Rule, RuleSet, Verdict
from transforms.text.quality.word_lists import WordLists, parse_word_lists

__all__ = [
    "RULE_SETS",
    "C4Page",
    "Rule",
    "RuleSet",
    "Verdict",
    "WordLists",
    "c4_lines",
    "host_blocked",
    "judge",
    "mask_pii",
    "parse_word_lists",
    "read_hosts",
    "signals",
]
