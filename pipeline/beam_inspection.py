"""Beam's look at the signatures of DoFns, each method looked at once.

Beam asks for the parameters of all thirty methods of each DoFn at each step of building,
translating and starting a graph: eleven thousand times for ours, nearly all of them methods that
its own classes define. What a function's parameters are does not change.
"""

import types
from typing import Any

_Parameters = tuple[list[str], list[Any]]


def inspect_once() -> None:
    """Has Beam remember the parameters of the methods that its own modules define.

    Those of all other functions it looks at each time, as always. May be called again.
    """
    from apache_beam.transforms import core

    ask = core.get_function_args_defaults
    if getattr(ask, "remembers", False):
        return
    known: dict[Any, _Parameters] = {}

    def get_function_args_defaults(f: Any) -> _Parameters:
        if not isinstance(f, types.MethodType):
            return ask(f)
        function = f.__func__
        if (found := known.get(function)) is None:
            found = ask(f)
            if not (
                isinstance(function, types.FunctionType)
                and function.__module__.startswith("apache_beam.")
            ):
                return found
            known[function] = found
        names, defaults = found
        return names[:], defaults[:]

    get_function_args_defaults.remembers = True  # type: ignore[attr-defined]  # our own mark
    core.get_function_args_defaults = get_function_args_defaults
