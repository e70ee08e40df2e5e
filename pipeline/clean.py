"""CleanPages: the whole batch pipeline, in reading order."""

from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection

from pipeline.config import CleanConfig, RunSettings
from pipeline.duplicates.earlier_rows import RowHistory
from pipeline.duplicates.find_duplicates import FindDuplicates
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.plan import Shard
from pipeline.inputs.read_pages import ReadPages
from pipeline.outputs.counts import Counts, sum_up
from pipeline.outputs.write_page import OutputOptions
from pipeline.outputs.write_records import NO_ANSWER, WriteRecords
from pipeline.spill_shards import SpillShards
from pipeline.storage import write_bytes
from pipeline.work import WorkFolder
from transforms.assess_quality import AssessQuality, QualityRules
from transforms.detect_language import DetectLanguage
from transforms.extract_text import ExtractText
from transforms.fingerprint_paragraphs import DedupRules, FingerprintParagraphs
from transforms.mask_personal import MaskPersonal
from transforms.strip_widgets import StripWidgets
from transforms.text.page_duplicates import TEMPLATE_RULE
from transforms.text.selection import RuleSelection


class CleanPages(beam.PTransform[Any, Any]):
    """Reads, cleans, deduplicates and writes pages; leaves the summed counts in the work folder.

    PBegin -> PCollection[Counts] (one). Nothing is visible to others until the run is committed.

    Args:
      shards: what to read.
      config: what comes out.
      settings: how it is done.
      work: the work folder.
      history: rows of earlier runs, where the run has a history.
      run: its number in the history.
    """

    def __init__(
        self,
        shards: Sequence[Shard],
        config: CleanConfig,
        settings: RunSettings,
        work: WorkFolder,
        history: RowHistory | None = None,
        run: int = 0,
    ) -> None:
        super().__init__()
        self._history = history
        self._run = run
        self._shards = list(shards)
        self._config = config
        self._settings = settings
        self._work = work

    def expand(self, begin: beam.Pipeline) -> PCollection[Counts]:
        """Wires the steps."""
        config, work, progress = self._config, self._work, self._settings.progress_folder
        rules = dedup_rules(config, self._run)
        batches = (
            begin
            | "Shards" >> beam.Create([(s.number, s) for s in self._shards], reshuffle=False)
            | "Distribute" >> beam.GroupByKey()
            | "EachShard" >> beam.FlatMap(_of_key)
            | ReadPages(read_options(config), work, progress)
        )
        for step in page_steps(config, rules):
            batches = batches | step
        spilled = batches | SpillShards(work, progress)
        every_shard = spilled.shards | "NoAnswer" >> beam.Map(_without_answer)
        answers, counts = [every_shard], []
        if rules.scope == "corpus":
            duplicates = spilled | FindDuplicates(
                rules,
                work,
                self._settings.memory_per_worker,
                2 * self._settings.workers if len(self._shards) > 1 else 1,
                progress,
                self._history,
            )
            answers.extend(duplicates.answers)
            counts.append(duplicates.counts)
        options = OutputOptions(
            format=config.format,
            removed=config.removed,
            added=config.added,
            run=config.run_name,
            source=config.source,
        )
        written = (
            answers
            | "AllShards" >> beam.Flatten()
            | "GroupAnswers" >> beam.GroupByKey()
            | WriteRecords(options, work, progress)
        )
        return (
            [written, *counts]
            | "AllCounts" >> beam.Flatten()
            | "SumCounts" >> beam.CombineGlobally(sum_up).without_defaults()
            | "StoreCounts" >> beam.Map(_store, work.counts)
        )


def page_steps(config: CleanConfig, rules: DedupRules) -> tuple[beam.PTransform[Any, Any], ...]:
    """Gives the steps from raw pages to fingerprints, which all pages go through in this order."""
    return (
        ExtractText(config.extractor, config.comments),
        StripWidgets(config.rules),
        DetectLanguage(config.languages, config.min_language_score, config.language_engine),
        MaskPersonal(config.mask),
        AssessQuality(quality_rules(config)),
        FingerprintParagraphs(rules),
    )


def quality_rules(config: CleanConfig) -> QualityRules:
    """Takes from the configuration what quality is judged by."""
    return QualityRules(
        signals=config.signals,
        filters=config.filters,
        limits=dict(config.limits),
        blocked_hosts=frozenset(config.blocked_hosts),
        adult_words=frozenset(config.adult_words),
        boilerplate_phrases=frozenset(config.boilerplate_phrases),
    )


def dedup_rules(config: CleanConfig, run: int = 0) -> DedupRules:
    """Takes from the configuration what deduplication needs; `run` is its number in a history."""
    return DedupRules(
        scope=config.dedup,
        near=config.near_duplicates,
        radius_bits=config.radius_bits,
        max_pivots=config.max_pivots,
        keep_number_variants=config.keep_number_variants,
        min_words=config.min_words,
        short=config.short_duplicates,
        run=run,
        template_pages=config.template_pages if TEMPLATE_RULE in RuleSelection(config.rules) else 0,
        template_share=config.template_share,
    )


def read_options(config: CleanConfig) -> ReadOptions:
    """Takes from the configuration what the readers need."""
    return ReadOptions(
        url_field=config.url_field,
        text_field=config.text_field,
        html_field=config.html_field,
        date_field=config.date_field,
        id_field=config.id_field,
        max_page_bytes=config.max_page_bytes,
    )


def _of_key(item: tuple[int, Iterable[Shard]]) -> Iterable[Shard]:
    return item[1]


def _without_answer(shard: int) -> tuple[int, tuple[str, int, int]]:
    return shard, NO_ANSWER


def _store(counts: Counts, path: str) -> Counts:
    write_bytes(path, counts.to_json())
    return counts
