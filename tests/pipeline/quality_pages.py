"""Pages on both sides of the filters' limits, in two languages."""

from page_files import DATE, jsonl

ENGLISH = "The town of {n} is on the river and has a market that people like to visit with friends"
GERMAN = "Die Stadt {n} liegt an dem Fluss und hat einen Markt, den die Leute mit Freunden besuchen"


def records(pages=60):
    """Pages of 1 to `pages` lines; every third in German, every fifth repeats its lines."""
    made = []
    for number in range(1, pages + 1):
        line = GERMAN if number % 3 == 0 else ENGLISH
        names = [f"{number}x{n if number % 5 else n % 3}" for n in range(number)]
        end = "." if number % 4 else ""
        lines = [line.format(n=name) + end for name in names]
        if number % 2:
            lines.append("A line that has no mark at its end")
        made.append(
            {
                "url": f"https://h{number % 7}.example/{number}",
                "date": DATE % (1 + number % 9),
                "text": "\n".join(lines),
            }
        )
    return made


def content(pages=60):
    """The same as JSON lines."""
    return jsonl(*records(pages))
