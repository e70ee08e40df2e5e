"""A run's figures, as `run.json` holds them, for the tests of what is written for people."""

import copy

_RUN = {
    "pagesieve": "0.1.0",
    "run": "nightly-7",
    "started": "2024-05-01T10:00:00Z",
    "finished": "2024-05-01T10:02:05Z",
    "options": {"input": "in/*", "languages": {"keep": ["en", "de"]}},
    "engine": "in-process",
    "rules_version": "3",
    "input": {"files": 4, "bytes": 12345678, "shards": 4, "digest": "aa11"},
    "pages": {
        "read": 1200,
        "written": 1180,
        "dropped": {"short": 12},
        "rejected": {"malformed": 5, "truncated": 3},
        "skipped": {},
    },
    "paragraphs": {
        "in": 20000,
        "kept": 15000,
        "removed": {"comments.wordpress": 3000, "duplicate.near": 900, "share.buttons": 1000},
        "dropped": {"short": 100},
        "rejected": 0,
    },
    "characters": {"in": 4000000, "kept": 3600000},
    "languages": {"en": 1000, "de": 170, "und": 10},
    "years": {"2023": 180, "2024": 900, "unknown": 100},
    "months": {"2023-12": 180, "2024-01": 500, "2024-03": 400},
    "hosts": {"a.example": {"pages": 700, "in": 9000, "kept": 8000}},
    "duplicates": {"comparisons": 123456, "not_compared": 0, "partitions": 2},
    "samples": {
        "duplicate.near": [
            {
                "url": "https://a.example/2",
                "text": "The ferry crosses every 30 minutes.",
                "evidence": "3 of 64 bits differ",
                "keeper": {"url": "https://a.example/1"},
            }
        ],
        "comments.wordpress": [
            {"url": "https://a.example/3", "text": "Leave a Reply", "evidence": "x", "keeper": None}
        ],
    },
    "groups": [
        {
            "copies": 40,
            "keeper": {
                "id": "ps:1",
                "url": "https://a.example/tide",
                "paragraph": 3,
                "text": "The tide tables are printed on the first of March.",
            },
            "variants": [
                {
                    "url": "https://b.example/tide",
                    "text": "The tide tables are posted on the first of March.",
                    "distance": 5,
                }
            ],
        }
    ],
    "templates": [
        {
            "pages": 31,
            "host": "a.example",
            "text": "You are here: Home",
            "evidence": "stands on 31 of 40 pages of its host",
        }
    ],
    "signals": {
        "words": {
            "edges": [0.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0],
            "kept": [0, 0, 300, 480, 300, 90, 10],
            "dropped": [4, 8, 0, 0, 0, 0, 0],
        }
    },
    "rejects": [
        {"file": "in/bad.jsonl", "offset": 77, "reason": "malformed", "detail": "line 3: no JSON"}
    ],
    "conservation": {"holds": True},
    "digest": "bb22",
}


def example_run():
    """A fresh copy, which the test may change."""
    return copy.deepcopy(_RUN)
