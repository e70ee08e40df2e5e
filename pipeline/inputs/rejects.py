"""Pages from `rejected/`: what became no page in an earlier run is read once more.

The source is read again at the same place where it is still the same file; else the bytes that
were kept with the reject are used, where they are all of it. Every reject gives exactly one page or
one failure.
"""

import base64
import gzip
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import orjson

from pipeline.inputs.failures import failure
from pipeline.inputs.fields import FieldReader
from pipeline.inputs.formats import file_format, forced_format
from pipeline.inputs.jsonl import page_of_line
from pipeline.inputs.listing import list_files
from pipeline.inputs.messages import MESSAGE_SCHEME
from pipeline.inputs.options import ReadOptions, Skipped
from pipeline.inputs.shards import Format, InputError, InputFile, Piece
from pipeline.inputs.storage import StorageFile, UnreadableError
from pipeline.inputs.whole_files import page_of_bytes
from transforms.records import Failure, RawPage

ReadPiece = Callable[[StorageFile, Piece, ReadOptions, Skipped], Iterator[RawPage | Failure]]

_GROUP: Final = 256
"""Rejects of one file that are looked up in one pass."""

_NEAR_BYTES: Final = 1 << 20
"""Lines of a plain file that are closer than this are read in one go."""

_TAG: Final = re.compile(r"<(?:!doctype|html|head|body|div|p|br|a|span|table|h\d)\b", re.IGNORECASE)


def rejects_file(path: str, size: int, started: str, input_format: str) -> InputFile:
    """Describes a part of `rejected/` as input.

    Args:
      path: of the part, packed with gzip.
      size: bytes on storage.
      started: when the run began that wrote it, in ISO 8601: files changed since are others.
      input_format: of that run, where it was named; else "".
    """
    return InputFile(path, size, f"{started} {input_format}", "rejects", "gz")


def read_rejects(
    storage: StorageFile, piece: Piece, options: ReadOptions, read_piece: ReadPiece
) -> Iterator[RawPage | Failure]:
    """One page, or one failure, for each reject of a part, file by file."""
    started, _, name = piece.file.token.partition(" ")
    before_s = datetime.fromisoformat(started).timestamp()
    with gzip.GzipFile(fileobj=storage) as lines:
        rejects = (_failure(orjson.loads(line)) for line in lines)
        for path, some in groupby(rejects, key=lambda reject: reject.file):
            again = _Again(path, name, before_s, options, read_piece)
            group: list[Failure] = []
            for reject in some:
                group.append(reject)
                if len(group) >= _GROUP:
                    yield from again.read(group)
                    group = []
            yield from again.read(group)


class _Again:
    """Reads rejects of one file once more."""

    def __init__(
        self,
        path: str,
        input_format: str,
        before_s: float,
        options: ReadOptions,
        read_piece: ReadPiece,
    ) -> None:
        self._options, self._read_piece = options, read_piece
        self._format: Format | None = None
        self._source: InputFile | None = None
        self._why = "its file is gone"
        if path.startswith(MESSAGE_SCHEME):
            self._format, self._why = "jsonl", "a message comes once"
            return
        try:
            forced = forced_format(input_format or None)
            self._format = file_format(path, forced)[0]
            found = list_files([path], forced)[0]
        except (InputError, OSError):
            return
        if _changed_s(found) <= before_s:
            self._source = found
        elif found.token:
            self._why = "its file has changed since; clean that file as input"

    def read(self, rejects: Sequence[Failure]) -> Iterator[RawPage | Failure]:
        """One result for each reject."""
        left = sorted(rejects, key=lambda reject: reject.offset)
        if self._source is None:
            yield from map(self._from_raw, left)
            return
        if self._format not in ("txt", "html"):
            # How far a stretch that could not be read goes is not known.
            lost = [reject for reject in left if reject.reason == "unreadable"]
            left = [reject for reject in left if reject.reason != "unreadable"]
            for reject in lost:
                yield _still(reject, "clean its file as input once it can be read")
        yield from self._at_their_places(left)

    def _at_their_places(self, rejects: list[Failure]) -> Iterator[RawPage | Failure]:
        """What the source holds now where these rejects, sorted, were."""
        here = {at: list(some) for at, some in groupby(rejects, key=lambda r: r.offset)}
        why = "it is not found again at its place"
        try:
            for offset, items in groupby(self._items(list(here)), key=lambda item: item.offset):
                if offset in here:
                    found = list(items)
                    for reject in here.pop(offset):
                        yield _settle(reject, found)
        except UnreadableError as error:
            why = f"its file cannot be read: {error}"
        for some in here.values():
            for reject in some:
                yield _still(reject, why)

    def _items(self, offsets: list[int]) -> Iterator[RawPage | Failure]:
        """What the source holds at these places, and maybe more, in order."""
        if not offsets or self._source is None:
            return
        with StorageFile(self._source.path) as storage:
            for piece in _pieces(self._source, offsets):
                storage.seek(0)
                yield from self._read_piece(storage, piece, self._options, {})

    def _from_raw(self, reject: Failure) -> RawPage | Failure:
        """The page from the bytes that were kept, if they are all of it."""
        raw, options = reject.raw, self._options
        if not raw or reject.raw_length != len(raw) or len(raw) > options.max_page_bytes:
            return _still(reject, f"{self._why}, and not all of its bytes were kept")
        if reject.stage == "extract":
            content = raw.decode("utf-8", "replace")
            html = self._format == "html" or (self._format != "txt" and _TAG.search(content))
            return RawPage(
                url=reject.url,
                date="",
                kind="html" if html else "text",
                content=content,
                file=reject.file,
                offset=reject.offset,
            )
        if self._format in {"txt", "html"}:
            return page_of_bytes(raw, reject.file, html=self._format == "html")
        if self._format == "jsonl":
            fields = FieldReader(options)
            found = page_of_line(raw, fields, reject.file, reject.offset, options)
            return found or _still(reject, "it is blank")
        return _still(reject, self._why)


def _changed_s(file: InputFile) -> float:
    """When a file was changed, in seconds since 1970; infinite where its token does not tell."""
    try:
        value = float(file.token)
    except ValueError:
        return math.inf
    if "://" not in file.path:
        return value / 1e9
    if value > 1e14:
        return value / 1e6  # a generation of Google's storage
    return value if value > 1e9 else math.inf


def _pieces(file: InputFile, offsets: list[int]) -> list[Piece]:
    """The ranges of a file to read for these places, which are sorted."""
    if file.format != "jsonl":
        return [Piece(file)]
    if file.compression != "none":
        return [Piece(file, offsets[0], offsets[-1] + 1)]
    pieces: list[Piece] = []
    for offset in offsets:
        if pieces and offset - pieces[-1].end < _NEAR_BYTES:
            pieces[-1] = replace(pieces[-1], end=offset + 1)
        else:
            pieces.append(Piece(file, offset, offset + 1))
    return pieces


def _settle(reject: Failure, items: list[RawPage | Failure]) -> RawPage | Failure:
    """Picks the one result that belongs to a reject, of all at its place."""
    mine = [item for item in items if item.url == reject.url] if reject.url else items
    mine = mine or (items if len(items) == 1 else [])
    pages = [item for item in mine if isinstance(item, RawPage)]
    failures = [item for item in mine if isinstance(item, Failure)]
    if reject.stage == "read":
        same = [item for item in failures if item.reason == reject.reason]
        if same:
            return same[0]  # a page beside it was a page before
    if len(pages) == 1:
        return pages[0]
    if failures and not pages:
        return failures[0]
    if not mine:
        return _still(reject, "it is not found again at its place")
    return _still(reject, "it cannot be told from others at its place; clean its file as input")


def _still(reject: Failure, why: str) -> Failure:
    """The same reject once more, with the reason why nothing new came of it."""
    detail = reject.detail if reject.detail.startswith(why) else f"{why}; before: {reject.detail}"
    return failure(
        reject.reason,
        detail,
        reject.file,
        offset=reject.offset,
        url=reject.url,
        raw=reject.raw,
        raw_length=reject.raw_length,
    )


def _failure(values: dict[str, Any]) -> Failure:
    names = ("stage", "reason", "detail", "file", "offset", "url", "raw_length")
    return Failure(**{name: values[name] for name in names}, raw=base64.b64decode(values["raw"]))
