"""The records that flow between the steps. Standard library and kernel only.

Nothing here is changed after it is made: a step returns `dataclasses.replace` of what it got.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Literal, NamedTuple, TypeVar

from transforms.text import kernel

T = TypeVar("T")

Kind = Literal["html", "text"]

Stage = Literal["read", "extract"]
"""The step that could not handle a page."""

Reason = Literal[
    "unreadable",  # the file could not be opened or read
    "truncated",  # compressed data, a record or a file ends too early
    "corrupt",  # compressed data or a container that does not decode
    "bomb",  # compressed data that grows beyond the permitted ratio
    "malformed",  # a JSON line, a Parquet row or a record header that does not parse
    "no_text",  # a record without any of the text or html fields, or an empty file
    "too_large",  # a page above the size limit
    "too_deep",  # HTML nested beyond the limit
    "failed",  # a parser gave up on the page
]
"""Why a page was rejected: a closed set."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A piece of input that became no page; written to `rejected/`.

    Attributes:
      stage: the step that gave up.
      reason: one of the closed set above.
      detail: one line for people, at most 300 characters, printable.
      file: path of the input file, as it was found by the glob.
      offset: where the record starts (see `RawPage.offset`); 0 for a whole file.
      url: the page's URL where it is known, else "".
      raw: the first bytes of what was rejected, at most `MAX_RAW_BYTES`.
      raw_length: length of the rejected piece in bytes; larger than `len(raw)` where it was cut;
        -1 where it is not known.
    """

    stage: Stage
    reason: Reason
    detail: str
    file: str
    offset: int = 0
    url: str = ""
    raw: bytes = b""
    raw_length: int = 0


MAX_RAW_BYTES = 1 << 20
"""A rejected piece is kept up to this many bytes; file and offset lead to the rest."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it was read: decoded to text, not yet cleaned.

    Attributes:
      url: never empty; a page without one gets `file:` and the path of its file, and `#` and its
        number where a file holds several.
      date: `YYYY-MM-DDTHH:MM:SS.mmmZ` in UTC, or "" where it is not known.
      kind: "html" or "text" (one paragraph a line).
      content: the decoded page.
      file: path of the input file.
      offset: where the record starts: the byte in the file as it lies on storage for WARC, the
        byte in the uncompressed stream for JSONL, the row for Parquet, 0 for whole files.
      given_id: the input's own identifier, or "".
    """

    url: str
    date: str
    kind: Kind
    content: str
    file: str
    offset: int = 0
    given_id: str = ""


@dataclass(frozen=True, slots=True)
class Keeper:
    """The paragraph that keeps the text of a removed duplicate.

    Attributes:
      id, url: of its page.
      paragraph: its number in that page, from 0.
    """

    id: str
    url: str
    paragraph: int


class Removal(NamedTuple):
    """Why one paragraph is not in the output.

    A tuple, since pages have dozens of them: a frozen dataclass takes three times as long to make.

    Attributes:
      rule: `group.name`, for example `comments.wordpress` or `duplicate.exact`.
      evidence: what the rule saw, one printable line of at most 200 characters.
      keeper: for duplicates, where the text stays.
      distance: for duplicates, bits in which the fingerprints of the two differ: 0..64.
    """

    rule: str
    evidence: str
    keeper: Keeper | None = None
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class Mask:
    """A piece of personal data that was replaced with its kind.

    Attributes:
      rule: `mask.` and the kind, for example `mask.email`.
      at: where the mask stands in the paragraph as it is now, in characters from 0.
    """

    rule: str
    at: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page as its paragraphs, each kept or removed.

    Attributes:
      id: `ps:` and 16 hexadecimal digits, a hash of URL, date and content.
      url, date: as in `RawPage`.
      paragraphs: all visible text in reading order, one line each, never blank.
      removals: paragraph number to the reason it goes; every other paragraph stays.
      language: lower-case ISO 639-1 code (`zh-cn` and `zh-tw` for Chinese), or `und`.
      language_score: 0..1, the detector's probability.
      source: where the page came from: its input file's path.
      given_id: the input's own identifier, or "".
      dropped: why the whole page is not in the output, or None. Its paragraphs take no part in
        deduplication.
      extra: what else goes into the record's metadata (values that JSON knows).
      kind: as in `RawPage`.
      masks: paragraph number to what was masked in it.
    """

    id: str
    url: str
    date: str
    paragraphs: tuple[str, ...]
    removals: dict[int, Removal] = field(default_factory=dict)
    language: str = "und"
    language_score: float = 0.0
    source: str = ""
    given_id: str = ""
    dropped: Removal | None = None
    extra: dict[str, object] = field(default_factory=dict)
    kind: Kind = "text"
    masks: dict[int, tuple[Mask, ...]] = field(default_factory=dict)

    def kept_numbers(self) -> Sequence[int]:
        """Gives the numbers of the paragraphs that stay, ascending."""
        if self.removals and kernel.compiled is not None:
            return kernel.compiled.keep(len(self.paragraphs), self.removals)
        return _keep(range(len(self.paragraphs)), self.removals)

    def kept_texts(self, removals: dict[int, Removal] | None = None) -> Sequence[str]:
        """Gives the paragraphs that stay, by the page's own removals or by others."""
        removals = self.removals if removals is None else removals
        if removals and kernel.compiled is not None:
            return kernel.compiled.keep(self.paragraphs, removals)
        return _keep(self.paragraphs, removals)


def _keep(items: Sequence[T], removals: Mapping[int, Removal]) -> Sequence[T]:
    if not removals:
        return items
    stays = bytearray(b"\1") * len(items)
    for number in removals:
        stays[number] = 0
    return list(compress(items, stays))


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Some consecutive pages of one shard as they were read; the last batch of a shard says so.

    Attributes:
      shard: number of the shard.
      number: of the batch in its shard, from 0.
      last: no further batch of the shard follows.
      pages: in the order of the input.
      failures: what became no page.
      skipped: what is no page by its kind (a WARC request, an image), by reason.
      first_page: number, within the shard, of the first page.
    """

    shard: int
    number: int
    last: bool
    pages: tuple[RawPage, ...]
    failures: tuple[Failure, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    first_page: int = 0


@dataclass(frozen=True, slots=True)
class PageBatch:
    """A `RawBatch` on its way through the steps.

    Attributes:
      pages: one for each page that was read and extracted; those that failed moved to `failures`.
      read: pages that were read, whatever became of them.
      exact, near, lines: fingerprint rows of all kept paragraphs of the batch, as bytes.
      Others: see `RawBatch`.
    """

    shard: int
    number: int
    last: bool
    pages: tuple[Page, ...]
    failures: tuple[Failure, ...]
    skipped: dict[str, int]
    first_page: int
    read: int
    exact: bytes = b""
    near: bytes = b""
    lines: bytes = b""
