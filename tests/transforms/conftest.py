"""The one place that says which runner the tests of single steps use."""

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.test_pipeline import TestPipeline


@pytest.fixture
def pipeline():
    """A pipeline in this process, which runs when its block ends."""
    return TestPipeline(runner=FnApiRunner(), options=PipelineOptions([], pipeline_type_check=True))
