"""Writes small input files of every format."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

SENTENCES = (
    "The ferry to the island leaves every hour from the old stone pier near the market.",
    "Tickets are sold on board, and the crossing takes forty minutes when the sea is calm.",
    "Nobody remembers who painted the lighthouse red, but every spring it is painted again.",
    "The bakery beside the church opens at five, and by seven the rye loaves are all gone.",
    "A heron stands in the shallow water below the bridge most evenings in late September.",
    "Our neighbours keep bees behind the railway shed and give the honey to the school.",
    "The library lends fishing rods now, which surprised the people who came for books.",
    "Rain collects in the old quarry, and children sail paper boats there after a storm.",
)
GERMAN = (
    "Die Fähre zur Insel fährt jede Stunde vom alten Steg neben dem Marktplatz ab.",
    "Fahrkarten gibt es an Bord, und die Überfahrt dauert bei ruhiger See vierzig Minuten.",
)
WIDGET = ("No comments:", "Post a Comment")
DATE = "2024-03-0%dT00:00:00.000Z"


def text(*paragraphs):
    """Paragraphs as a text page."""
    return "\n".join(paragraphs)


def html(*paragraphs):
    """Paragraphs as an HTML page."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<!doctype html><html><head><title>t</title></head><body>{body}</body></html>"


def warc(*pages, wet=False):
    """Pages as WARC: (url, content)."""
    kind = "conversion" if wet else "response"
    declared = "text/plain" if wet else "application/http; msgtype=response"
    http = "" if wet else "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    records = []
    for number, (url, content) in enumerate(pages):
        block = (http + content).encode()
        head = (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
            f"WARC-Date: 2024-01-02T03:04:0{number}Z\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
            f"Content-Type: {declared}\r\nContent-Length: {len(block)}\r\n\r\n"
        )
        records.append(head.encode() + block + b"\r\n\r\n")
    return b"".join(records)


def jsonl(*records):
    """Records as JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def parquet(path, *records):
    """Writes records as Parquet."""
    pq.write_table(pa.Table.from_pylist(list(records)), path)
    return path


def packed(data, extension):
    """Bytes, compressed as the extension says."""
    if extension == ".gz":
        return gzip.compress(data, mtime=0)
    return zstandard.compress(data) if extension == ".zst" else data


def write(path, data):
    """Writes text or bytes to a path, whose folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
