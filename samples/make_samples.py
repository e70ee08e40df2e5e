"""Builds the sample files that are not plain text from the sources beside this script.

Each folder under `sources/` becomes the sample file of the same name. A source starts with a few
header lines (`url:`, `date:`, `encoding:`) and a blank line; the page follows. A `.raw` source goes
into a JSONL file as the line it is. The same libraries write the same bytes each time.

    python samples/make_samples.py            write the files
    python samples/make_samples.py --check    say which files differ from their sources; status 1
"""

# ruff: noqa: INP001  (a script beside its data, not a package)
import gzip
import io
import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SAMPLES = Path(__file__).resolve().parent
CUT_SHORT = "cut_short.warc.gz"
"""The one file that is broken on purpose: its last record ends in the middle."""

CUT_BYTES = 150
"""How much of its end is missing."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source file: its header lines and its page."""

    name: str
    headers: dict[str, str]
    body: str

    @property
    def is_html(self) -> bool:
        """Whether the page is HTML; otherwise it is text, one paragraph a line."""
        return self.name.endswith(".html")

    @property
    def encoded(self) -> bytes:
        """The page as the bytes a server would send."""
        return self.body.encode(self.headers.get("encoding", "utf-8"))


def read_source(path: Path) -> Source:
    """Reads a source file; a `.raw` one and a page that starts with `<` have no header lines."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".raw" or text.startswith("<"):
        return Source(path.name, {}, text)
    head, _, body = text.partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    return Source(path.name, headers, body)


def as_jsonl(sources: list[Source]) -> bytes:
    """One JSON object a line; a `.raw` source is its own line."""
    lines = []
    for source in sources:
        if source.name.endswith(".raw"):
            lines.append(source.body.rstrip("\n"))
            continue
        row = {"url": source.headers["url"], "date": source.headers["date"]}
        row["html" if source.is_html else "text"] = source.body.rstrip("\n")
        lines.append(json.dumps(row, ensure_ascii=False))
    return ("\n".join(lines) + "\n").encode()


def as_parquet(sources: list[Source]) -> bytes:
    """A row a page, with the columns url, date, text and html (one of the two is null)."""
    table = pa.table(
        {
            "url": [source.headers["url"] for source in sources],
            "date": [source.headers["date"] for source in sources],
            "text": [None if source.is_html else source.body.rstrip("\n") for source in sources],
            "html": [source.body if source.is_html else None for source in sources],
        },
        schema=pa.schema([(name, pa.string()) for name in ("url", "date", "text", "html")]),
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=3)
    return buffer.getvalue()


def as_warc(sources: list[Source], kind: str) -> bytes:
    """A compressed WARC of `kind` records: `response` for pages as sent, `conversion` for text."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)
    for source in sources:
        url, date = source.headers["url"], source.headers["date"]
        warc_headers = {
            "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>",
            "WARC-Date": date,
        }
        http_headers = None
        if kind == "response":
            charset = source.headers.get("encoding", "utf-8")
            http_headers = StatusAndHeaders(
                "200 OK",
                [
                    ("Content-Type", f"text/html; charset={charset}"),
                    ("Content-Length", str(len(source.encoded))),
                ],
                protocol="HTTP/1.1",
            )
        record = writer.create_warc_record(
            url,
            kind,
            payload=io.BytesIO(source.encoded),
            length=len(source.encoded),
            http_headers=http_headers,
            warc_headers_dict=warc_headers,
            warc_content_type="text/plain" if kind == "conversion" else "",
        )
        writer.write_record(record)
    return buffer.getvalue()


def build(folder: Path) -> bytes:
    """The bytes of the sample file that the folder of sources is named after."""
    sources = [read_source(path) for path in sorted(folder.iterdir())]
    name = folder.name
    if name.endswith((".jsonl", ".jsonl.gz")):
        data = as_jsonl(sources)
    elif name.endswith(".parquet"):
        data = as_parquet(sources)
    elif name.endswith(".warc.gz"):
        data = as_warc(sources, "response")
    elif name.endswith(".wet.gz"):
        data = as_warc(sources, "conversion")
    else:
        (page,) = sources
        data = page.encoded
    if name == CUT_SHORT:
        return data[:-CUT_BYTES]
    if name.endswith(".jsonl.gz"):
        return gzip.compress(data, mtime=0)
    if name.endswith(".zst"):
        return zstandard.ZstdCompressor(level=3).compress(data)
    return data


def main(arguments: list[str]) -> int:
    """Writes the files, or with `--check` names those that differ from their sources."""
    stale = []
    for folder in sorted((SAMPLES / "sources").iterdir()):
        target = SAMPLES / folder.name
        data = build(folder)
        if arguments == ["--check"]:
            if not target.is_file() or target.read_bytes() != data:
                stale.append(target.name)
        else:
            target.write_bytes(data)
            print(f"{target.name}: {len(data):,} bytes")
    for name in stale:
        print(f"{name} differs from its sources; run python samples/make_samples.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
