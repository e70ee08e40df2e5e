"""A small corpus in several files and formats, with copies and near-copies across them."""

import random

from page_files import DATE, WIDGET, html, jsonl, packed, text, warc, write

_SAID = (
    "boat river stone window garden market winter letter music school bridge engine paper silver"
    " morning kitchen forest doctor village station orange pencil summer teacher island museum"
    " captain bottle candle mirror blanket harbour quarry heron loaf honey the and of with under"
    " was had came near every old new small first last before after where which they"
)
WORDS = _SAID.split()


def sentence(rng):
    words = " ".join(rng.choices(WORDS, k=rng.randint(12, 30)))
    return f"{words[0].upper()}{words[1:]} in {rng.randint(1900, 2024)}."


def edited(rng, paragraph):
    """The paragraph with one word changed."""
    words = paragraph.split()
    words[rng.randrange(len(words))] = rng.choice(WORDS)
    return " ".join(words)


def paragraphs(rng, shared):
    """A page: text of its own, repeats of it, copies and near-copies of what others have."""
    own = [sentence(rng) for _ in range(rng.randint(2, 8))]
    copies = rng.sample(shared, 2)
    page = [*own, own[0], copies[0], edited(rng, copies[1]), sentence(rng)]
    shared.extend(own)
    return page + (list(WIDGET) if rng.random() < 0.5 else [])


def write_corpus(folder, pages=150, seed=7):
    """Writes the corpus and returns patterns that name it, in no special order.

    Args:
      folder: is made.
      pages: in JSON lines; a third as many as WARC, some as single files.
      seed: equal seeds give equal bytes.
    """
    rng = random.Random(seed)
    shared = [sentence(rng) for _ in range(20)]
    records = [
        {
            "url": f"https://a.example/{n}",
            "date": DATE % rng.randint(1, 9),
            "text": text(*paragraphs(rng, shared)),
        }
        for n in range(pages)
    ]
    records.insert(pages // 2, {"url": "https://bad.example/", "html": "<div>" * 10_050 + "x"})
    half = len(records) // 2
    write(folder / "1.jsonl", jsonl(*records[:half]) + b"{bad\n")
    write(folder / "2.jsonl.gz", packed(jsonl(*records[half:]), ".gz"))
    crawl = [(f"https://w.example/{n}", html(*paragraphs(rng, shared))) for n in range(pages // 3)]
    write(folder / "3.warc", warc(*crawl[:9]) + warc(*crawl[9:18]))
    for n in range(4):
        write(folder / "single" / f"{n}.txt", text(*paragraphs(rng, shared)))
    write(folder / "single" / "cut.txt.gz", packed(b"cut short " * 1000, ".gz")[:-12])
    return [f"{folder}/*.jsonl", f"{folder}/2*", f"{folder}/*.warc", f"{folder}/single/*"]
