"""Small pages and batches for the tests of single steps."""

from transforms.records import Failure, Page, PageBatch, RawBatch, RawPage, Removal

TEXT = (
    "The ferry to the island leaves every hour from the old stone pier near the market.",
    "Tickets are sold on board, and the crossing takes forty minutes when the sea is calm.",
)
FAILURE = Failure("read", "malformed", "not JSON", "in/a.jsonl", 7, raw=b"{", raw_length=1)
TOO_DEEP = "<div>" * 10_050 + "deep"


def raw(content, *, url="https://a.example/1", kind="text", date=""):
    return RawPage(url, date, kind, content, "in/a.jsonl", 3, "given-1")


def raw_batch(*pages, **more):
    values = {"shard": 2, "number": 0, "last": True, "pages": pages, **more}
    return RawBatch(**values)


def page(*paragraphs, number=1, **more):
    values = {
        "id": f"ps:{number:016x}",
        "url": f"https://a.example/{number}",
        "date": "",
        "paragraphs": paragraphs,
        **more,
    }
    return Page(**values)


def batch(*pages, **more):
    values = {
        "shard": 2,
        "number": 0,
        "last": True,
        "pages": pages,
        "failures": (),
        "skipped": {},
        "first_page": 0,
        "read": len(pages),
        **more,
    }
    return PageBatch(**values)


def removal(rule="share.buttons"):
    return Removal(rule, "seen in a test")
