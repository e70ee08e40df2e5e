"""What is no text, by its first bytes. Pure."""

_SIGNATURES = (
    (b"\x1f\x8b\x08", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
)


def binary_kind(head: bytes) -> str:
    """What a file is that is certainly no text, for people ("a PDF"), or "".

    Args:
      head: the first bytes, 16 or more where there are as many.
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    return ""
