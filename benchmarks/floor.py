"""The floor: the same libraries in one plain loop a process, without Beam, checks or receipts.

    python benchmarks/floor.py [--processes N] OUT FILE.warc.gz...

Reads WARC responses, takes resiliparse's main text, asks langdetect for the language, drops exact
and near-duplicate lines as far as one process has seen them, and writes JSON lines.
"""

import argparse
import gzip
import json
import multiprocessing
import resource
import time
from pathlib import Path

import langdetect_rs
import numpy as np
import orjson
import xxhash
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from transforms.text.normal import strip_to_words
from transforms.text.shingles import ShingleHasher
from transforms.text.simhash import sketch

_LONG_CHARS = 80
_RADIUS_BITS = 3


def work(files, out):
    """Cleans some files; returns (pages, lines, lines dropped)."""
    langdetect_rs.DetectorFactory.seed = 0
    hasher, seen = ShingleHasher(), set()
    blocks = [{} for _ in range(4)]
    pages = lines = dropped = 0
    with gzip.open(out, "wb", compresslevel=6) as sink:
        for name in files:
            with open(name, "rb") as stream:
                for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                    body = record.reader.read()
                    html = bytes_to_str(body, detect_encoding(body))
                    text = extract_plain_text(html, main_content=True, comments=False)
                    try:
                        language = langdetect_rs.detect(text)
                    except langdetect_rs.LangDetectException:
                        language = "und"
                    found = [line for line in map(str.strip, text.split("\n")) if line]
                    fresh = []
                    for line in found:
                        key = xxhash.xxh3_64_intdigest(line.encode("utf-8", "replace"))
                        if key not in seen:
                            seen.add(key)
                            fresh.append(line)
                    near = near_lines([x for x in fresh if len(x) >= _LONG_CHARS], hasher, blocks)
                    kept = [line for line in fresh if line not in near]
                    pages, lines = pages + 1, lines + len(found)
                    dropped += len(found) - len(kept)
                    url = record.headers.get("WARC-Target-URI")
                    page = {"url": url, "language": language, "text": "\n".join(kept)}
                    sink.write(orjson.dumps(page) + b"\n")
    return pages, lines, dropped


def near_lines(lines, hasher, blocks):
    """Returns the lines within 3 bits of an earlier one, found by four blocks of 16 bits."""
    near = set()
    if not lines:
        return near
    values = sketch(strip_to_words(lines), 0, hasher).simhash
    for line, value in zip(lines, values.tolist(), strict=True):
        keys = [(value >> 16 * k) & 0xFFFF for k in range(4)]
        others = (o for k in range(4) for o in blocks[k].get(keys[k], ()))
        if any((other ^ value).bit_count() <= _RADIUS_BITS for other in others):
            near.add(line)
            continue
        for k in range(4):
            blocks[k].setdefault(keys[k], []).append(value)
    return near


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    n = options.processes
    jobs = [(options.files[i::n], options.out / f"part-{i}.jsonl.gz") for i in range(n)]
    if n == 1:
        done = [work(*jobs[0])]
    else:
        with multiprocessing.get_context("spawn").Pool(n) as pool:
            done = pool.starmap(work, jobs)
    seconds = time.perf_counter() - started
    pages, lines, dropped = np.sum(done, axis=0).tolist()
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(u.ru_utime + u.ru_stime for u in used)
    print(
        json.dumps(
            {
                "pages": pages,
                "lines": lines,
                "dropped": dropped,
                "seconds": round(seconds, 2),
                "cpu_seconds": round(cpu, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
