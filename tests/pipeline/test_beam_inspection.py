"""What Beam is told about the parameters of methods is what it would find by itself."""

import weakref

import apache_beam as beam
import pytest
from apache_beam.transforms import core, userstate
from apache_beam.transforms.userstate import BagStateSpec

from pipeline.beam_inspection import inspect_once

_LOOK = core.get_function_args_defaults
_SPECS = userstate.get_dofn_specs
_STATE = BagStateSpec("seen", beam.coders.BytesCoder())


class Plain(beam.DoFn):
    def process(self, element, *more, window=beam.DoFn.WindowParam, **named):
        yield element, more, window, named


class Stateful(beam.DoFn):
    def process(self, element, seen=beam.DoFn.StateParam(_STATE)):
        seen.add(element)


class Doubling(beam.DoFn):
    def process(self, element):
        yield element

    def start_bundle(self, extra=beam.DoFn.StateParam(_STATE), again=beam.DoFn.StateParam(_STATE)):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def remembering(monkeypatch):
    monkeypatch.setattr(core, "get_function_args_defaults", _LOOK)
    monkeypatch.setattr(userstate, "get_dofn_specs", _SPECS)
    inspect_once()
    assert core.get_function_args_defaults is not _LOOK
    assert userstate.get_dofn_specs is not _SPECS


def fns():
    by_callable = [beam.Map(lambda x, y=1: (x, y)), beam.FlatMap(str.split), beam.Filter(bool)]
    return [Plain(), Stateful(), Doubling(), *(transform.fn for transform in by_callable)]


@pytest.mark.parametrize("fn", fns(), ids=lambda fn: type(fn).__name__)
def test_each_method_has_the_parameters_that_beam_finds(fn):
    methods = [m for name in dir(fn) if callable(m := getattr(fn, name)) and name[:2] != "__"]
    assert len(methods) > 20
    for method in methods * 2:  # found first, then remembered
        assert core.get_function_args_defaults(method) == _LOOK(method), method


def test_what_one_caller_does_to_an_answer_reaches_no_other():
    fn = Plain()
    before = core.get_function_args_defaults(fn.default_type_hints)
    core.get_function_args_defaults(fn.get_type_hints)[0].append("more")
    core.get_function_args_defaults(fn.default_type_hints)[1].append("more")
    assert core.get_function_args_defaults(fn.get_type_hints) == _LOOK(fn.get_type_hints)
    assert core.get_function_args_defaults(fn.default_type_hints) == before


def test_a_method_given_for_a_method_of_beams_is_seen(monkeypatch):
    def setup(self, late=1):
        raise NotImplementedError

    assert core.get_function_args_defaults(Plain().setup) == ([], [])
    monkeypatch.setattr(beam.DoFn, "setup", setup)
    assert core.get_function_args_defaults(Plain().setup) == (["late"], [1])


def test_state_is_still_found_and_still_checked():
    assert userstate.get_dofn_specs(Plain()) == (set(), set())
    assert userstate.get_dofn_specs(Stateful()) == ({_STATE}, set())
    with pytest.raises(ValueError, match="duplicate start_bundle"):
        userstate.get_dofn_specs(Doubling())


def test_states_and_timers_are_looked_for_once_and_each_caller_gets_its_own(monkeypatch):
    asked = []
    monkeypatch.setattr(userstate, "get_dofn_specs", lambda fn: asked.append(fn) or _SPECS(fn))
    inspect_once()
    for fn in fns()[:2]:
        asked.clear()
        userstate.get_dofn_specs(fn)[0].clear()
        assert userstate.get_dofn_specs(fn) == _SPECS(fn)
        assert userstate.is_stateful_dofn(fn) is isinstance(fn, Stateful)
        assert asked == [fn]


def test_dofns_that_call_themselves_equal_are_told_apart():
    class Equal(beam.DoFn):
        def __eq__(self, other):
            return isinstance(other, Equal)

        def __hash__(self):
            return 1

    class Other(Equal):
        def process(self, element, seen=beam.DoFn.StateParam(_STATE)):
            seen.add(element)

    assert userstate.get_dofn_specs(Equal()) == (set(), set())
    assert userstate.get_dofn_specs(Other()) == ({_STATE}, set())


def test_what_is_remembered_of_a_dofn_goes_with_it():
    fn = Plain()
    userstate.get_dofn_specs(fn)
    there = weakref.ref(fn)
    del fn
    assert there() is None


def test_it_remembers_once():
    first = core.get_function_args_defaults, userstate.get_dofn_specs
    inspect_once()
    assert (core.get_function_args_defaults, userstate.get_dofn_specs) == first
