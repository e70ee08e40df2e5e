"""What a run leaves in its output folder, read back with nothing of the project's own code."""

import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

ADDED = "2024-05-01T10:00:00.000Z"
"""Time stamp of runs whose bytes are compared."""


def lines_of(path):
    """The JSON lines of a file."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.decode("utf-8").split("\n")[:-1]]


def records_of(folder):
    """All records below a folder, file by file; no file may be empty."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        records = pq.read_table(path).to_pylist() if path.suffix == ".parquet" else lines_of(path)
        assert records, f"{path} is empty"
        found.extend(records)
    return found


def bytes_of(output, *kinds):
    """Name to content of every file in the given folders of an output."""
    paths = [path for kind in kinds for path in sorted((Path(output) / kind).glob("*"))]
    return {str(path.relative_to(output)): path.read_bytes() for path in paths}


@dataclass
class Ran:
    """A run of the command that is over.

    Attributes:
      status: exit status.
      out, err: what it printed.
      output: the output folder, which need not be there.
    """

    status: int
    out: str
    err: str
    output: Path

    @property
    def documents(self):
        return records_of(self.output / "documents")

    @property
    def receipts(self):
        return records_of(self.output / "removed")

    @property
    def rejects(self):
        return records_of(self.output / "rejected")

    @property
    def run(self):
        return json.loads((self.output / "run.json").read_bytes())

    @property
    def bytes(self):
        return bytes_of(self.output, "documents", "removed", "rejected")

    def document(self, url):
        """The document of one page, by the end of its URL."""
        (found,) = [one for one in self.documents if one["metadata"]["url"].endswith(url)]
        return found

    def texts(self):
        """URL to text of every document."""
        return {one["metadata"]["url"]: one["text"] for one in self.documents}

    def pages(self):
        """Id to all paragraphs of each page, put together again from documents and receipts."""
        gone, kept, counts = {}, {}, {}
        for receipt in self.receipts:
            place = gone.setdefault(receipt["id"], {})
            assert receipt["paragraph"] not in place, "two receipts for one paragraph"
            place[receipt["paragraph"]] = receipt["text"]
        for document in self.documents:
            kept[document["id"]] = document["text"].split("\n")
            counts[document["id"]] = document["metadata"]["paragraphs_in"]
        pages = {}
        for page in gone.keys() | kept.keys():
            lines, removed = iter(kept.get(page, ())), gone.get(page, {})
            total = counts.get(page, len(removed))
            pages[page] = [removed[n] if n in removed else next(lines) for n in range(total)]
            assert next(lines, None) is None
            assert not removed or max(removed) < total
        return pages

    def refused(self, words):
        """Whether the command line was refused, in at most two lines, before any work.

        A line that says which bucket is being reached may stand before them.
        """
        lines = self.err.splitlines()
        if lines and lines[0].startswith("pagesieve: reaching gs://"):
            del lines[0]
        assert self.status == 2, (self.status, self.err)
        assert 1 <= len(lines) <= 2, lines
        assert all(line.startswith("pagesieve: ") for line in lines), lines
        assert words in lines[-1], lines
        assert "Traceback" not in self.err
        assert self.out == ""
        return True
