"""Parses a page and cuts its visible text into units: what the model judges.

A unit is the text that one block-level element holds itself, up to the next start or end of a
block-level element or an empty line made of `<br><br>`. A single `<br>` starts a new line of the
same unit, so that poems and addresses stay readable and are judged whole. A table row whose cells
hold a line each is one unit, cells separated by " | ". The lines of `<pre>` stay lines.
"""

from dataclasses import dataclass, field

from selectolax.lexbor import (
    LexborDocumentOptions,
    LexborHTMLParser,
    LexborNode,
    SelectolaxError,
)

from transforms.text.errors import ParserFailed, TooDeep
from transforms.text.html.blocks import clean_line
from transforms.text.html.hints import TAG_MASK, class_mask, id_mask, role_mask
from transforms.text.html.limits import MAX_DEPTH, checked_bytes

CELL_SEPARATOR = " | "
MAX_CELL_CHARS = 300
"""A row with a longer cell is not a row of data: its cells stay units of their own."""

_TEXT, _SKIP, _INLINE, _BLOCK, _LINK, _BREAK, _RULE, _PRE, _ROW, _CELL, _BOLD, _HEAD, _PAGE = range(
    13
)
_CLOSE_NOTHING, _CLOSE_BLOCK, _CLOSE_LINK, _CLOSE_PRE, _CLOSE_ROW, _CLOSE_BOLD = range(6)

_BLOCKS = (
    "html body address article aside blockquote center details dialog dd dir div dl dt fieldset"
    " figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup legend li main menu"
    " nav ol p search section summary table tbody thead tfoot caption ul optgroup button"
)
_SKIPPED = (
    "script style noscript template svg math iframe object embed audio video canvas map select"
    " datalist textarea input noframes noembed applet progress meter base link meta rp"
)


def _kinds() -> dict[int, tuple[int, int]]:
    """Maps lexbor's tag numbers to what to do and to the mask of hints of the tag."""
    names = dict.fromkeys(_BLOCKS.split(), _BLOCK)
    names |= dict.fromkeys(_SKIPPED.split(), _SKIP)
    names |= {"a": _LINK, "br": _BREAK, "hr": _RULE, "pre": _PRE, "tr": _ROW, "td": _CELL}
    names |= {"th": _CELL, "b": _BOLD, "strong": _BOLD, "head": _HEAD, "listing": _PRE}
    names |= {"body": _PAGE}
    names |= {name: _INLINE for name in TAG_MASK if name not in names}
    parser = LexborHTMLParser("")
    numbers = {name: parser.create_node(name).tag_id for name in names}
    kinds = {numbers[name]: kind for name, kind in names.items()}
    comment = LexborHTMLParser("<body><!-- -->").body
    if comment is not None and comment.first_child is not None:
        text = LexborHTMLParser("<body>x").body
        kinds[comment.first_child.tag_id] = _SKIP
        if text is not None and text.first_child is not None:
            kinds[text.first_child.tag_id] = _TEXT
    masks = {numbers[name]: TAG_MASK.get(name, 0) for name in names}
    return {number: (kind, masks.get(number, 0)) for number, kind in kinds.items()}


_KINDS = _kinds()
_OTHER = (_INLINE, 0)


@dataclass(slots=True)
class Tree:
    """A page as block-level elements and units of text, each a set of parallel lists.

    Attributes:
      title: content of `<title>`, "" where there is none.
      body: number of the element `<body>`; 0, the root, on pages of frames.
      parent: number of each element's parent; element 0 is the root and its own parent.
      mask: what each element's own tag, class, id and role hint at (see `hints`).
      name: class and id of each element, for evidence and for rules of widget systems.
      first, last: the element's units are `range(first, last)`.
      lines: the lines of each unit, never empty.
      element: the block-level element that holds each unit.
      link_chars, bold_chars: characters of the unit's text inside `<a>` and `<b>`, about.
      links: number of links that start in the unit.
      inline: what the inline elements inside the unit hint at.
      href: target of the unit's first link, "" without one.
    """

    title: str = ""
    body: int = 0
    parent: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    name: list[tuple[str, str]] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    lines: list[list[str]] = field(default_factory=list)
    element: list[int] = field(default_factory=list)
    link_chars: list[int] = field(default_factory=list)
    bold_chars: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    inline: list[int] = field(default_factory=list)
    href: list[str] = field(default_factory=list)


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
        _Walk(tree).run(root)
    return tree


class _Walk:
    """One pass over the nodes in reading order, without recursion."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.pieces: list[str] = []
        self.done: list[str] = []
        self.element = 0
        self.pre = 0
        self.link_chars = self.bold_chars = self.links = self.inline = 0
        self.href = ""

    def run(self, root: LexborNode) -> None:  # noqa: C901, PLR0912, PLR0915
        """Fill the tree. One function, because calls would cost more than the work itself."""
        tree, kinds = self.tree, _KINDS
        parents, masks, names, firsts, lasts = (
            tree.parent, tree.mask, tree.name, tree.first, tree.last,
        )  # fmt: skip
        units, pieces = tree.element, self.pieces
        stack: list[tuple[LexborNode, int, int]] = []
        links_open = bold_open = 0
        node: LexborNode | None = root
        while node is not None:
            kind, mask = kinds.get(node.tag_id, _OTHER)
            child = None
            if kind == _TEXT:
                text = node.text_content
                if text and (pieces or not text.isspace()):
                    pieces.append(text)
                    if links_open or bold_open:
                        size = len(text.strip())
                        if links_open:
                            self.link_chars += size
                        if bold_open:
                            self.bold_chars += size
            elif kind == _BREAK:
                if pieces or self.done:
                    self.end_line()
            elif kind == _RULE:
                self.flush()
            elif kind == _HEAD:
                self.find_title(node)
            elif kind != _SKIP:
                attributes = node.attributes
                names_here = ("", "")
                if attributes:
                    if not _HIDING.isdisjoint(attributes) and _is_hidden(attributes):
                        kind = _SKIP
                    else:
                        class_names = attributes.get("class") or ""
                        identifier = attributes.get("id") or ""
                        if class_names or identifier:
                            names_here = (class_names, identifier)
                            if parents and kind != _PAGE:
                                mask |= class_mask(class_names) if class_names else 0
                                mask |= id_mask(identifier) if identifier else 0
                        if "role" in attributes:
                            mask |= role_mask(attributes["role"] or "")
                        if "itemprop" in attributes:
                            mask |= role_mask(attributes["itemprop"] or "")
                if kind != _SKIP:
                    child = node.first_child
                    close = _CLOSE_NOTHING
                    before = 0
                    if kind in (_INLINE, _BOLD, _LINK):
                        self.inline |= mask
                        if kind == _LINK and "href" in attributes:  # without it, an anchor
                            self.links += 1
                            if not self.href:
                                self.href = attributes.get("href") or ""
                            if child is not None:
                                links_open += 1
                                close = _CLOSE_LINK
                        elif kind == _BOLD and child is not None:
                            bold_open += 1
                            close = _CLOSE_BOLD
                    elif child is not None:
                        if pieces or self.done:
                            self.flush()
                        before = self.element
                        self.element = len(parents)
                        parents.append(before)
                        masks.append(mask)
                        names.append(names_here)
                        firsts.append(len(units))
                        lasts.append(0)
                        close = _CLOSE_BLOCK
                        if kind == _PAGE:
                            tree.body = self.element
                        elif kind == _PRE:
                            self.pre += 1
                            close = _CLOSE_PRE
                        elif kind == _ROW:
                            close = _CLOSE_ROW
                    elif pieces or self.done:
                        self.flush()
                    if child is not None:
                        stack.append((node, close, before))
                        if len(stack) > MAX_DEPTH:
                            raise TooDeep(f"elements are nested more than {MAX_DEPTH} levels deep")
                        node = child
                        continue
            following = node.next
            while following is None and stack:
                node, close, before = stack.pop()
                if close >= _CLOSE_BLOCK:
                    if close == _CLOSE_LINK:
                        links_open -= 1
                    elif close == _CLOSE_BOLD:
                        bold_open -= 1
                    else:
                        if pieces or self.done:
                            self.flush()
                        if close == _CLOSE_PRE:
                            self.pre -= 1
                        elif close == _CLOSE_ROW:
                            self.join_cells()
                        lasts[self.element] = len(units)
                        self.element = before
                following = node.next
            node = following
        self.flush()

    def find_title(self, head: LexborNode) -> None:
        """Take the title from the head."""
        for child in head.iter():
            if child.tag == "title":
                self.tree.title = clean_line(child.text())[:1000]
                return

    def end_line(self) -> None:
        """A `<br>`: end the line, and the unit where the line is empty."""
        line = "".join(self.pieces)
        self.pieces.clear()
        if self.pre or (line := clean_line(line)):
            self.done.append(line)
        else:
            self.flush()

    def flush(self) -> None:
        """End the unit."""
        text = "".join(self.pieces)
        self.pieces.clear()
        lines = self.done
        if self.pre:
            lines = [
                line
                for part in (*lines, text)
                for line in map(clean_line, part.split("\n"))
                if line
            ]
            self.done = []
        elif lines:
            if text := clean_line(text):
                lines.append(text)
            self.done = []
        elif text := clean_line(text):
            lines = [text]
        if lines:
            tree = self.tree
            tree.lines.append(lines)
            tree.element.append(self.element)
            tree.link_chars.append(self.link_chars)
            tree.bold_chars.append(self.bold_chars)
            tree.links.append(self.links)
            tree.inline.append(self.inline)
            tree.href.append(self.href)
        self.link_chars = self.bold_chars = self.links = self.inline = 0
        self.href = ""

    def join_cells(self) -> None:
        """Make one unit of a table row whose cells hold one short line each."""
        tree, row = self.tree, self.element
        start = tree.first[row]
        cells = tree.element[start:]
        if len(cells) < 2 or len(set(cells)) < len(cells):
            return
        if any(tree.parent[cell] != row for cell in cells):
            return
        lines = tree.lines[start:]
        if any(len(cell) > 1 or len(cell[0]) > MAX_CELL_CHARS for cell in lines):
            return
        del tree.lines[start:], tree.element[start:]
        tree.lines.append([CELL_SEPARATOR.join(cell[0] for cell in lines)])
        tree.element.append(cells[0])
        for numbers in (tree.link_chars, tree.bold_chars, tree.links):
            numbers[start:] = [sum(numbers[start:])]
        inline = 0
        for mask in tree.inline[start:]:
            inline |= mask
        tree.inline[start:] = [inline]
        tree.href[start:] = [next(filter(None, tree.href[start:]), "")]
        for cell in cells:
            tree.first[cell] = start
            tree.last[cell] = start + 1


_HIDING = frozenset({"hidden", "style", "aria-hidden"})


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether the element says that it is not shown."""
    if "hidden" in attributes:
        return attributes["hidden"] != "until-found"
    style = attributes.get("style")
    if style and "none" in style:
        squeezed = style.lower().replace(" ", "")
        return "display:none" in squeezed
    return attributes.get("aria-hidden") == "true"
