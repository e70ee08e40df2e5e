"""What every step of the graph must have: it reaches a worker, and wrong types are found early."""

from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.ptransform import PTransform
from apache_beam.typehints import TypeCheckError

from pipeline.clean import CleanPages
from pipeline.config import CleanConfig, RunSettings
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.plan import InputFile, Piece, Shard
from pipeline.inputs.read_pages import ReadPages
from pipeline.outputs.write_page import OutputOptions
from pipeline.outputs.write_records import WriteRecords
from pipeline.spill_shards import SpillShards
from pipeline.work import WorkFolder
from transforms.detect_language import DetectLanguage
from transforms.extract_text import ExtractText
from transforms.fingerprint_paragraphs import DedupRules, FingerprintParagraphs
from transforms.strip_widgets import StripWidgets

WORK = WorkFolder("/nowhere.work", "/nowhere.work/out")
SHARDS = [
    Shard(n, f"s{n}", (Piece(InputFile(f"/in/{n}.txt", 5, "1", "txt", "none")),), 5) for n in (0, 1)
]


class Collected(PipelineVisitor):
    """All steps of a graph, and the types of what flows between them."""

    def __init__(self):
        self.transforms, self.types = {}, {}

    def enter_composite_transform(self, node):
        if node.full_label:
            self.transforms[node.full_label] = node.transform

    def visit_transform(self, node):
        self.transforms[node.full_label] = node.transform

    def visit_value(self, value, producer):
        self.types[producer.full_label, str(value.tag)] = value.element_type


def graph_of(**options):
    config = CleanConfig(added="2024-01-01T00:00:00.000Z", run_name="r", **options)
    settings = RunSettings(workers=2, memory_per_worker=1 << 24, work=WORK.root, progress_folder="")
    pipeline = beam.Pipeline(
        runner=FnApiRunner(), options=PipelineOptions([], pipeline_type_check=True)
    )
    pipeline | CleanPages(SHARDS, config, settings, WORK)
    collected = Collected()
    pipeline.visit(collected)
    return collected


def ours(thing):
    return type(thing).__module__.startswith(("pipeline", "transforms"))


@pytest.fixture(scope="module")
def graph():
    return graph_of()


def test_every_function_of_ours_reaches_a_worker(graph):
    fns = {
        label: transform.fn
        for label, transform in graph.transforms.items()
        if isinstance(transform, beam.ParDo) and ours(transform.fn)
    }
    names = {type(fn).__name__ for fn in fns.values()}
    assert {"_ReadFn", "_ExtractFn", "_StripFn", "_DetectFn", "_SpillFn", "_WriteFn"} <= names
    for label, fn in fns.items():
        back = pickler.loads(pickler.dumps(fn))
        assert type(back) is type(fn), label
        assert set(vars(back)) == set(vars(fn)), label
        assert pickler.loads(pickler.dumps(back)) is not fn


def test_every_step_of_ours_can_be_stored(graph):
    steps = {label: step for label, step in graph.transforms.items() if ours(step)}
    named = {type(step).__name__ for step in steps.values()}
    assert {"CleanPages", "ReadPages", "ExtractText", "StripWidgets", "WriteRecords"} <= named
    for label, step in steps.items():
        back = pickler.loads(pickler.dumps(step))
        assert isinstance(back, PTransform), label
        assert type(back) is type(step), label


def test_nothing_between_our_steps_is_untyped(graph):
    step = {label: kind for (label, _), kind in graph.types.items()}
    shown = {label.rsplit("/", 1)[-1]: str(kind) for label, kind in step.items()}
    assert "RawBatch" in shown["Read"]
    for name in ("Extract", "Strip", "Detect", "Fingerprint"):
        assert "PageBatch" in shown[name], name
    assert "Counts" in shown["Write"]
    inner = ("/Distribute/", "/SumCounts/", "/SumTotals/", "Group", "/NoAnswer", "/AsSingleton")
    untyped = [
        (label, kind)
        for label, kind in step.items()
        if kind is Any and not any(part in label for part in inner)
    ]
    assert untyped == []


@pytest.mark.parametrize("dedup", ["corpus", "page", "none"])
def test_the_search_is_in_the_graph_where_it_is_asked_for(dedup):
    labels = graph_of(dedup=dedup).transforms
    assert any("Search" in label for label in labels) == (dedup == "corpus")
    assert any(label.endswith("/Write") for label in labels)


@pytest.mark.parametrize(
    "step",
    [
        ReadPages(ReadOptions(), WORK),
        ExtractText(),
        StripWidgets(),
        DetectLanguage(),
        FingerprintParagraphs(DedupRules()),
        SpillShards(WORK),
        WriteRecords(OutputOptions(added="", run="r"), WORK),
    ],
    ids=lambda step: type(step).__name__,
)
def test_wrong_elements_are_refused_when_the_graph_is_built(step):
    pipeline = beam.Pipeline(
        runner=FnApiRunner(), options=PipelineOptions([], pipeline_type_check=True)
    )
    words = pipeline | beam.Create(["no such element"])
    with pytest.raises(TypeCheckError, match=f"violation at {type(step).__name__}"):
        words | step
