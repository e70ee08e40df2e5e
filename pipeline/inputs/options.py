"""What the reader may be told. Standard library only."""

from dataclasses import dataclass
from typing import Literal

SkipReason = Literal[
    "http_status",  # a response outside 200-299
    "content_type",  # neither HTML nor plain text
    "record_type",  # warcinfo, request, metadata, revisit, resource, continuation
]
"""Why a WARC record is neither a page nor a failure: it was never meant as a page."""

Skipped = dict[str, int]
"""Records skipped, by `SkipReason`; the reader adds to what it is given."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How pages are read.

    Attributes:
      url_field, text_field, html_field, date_field, id_field: where JSONL and Parquet keep them;
        a dot leads into an object (`metadata.url`), unless the whole name is a field. "" tries
        the usual names (see `pipeline.inputs.fields`).
      max_page_bytes: largest page, in bytes: of a file, a JSON line, a decoded HTTP body.
      max_expansion: largest ratio of unpacked to packed bytes, counted once
        `expansion_grace_bytes` are unpacked.
      expansion_grace_bytes: see there.
    """

    url_field: str = ""
    text_field: str = ""
    html_field: str = ""
    date_field: str = ""
    id_field: str = ""
    max_page_bytes: int = 20 << 20
    max_expansion: float = 200.0
    expansion_grace_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        if self.max_page_bytes < 1:
            raise ValueError(f"max_page_bytes must be >= 1, got {self.max_page_bytes}")
        if self.max_expansion < 1:
            raise ValueError(f"max_expansion must be >= 1, got {self.max_expansion}")
        if self.expansion_grace_bytes < 0:
            raise ValueError(
                f"expansion_grace_bytes must be >= 0, got {self.expansion_grace_bytes}"
            )
