"""Histograms of the quality signals: fixed bins, so that they can be summed and compared."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

_SHARE_EDGES: Final = tuple(n / 20 for n in range(21))
_SMALL_SHARE_EDGES: Final = tuple(n / 40 for n in range(21))
_COUNT_EDGES: Final = tuple(float(m * 10**e) for e in range(6) for m in (1, 2, 5))
_SIZE_EDGES: Final = (0.0, *_COUNT_EDGES, 1e6)
_WORD_CHAR_EDGES: Final = tuple(float(n) for n in range(16))
_STOP_WORD_EDGES: Final = tuple(float(n) for n in range(21))

EDGES: Final[Mapping[str, tuple[float, ...]]] = {
    "words": _SIZE_EDGES,
    "chars": (*_SIZE_EDGES, 1e7),
    "lines": _SIZE_EDGES,
    "mean_word_chars": _WORD_CHAR_EDGES,
    "stop_words": _STOP_WORD_EDGES,
    "alpha_token_share": _SHARE_EDGES,
    "end_mark_line_share": _SHARE_EDGES,
    "short_line_share": _SHARE_EDGES,
    "bullet_line_share": _SHARE_EDGES,
    "ellipsis_line_share": _SHARE_EDGES,
    "digit_char_share": _SMALL_SHARE_EDGES,
    "hashes_per_token": _SMALL_SHARE_EDGES,
    "ellipses_per_token": _SMALL_SHARE_EDGES,
    "newlines_per_token": _SMALL_SHARE_EDGES,
    "dup_char_share": _SMALL_SHARE_EDGES,
    "dup_line_share": _SMALL_SHARE_EDGES,
    "dup_line_char_share": _SMALL_SHARE_EDGES,
    "dup_block_share": _SMALL_SHARE_EDGES,
    "dup_block_char_share": _SMALL_SHARE_EDGES,
    **{f"top_{n}_gram_chars_per_char": _SMALL_SHARE_EDGES for n in (2, 3, 4)},
    **{f"dup_{n}_gram_char_share": _SMALL_SHARE_EDGES for n in (5, 6, 7, 8, 9, 10)},
}
"""Lower edge of each bin of a signal; values below the first one, or from the last one on, are
counted in the first and in the last bin."""

_NAMES: Final = {side: {name: f"{side}:{name}" for name in EDGES} for side in ("kept", "dropped")}


def add_signals(
    histograms: dict[str, list[int]], signals: Mapping[str, object], dropped: str
) -> None:
    """Counts one page.

    Args:
      histograms: is added to: `kept:SIGNAL` or `dropped:SIGNAL` to the pages in each bin.
      signals: of the page; what is not in `EDGES` is passed over.
      dropped: whether, "dropped" or "kept".
    """
    names = _NAMES[dropped]
    for name, value in signals.items():
        if name not in EDGES or not isinstance(value, (int, float)):
            continue
        edges = EDGES[name]
        bins = histograms.get(names[name])
        if bins is None:
            bins = histograms[names[name]] = [0] * len(edges)
        bins[max(bisect_right(edges, value) - 1, 0)] += 1


def add_histograms(mine: dict[str, list[int]], other: Mapping[str, list[int]]) -> None:
    """Adds the histograms of another part of the run."""
    for name, bins in other.items():
        before = mine.get(name) or [0] * len(bins)
        mine[name] = [a + b for a, b in zip(before, bins, strict=True)]


def describe_histograms(histograms: Mapping[str, list[int]]) -> dict[str, dict[str, object]]:
    """Gives, by signal, the edges of the bins and the pages in each, as run.json holds them."""
    return {
        name: {
            "edges": list(edges),
            "kept": histograms.get(f"kept:{name}", [0] * len(edges)),
            "dropped": histograms.get(f"dropped:{name}", [0] * len(edges)),
        }
        for name, edges in EDGES.items()
        if f"kept:{name}" in histograms or f"dropped:{name}" in histograms
    }
