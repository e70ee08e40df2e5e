"""What names of classes and ids, tags, roles and link targets hint at. Weighed, never obeyed.

A *mask* is an integer whose bit `GROUPS.index(name)` says that the group is hinted at. Names are
split into words (`entry-content`, `entryContent` and `entry_content` are `entry`, `content`) and
looked up whole, so `header` does not hit `head`; a few stems are looked for inside words, because
they stand in compounds of many languages.
"""

import re
from collections.abc import Iterable
from typing import Any

from transforms.text import kernel
from transforms.text.html.forum import (
    CLASSES_OF_POSTS,
    ID_STARTS_OF_POSTS,
    POST,
    is_class_of_post,
    system_of_id,
)
from transforms.text.html.known import (
    CLASS_STARTS,
    CLASSES,
    ID_STARTS,
    IDS,
    KNOWN,
    MARKED,
    knows_class,
    knows_id,
)
from transforms.text.html.vocabulary import BIT, GROUPS, STEMS, TAG_BIT

_PARTS_OF_PROSE = (
    {"article", "entry", "post", "story", "blog", "news", "artikel", "beitrag", "page", "main"},
    {"content", "body", "text", "copy", "inhalt", "txt"},
)

_ROLES = {
    "navigation": TAG_BIT["nav"], "contentinfo": TAG_BIT["footer"], "banner": TAG_BIT["header"],
    "complementary": TAG_BIT["aside"], "main": TAG_BIT["main"], "article": TAG_BIT["article"],
    "search": TAG_BIT["form"], "form": TAG_BIT["form"], "menu": TAG_BIT["nav"],
    "menubar": TAG_BIT["nav"], "menuitem": TAG_BIT["nav"], "dialog": TAG_BIT["dialog"],
    "alertdialog": TAG_BIT["dialog"], "button": TAG_BIT["button"], "tablist": TAG_BIT["nav"],
    "articlebody": BIT["prose"], "datepublished": BIT["meta"], "author": BIT["author"],
    "comment": BIT["comment"] | MARKED, "commenttext": BIT["comment"] | MARKED,
    "headline": BIT["title"],
    "breadcrumb": BIT["navigation"], "keywords": BIT["tag"], "reviewbody": BIT["comment"],
    "name": 0,
}  # fmt: skip
"""Values of `role` and `itemprop`."""

_ANY_STEM = re.compile("|".join(stem for stem, _ in STEMS))
_WORD_BREAK = re.compile(r"[^a-zäöüß0-9]+|(?<=[a-zäöüß])(?=[0-9])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BY_WORD: dict[str, int] = {}
for _group, _words in GROUPS.items():
    for _word in _words.split():
        _BY_WORD[_word] = _BY_WORD.get(_word, 0) | BIT[_group]

_STATES = (
    "category|tag|has|no|not|show|showing|hide|with|js|is|term|author|enable|enabled|type|format"
    "|status|postid|post-id|page-id|single|front|wp-custom|logged|u|tw|sm|md|lg|xl"
)
_NO_STATES = "content|body|text"
_STATE = re.compile(rf"(?:{_STATES})[-_](?!{_NO_STATES})")
_STATE_HEADS = frozenset(state.split("-")[0] for state in _STATES.split("|"))
_INSIDE_STATES = "commentary|template-default|maincolor|textcolor|bgcolor"
_STATE_INSIDE = re.compile(_INSIDE_STATES)
_STATE_ENDS = ("enabled", "disabled")
"""Names that tell what a page or a post is about or how it is set up, not what an element is."""

_MAX_NAME_CHARS = 300
_MAX_NAMES = 12
"""Lists of more class names describe a whole post or page; only the first ones count."""
_MAX_CACHED = 50_000
_MAX_CACHED_CHARS = 1_000
CLASS_MASKS: dict[str, int] = {}
ID_MASKS: dict[str, int] = {}
ROLE_MASKS: dict[str, int] = {}
"""Masks of attributes that `class_mask`, `id_mask` and `role_mask` have seen: `_walk.c` looks there
before it calls them. Classes and ids of ASCII characters it asks `_hints.c` for."""
_name_cache: dict[str, int] = {}
_word_cache: dict[str, int] = {}


def class_mask(class_names: str) -> int:
    """Hints of a class attribute.

    Args:
      class_names: the attribute; only its first 300 characters count.

    Returns:
      A mask of the groups in `GROUPS`, `forum.POST` for the classes of posts, `known.KNOWN`
      for those of widget systems.
    """
    mask = CLASS_MASKS.get(class_names)
    if mask is None:
        mask = 0
        names = class_names.split()
        counted = names
        if len(names) > _MAX_NAMES or len(class_names) > _MAX_NAME_CHARS:
            counted = class_names[:_MAX_NAME_CHARS].split()
            if len(counted) > _MAX_NAMES:
                counted = counted[: _MAX_NAMES // 2]
        for name in counted:
            found = _name_cache.get(name)
            if found is None:
                found = name_mask(name) | _bits_of_class(name)
                _remember(_name_cache, name, found)
            mask |= found
        if counted is not names:
            mask &= ~(KNOWN | POST)
            for name in names:
                mask |= _bits_of_class(name)
        _remember(CLASS_MASKS, class_names, mask)
    return mask


def _bits_of_class(name: str) -> int:
    """Bits that stand for a class name itself, not for its words."""
    low = name.lower()
    return (KNOWN if knows_class(low) else 0) | (POST if is_class_of_post(low) else 0)


def id_mask(identifier: str) -> int:
    """Hints of an id; `forum.POST` stands for the ids of posts, `known.KNOWN` for widget systems'.

    Args:
      identifier: the attribute.
    """
    mask = ID_MASKS.get(identifier)
    if mask is None:
        mask = name_mask(identifier)
        if knows_id(identifier.lower()):
            mask |= KNOWN
        if system_of_id(identifier):
            mask |= POST
        _remember(ID_MASKS, identifier, mask)
    return mask


def name_mask(name: str) -> int:
    """Hints of an id or of one class name; its first 300 characters count, digits at its end not.

    Args:
      name: the id or class name.

    Returns:
      A mask of the groups in `GROUPS`.
    """
    short = name[:_MAX_NAME_CHARS].rstrip("0123456789")
    low = short.lower()
    words = low.replace("_", "-").split("-") if "-" in low or "_" in low else [low]
    state = (
        (words[0] in _STATE_HEADS and _STATE.match(low))
        or (("comm" in low or "color" in low or "temp" in low) and _STATE_INSIDE.search(low))
        or low.endswith(_STATE_ENDS)
    )
    if state:
        return 0
    if not low.isascii() or not "".join(words).isalpha() or (short != low and _CAMEL.search(short)):
        words = _WORD_BREAK.split(_CAMEL.sub("-", short).lower())
    return _words_mask(words)


def role_mask(value: str) -> int:
    """Hints of a `role` or `itemprop` attribute.

    Args:
      value: the attribute; its first word counts.
    """
    mask = ROLE_MASKS.get(value)
    if mask is None:
        mask = _ROLES.get(value[:40].lower().split(" ", 1)[0], 0)
        _remember(ROLE_MASKS, value, mask)
    return mask


def _remember(seen: dict[str, int], name: str, mask: int) -> None:
    if len(name) <= _MAX_CACHED_CHARS:
        if len(seen) >= _MAX_CACHED:  # of a pure function: this changes no result
            seen.clear()
        seen[name] = mask


def _words_mask(words: list[str]) -> int:
    mask = 0
    for word in words:
        found = _word_cache.get(word)
        mask |= _word_mask(word) if found is None else found
    if (
        len(words) > 1
        and not _PARTS_OF_PROSE[0].isdisjoint(words)
        and not _PARTS_OF_PROSE[1].isdisjoint(words)
    ):
        mask |= BIT["prose"]
    return mask


def _word_mask(word: str) -> int:
    mask = _BY_WORD.get(word)
    if mask is None:
        mask = 0
        if len(word) > 3 and _ANY_STEM.search(word):
            for stem, group in STEMS:
                if stem in word:
                    mask |= BIT[group]
    _remember(_word_cache, word, mask)
    return mask


BY_ATTRIBUTE = ((class_mask, CLASS_MASKS), (id_mask, ID_MASKS), (role_mask, ROLE_MASKS))
"""What `_walk.c` asks for class, id, and `role` or `itemprop`, and where it looks before that."""


def _compile() -> Any:
    """The vocabulary for `_hints.c`, where there is a kernel: texts in lower case with a mask."""
    if kernel.compiled is None:
        return None
    parts = 1 << 56, 1 << 57
    words = dict.fromkeys((*_BY_WORD, *_PARTS_OF_PROSE[0], *_PARTS_OF_PROSE[1]), 0)
    for word in words:
        words[word] = _word_mask(word)
        for part, those in zip(parts, _PARTS_OF_PROSE, strict=True):
            words[word] |= part if word in those else 0
    classes = dict.fromkeys(CLASSES, KNOWN)
    for name in CLASSES_OF_POSTS:
        classes[name] = classes.get(name, 0) | POST

    def all_with(mask: int, texts: Iterable[str]) -> tuple[tuple[str, int], ...]:
        return tuple((text, mask) for text in texts)

    return kernel.compiled.make_hints(
        (
            tuple(words.items()),
            tuple((stem, BIT[group]) for stem, group in STEMS),
            all_with(1, _STATES.split("|")),
            all_with(1, _NO_STATES.split("|")),
            all_with(1, _INSIDE_STATES.split("|")),
            all_with(1, _STATE_ENDS),
            tuple(classes.items()),
            all_with(KNOWN, CLASS_STARTS),
            all_with(KNOWN, IDS),
            all_with(KNOWN, ID_STARTS),
            all_with(POST, ID_STARTS_OF_POSTS),
            (("", parts[0]), ("", parts[1]), ("prose", BIT["prose"])),
        )
    )


COMPILED = _compile()
"""What `_walk.c` looks names of ASCII characters up in; None without a kernel."""
