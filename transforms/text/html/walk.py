"""Cuts the markup of a parsed page into units, in one pass: the twin in Python of `_walk.c`."""

from transforms.text.errors import TooDeep
from transforms.text.html.blocks import clean_line
from transforms.text.html.hints import class_mask, id_mask, role_mask
from transforms.text.html.limits import MAX_DEPTH
from transforms.text.html.markup import (
    ATTRIBUTE,
    BODY,
    BOLD,
    BREAK,
    HEAD,
    KINDS,
    LINK,
    OTHER,
    PART,
    PRE,
    RAW,
    ROW,
    RULE,
    SCRIPT,
    SKIP,
    TITLE,
    VOID,
    end_of_raw,
    text_without_tag,
    unescape,
)
from transforms.text.html.tree import Tree, Unit

CELL_SEPARATOR = " | "
MAX_CELL_CHARS = 300
"""A row with a longer cell is not a row of data: its cells stay units of their own."""
MAX_TITLE_CHARS = 1_000
TOO_DEEP = f"elements are nested more than {MAX_DEPTH} levels deep"
_CLOSE_NOTHING, _CLOSE_LINK, _CLOSE_BOLD, _CLOSE_BLOCK, _CLOSE_ROW, _CLOSE_PRE = range(6)
_Read = tuple[str, str, int, int, bool, bool]
"""Class, id, what both hint at, what roles hint at, whether hidden, whether there is a target."""
_NOTED = frozenset(("class", "id", "role", "itemprop", "style", "hidden", "aria-hidden", "href"))


def walk(html: str, tree: Tree) -> None:  # noqa: C901, PLR0912, PLR0915
    """Fill a tree from a page's markup.

    One function and local names only, because calls would cost more than the work itself.

    Args:
      html: as lexbor writes it.
      tree: a new one.

    Raises:
      TooDeep: elements are nested more than `MAX_DEPTH` levels deep.
    """
    kind_of, part_at = KINDS.get, PART.match
    attributes_seen: dict[str, _Read] = {}
    parents: list[int] = []
    masks: list[int] = []
    names: list[tuple[str, str]] = []
    firsts: list[int] = []
    lasts: list[int] = []
    ends: list[int] = []
    tree.parent, tree.mask, tree.name = parents, masks, names
    tree.first, tree.last, tree.end = firsts, lasts, ends
    units: list[Unit] = []
    pieces: list[str] = []
    done: list[str] = []
    stack: list[tuple[str, int, int]] = []
    element = elements = pre = links_open = bold_open = link_chars = bold_chars = links = inline = 0
    skipped, depth = "", 0  # the element whose content is left out, and how often it is open
    in_head = titled = runs_on = False
    at, raw_end, size = 0, 0, len(html)
    while at < size:
        if at < raw_end:
            text, slash, name, attributes_text = html[at:raw_end], "", "", ""
            at = raw_end
        elif (found := part_at(html, at)) is not None:
            text, slash, name, attributes_text = found.groups()
            at = found.end()
            if "&" in text:
                text = unescape(text)
        else:
            at, text = text_without_tag(html, at)
            slash = name = attributes_text = ""
        if text and not (skipped or in_head) and (pieces or not text.isspace()):
            pieces.append(text)
            if links_open or bold_open:
                chars = len(text.strip())
                if links_open:
                    link_chars += chars
                if bold_open:
                    bold_chars += chars
        if not name:
            continue
        if slash:
            if skipped:
                if name == skipped:
                    depth -= 1
                    if not depth:
                        skipped = ""
            elif in_head:
                in_head = name != "head"
            elif stack and stack[-1][0] == name:
                _, close, before = stack.pop()
                if close >= _CLOSE_BLOCK:
                    if pieces or done:
                        lines = _cut(pieces, done, pre)
                        if lines:
                            units.append((lines, element, link_chars, bold_chars, links, inline))
                        pieces, done = [], []
                        link_chars = bold_chars = links = inline = 0
                    if close == _CLOSE_PRE:
                        pre -= 1
                    elif close == _CLOSE_ROW:
                        _join_cells(parents, firsts, lasts, units, element)
                    lasts[element] = len(units)
                    ends[element] = elements
                    element = before
                elif close == _CLOSE_LINK:
                    links_open -= 1
                elif close:
                    bold_open -= 1
            continue
        kind, mask, flags = kind_of(name, OTHER)
        if flags & RAW:
            comments = flags & SCRIPT > 0 and not runs_on
            end, ended_inside = end_of_raw(html, at, name, comments=comments)
            runs_on |= ended_inside
            if skipped or in_head or kind == SKIP:
                at = end + len(name) + 3
                continue
            raw_end = end
        if skipped:
            depth += name == skipped
            continue
        if in_head:
            if flags & TITLE and not titled:
                end = html.find("<", at)
                tree.title = clean_line(unescape(html[at : end if end >= 0 else size]))[
                    :MAX_TITLE_CHARS
                ]
                titled = True
            elif kind == SKIP and not flags & VOID:
                skipped, depth = name, 1
            continue
        class_names = identifier = ""
        is_link = False
        if kind < SKIP and attributes_text:
            read = attributes_seen.get(attributes_text)
            if read is None:
                read = attributes_seen[attributes_text] = _read(attributes_text)
            class_names, identifier, hints, roles, hidden, is_link = read
            mask |= hints | roles if kind < BODY else roles
            if hidden:
                kind = SKIP
        if kind <= LINK:
            inline |= mask
            close = _CLOSE_NOTHING
            if kind == LINK and is_link:
                links += 1
                links_open += 1
                close = _CLOSE_LINK
            elif kind == BOLD:
                bold_open += 1
                close = _CLOSE_BOLD
            if not flags & VOID:
                stack.append((name, close, 0))
        elif kind < SKIP:
            if pieces or done:
                lines = _cut(pieces, done, pre)
                if lines:
                    units.append((lines, element, link_chars, bold_chars, links, inline))
                pieces, done = [], []
                link_chars = bold_chars = links = inline = 0
            if html.startswith(f"</{name}>", at):
                at += len(name) + 3
                continue
            close = _CLOSE_BLOCK
            if kind == ROW:
                close = _CLOSE_ROW
            elif kind == PRE:
                pre += 1
                close = _CLOSE_PRE
            elif kind == BODY:
                tree.body = len(parents)
            stack.append((name, close, element))
            parents.append(element)
            element = elements
            elements += 1
            masks.append(mask)
            names.append((class_names, identifier))
            firsts.append(len(units))
            lasts.append(0)
            ends.append(0)
        elif kind == HEAD:
            in_head = True
        elif kind == SKIP:
            if not flags & VOID:
                skipped, depth = name, 1
        elif pieces or done or kind == RULE:
            line = ""
            if kind == BREAK:
                line = "".join(pieces)
                pieces = []
                if not pre:
                    line = clean_line(line)
                if pre or line:
                    done.append(line)
            if kind == RULE or not (pre or line):
                lines = _cut(pieces, done, pre)
                if lines:
                    units.append((lines, element, link_chars, bold_chars, links, inline))
                pieces, done = [], []
                link_chars = bold_chars = links = inline = 0
        if len(stack) > MAX_DEPTH:
            raise TooDeep(TOO_DEEP)
    lines = _cut(pieces, done, pre)
    if lines:
        units.append((lines, element, link_chars, bold_chars, links, inline))
    for _, close, before in reversed(stack):  # only where markup was not what it seemed
        if close >= _CLOSE_BLOCK:
            lasts[element] = len(units)
            ends[element] = elements
            element = before
    if units:
        tree.set_units(units)


def _cut(pieces: list[str], done: list[str], pre: int) -> list[str]:
    """The lines of a unit that ends here: those ended by `<br>`, and the rest."""
    text = pieces[0] if len(pieces) == 1 else "".join(pieces)
    if pre:
        parts = [line for part in (*done, text) for line in map(clean_line, part.split("\n"))]
        return list(filter(None, parts))
    line = text.strip()
    if "  " in line or not line.isprintable():  # line feeds are not printable
        line = clean_line(text)
    if done:
        return [*done, line] if line else done
    return [line] if line else done


def _join_cells(
    parents: list[int], firsts: list[int], lasts: list[int], units: list[Unit], row: int
) -> None:
    """Make one unit of a table row whose cells hold one short line each."""
    start = firsts[row]
    if len(units) - start < 2:
        return
    joined = units[start:]
    lines, cells, link_chars, bold_chars, links, inlines = zip(*joined, strict=True)
    if len(set(cells)) < len(cells) or any(parents[cell] != row for cell in cells):
        return
    if any(len(cell) > 1 or len(cell[0]) > MAX_CELL_CHARS for cell in lines):
        return
    inline = 0
    for mask in inlines:
        inline |= mask
    line = CELL_SEPARATOR.join([cell[0] for cell in lines])
    units[start:] = [
        (
            [line], cells[0], sum(link_chars), sum(bold_chars), sum(links), inline
        )
    ]  # fmt: skip
    for cell in cells:
        firsts[cell] = start
        lasts[cell] = start + 1


def _read(attributes_text: str) -> _Read:
    """What a tag's attributes say."""
    attributes = dict(ATTRIBUTE.findall(attributes_text))
    if _NOTED.isdisjoint(attributes):
        return "", "", 0, 0, False, False
    class_names = unescape(attributes.get("class", ""))
    identifier = unescape(attributes.get("id", ""))
    hints = class_mask(class_names) if class_names else 0
    if identifier:
        hints |= id_mask(identifier)
    roles = 0
    for name in ("role", "itemprop"):
        if name in attributes:
            roles |= role_mask(unescape(attributes[name]))
    is_link = "href" in attributes  # without it, an anchor
    return class_names, identifier, hints, roles, _is_hidden(attributes), is_link


def _is_hidden(attributes: dict[str, str]) -> bool:
    """Whether the element says that it is not shown."""
    if "hidden" in attributes:
        return attributes["hidden"] != "until-found"
    style = attributes.get("style")
    if style and "none" in style:
        squeezed = style.lower().replace(" ", "")
        return "display:none" in squeezed
    return attributes.get("aria-hidden") == "true"
