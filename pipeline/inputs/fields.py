"""From a record's fields to a page: shared by JSONL and Parquet."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.inputs.dates import canonical_date
from pipeline.inputs.decode import decode
from pipeline.inputs.failures import failure, printable
from pipeline.inputs.options import ReadOptions
from transforms.records import Failure, Kind, RawPage

URL_FIELDS = ("url", "metadata.url", "uri", "warc_headers.warc-target-uri")
TEXT_FIELDS = ("text", "content", "raw_content")
HTML_FIELDS = ("html", "raw_html")
DATE_FIELDS = ("date", "created", "timestamp", "metadata.date", "warc_headers.warc-date")
ID_FIELDS = ("id", "metadata.id")
"""Names that are tried, in this order; the first with a value counts. They are those of dolma,
datatrove, C4, FineWeb and OSCAR."""

_Path = tuple[str, ...]


class FieldReader:
    """Turns records into pages by the field names in the options."""

    def __init__(self, options: ReadOptions) -> None:
        self.url = _paths(options.url_field, URL_FIELDS)
        self.text = _paths(options.text_field, TEXT_FIELDS)
        self.html = _paths(options.html_field, HTML_FIELDS)
        self.date = _paths(options.date_field, DATE_FIELDS)
        self.id = _paths(options.id_field, ID_FIELDS)
        self._contents: tuple[tuple[Kind, tuple[_Path, ...]], ...] = (
            ("html", self.html),
            ("text", self.text),
        )
        self._max_bytes = options.max_page_bytes

    def complete(self, record: dict[str, Any], beside: Mapping[str, str]) -> None:
        """Takes URL, date and id from what stands beside a record, each if the record has none."""
        for paths in (self.url, self.date, self.id):
            if _first(record, paths) is None:
                names = [path[0] for path in paths if len(path) == 1 and beside.get(path[0])]
                if names:
                    record[names[0]] = beside[names[0]]

    def page(
        self, record: Mapping[str, Any], path: str, offset: int, raw: bytes
    ) -> RawPage | Failure:
        """The record's page: its HTML where there is any, else its text.

        Args:
          record: fields by name, nested as they came.
          path: the input file.
          offset: as in `RawPage.offset`.
          raw: the record as it came, for a failure.
        """
        url_value = _first(record, self.url)
        url = clean_url(url_value) if isinstance(url_value, str) else ""
        for kind, paths in self._contents:
            value = _first(record, paths)
            if isinstance(value, (bytes, bytearray, memoryview)):
                value = decode(bytes(value), html=kind == "html")
            if value is None or value == "":
                continue
            if not isinstance(value, str):
                detail = f"{kind} is {_kind_of(value)}, not a string"
                return failure("malformed", detail, path, offset=offset, url=url, raw=raw)
            if value.isspace():
                continue
            content = clean_text(value)
            if not content or content.isspace():
                continue
            if len(content) * 4 > self._max_bytes:
                size = len(content.encode())
                if size > self._max_bytes:
                    detail = f"{kind} of {size} bytes is above the limit of {self._max_bytes}"
                    return failure("too_large", detail, path, offset=offset, url=url, raw=raw)
            return RawPage(
                url or file_url(path, offset),
                canonical_date(_first(record, self.date)),
                kind,
                content,
                printable(path),
                offset,
                _identifier(_first(record, self.id)),
            )
        names = ", ".join(".".join(path) for path in (self.html[0], self.text[0]))
        detail = f"neither {names} holds text" + _have(record)
        return failure("no_text", detail, path, offset=offset, url=url, raw=raw)


def _have(record: Mapping[str, Any]) -> str:
    return f" (fields: {', '.join(sorted(map(str, record))[:12])})" if record else ""


def _paths(name: str, usual: Sequence[str]) -> tuple[_Path, ...]:
    found: list[_Path] = []
    for candidate in (name,) if name else usual:
        found.append((candidate,))
        if "." in candidate:
            found.append(tuple(candidate.split(".")))
    return tuple(found)


def _first(record: Mapping[str, Any], paths: Sequence[_Path]) -> Any:
    """The first value that is neither missing, null nor "", or None."""
    for path in paths:
        value: Any = record.get(path[0])
        if value is None or value == "":
            continue
        for name in path[1:]:
            value = value.get(name) if isinstance(value, Mapping) else None
            if value is None:
                break
        else:
            if value != "":
                return value
    return None


def _identifier(value: object) -> str:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 1 << 128 else ""
    return ""


def clean_text(text: str) -> str:
    """Text without NUL characters, and with U+FFFD for lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # A pair that came as two escapes is one character; a lone half is none.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean_url(url: str) -> str:
    """A URL without white space around it and without control characters."""
    return printable(url.strip())


def file_url(path: str, offset: int | None = None) -> str:
    """The URL of a page that has none: `file:`, its file's path, and `#` and its offset.

    Args:
      path: as planned: absolute for local files.
      offset: as in `RawPage.offset`, for files that hold several pages; None for whole files.
    """
    return f"file:{printable(path)}" + ("" if offset is None else f"#{offset}")


def _kind_of(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else type(value).__name__)
