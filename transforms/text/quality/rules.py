"""The page rules of published filters, as tables of limits over signals.

Each set states a published reference with its default limits, in the order in which the reference
applies them, so that the first failing rule is the reference's reason. Sources: the code of
datatrove 0.10 (`gopher-quality`, `gopher-repetition`, `c4-datatrove`, `fineweb`), which follow Rae
et al. 2021 (Gopher), Raffel et al. 2020 (C4) and Penedo et al. 2024 (FineWeb); the code of
TensorFlow Datasets (`c4`).
"""

from dataclasses import dataclass
from typing import Literal

Need = Literal["", "stop_words", "spaces", "end_marks"]
"""What a rule must know of a language; "" for nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit on one signal.

    Attributes:
      name: begins with `min_` or `max_` and ends with the unit.
      signal: name of the signal it looks at.
      limit: a page fails below a `min_` limit or above a `max_` limit; at the limit it passes.
      needs: what must be known of the page's language, else the rule abstains.
      reason: the reference's name for this reason.
    """

    name: str
    signal: str
    limit: float
    needs: Need = ""
    reason: str = ""

    def fails(self, value: float, limit: float) -> bool:
        """Returns whether a page with this value fails at this limit."""
        return value < limit if self.name.startswith("min_") else value > limit


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that are applied together, in order.

    Attributes:
      name: how users call it.
      source: the reference whose decisions it reproduces, with its version.
      rules: page rules in the order of the reference.
    """

    name: str
    source: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a page is dropped.

    Attributes:
      rule_set: for example `gopher-quality`.
      rule: the failing rule, for example `min_words`.
      value: what was measured.
      threshold: the limit it was compared with.
    """

    rule_set: str
    rule: str
    value: float
    threshold: float


_DATATROVE = "datatrove 0.10, default parameters"

GOPHER_QUALITY = RuleSet(
    "gopher-quality",
    _DATATROVE,
    (
        Rule("min_words", "words", 50, "spaces", "gopher_short_doc"),
        Rule("max_words", "words", 100_000, "spaces", "gopher_long_doc"),
        Rule("min_mean_word_chars", "mean_word_chars", 3, "spaces", "gopher_below_avg_threshold"),
        Rule("max_mean_word_chars", "mean_word_chars", 10, "spaces", "gopher_above_avg_threshold"),
        Rule("max_hashes_per_token", "hashes_per_token", 0.1, "spaces", "gopher_too_many_hashes"),
        Rule(
            "max_ellipses_per_token",
            "ellipses_per_token",
            0.1,
            "spaces",
            "gopher_too_many_ellipsis",
        ),
        Rule("max_bullet_line_share", "bullet_line_share", 0.9, "", "gopher_too_many_bullets"),
        Rule(
            "max_ellipsis_line_share",
            "ellipsis_line_share",
            0.3,
            "",
            "gopher_too_many_end_ellipsis",
        ),
        Rule(
            "min_alpha_token_share",
            "alpha_token_share",
            0.8,
            "spaces",
            "gopher_below_alpha_threshold",
        ),
        Rule("min_stop_words", "stop_words", 2, "stop_words", "gopher_enough_stop_words"),
    ),
)

GOPHER_REPETITION = RuleSet(
    "gopher-repetition",
    _DATATROVE,
    (
        Rule("min_chars", "chars", 1, "", "empty"),
        Rule("max_dup_block_share", "dup_block_share", 0.3, "", "dup_para_frac"),
        Rule("max_dup_block_char_share", "dup_block_char_share", 0.2, "", "dup_para_char_frac"),
        Rule("max_dup_line_share", "dup_line_share", 0.3, "", "dup_line_frac"),
        Rule("max_dup_line_char_share", "dup_line_char_share", 0.2, "", "dup_line_char_frac"),
        *(
            Rule(
                f"max_top_{n}_gram_chars_per_char",
                f"top_{n}_gram_chars_per_char",
                limit,
                "spaces",
                f"top_{n}_gram",
            )
            for n, limit in ((2, 0.2), (3, 0.18), (4, 0.16))
        ),
        *(
            Rule(
                f"max_dup_{n}_gram_char_share",
                f"dup_{n}_gram_char_share",
                limit,
                "spaces",
                f"duplicated_{n}_n_grams",
            )
            for n, limit in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
        ),
    ),
)

FINEWEB = RuleSet(
    "fineweb",
    _DATATROVE,
    (
        Rule("min_lines", "lines", 1, "", "empty"),
        Rule(
            "min_end_mark_line_share", "end_mark_line_share", 0.12, "end_marks", "line_punct_ratio"
        ),
        Rule("max_short_line_share", "short_line_share", 0.67, "", "short_line_ratio"),
        Rule("max_dup_char_share", "dup_char_share", 0.01, "", "char_dup_ratio"),
        Rule("max_newlines_per_token", "newlines_per_token", 0.3, "spaces", "list_ratio"),
    ),
)


def _c4(name: str, source: str, sentences: int, words: int) -> RuleSet:
    return RuleSet(
        name,
        source,
        (
            Rule("max_lorem_ipsum", "lorem_ipsum", 0, "", "lorem_ipsum"),
            Rule("max_curly_brackets", "curly_brackets", 0, "", "curly_bracket"),
            Rule("min_sentences", "sentences", sentences, "end_marks", "too_few_sentences"),
            Rule("min_words_per_line", "", words, "spaces"),
            Rule("max_word_chars", "", 1000, "spaces"),
        ),
    )


RULE_SETS: dict[str, RuleSet] = {
    rule_set.name: rule_set
    for rule_set in (
        GOPHER_QUALITY,
        GOPHER_REPETITION,
        _c4("c4", "TensorFlow Datasets, c4_utils.clean_page", 3, 5),
        _c4("c4-datatrove", _DATATROVE, 5, 3),
        FINEWEB,
    )
}
"""Every rule set by its name."""
