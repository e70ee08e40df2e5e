"""Readers' comments as data: who wrote what, and when, where the page tells."""

import re
from dataclasses import dataclass

from transforms.text.html.decide import Containers
from transforms.text.html.tree import Tree
from transforms.text.html.vocabulary import BIT as HINT
from transforms.text.html.vocabulary import TAG_BIT
from transforms.text.html.words import BIT as WORD
from transforms.text.html.words import words_mask
from transforms.text.widgets.phrasebook import BOOK

_NUMBERED = re.compile(
    r"(?:comment|kommentar|comm|reply|c|li|div|cid|post)[-_a-z]*\d+$", re.IGNORECASE
)
_DATE = re.compile(
    r"\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}-\d\d-\d\d|\d{1,2}\.?\s+[^\W\d]{3,}\.?,?\s+\d{4}"
    r"|\d{1,2}\sde\s[^\W\d]{3,}\sde\s\d{4}|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]"
    r"|[^\W\d]{3,}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}|\b(?:vor|ago|il y a|hace|há)\b"
    r"|\d\s?(?:h|d|min)\b"
)
_NAME_ENDS = re.compile(r"(?<=[^\W\d_])(?=[A-Z][a-z])")
"""Where a month follows a name without a space: its letters do, only the look of the page parts
them."""
_SAYS = re.compile(
    r"^(?P<name>.{1,60}?)\s*(?:,\s*|\s)(?:says|said|wrote|writes|sagt|sagte|hat gesagt|schreibt"
    r"|schrieb|meint|dit|a dit|a écrit|dice|dijo|ha detto|disse|zegt|zei|schreef|пишет"
    r"|комментирует|pisze|dedi ki|さんのコメント)(?:(?!\w).{0,40})?:?\s*$",
    re.IGNORECASE,
)
_CHROME_WORDS = WORD["reply"] | WORD["form"] | WORD["login"] | WORD["closed"] | WORD["share"]
_ABOUT = (
    HINT["meta"] | HINT["author"] | HINT["form"] | HINT["title"] | HINT["tool"] | HINT["header"]
)
"""Hints of lines about a comment: who, when, and buttons."""
_MAX_CHROME_CHARS = 120
_MAX_META_CHARS = 120
_MAX_PHRASE_CHARS = 90


@dataclass(frozen=True, slots=True)
class Comment:
    """A reader's comment.

    Attributes:
      author: name, "" where the page does not tell.
      date: as the page writes it, "" where it does not tell.
      text: the comment's lines, joined by newlines; never blank.
    """

    author: str
    date: str
    text: str


def is_body(tree: Tree, unit: int) -> bool:
    """Whether a unit inside a comment section is what a reader wrote, not part of the widget."""
    lines = tree.lines[unit]
    size = sum(map(len, lines))
    if tree.link_chars[unit] * 2 > size:
        return False
    if size > _MAX_CHROME_CHARS:
        return True
    text = lines[0]
    element = tree.element[unit]
    mask = tree.mask[element] | tree.inline[unit]
    if mask & _ABOUT:
        return False
    if _SAYS.match(text) or (size < 60 and _DATE.search(text)):
        return False
    if size < _MAX_PHRASE_CHARS and BOOK.find([text])[0] >= 0:
        return False
    return not (size < _MAX_PHRASE_CHARS and words_mask(text) & (_CHROME_WORDS | WORD["comment"]))


def collect(tree: Tree, containers: Containers) -> tuple[Comment, ...]:  # noqa: C901
    """Readers' comments in reading order.

    Args:
      tree: the page.
      containers: its comment sections, and widgets under rules of the group `comments`.
    """
    items: dict[int, list[int]] = {}
    item_of = _items(tree)
    for unit, element in enumerate(tree.element):
        if in_comments(containers, element):
            items.setdefault(item_of[element], []).append(unit)
    found = []
    for units in items.values():
        author = date = ""
        body: list[str] = []
        for unit in units:
            if is_body(tree, unit):
                body += tree.lines[unit]
                continue
            text = " ".join(tree.lines[unit])
            if len(text) > _MAX_META_CHARS:
                continue
            mask = tree.mask[tree.element[unit]] | tree.inline[unit]
            dated = _DATE.search(text)
            said = _SAYS.match(text)
            if not author and said:
                author = said["name"]
            elif not author and mask & (HINT["author"] | HINT["header"]):
                author, text = _split_header(text)
                dated = dated if text else None
            if not date and dated:
                date = text
        if body:
            found.append(Comment(author, date, "\n".join(body)))
    return tuple(found)


def _split_header(text: str) -> tuple[str, str]:
    """A comment's header as who and when; the second is "" without a date."""
    dated = _DATE.search(text)
    if dated is None:
        return text.rstrip(":"), ""
    start = dated.start()
    if parted := _NAME_ENDS.search(dated.group()):
        start += parted.start()
    return text[:start].strip(" ,:|·-"), text[start:]


def in_comments(containers: Containers, element: int) -> bool:
    """Whether an element is inside a comment section and not a post of a discussion page."""
    if containers.post[element] >= 0:
        return False
    system = containers.system[element]
    if system >= 0:
        return containers.rules[system][0].startswith("comments.")
    return containers.comment[element] >= 0


def _items(tree: Tree) -> list[int]:
    """For each element the closest one that holds a whole comment: numbered, or one of many.

    A numbered term of a list begins a comment, which goes on in what the list says of it.
    """
    bit = HINT["comment"]
    terms: dict[int, int] = {}
    brothers: dict[tuple[int, str], int] = {}
    makes = []
    for element, (class_names, _) in enumerate(tree.name):
        first = class_names.split(None, 1)[0] if class_names.strip() else ""
        make = (tree.parent[element], first)
        makes.append(make)
        brothers[make] = brothers.get(make, 0) + 1
    item = [0] * len(tree.parent)
    for element in range(1, len(tree.parent)):
        many_units = tree.last[element] - tree.first[element] > 1
        own = tree.mask[element] & bit and (many_units or makes[element][1].endswith("comment"))
        identifier = tree.name[element][1]
        alone = _NUMBERED.match(identifier) is not None
        many = bool(makes[element][1]) and brothers[makes[element]] > 1
        parent = tree.parent[element]
        if alone and tree.mask[element] & TAG_BIT["dl"]:
            terms[parent] = element
        if own and (alone or many):
            item[element] = element
        else:
            item[element] = terms.get(parent, item[parent])
    return item
