"""Real text that every machine has: docstrings, notes and licences of Python and its packages."""

import re
import sysconfig
import zlib
from pathlib import Path

_DOCSTRING = re.compile(r'"""(.+?)"""', re.DOTALL)
_BLANK_LINE = re.compile(r"\n\s*\n")
_SUFFIXES = (".py", ".pyi", ".txt", ".md", ".rst")
_NAMES = ("METADATA", "LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
_MOST_BYTES = 1 << 20


def read_pages(paragraphs):
    """Gives {file: its paragraphs}, of as many files as it takes for so many paragraphs.

    The files are taken in an order that mixes the packages and depends on nothing but their names,
    so that the same packages give the same text. A paragraph stands between blank lines, of a
    docstring in Python files, and is one line of at least ten words.
    """
    pages, count = {}, 0
    for _, name, path in sorted(_files()):
        if count >= paragraphs:
            break
        if found := _paragraphs(path)[: paragraphs - count]:
            pages[name] = found
            count += len(found)
    return pages


def _files():
    """Yields (place in the order, name, path)."""
    seen = set()
    for root in map(Path, (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))):
        for path in root.rglob("*"):
            if path.suffix in _SUFFIXES or path.name.startswith(_NAMES):
                name = path.relative_to(root).as_posix()
                if name not in seen and "site-packages" not in name and path.is_file():
                    seen.add(name)
                    yield zlib.crc32(name.encode("utf-8", "surrogateescape")), name, path


def _paragraphs(path):
    if path.stat().st_size > _MOST_BYTES:
        return []
    text = path.read_bytes().decode("utf-8", "replace")
    parts = _DOCSTRING.findall(text) if path.suffix in (".py", ".pyi") else [text]
    lines = [" ".join(block.split()) for part in parts for block in _BLANK_LINE.split(part)]
    return [line for line in lines if line.isprintable() and line.count(" ") >= 9]
