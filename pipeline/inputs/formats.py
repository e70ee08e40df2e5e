"""Which format and compression a file has, by its name."""

from pipeline.inputs.shards import FORMATS, Compression, Format, InputError

_COMPRESSIONS: dict[str, Compression] = {".gz": "gz", ".gzip": "gz", ".zst": "zst", ".zstd": "zst"}

_OTHER_COMPRESSIONS = (".bz2", ".xz", ".lz4", ".zip", ".7z", ".br", ".tar", ".tgz")

_FORMATS: dict[str, Format] = {
    ".txt": "txt",
    ".text": "txt",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",  # C4 and dolma name their JSON lines so
    ".parquet": "parquet",
    ".warc": "warc",
    ".wet": "warc",
}

KNOWN_EXTENSIONS = " ".join(_FORMATS)


def split_name(path: str) -> tuple[Format | None, Compression]:
    """Format and compression by a path's extensions, in any case; None where unknown."""
    name = path.rsplit("/", 1)[-1].lower()
    compression: Compression = "none"
    stem, dot, last = name.rpartition(".")
    if dot + last in _COMPRESSIONS:
        compression = _COMPRESSIONS[dot + last]
        name = stem
    _, dot, last = name.rpartition(".")
    return _FORMATS.get(dot + last), compression


def forced_format(name: str | None) -> Format | None:
    """The value of `--input-format`, checked.

    Raises:
      InputError: it names no format.
    """
    if name is None:
        return None
    lowered = name.lower().lstrip(".")
    for known in FORMATS:
        if lowered == known:
            return known
    by_extension = _FORMATS.get("." + lowered)
    if by_extension is None:
        raise InputError(f"unknown input format {name!r}: use one of {', '.join(FORMATS)}")
    return by_extension


def file_format(path: str, forced: Format | None) -> tuple[Format, Compression]:
    """Format and compression of a file.

    Raises:
      InputError: the extension says nothing and no format is forced.
    """
    by_name, compression = split_name(path)
    chosen = forced or by_name
    if chosen is None:
        if path.lower().endswith(_OTHER_COMPRESSIONS):
            raise InputError(
                f"{path}: is packed in a way that is not read; pack it as .gz or .zst instead"
            )
        raise InputError(
            f"{path}: its name does not tell its format (known: {KNOWN_EXTENSIONS}, "
            "each also with .gz or .zst); name it with --input-format, or narrow the pattern"
        )
    return chosen, ("none" if chosen == "parquet" else compression)
