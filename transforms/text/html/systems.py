"""Widget systems by id and class: the hook for a table of known systems."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

System = tuple[str, ...]
"""A rule's name and its patterns, e.g. `("comments.wordpress", "#comments", ".comment-list")`.

`#name` is an id, `.name` a class, `name` either; a `*` at the end stands for any rest. Upper and
lower case are the same."""


_PREFIX_SELECTOR = re.compile(r"""\[(id|class)\^=["']?([^"'\]]+)["']?\]""")


def from_selectors(rule: str, selectors: Sequence[str]) -> System:
    """A system from CSS selectors.

    Args:
      rule: the rule's name, `group.name`.
      selectors: `#id`, `.class`, `[id^="x"]` and `[class^="x"]`, the last for any of an element's
        classes; all other selectors, such as `tag.class`, are left out.
    """
    patterns = []
    for selector in selectors:
        found = _PREFIX_SELECTOR.fullmatch(selector)
        if found:
            patterns.append(f"{'#' if found[1] == 'id' else '.'}{found[2]}*")
        elif re.fullmatch(r"[#.][\w-]+", selector):
            patterns.append(selector)
    return (rule, *patterns)


@dataclass(frozen=True, slots=True)
class Systems:
    """Patterns ready for look-up.

    Attributes:
      exact: `#id` and `.class` to rule.
      prefixes: beginning of `#id` or `.class`, and its rule.
    """

    exact: dict[str, str]
    prefixes: tuple[tuple[str, str], ...]

    def find(self, class_names: str, identifier: str) -> tuple[str, str] | None:
        """The first rule that an element's class or id falls under.

        Args:
          class_names: the class attribute.
          identifier: the id attribute.

        Returns:
          The rule's name and the `#id` or `.class` that it hit; None without a hit.
        """
        names = [f"#{identifier.lower()}"] if identifier else []
        names += [f".{name}" for name in class_names.lower().split()]
        for name in names:
            rule = self.exact.get(name)
            if rule:
                return rule, name
            for prefix, rule in self.prefixes:
                if name.startswith(prefix):
                    return rule, name
        return None


def compile_systems(systems: Sequence[System]) -> Systems:
    """Make patterns ready for look-up; the same table is compiled once.

    Args:
      systems: rule names with their patterns; earlier ones win.

    Raises:
      ValueError: a rule is not `group.name`, or a pattern is empty or has `*` before its end.
    """
    return _compile(tuple(tuple(system) for system in systems))


@lru_cache(maxsize=8)
def _compile(systems: tuple[System, ...]) -> Systems:
    exact: dict[str, str] = {}
    prefixes: list[tuple[str, str]] = []
    for rule, *patterns in systems:
        if "." not in rule.strip("."):
            raise ValueError(f"a rule is named group.name, not {rule!r}")
        for pattern in patterns:
            if not pattern.strip("#.*") or "*" in pattern[:-1]:
                raise ValueError(f"{rule}: {pattern!r} is not an id or class pattern")
            marks = (pattern[0],) if pattern[0] in "#." else ("#", ".")
            name = pattern.lstrip("#.").lower()
            for mark in marks:
                if name.endswith("*"):
                    prefixes.append((mark + name[:-1], rule))
                else:
                    exact.setdefault(mark + name, rule)
    return Systems(exact, tuple(prefixes))
