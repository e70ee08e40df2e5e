"""Discussion pages, whose posts are the content."""

import numpy as np

from transforms.text.html.tree import Tree

POSTS: dict[str, tuple[str, ...]] = {
    "phpBB": (".postbody",),
    "vBulletin": (".postcontent", "#post_message_*", ".js-post__content-text"),
    "XenForo": (".message-body", ".messagecontent", ".message-userContent"),
    "Discourse": (".cooked", ".crawler-post", ".topic-body"),
    "Stack Exchange": (".js-post-body", ".post-text", ".postcell", ".answercell"),
    "SMF": (".post_wrapper", "#msg_*"),
    "MyBB": (".post_body", "#pid_*"),
    "Invision": (".ipscomment_content", ".cpost_contentwrap"),
    "Flarum": (".post-body",),
    "WoltLab": (".messagetext",),
    "NodeBB": (".posts-list",),
}
"""Containers of one post's text, as the default themes of the systems name them; lower case."""

_EXACT = {
    name[1:].lower(): system
    for system, names in POSTS.items()
    for name in names
    if name[0] == "." and name[-1] != "*"
}
_PREFIXES = tuple(
    (name[1:-1], system) for system, names in POSTS.items() for name in names if name[-1] == "*"
)

POST = 1 << 62
"""Bit of an element's mask, far above the hints: its class or id may be that of a post."""

MIN_POSTS = 2
"""A page with fewer posts of one system is not taken for a discussion."""


CLASSES_OF_POSTS = tuple(_EXACT)
ID_STARTS_OF_POSTS = tuple(prefix for prefix, _ in _PREFIXES)
"""Lower case; digits alone follow such a beginning."""


def forum_posts(tree: Tree) -> list[int]:
    """The elements that hold the text of a post.

    Args:
      tree: the page.

    Returns:
      For each element the number of the post container it is in, or -1. All -1 where the page
      is not a discussion: fewer than `MIN_POSTS` posts of one system.
    """
    outside = [-1] * len(tree.parent)
    named = np.flatnonzero(tree.elements[1] & POST).tolist()
    if len(named) < MIN_POSTS:
        return outside
    inside = outside.copy()
    posts: dict[str, int] = {}
    end = 0
    for element in named:
        class_names, identifier = tree.name[element]
        system = system_of_class(class_names) or system_of_id(identifier)
        if element >= end and tree.last[element] > tree.first[element]:
            posts[system] = posts.get(system, 0) + 1
            end = tree.end[element]
            inside[element:end] = [element] * (end - element)
    return inside if max(posts.values(), default=0) >= MIN_POSTS else outside


def is_class_of_post(name: str) -> bool:
    """Whether posts of a system have such a class, lower case."""
    return name in _EXACT


def system_of_class(class_names: str) -> str:
    """The system whose posts have such a class attribute, "" without one."""
    names = class_names.lower().split()
    return next((_EXACT[name] for name in names if name in _EXACT), "")


def system_of_id(identifier: str) -> str:
    """The system whose posts have such an id, "" without one."""
    if identifier[-1:].isdigit():
        low = identifier.lower()
        for prefix, system in _PREFIXES:
            if low.startswith(prefix) and low[len(prefix) :].isdigit():
                return system
    return ""
