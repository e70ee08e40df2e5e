"""What a run does: validated values, nothing of the command line."""

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Literal, get_args

from transforms.text.dedup_defaults import (
    DEFAULT_MAX_PIVOTS,
    DEFAULT_MIN_PAGES,
    DEFAULT_MIN_SHARE,
    DEFAULT_RADIUS_BITS,
)
from transforms.text.language import LANGUAGES

Dedup = Literal["corpus", "page", "none"]
OutputFormat = Literal["jsonl.gz", "jsonl.zst", "parquet"]
Extractor = Literal["blocks", "fast"]
Comments = Literal["drop", "separate"]
LanguageEngine = Literal["langdetect-rs", "langdetect"]
ShortDuplicates = Literal["keep", "page", "corpus"]

MIB = 1 << 20

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanConfig:
    """Options that decide what comes out. Equal configurations give equal bytes.

    Attributes:
      extractor: how HTML becomes paragraphs.
      comments: whether readers' comments are only dropped, or kept in the metadata.
      rules: names or groups of removal rules; `-name` switches one off; `all`, `none`.
      languages: lower-case codes of the pages to keep; empty: every language.
      min_language_score: 0..1; pages with a lower one are dropped.
      language_engine: whose results to use; they are the same.
      dedup: where duplicates are looked for.
      near_duplicates: whether near ones go as well as exact ones.
      radius_bits: 0..64.
      min_words: least words of a paragraph that is deduplicated; shorter ones follow
        `short_duplicates`.
      short_duplicates: where exact copies of short paragraphs go.
      keep_number_variants: paragraphs that differ in digits alone are no duplicates.
      max_pivots: see `find_near`.
      template_pages, template_share: see `find_templates`.
      format: of documents/.
      removed: whether receipts are written.
      signals: whether records get quality signals.
      filters: rule sets that a page has to pass.
      limits: (rule_set.rule, limit) that differ from the reference.
      blocked_hosts: hosts whose pages go, with those of their subdomains.
      adult_words, boilerplate_phrases: the user's word lists, which signals count.
      mask: kinds of personal data that are masked: `email`, `ip`, `card`, `phone`.
      max_reject_ratio: 0..1.
      max_page_bytes: a longer page is rejected.
      url_field, text_field, html_field, date_field, id_field: names in JSONL and Parquet.
      input_format: overrides the file extension.
      shard_bytes: size of a shard; chosen by the size of the input where it is None.
      added: time stamp of the records; the start of the run where it is "".
      run_name: name of the run in receipts; derived from `added` where it is "".
      source: `source` of every record; the input file's name where it is "".
    """

    extractor: Extractor = "blocks"
    comments: Comments = "drop"
    rules: tuple[str, ...] = ("all",)
    languages: tuple[str, ...] = ()
    min_language_score: float = 0.0
    language_engine: LanguageEngine = "langdetect-rs"
    dedup: Dedup = "corpus"
    near_duplicates: bool = True
    radius_bits: int = DEFAULT_RADIUS_BITS
    min_words: int = 10
    short_duplicates: ShortDuplicates = "keep"
    keep_number_variants: bool = False
    max_pivots: int = DEFAULT_MAX_PIVOTS
    template_pages: int = DEFAULT_MIN_PAGES
    template_share: float = DEFAULT_MIN_SHARE
    format: OutputFormat = "jsonl.gz"
    removed: bool = True
    signals: bool = True
    filters: tuple[str, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()
    blocked_hosts: tuple[str, ...] = ()
    adult_words: tuple[str, ...] = ()
    boilerplate_phrases: tuple[str, ...] = ()
    mask: tuple[str, ...] = ()
    max_reject_ratio: float = 1.0
    max_page_bytes: int = 20 * MIB
    url_field: str = ""
    text_field: str = ""
    html_field: str = ""
    date_field: str = ""
    id_field: str = ""
    input_format: str = ""
    shard_bytes: int | None = None
    added: str = ""
    run_name: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Checks every range.

        Raises:
          ValueError: with the option's name, its value and what is permitted.
        """
        _within("--radius", self.radius_bits, 0, 64)
        _within("--min-language-score", self.min_language_score, 0, 1)
        _within("--max-reject-ratio", self.max_reject_ratio, 0, 1)
        _within("--min-words", self.min_words, 1, 1000)
        _within("--max-pivots", self.max_pivots, 1, 1_000_000)
        _within("--template-pages", self.template_pages, 2, 1_000_000)
        _within("--template-share", self.template_share, 0, 1)
        _within("--max-page-bytes", self.max_page_bytes, 1024, 512 * MIB)
        for code in self.languages:
            if code != "zh" and code not in LANGUAGES:
                raise ValueError(
                    f"--languages: {code!r} is no language that is detected; they are zh, "
                    f"{', '.join(sorted(LANGUAGES))}"
                )
        if self.added and not _TIME.fullmatch(self.added):
            raise ValueError(f"--added is {self.added!r}; write a time as 2024-05-01T10:00:00.000Z")
        if self.shard_bytes is not None:
            _within("--shard-bytes", self.shard_bytes, 64 * 1024, 16 << 30)
        for name, kind in (
            ("extractor", Extractor),
            ("comments", Comments),
            ("dedup", Dedup),
            ("format", OutputFormat),
            ("language_engine", LanguageEngine),
            ("short_duplicates", ShortDuplicates),
        ):
            value = getattr(self, name)
            if value not in get_args(kind):
                raise ValueError(
                    f"--{name.replace('_', '-')} is {value!r}; "
                    f"it must be one of {', '.join(get_args(kind))}"
                )

    def digest(self, **more: str) -> str:
        """Gives 16 hexadecimal digits that change with every value, and with those of `more`."""
        values = [dataclasses.asdict(self), more]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Options that decide how it is done, never what comes out.

    Attributes:
      workers: processes on this machine.
      memory_per_worker: bytes that a worker's search for duplicates may take.
      work: the work folder.
      progress_folder: where workers report, see `Progress`; "" where nobody looks.
    """

    workers: int
    memory_per_worker: int
    work: str
    progress_folder: str


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} is {value}; it must be from {least} to {most}")
