"""Options whose views are made once hold what Beam's own hold, however they are copied."""

import copy
import pickle

from apache_beam.options.pipeline_options import (
    DirectOptions,
    PipelineOptions,
    StandardOptions,
    TypeOptions,
)

from pipeline.options_with_views import OptionsWithViews

WORDS = ["--direct_num_workers=3", "--streaming"]


def test_views_share_what_is_set():
    options = OptionsWithViews(WORDS, pipeline_type_check=False)
    assert options.view_as(DirectOptions).direct_num_workers == 3
    assert options.view_as(StandardOptions).streaming
    assert not options.view_as(TypeOptions).pipeline_type_check
    assert options.view_as(DirectOptions) is options.view_as(DirectOptions)
    options.view_as(DirectOptions).direct_num_workers = 5
    assert options.view_as(StandardOptions).view_as(DirectOptions).direct_num_workers == 5
    assert options.get_all_options()["direct_num_workers"] == 5


def test_they_are_all_that_beam_knows():
    theirs = PipelineOptions(WORDS, pipeline_type_check=True)
    ours = OptionsWithViews(WORDS, pipeline_type_check=True)
    assert ours.get_all_options() == theirs.get_all_options()
    for cls in PipelineOptions.__subclasses__():
        if cls is not OptionsWithViews:
            assert ours.view_as(cls).get_all_options() == theirs.view_as(cls).get_all_options()


def test_copies_have_views_of_their_own():
    options = OptionsWithViews(WORDS)
    options.view_as(DirectOptions)
    for other in (copy.deepcopy(options), pickle.loads(pickle.dumps(options))):
        other.view_as(DirectOptions).direct_num_workers = 7
        assert other.view_as(DirectOptions).direct_num_workers == 7
        assert options.view_as(DirectOptions).direct_num_workers == 3
