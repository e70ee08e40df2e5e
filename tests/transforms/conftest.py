"""The one place that says which runner the tests of single steps use."""

import tempfile

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.test_pipeline import TestPipeline


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path, monkeypatch):
    """Keeps the folder of a pipeline that is built and never run; Beam makes one for each."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def pipeline():
    """A pipeline in this process, which runs when its block ends."""
    return TestPipeline(runner=FnApiRunner(), options=PipelineOptions([], pipeline_type_check=True))
