"""Small runs for the tests of the commands that look into them."""

import gzip
import json

from pipeline.__main__ import main

TIDE = (
    "The harbour office will publish the tide tables for the coming season on the first of March, "
    "and skippers may collect a printed copy at the counter until the end of the month."
)
TIDE_CHANGED = TIDE.replace("printed", "laminated")
BRIDGE = (
    "Repairs to the old swing bridge are to begin after the regatta, when the river is low enough "
    "for the masons to reach the pier whose stones were shaken loose by the January flood."
)
OWN = (
    "Our gardener keeps bees behind the boat shed, and every visitor who asks politely is given a "
    "spoonful of dark heather honey together with a long account of how it came to be."
)
HOSTILE = (
    '\x1b]0;owned\x07\x1b[31mred\x9b2J <script>alert(1)</script> "><img src=x onerror=alert(1)> '
    "\u202eslaw eht rof\u2066 the committee of the rowing club met twice in the winter and agreed "
    "on nothing but the colour of the new blades \u2028 </bdi></p><iframe src=https://e.example>"
)
HOSTILE_URL = "https://evil.example/\u202e<script>alert(1)</script>?q=\"'&x"

PAGES = [
    {
        "url": "https://a.example/news/one",
        "date": "2024-01-01T00:00:00Z",
        "text": f"{TIDE}\n{BRIDGE}\nNo comments:\nPost a Comment",
    },
    {
        "url": "https://b.example/news/two",
        "date": "2024-02-01T00:00:00Z",
        "text": f"{TIDE_CHANGED}\n{OWN}\n{BRIDGE}",
    },
    {"url": "https://c.example/copy", "date": "2024-03-01T00:00:00Z", "text": f"{TIDE}\n{BRIDGE}"},
    {"url": HOSTILE_URL, "date": "2024-04-01T00:00:00Z", "text": f"{HOSTILE}\n{HOSTILE}"},
]
MALFORMED = '{"url": "https://d.example/", "text": "cut off in the mid'


def write_pages(path, pages=PAGES, bad=(MALFORMED,)):
    """Writes JSON lines, good ones first."""
    lines = [json.dumps(page) for page in pages] + list(bad)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def clean(source, output, *options):
    """Cleans a file or pattern."""
    arguments = ["clean", f"--input={source}", f"--output={output}", "--progress=off"]
    assert main([*arguments, "--workers=1", *options]) == 0
    return output


def read(output, kind):
    """All records of one kind, in order."""
    found = []
    for path in sorted((output / kind).glob("part-*.jsonl.gz")):
        found += map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
    return found


def run_json(output):
    """The content of run.json."""
    return json.loads((output / "run.json").read_text(encoding="utf-8"))


def texts(output):
    """URL to paragraphs."""
    return {r["metadata"]["url"]: r["text"].split("\n") for r in read(output, "documents")}
