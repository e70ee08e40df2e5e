"""Discussion pages, whose posts are the content."""

from functools import lru_cache

from transforms.text.html.dom import Tree

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
    name.lower(): system
    for system, names in POSTS.items()
    for name in names
    if not name.endswith("*")
}
_PREFIXES = tuple(
    (name[1:-1], system) for system, names in POSTS.items() for name in names if name[-1] == "*"
)

MIN_POSTS = 2
"""A page with fewer posts of one system is not taken for a discussion."""


def forum_posts(tree: Tree) -> list[int]:
    """The elements that hold the text of a post.

    Args:
      tree: the page.

    Returns:
      For each element the number of the post container it is in, or -1. All -1 where the page
      is not a discussion: fewer than `MIN_POSTS` posts of one system.
    """
    inside = [-1] * len(tree.parent)
    posts: dict[str, int] = {}
    for element, (parent, (class_names, identifier)) in enumerate(
        zip(tree.parent, tree.name, strict=True)
    ):
        inside[element] = inside[parent]
        if inside[element] < 0 and (class_names or identifier):
            system = class_names and _system_of_class(class_names)
            system = system or _system_of_id(identifier)
            if system and tree.last[element] > tree.first[element]:
                posts[system] = posts.get(system, 0) + 1
                inside[element] = element
    if max(posts.values(), default=0) < MIN_POSTS:
        return [-1] * len(tree.parent)
    return inside


@lru_cache(maxsize=20_000)
def _system_of_class(class_names: str) -> str:
    for name in class_names.lower().split():
        system = _EXACT.get(f".{name}")
        if system:
            return system
    return ""


def _system_of_id(identifier: str) -> str:
    if not identifier[-1:].isdigit():
        return ""
    low = identifier.lower()
    for prefix, system in _PREFIXES:
        if low.startswith(prefix) and low[len(prefix) :].isdigit():
            return system
    return ""
