"""Makes a larger corpus out of one: altered copies of WARC files, for measurements of scale.

    python benchmarks/enlarge_corpus.py IN.warc.gz… OUT_FOLDER --copies 4

Copy 0 is the original. In every further copy the pages stand on other hosts, and about every second
word of four letters or more is another one, the same wherever it stands in that copy: paragraphs
repeat within a copy as often as in the original, and none repeats in another copy. The result
depends on nothing but the input.
"""

import argparse
import gzip
import re
import zlib
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from fastwarc.warc import ArchiveIterator, WarcRecordType

_TEXT = re.compile(rb">([^<]+)<")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{4,}")
_LETTERS = bytes(range(97, 123))


class _Words:
    """Another word for each second word, always the same."""

    def __init__(self, copy):
        self._salt = b"%d:" % copy
        shift = 3 + 2 * copy % 20
        turned = _LETTERS[shift:] + _LETTERS[:shift]
        self._table = bytes.maketrans(_LETTERS + _LETTERS.upper(), turned + turned.upper())
        self._known = {}

    def alter(self, body):
        return _TEXT.sub(self._alter_text, body)

    def _alter_text(self, match):
        return b">" + _WORD.sub(self._alter_word, match[1]) + b"<"

    def _alter_word(self, match):
        word = match[0]
        other = self._known.get(word)
        if other is None:
            changes = zlib.crc32(self._salt + word) & 1
            other = self._known[word] = word.translate(self._table) if changes else word
        return other


def copy_file(source, target, copy):
    """Writes the pages of one file, altered; gives how many they are."""
    words, pages = _Words(copy), 0
    with open(source, "rb") as read, open(target, "wb") as write:
        for record in ArchiveIterator(read, record_types=WarcRecordType.response, parse_http=False):
            head, _, body = record.reader.read().partition(b"\r\n\r\n")
            url = record.headers["WARC-Target-URI"]
            if copy:
                body = words.alter(body)
                parts = urlsplit(url)
                url = urlunsplit(parts._replace(netloc=f"copy{copy}.{parts.netloc}"))
            kept = [
                line
                for line in head.split(b"\r\n")
                if not line.lower().startswith((b"content-length:", b"transfer-encoding:"))
            ]
            block = b"\r\n".join(kept) + b"\r\n\r\n" + body
            header = (
                "WARC/1.0\r\nWARC-Type: response\r\n"
                f"WARC-Target-URI: {url}\r\nWARC-Date: {record.headers['WARC-Date']}\r\n"
                "Content-Type: application/http; msgtype=response\r\n"
                f"Content-Length: {len(block)}\r\n\r\n"
            )
            write.write(gzip.compress(header.encode() + block + b"\r\n\r\n", 4, mtime=0))
            pages += 1
    return pages


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="WARC files, and the folder for the result")
    parser.add_argument("--copies", type=int, default=4)
    options = parser.parse_args()
    *sources, folder = options.files
    Path(folder).mkdir(parents=True, exist_ok=True)
    for source in map(Path, sources):
        for copy in range(options.copies):
            target = Path(folder) / f"copy{copy}-{source.name}"
            print(f"{target}: {copy_file(source, target, copy):,} pages")


if __name__ == "__main__":
    main()
