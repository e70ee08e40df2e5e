"""CPU of each step of `pagesieve clean`, in one process without Beam, on one WARC file.

    python benchmarks/steps.py FILE.warc.gz [--pages 1000] [--extractor fast]

Calls what the transforms call, batch by batch, with a clock around each; the search for duplicates
among the shards is left out.
"""

import argparse
import shutil
import tempfile
import time
from collections import defaultdict

from pipeline.process_setup import keep_little, use_one_thread

keep_little()
use_one_thread()

from pipeline.clean import dedup_rules, quality_rules, read_options  # noqa: E402
from pipeline.config import CleanConfig  # noqa: E402
from pipeline.inputs.plan import plan  # noqa: E402
from pipeline.inputs.read_pages import batch_shard  # noqa: E402
from pipeline.outputs.write_page import OutputOptions  # noqa: E402
from pipeline.outputs.write_records import write_shard  # noqa: E402
from pipeline.process_setup import collect_rarely, keep_what_is_there  # noqa: E402
from pipeline.spill_shards import ShardWriter  # noqa: E402
from pipeline.work import WorkFolder  # noqa: E402
from transforms.assess_quality import AssessQuality  # noqa: E402
from transforms.detect_language import DetectLanguage  # noqa: E402
from transforms.extract_text import ExtractText  # noqa: E402
from transforms.fingerprint_paragraphs import FingerprintParagraphs  # noqa: E402
from transforms.strip_widgets import StripWidgets  # noqa: E402


def functions_of(transform):
    """Gives the DoFns of a transform, in order."""
    import apache_beam as beam
    from apache_beam.pipeline import PipelineVisitor

    found = []

    class Visitor(PipelineVisitor):
        def visit_transform(self, node):
            if isinstance(node.transform, beam.ParDo):
                found.append(node.transform.fn)

    hints = transform.expand.__annotations__["batches"]
    kind = hints.__args__[0]
    pipeline = beam.Pipeline(runner="FnApiRunner")
    pipeline | beam.Create([], reshuffle=False).with_output_types(kind) | transform
    pipeline.visit(Visitor())
    found = [fn for fn in found if type(fn).__module__.startswith("transforms.")]
    for fn in found:
        fn.setup()
    return found


def measure(path, pages, extractor):
    """Gives CPU seconds by step, and how many pages they were."""
    config = CleanConfig(extractor=extractor)
    steps = {
        "extract": ExtractText(config.extractor),
        "widgets": StripWidgets(config.rules),
        "language": DetectLanguage(),
        "quality": AssessQuality(quality_rules(config)),
        "fingerprints": FingerprintParagraphs(dedup_rules(config)),
    }
    steps = {name: functions_of(transform) for name, transform in steps.items()}
    folder = tempfile.mkdtemp(prefix="pagesieve-steps-")
    work = WorkFolder(folder, f"{folder}/out")
    spent, read = defaultdict(float), 0
    options = OutputOptions(added="2024-01-01T00:00:00.000Z", run="steps")
    collect_rarely()
    keep_what_is_there()
    for shard in plan((path,), input_format=None, shard_bytes=None):
        if read >= pages:
            break
        writer = ShardWriter(work, shard.number)
        batches = batch_shard(shard, read_options(config))
        while True:
            started = time.process_time()
            batch = next(batches, None)
            spent["read"] += time.process_time() - started
            if batch is None:
                break
            read += len(batch.pages)
            for name, functions in steps.items():
                started = time.process_time()
                for function in functions:
                    (batch,) = function.process(batch)
                spent[name] += time.process_time() - started
            started = time.process_time()
            writer.add(batch)
            spent["spill"] += time.process_time() - started
        started = time.process_time()
        writer.close()
        spent["spill"] += time.process_time() - started
        started = time.process_time()
        write_shard(work, shard.number, [], options)
        spent["write"] += time.process_time() - started
    shutil.rmtree(folder)
    return dict(spent), read


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--extractor", choices=("blocks", "fast"), default="blocks")
    options = parser.parse_args()
    spent, pages = measure(options.file, options.pages, options.extractor)
    print(f"{pages:,} pages, --extractor={options.extractor}\n")
    print("| step | CPU s per 1,000 pages | share |")
    print("|---|---|---|")
    total = sum(spent.values())
    for name, seconds in spent.items():
        print(f"| {name} | {1000 * seconds / pages:.2f} | {seconds / total:.0%} |")
    print(f"| together | {1000 * total / pages:.2f} | |")


if __name__ == "__main__":
    main()
