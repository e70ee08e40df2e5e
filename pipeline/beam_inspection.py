"""Beam's look at the signatures of DoFns, each method looked at once.

Beam asks for the parameters of all thirty methods of each DoFn at each step of building,
translating and starting a graph: eleven thousand times for ours, nearly all of them methods that
its own classes define. It looks through them for states and timers six times. What a function's
parameters are does not change, and neither does what methods a DoFn has.
"""

import types
from typing import Any
from weakref import WeakKeyDictionary

_Parameters = tuple[list[str], list[Any]]
_Specs = tuple[set[Any], set[Any]]


def inspect_once() -> None:
    """Has Beam remember the parameters of its own methods, and states and timers of each DoFn.

    The parameters of all other functions it looks at each time, as always. May be called again.
    """
    _remember_parameters()
    _remember_specs()


def _remember_specs() -> None:
    from apache_beam.transforms import userstate

    ask = userstate.get_dofn_specs
    if getattr(ask, "remembers", False):
        return
    known: WeakKeyDictionary[Any, _Specs] = WeakKeyDictionary()

    def get_dofn_specs(dofn: Any) -> _Specs:
        own_hash: Any = type(dofn).__hash__
        if own_hash is not object.__hash__:  # it may be equal to another
            return ask(dofn)
        if (found := known.get(dofn)) is None:
            found = known[dofn] = ask(dofn)
        states, timers = found
        return states.copy(), timers.copy()

    get_dofn_specs.remembers = True  # type: ignore[attr-defined]  # our own mark
    userstate.get_dofn_specs = get_dofn_specs


def _remember_parameters() -> None:
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
