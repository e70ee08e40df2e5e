"""Paragraphs of WARC files, for measurements and tests that need text and no pipeline."""

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding


def read_pages(paths, paragraphs):
    """Gives {URL: its visible lines of ten words and more}, until there are so many lines."""
    pages, count = {}, 0
    for path in map(str, paths):
        with open(path, "rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response):
                raw = record.reader.read()
                text = extract_plain_text(bytes_to_str(raw, detect_encoding(raw)))
                lines = [" ".join(line.split()) for line in text.split("\n")]
                lines = [line for line in lines if line.isprintable() and line.count(" ") >= 9]
                url = record.headers["WARC-Target-URI"]
                if lines and url not in pages:
                    pages[url] = lines[: paragraphs - count]
                    count += len(pages[url])
                if count >= paragraphs:
                    return pages
    return pages
