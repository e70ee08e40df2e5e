"""Parses a page and cuts its visible text into units: what the model judges.

A unit is the text that one block-level element holds itself, up to the next start or end of a
block-level element or an empty line made of `<br><br>`. A single `<br>` starts a new line of the
same unit, so that poems and addresses stay readable and are judged whole. A table row whose cells
hold a line each is one unit, cells separated by " | ". The lines of `<pre>` stay lines.
"""

from selectolax.lexbor import (
    LexborDocumentOptions,
    LexborHTMLParser,
    LexborNode,
    SelectolaxError,
)

from transforms.text.errors import ParserFailed, TooDeep
from transforms.text.html.blocks import clean_line
from transforms.text.html.hints import CLASS_MASKS, class_mask, id_mask, role_mask
from transforms.text.html.limits import MAX_DEPTH, checked_bytes
from transforms.text.html.tree import Tree, Unit
from transforms.text.html.vocabulary import TAG_MASK

CELL_SEPARATOR = " | "
MAX_CELL_CHARS = 300
"""A row with a longer cell is not a row of data: its cells stay units of their own."""

_INLINE, _BOLD, _LINK, _BLOCK, _CELL, _ROW, _PRE, _BODY, _ROOT, _SKIP, _BREAK, _RULE, _HEAD = range(
    13
)
_CLOSE_NOTHING, _CLOSE_LINK, _CLOSE_BOLD, _CLOSE_BLOCK, _CLOSE_ROW, _CLOSE_PRE = range(6)

_BLOCKS = (
    "address article aside blockquote center details dialog dd dir div dl dt fieldset"
    " figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup legend li main menu"
    " nav ol p search section summary table tbody thead tfoot caption ul optgroup button"
)
_SKIPPED = (
    "script style noscript template svg math iframe object embed audio video canvas map select"
    " datalist textarea input noframes noembed applet progress meter base link meta rp"
)


def _kinds() -> tuple[dict[int, tuple[int, int]], int, int]:
    """Maps lexbor's tag numbers to what to do and to the mask of hints of the tag.

    The number of text nodes and that of `<title>` come second and third.
    """
    names = dict.fromkeys(_BLOCKS.split(), _BLOCK)
    names |= dict.fromkeys(_SKIPPED.split(), _SKIP)
    names |= {"a": _LINK, "br": _BREAK, "hr": _RULE, "pre": _PRE, "tr": _ROW, "td": _CELL}
    names |= {"th": _CELL, "b": _BOLD, "strong": _BOLD, "head": _HEAD, "listing": _PRE}
    names |= {"html": _ROOT, "body": _BODY}
    names |= {name: _INLINE for name in TAG_MASK if name not in names}
    parser = LexborHTMLParser("")
    kinds = {
        parser.create_node(name).tag_id: (kind, TAG_MASK.get(name, 0))
        for name, kind in names.items()
    }
    numbers = []
    for html in ("<body><!-- -->", "<body>x"):
        body = LexborHTMLParser(html).body
        numbers.append(-1 if body is None or body.first_child is None else body.first_child.tag_id)
    kinds[numbers[0]] = (_SKIP, 0)
    return kinds, numbers[1], parser.create_node("title").tag_id


_KINDS, _TEXT_TAG, _TITLE_TAG = _kinds()
_OTHER = (_INLINE, 0)
_READ = frozenset(("id", "role", "itemprop", "style", "hidden", "aria-hidden"))
"""Attributes that are looked at, besides the class."""
_TOO_DEEP = f"elements are nested more than {MAX_DEPTH} levels deep"


def parse(html: str) -> Tree:
    """Parse a page and cut it into units.

    Args:
      html: the decoded page; any text, lone surrogates and NUL included.

    Raises:
      TooLarge, TooDeep: the page is beyond the bounds of `limits`.
      ParserFailed: the parser gave up.
    """
    encoded = checked_bytes(html)
    try:
        parser = LexborHTMLParser(
            encoded,
            options=LexborDocumentOptions.WO_EVENTS,
            scripting=True,
        )
    except (SelectolaxError, RuntimeError, ValueError) as error:
        raise ParserFailed(f"lexbor: {error}"[:300]) from error
    root = parser.root
    tree = Tree()
    if root is not None:
        _fill(tree, root)
    return tree


def _fill(tree: Tree, root: LexborNode) -> None:  # noqa: C901, PLR0912, PLR0915
    """Fill the tree in one pass over the nodes in reading order, without recursion.

    One function and local names only, because calls would cost more than the work itself.
    """
    look_up, known_class, unread = _KINDS.get, CLASS_MASKS.get, _READ.isdisjoint
    text_tag, other = _TEXT_TAG, _OTHER
    parents, masks, names = tree.parent, tree.mask, tree.name
    firsts, lasts, ends = tree.first, tree.last, tree.end
    units: list[Unit] = []
    pieces: list[str] = []
    done: list[str] = []
    stack: list[tuple[LexborNode, int, int]] = []
    element = elements = pre = links_open = bold_open = link_chars = bold_chars = links = inline = 0
    node: LexborNode | None = root
    while node is not None:
        tag = node.tag_id
        if tag == text_tag:
            text = node.text_content
            if text and (pieces or not text.isspace()):
                pieces.append(text)
                if links_open or bold_open:
                    size = len(text.strip())
                    if links_open:
                        link_chars += size
                    if bold_open:
                        bold_chars += size
        else:
            kind, mask = look_up(tag, other)
            if kind < _SKIP:
                attributes = node.attributes
                class_names = identifier = ""
                if attributes:
                    if "class" in attributes:
                        class_names = attributes["class"] or ""
                        if class_names and kind < _BODY:
                            found = known_class(class_names)
                            mask |= class_mask(class_names) if found is None else found
                    if not unread(attributes):
                        if "id" in attributes:
                            identifier = attributes["id"] or ""
                            if identifier and kind < _BODY:
                                mask |= id_mask(identifier)
                        if "role" in attributes:
                            mask |= role_mask(attributes["role"] or "")
                        if "itemprop" in attributes:
                            mask |= role_mask(attributes["itemprop"] or "")
                        if (
                            "style" in attributes
                            or "hidden" in attributes
                            or "aria-hidden" in attributes
                        ) and _is_hidden(attributes):
                            kind = _SKIP
                if kind <= _LINK:
                    inline |= mask
                    child = node.first_child
                    close = _CLOSE_NOTHING
                    if kind == _LINK and "href" in attributes:  # without it, an anchor
                        links += 1
                        close = _CLOSE_LINK
                    elif kind == _BOLD:
                        close = _CLOSE_BOLD
                    if child is not None:
                        if child.tag_id == text_tag and child.next is None:
                            text = child.text_content
                            if text and (pieces or not text.isspace()):
                                pieces.append(text)
                                if close or links_open or bold_open:
                                    size = len(text.strip())
                                    if links_open or close == _CLOSE_LINK:
                                        link_chars += size
                                    if bold_open or close == _CLOSE_BOLD:
                                        bold_chars += size
                        else:
                            if close == _CLOSE_LINK:
                                links_open += 1
                            elif close:
                                bold_open += 1
                            stack.append((node, close, 0))
                            node = child
                            continue
                elif kind < _SKIP:
                    if pieces or done:
                        lines = _cut(pieces, done, pre)
                        if lines:
                            units.append((lines, element, link_chars, bold_chars, links, inline))
                        pieces, done = [], []
                        link_chars = bold_chars = links = inline = 0
                    child = node.first_child
                    if child is not None:
                        close = _CLOSE_BLOCK
                        if kind >= _ROW:
                            if kind == _ROW:
                                close = _CLOSE_ROW
                            elif kind == _PRE:
                                pre += 1
                                close = _CLOSE_PRE
                            elif kind == _BODY:
                                tree.body = len(parents)
                        stack.append((node, close, element))
                        parents.append(element)
                        element = elements
                        elements += 1
                        masks.append(mask)
                        names.append((class_names, identifier))
                        firsts.append(len(units))
                        lasts.append(0)
                        ends.append(0)
                        node = child
                        continue
            elif kind == _HEAD:
                tree.title = _title(node)
            elif kind != _SKIP and (pieces or done or kind == _RULE):
                line = ""
                if kind == _BREAK:
                    line = "".join(pieces)
                    pieces = []
                    if not pre:
                        line = clean_line(line)
                    if pre or line:
                        done.append(line)
                if kind == _RULE or not (pre or line):
                    lines = _cut(pieces, done, pre)
                    if lines:
                        units.append((lines, element, link_chars, bold_chars, links, inline))
                    pieces, done = [], []
                    link_chars = bold_chars = links = inline = 0
        following = node.next
        if following is None and len(stack) > MAX_DEPTH:  # it is longest at such a place
            raise TooDeep(_TOO_DEEP)
        while following is None and stack:
            node, close, before = stack.pop()
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
                    _join_cells(tree, units, element)
                lasts[element] = len(units)
                ends[element] = elements
                element = before
            elif close == _CLOSE_LINK:
                links_open -= 1
            elif close:
                bold_open -= 1
            following = node.next
        node = following
    lines = _cut(pieces, done, pre)
    if lines:
        units.append((lines, element, link_chars, bold_chars, links, inline))
    if units:
        tree.set_units(units)


def _title(head: LexborNode) -> str:
    """The title that the head holds."""
    for child in head.iter():
        if child.tag_id == _TITLE_TAG:
            return clean_line(child.text())[:1000]
    return ""


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


def _join_cells(tree: Tree, units: list[Unit], row: int) -> None:
    """Make one unit of a table row whose cells hold one short line each."""
    start = tree.first[row]
    if len(units) - start < 2:
        return
    joined = units[start:]
    lines, cells, link_chars, bold_chars, links, inlines = zip(*joined, strict=True)
    if len(set(cells)) < len(cells) or any(tree.parent[cell] != row for cell in cells):
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
        tree.first[cell] = start
        tree.last[cell] = start + 1


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether the element says that it is not shown."""
    if "hidden" in attributes:
        return attributes["hidden"] != "until-found"
    style = attributes.get("style")
    if style and "none" in style:
        squeezed = style.lower().replace(" ", "")
        return "display:none" in squeezed
    return attributes.get("aria-hidden") == "true"
