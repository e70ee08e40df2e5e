"""What is shuffled: pointers and counts, by keys whose bytes never vary; never pages."""

import json
import os
import pickle
import shutil

import apache_beam as beam
import pytest
from apache_beam import coders
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import PipelineVisitor
from apache_beam.portability import common_urns
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.clean import CleanPages
from pipeline.config import CleanConfig, RunSettings
from pipeline.inputs.plan import plan
from pipeline.work import WorkFolder
from transforms.records import Page, PageBatch, RawBatch, RawPage

PARAGRAPH = "Every word of this paragraph stays in the files of its shard. " * 8
"""Longer than the examples that the report shows, which travel with the counts."""

MOST_BYTES = 128_000
"""Of an element that is shuffled: pointers, a shard's rows counted by bin, or its other counts."""


class _Groups(PipelineVisitor):
    """All places where elements are grouped by key."""

    def __init__(self):
        self.inputs = {}

    def enter_composite_transform(self, node):
        self.visit_transform(node)

    def visit_transform(self, node):
        if isinstance(node.transform, beam.GroupByKey):
            (self.inputs[node.full_label],) = node.inputs


class _Measure(beam.DoFn):
    """Notes the size of each element, and whether it holds the text of a paragraph."""

    def __init__(self, path):
        self._path = path

    def process(self, element):
        data = pickle.dumps(element)
        with open(self._path, "a", encoding="utf-8") as notes:
            notes.write(f"{len(data)} {int(PARAGRAPH.strip().encode() in data)}\n")


@pytest.fixture(params=[{}, {"mask": ("email",), "short_duplicates": "corpus"}], ids=str)
def graph(request, tmp_path):
    lines = [
        json.dumps({"url": f"https://x/{n}", "text": f"{PARAGRAPH}\nPage {n}. {PARAGRAPH[:300]}"})
        for n in range(400)
    ]
    for part in range(4):
        (tmp_path / f"{part}.jsonl").write_text("\n".join(lines[part::4]))
    shards = plan([f"{tmp_path}/*.jsonl"], shard_bytes=65536)
    assert len(shards) >= 4
    config = CleanConfig(added="2024-01-01T00:00:00.000Z", run_name="r", **request.param)
    work = WorkFolder(f"{tmp_path}/work", f"{tmp_path}/work/out")
    settings = RunSettings(workers=2, memory_per_worker=1 << 24, work=work.root, progress_folder="")
    pipeline = beam.Pipeline(
        runner=FnApiRunner(), options=PipelineOptions([], pipeline_type_check=True)
    )
    shutil.rmtree(pipeline.local_tempdir)  # Beam does it when a pipeline is run
    pipeline | CleanPages(shards, config, settings, work)
    groups = _Groups()
    pipeline.visit(groups)
    return pipeline, groups.inputs


def test_keys_have_bytes_that_never_vary(graph):
    pipeline, inputs = graph
    assert len(inputs) >= 4
    for label, elements in inputs.items():
        key, _ = elements.element_type.tuple_types
        # Of a global sum the one key is None.
        steady = key is None or coders.registry.get_coder(key).is_deterministic()
        assert steady, (label, key)
    proto = pipeline.to_runner_api()
    grouped = [
        transform
        for transform in proto.components.transforms.values()
        if transform.spec.urn == common_urns.primitives.GROUP_BY_KEY.urn
    ]
    assert len(grouped) >= 4
    for transform in grouped:
        (name,) = transform.inputs.values()
        coder = proto.components.coders[proto.components.pcollections[name].coder_id]
        assert coder.spec.urn == common_urns.coders.KV.urn, transform.unique_name


def test_no_type_that_holds_pages_is_shuffled(graph):
    for label, elements in graph[1].items():
        told = repr(elements.element_type)
        for kind in (Page, PageBatch, RawPage, RawBatch):
            assert kind.__name__ not in told, (label, told)


def test_no_text_is_shuffled(graph, tmp_path):
    pipeline, inputs = graph
    notes = {}
    for number, (label, elements) in enumerate(inputs.items()):
        notes[label] = f"{tmp_path}/notes-{number}"
        elements | f"Measure{number}" >> beam.ParDo(_Measure(notes[label]))
    pipeline.run().wait_until_finish()
    assert sum(os.path.exists(path) for path in notes.values()) >= 4
    for label, path in notes.items():
        if os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                rows = [tuple(map(int, line.split())) for line in lines]
            assert not any(text for _, text in rows), label
            assert max(size for size, _ in rows) < MOST_BYTES, label


def test_the_measure_finds_text(tmp_path):
    _Measure(f"{tmp_path}/notes").process((1, [PARAGRAPH.strip()]))
    assert (tmp_path / "notes").read_text().endswith(" 1\n")
