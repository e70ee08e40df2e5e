"""Books and manuals lose next to nothing: prose composed for the test, in pages with headings."""

import random

from transforms.text.widgets import find_widgets

SUBJECTS = "the miller|a tired clerk|our neighbour|the valve|each reader|the old ferry|the editor"
VERBS = "opens|considers|repairs|describes|forgets|replies to|comments on|shares|follows|archives"
OBJECTS = "the second gate|a letter from the coast|the index|its newest tag|the menu of the inn"
ENDS = "before the frost|without a reply|as the manual says|in 1887|on the next page|by email"
HEADINGS = "Chapter {n}|{n}. Installation|Comments in the source|The reply|Notes|A login for Anna"


def prose(make, sentences):
    parts = []
    for _ in range(sentences):
        words = [make.choice(bank.split("|")) for bank in (SUBJECTS, VERBS, OBJECTS, ENDS)]
        text = " ".join(words)
        if make.random() < 0.4:
            text += ", and " + " ".join(
                make.choice(bank.split("|")) for bank in (SUBJECTS, VERBS, OBJECTS)
            )
        parts.append(text[0].upper() + text[1:] + make.choice([".", ".", ".", "?", "!"]))
    return " ".join(parts)


def test_ten_thousand_paragraphs_lose_at_most_three_characters_in_a_thousand():
    make = random.Random(20)
    pages = []
    for number in range(500):
        page = [make.choice(HEADINGS.split("|")).replace("{n}", str(number))]
        for _ in range(20):
            page.append(prose(make, make.randint(1, 6)))
            if make.random() < 0.1:
                page.append(make.choice(HEADINGS.split("|")).replace("{n}", str(number)))
        pages.append(page)
    found = find_widgets(pages)
    lost = sum(len(page[i]) for page, gone in zip(pages, found, strict=True) for i in gone)
    assert lost <= 0.003 * sum(len(line) for page in pages for line in page)


def test_dialogue_keeps_its_short_lines():
    page = [
        "The door stood open, and in the kitchen somebody was singing about the harvest of 1911.",
        "“Comments?” asked Ada.",
        "“None,” Tom said.",
        "“Then reply.”",
        "“Later.”",
        "He closed the book, put it back on the shelf between the atlas and the bible, and left.",
    ]
    assert find_widgets([page]) == [{}]
