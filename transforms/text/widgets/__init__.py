"""Comment widgets and boilerplate in plain text: which lines of a page go, and why.

`find_widgets` and, for lines that were judged in a DOM before, `find_phrases` are the whole
interface of the judge of text; `SYSTEMS` is the table that the HTML
extractor shares. See `docs/widgets.md`.
"""

from transforms.text.widgets.judge import RULES_VERSION, find_phrases, find_widgets
from transforms.text.widgets.systems import GROUPS, SYSTEMS, System

__all__ = ["GROUPS", "RULES_VERSION", "SYSTEMS", "System", "find_phrases", "find_widgets"]
