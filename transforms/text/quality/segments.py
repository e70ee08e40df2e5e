"""Splits the pages of a batch into word tokens at once, with numpy.

The result is that of `tokens.Splitter` on every piece between spaces, which tests compare. Marks at
the ends of pieces and the plain cuts inside are found from each character and its neighbours; the
few pieces where an exception, an address or a unit may be involved go through the splitter.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from transforms.text import kernel
from transforms.text.quality import charclass as cc
from transforms.text.quality.hashing import PrefixHash, WordSet
from transforms.text.quality.tokens import Splitter

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_MEMO_PIECES = 50_000
_MEMO_CHARS = 200


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, in order.

    Attributes:
      start, end: positions in the text, in characters.
    """

    start: Ints
    end: Ints


class _Cutter:
    """The exact splitter with a memory of pieces seen; what it returns does not depend on it."""

    def __init__(self, kind: str) -> None:
        self._splitter = Splitter(kind)
        self.memo: dict[str, tuple[int, ...]] = {}
        words = self._splitter.exceptions()
        self.whole = WordSet(w for w in words if w.isalnum())
        self.stems = WordSet(w[:-1] for w in words if w.endswith(".") and w[:-1].isalnum())

    def cuts(self, piece: str) -> tuple[int, ...]:
        """Returns where the tokens of a piece start, without the 0 of the first."""
        known = self.memo.get(piece)
        if known is None:
            position = 0
            starts = []
            for token in self._splitter.split(piece)[:-1]:
                position += len(token)
                starts.append(position)
            known = tuple(starts)
            if len(piece) <= _MEMO_CHARS:
                if len(self.memo) >= _MEMO_PIECES:
                    self.memo.clear()
                self.memo[piece] = known
        return known


@cache
def _cutter(kind: str) -> _Cutter:
    return _Cutter(kind)


def tokenize(
    text: str, codes: NDArray[np.uint32], classes: NDArray[np.uint16], hashes: PrefixHash, kind: str
) -> Tokens:
    """Returns the tokens of a text, left to right.

    Args:
      text: the text.
      codes: its code points.
      classes: their `charclass` values.
      hashes: of the same code points.
      kind: "en", "de" or "", as for `Splitter`.
    """
    size = len(codes)
    if not size:
        return Tokens(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if kernel.compiled is not None:
        return _tokenize_compiled(text, codes, classes, kind)
    space = (classes & cc.SPACE) != 0
    turns = np.flatnonzero(space[1:] != space[:-1]) + 1
    starts = np.zeros(size + 1, np.bool_)
    starts[turns] = True
    starts[0] = True
    bounds = np.concatenate(([0], turns, [size]))
    if space[0]:
        bounds = bounds[1:]
    firsts = bounds[:-1:2] if len(bounds) > 1 else bounds[:0]
    lasts = bounds[1::2]
    rare = _cut_plain(codes, classes, starts, german=kind == "de")
    cutter = _cutter(kind)
    rare = np.concatenate((rare, _exceptions(codes, classes, hashes, cutter)))
    chosen = np.zeros(len(firsts), np.bool_)
    chosen[np.searchsorted(firsts, rare, side="right") - 1] = True
    pieces = np.flatnonzero(chosen)
    begins, inner = firsts[pieces], lasts[pieces] - firsts[pieces] - 1
    shift = np.cumsum(inner) - inner
    starts[np.repeat(begins + 1 - shift, inner) + np.arange(inner.sum())] = False
    cuts: list[int] = []
    remembered = cutter.memo.get
    for first, last in zip(begins.tolist(), lasts[pieces].tolist(), strict=True):
        piece = text[first:last]
        known = remembered(piece)
        if known is None:
            known = cutter.cuts(piece)
        if known:
            cuts += [first + cut for cut in known]
    starts[np.array(cuts, np.int64)] = True
    found = np.flatnonzero(starts[:size])
    ends = np.append(found[1:], size)
    words = ~space[found]
    return Tokens(found[words], ends[words])


def _tokenize_compiled(
    text: str, codes: NDArray[np.uint32], classes: NDArray[np.uint16], kind: str
) -> Tokens:
    cutter = _cutter(kind)
    whole, stems = cutter.whole, cutter.stems
    start, end = kernel.compiled.cut_words(  # type: ignore[union-attr]
        text,
        codes,
        classes,
        kind == "de",
        kind == "en",
        whole.hashes,
        whole.seen,
        stems.hashes,
        stems.seen,
        max(whole.longest, stems.longest),
        cutter.memo,
        cutter.cuts,
    )
    return Tokens(np.frombuffer(start, np.int64), np.frombuffer(end, np.int64))


def _cut_plain(  # noqa: PLR0915 - one rule after the other
    codes: NDArray[np.uint32], classes: NDArray[np.uint16], starts: Bools, *, german: bool
) -> Ints:
    """Marks where tokens start around marks; returns positions whose piece needs the splitter."""
    at = np.flatnonzero((classes & (cc.LETTER | cc.DIGIT | cc.SPACE)) == 0)
    units = np.flatnonzero(((classes[:-1] & cc.DIGIT) != 0) & ((classes[1:] & cc.LETTER) != 0))
    if not len(at):
        return units
    code = codes[at]
    kind = classes[at]
    size = len(codes)
    edge = np.uint16(cc.SPACE)
    before = np.where(at > 0, classes[at - 1], edge)
    after_at = np.minimum(at + 1, size - 1)
    after = np.where(at + 1 < size, classes[after_at], edge)
    code_before = np.where(at > 0, codes[at - 1], 32)
    code_after = np.where(at + 1 < size, codes[after_at], 32)

    dot = code == 46
    dots_before = dot & (code_before == 46)
    dots = dots_before | (dot & (code_after == 46))
    alpha_before = (before & (cc.LETTER | cc.CASELESS)) != 0
    alpha_after = (after & (cc.LETTER | cc.CASELESS)) != 0
    word_before = alpha_before | ((before & cc.DIGIT) != 0)
    digit_before = (before & cc.DIGIT) != 0
    digit_after = (after & cc.DIGIT) != 0
    space_before = (before & cc.SPACE) != 0
    space_after = (after & cc.SPACE) != 0
    other_before = ~(word_before | space_before)
    other_after = ~(alpha_after | digit_after | space_after)
    upper_only = ((before & cc.UPPER) != 0) & ((before & cc.CASELESS) == 0)

    head = ((kind & cc.HEAD) != 0) | dots
    dot_ends = ~upper_only & (
        word_before
        | (((before & cc.TAIL) != 0) & ((before & (cc.ICON | cc.HYPHEN)) == 0))
        | (code_before == 0x2026)
        | _among(code_before, 37, 178, 43, 45)
    )
    tail = ((kind & cc.TAIL) != 0) | dots | (dot & dot_ends)
    if german:
        tail = (tail & ((kind & cc.HYPHEN) == 0) & ~(dot & digit_before & ~dots)) | (code == 47)
    tail |= digit_before & (((kind & cc.COIN) != 0) | (code == 37))

    # runs of neighbouring marks, and how far each end of a run peels off
    fresh = np.empty(len(at), np.bool_)
    fresh[0] = True
    np.not_equal(at[1:], at[:-1] + 1, out=fresh[1:])
    run_first = np.flatnonzero(fresh)
    run = np.cumsum(fresh) - 1
    run_last = np.append(run_first[1:], len(at)) - 1
    stuck = np.cumsum(~head)
    base = (stuck - ~head)[run_first]
    lead = space_before[run_first][run] & (stuck - base[run] == 0)
    stuck = np.cumsum(~tail)
    trail = space_after[run_last][run] & (stuck[run_last][run] - stuck + ~tail == 0)

    inside = ~(lead | trail)
    comma_like = alpha_before & alpha_after & (code == 44)
    joint = (
        word_before & alpha_after & (((kind & cc.HYPHEN) != 0) | _among(code, 58, 60, 61, 62, 47))
    )
    if german:
        comma_like = alpha_before & alpha_after & _among(code, 44, 33, 63, 58, 60, 61, 62)
        joint = word_before & (alpha_after | digit_after) & (code == 47)
    cut = inside & (comma_like | joint | ((kind & cc.ICON) != 0) | dots)
    cut |= inside & digit_before & (code == 45) & (digit_after | (code_after == 45))
    own = lead | trail | cut
    starts[at[own & ~dots_before]] = True
    starts[at[own & ~(dots & (code_after == 46))] + 1] = True

    apostrophe = (code == 39) | (code == 0x2019)
    smiley = _among(code, 58, 59, 61)
    rare = (kind & cc.RARE) != 0
    foreign = np.uint16(cc.LETTER | cc.RARE)
    rare |= (((before & foreign) == foreign) | ((after & foreign) == foreign)) & (inside | dot)
    rare |= apostrophe & (alpha_after | digit_after | (code_after == code))
    rare |= smiley & (other_before | ~space_after)
    rare |= dot & ~dots & ~space_after & ~other_after & ~(digit_before & digit_after)
    rare |= dot & ~dots & upper_only
    rare |= dot & ~dots & inside & other_after
    rare |= (code == 95) & ~(space_before | space_after)
    rare |= ((kind & cc.HYPHEN) != 0) & word_before & ((after & cc.HYPHEN) != 0)
    rare |= (code == 42) & digit_before & (digit_after | (code_after == 45))
    rare |= (code == 36) & alpha_before
    rare |= (code == 0x2026) & ((code_after == 0x2026) | other_before & inside)
    rare |= (code == 41) & (code_before == 56)
    rare |= (code == 40) & (code_after == 56)
    rare |= (code == 47) & ~(space_before | space_after)
    rare |= dots & inside
    if german:
        rare |= inside & alpha_before & alpha_after & ((kind & cc.TAIL) != 0) & (code != 44)
        rare |= ((kind & cc.HYPHEN) != 0) & ((after & cc.HYPHEN) != 0)
        rare |= apostrophe & word_before
    return np.concatenate((at[rare], units))


def _among(codes: NDArray[np.uint32], *some: int) -> Bools:
    """Which code points are among a few; several times faster than `np.isin`."""
    found = codes == some[0]
    for one in some[1:]:
        found |= codes == one
    return found


def _exceptions(
    codes: NDArray[np.uint32], classes: NDArray[np.uint16], hashes: PrefixHash, cutter: _Cutter
) -> Ints:
    """Returns positions of plain words that are, or with a full stop may be, exceptions."""
    plain = (classes & (cc.LETTER | cc.DIGIT)) != 0
    turns = np.flatnonzero(plain[1:] != plain[:-1]) + 1
    bounds = np.concatenate(([0], turns, [len(codes)]))
    if not plain[0]:
        bounds = bounds[1:]
    first, last = bounds[:-1:2], bounds[1::2]
    first = first[: len(last)]
    short = last - first <= max(cutter.whole.longest, cutter.stems.longest)
    first, last = first[short], last[short]
    words = hashes.between(first, last)
    hit = cutter.whole.find(words) >= 0
    dotted = np.flatnonzero((last < len(codes)) & (codes[np.minimum(last, len(codes) - 1)] == 46))
    hit[dotted[cutter.stems.find(words[dotted]) >= 0]] = True
    return first[hit]
