from collections.abc import Callable
from typing import Any, overload

VERSION: int

def build_features(
    pages: list[tuple[Any, Any, tuple[list[str], ...]]], bits: Any, logs: Any, masks: Any, /
) -> tuple[bytearray, bytearray]: ...
def clean_lines(text: str, /) -> list[str]: ...
def name_reasons(
    keep: list[bool],
    logits: list[float],
    lines: tuple[list[str], ...],
    names: list[tuple[str, str]],
    elements: Any,
    units: Any,
    comment: list[int],
    system: list[int],
    rules: dict[int, tuple[str, str]],
    constants: tuple[Any, ...],
    functions: tuple[Callable[[int], str], Callable[[int], str]],
    /,
) -> dict[int, tuple[str, str]]: ...
def look_for_headings(
    keep: list[bool],
    lines: tuple[list[str], ...],
    elements: Any,
    units: Any,
    constants: tuple[int, int, int, int],
    /,
) -> tuple[bytes, bytes, bytes, list[int], list[int], list[int], int] | None: ...
def words_mask(line: str, by_word: dict[str, int], /) -> int: ...
def make_hints(texts: tuple[tuple[tuple[str, int], ...], ...], /) -> Any: ...
def hint_mask(hints: Any, text: str, is_id: bool, /) -> int | None: ...
def find_bytes(data: bytes, sought: bytes, start: int, /) -> int: ...
def encode_utf8(text: str, /) -> bytes | None: ...
@overload
def keep(items: tuple[str, ...], removals: dict[int, Any], /) -> list[str]: ...
@overload
def keep(items: int, removals: dict[int, Any], /) -> list[int]: ...
def add_phrases(keys: list[str], kind: int, bits: Any, /) -> None: ...
def may_be_phrases(lines: list[str], table: Any, bits: Any, /) -> bytes: ...
def count_ngrams(words: Any, lengths: Any, page_words: Any, out: Any, /) -> None: ...
def cut_words(
    text: str,
    codes: Any,
    classes: Any,
    german: bool,
    contractions: bool,
    whole_hashes: Any,
    whole_seen: Any,
    stem_hashes: Any,
    stem_seen: Any,
    longest: int,
    memo: dict[str, tuple[int, ...]],
    cuts: Callable[[str], tuple[int, ...]],
    /,
) -> tuple[bytes, bytes]: ...
def classify(text: str, table: Any, page_chars: Any, out: Any, /) -> tuple[bytes, bytes]: ...
def hash_parts(codes: Any, first: Any, last: Any, /) -> bytes: ...
def measure_words(classes: Any, first: Any, last: Any, page_words: Any, out: Any, /) -> None: ...
def count_known(
    words: Any, page_words: Any, chosen: Any, hashes: Any, seen: Any, out: Any, /
) -> None: ...
def drop_digits(texts: list[str], /) -> list[str]: ...
def find_near(
    rows: Any,
    lengths: Any,
    masks: Any,
    radius_bits: int,
    max_pivots: int,
    keep_number_variants: bool,
    gone: Any,
    kept: Any,
    /,
) -> tuple[int, int, int]: ...
def join_receipts(
    head: bytes, numbers: list[int], texts: bytes, reasons: list[bytes], end: bytes, /
) -> tuple[bytes, list[bytes]]: ...
def have_words(texts: list[str], /) -> bytes: ...
def read_texts(
    texts: list[str], least: int, /
) -> tuple[list[str], list[str], bytes, bytes, bytes]: ...
def sketch(
    texts: list[str],
    factors: Any,
    lengths: Any,
    table: Any,
    simhashes: Any,
    least: Any,
    beginnings: Any,
    /,
) -> None: ...
def walk_html(
    html: str,
    kinds: dict[str, Any],
    masks: tuple[tuple[Callable[[str], int], dict[str, int]], ...],
    hints: Any,
    max_depth: int,
    /,
) -> tuple[str, int, list[tuple[str, str]], list[list[str]], bytes, bytes] | None: ...
def long_tags(data: bytes, least_bytes: int, /) -> list[bytes]: ...
def measure_markup(
    data: bytes | str,
    never_nest: frozenset[str],
    rarely: frozenset[str],
    formats: frozenset[str],
    few: int,
    /,
) -> tuple[int, int, int, int]: ...
def sort_within_keys(rows: Any, bytes_a_row: int, /) -> None: ...
