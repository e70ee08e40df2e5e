"""Which removal rules are switched on."""

from collections.abc import Sequence


class RuleSelection:
    """Answers whether a rule is on.

    Args:
      tokens: names of rules (`comments.blogger`) or groups (`comments`), `all` or `none`; one with
        a minus is switched off. The later token wins. A selection that starts with a minus starts
        from all.
      groups: all groups; a token of no group is an error. Without any, every token passes.

    Raises:
      ValueError: for a name of no group, with the groups.
    """

    def __init__(self, tokens: Sequence[str], groups: Sequence[str] = ()) -> None:
        for token in tokens:
            name = token.removeprefix("-")
            if groups and name.partition(".")[0] not in {"all", "none", *groups}:
                raise ValueError(
                    f"--rules: no rule or group is called {name!r}; groups are "
                    f"{', '.join(sorted(groups))}"
                )
        self._tokens = tuple(tokens)
        self._answers: dict[str, bool] = {}

    @property
    def everything(self) -> bool:
        """Whether no rule can be off."""
        return self._tokens == ("all",)

    def __contains__(self, rule: str) -> bool:
        """Says whether the rule is on."""
        answer = self._answers.get(rule)
        if answer is None:
            answer = self._answers[rule] = self._decide(rule)
        return answer

    def _decide(self, rule: str) -> bool:
        on = bool(self._tokens) and self._tokens[0].startswith("-")
        group = rule.partition(".")[0]
        for token in self._tokens:
            off = token.startswith("-")
            name = token.removeprefix("-")
            if name in ("all", group, rule):
                on = not off
            elif name == "none":
                on = off
        return on
