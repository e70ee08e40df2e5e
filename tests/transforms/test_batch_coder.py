"""The coder of batches: what it encodes comes back, and its estimate costs no pickling."""

import pickle

import apache_beam as beam
import pytest
from apache_beam.coders import registry
from page_makers import page

from transforms.batch_coder import BatchCoder
from transforms.extract_text import ExtractText
from transforms.fingerprint_paragraphs import DedupRules, FingerprintParagraphs
from transforms.records import Failure, PageBatch, RawBatch, RawPage, Removal

PAGE = page("First words of it.", "Zweiter Absatz, größer.", removals={1: Removal("r.s", "e")})
RAW = RawPage("https://a.example/", "", "html", "<p>x" * 1000, "f.html")
FAILED = Failure("read", "corrupt", "what", "f.html", raw=b"x" * 5000, raw_length=5000)
BATCHES = [
    RawBatch(3, 0, False, (RAW, RAW), (FAILED,), {"image": 2}, 7),
    PageBatch(3, 0, True, (PAGE,), (FAILED,), {}, 7, 2, b"e" * 40, b"n" * 64, b"l" * 40),
    RawBatch(0, -1, True, ()),
]


@pytest.mark.parametrize("batch", BATCHES)
def test_a_batch_comes_back(batch):
    coder = BatchCoder()
    assert coder.decode(coder.encode(batch)) == batch


@pytest.mark.parametrize("batch", BATCHES)
def test_the_estimate_is_near_the_truth(batch):
    size = len(pickle.dumps(batch))
    assert 0.3 * size - 500 <= BatchCoder().estimate_size(batch) <= 2 * size


def test_beam_takes_it_for_every_batch_of_a_pipeline():
    pipeline = beam.Pipeline()
    pages = (
        pipeline | beam.Create([BATCHES[0]]) | ExtractText() | FingerprintParagraphs(DedupRules())
    )
    assert pages.element_type is PageBatch
    assert isinstance(registry.get_coder(pages.element_type), BatchCoder)
    assert isinstance(registry.get_coder(RawBatch), BatchCoder)
