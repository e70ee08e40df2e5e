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

_LONG_CHARS = 80
_RADIUS_BITS = 3
_ODD = np.uint64(0x9E3779B97F4A7C15)


def mix(x):
    """Mixes the bits of hashes (SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))


def simhashes(lines):
    """Gives a 64-bit fingerprint of each line, from the hashes of its character 4-grams."""
    lengths = np.array([len(line) for line in lines])
    codes = np.frombuffer("".join(lines).encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = codes.astype(np.uint64)
    hashes = np.zeros(len(codes) - 3, np.uint64)
    for i in range(4):
        hashes = hashes * np.uint64(0x100000001B3) + codes[i : len(codes) - 3 + i] + _ODD
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    inside = np.ones(len(hashes), bool)
    for back in (1, 2, 3):
        inside[starts[1:] - back] = False
    bits = np.unpackbits(mix(hashes[inside]).astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    counts = lengths - 3
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    ones = np.add.reduceat(bits, first, axis=0, dtype=np.int32)
    return np.packbits(2 * ones > counts[:, None], axis=1).view(">u8").ravel()


def work(files, out):
    """Cleans some files; returns (pages, lines, lines dropped)."""
    langdetect_rs.DetectorFactory.seed = 0
    seen = set()
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
                    near = near_lines([x for x in fresh if len(x) >= _LONG_CHARS], blocks)
                    kept = [line for line in fresh if line not in near]
                    pages, lines = pages + 1, lines + len(found)
                    dropped += len(found) - len(kept)
                    url = record.headers.get("WARC-Target-URI")
                    page = {"url": url, "language": language, "text": "\n".join(kept)}
                    sink.write(orjson.dumps(page) + b"\n")
    return pages, lines, dropped


def near_lines(lines, blocks):
    """Returns the lines within 3 bits of an earlier one, found by four blocks of 16 bits."""
    near = set()
    if not lines:
        return near
    values = simhashes(lines)
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
