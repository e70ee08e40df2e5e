"""What Beam is told about the parameters of methods is what it would find by itself."""

import apache_beam as beam
import pytest
from apache_beam.transforms import core, userstate
from apache_beam.transforms.userstate import BagStateSpec

from pipeline.beam_inspection import inspect_once

_LOOK = core.get_function_args_defaults
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
    inspect_once()
    assert core.get_function_args_defaults is not _LOOK


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


def test_it_remembers_once():
    first = core.get_function_args_defaults
    inspect_once()
    assert core.get_function_args_defaults is first
