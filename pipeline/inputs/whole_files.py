"""Pages from files that hold one page each: plain text and HTML."""

from collections.abc import Iterator

from pipeline.inputs.decode import decode
from pipeline.inputs.failures import failure, printable
from pipeline.inputs.fields import file_url
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import Piece
from pipeline.inputs.signatures import binary_kind
from pipeline.inputs.storage import StorageFile
from pipeline.inputs.unpacked import Unpacked
from transforms.records import MAX_RAW_BYTES, Failure, RawPage


def read_whole_file(
    storage: StorageFile, piece: Piece, options: ReadOptions
) -> Iterator[RawPage | Failure]:
    """The file's page.

    Packed data that breaks off is a failure, and so is what there is of the page: half a page
    would pass for a whole one. Bytes behind a complete packed page that are no packed data are a
    failure beside the page.
    """
    path = piece.file.path
    url = file_url(path)
    stream = Unpacked(storage, piece.file, options)
    parts: list[bytes] = []
    size = 0
    while block := stream.read():
        parts.append(block)
        size += len(block)
        if size > options.max_page_bytes:
            total = piece.file.size if piece.file.compression == "none" else -1
            limit = options.max_page_bytes
            yield failure(
                "too_large",
                f"the page has {total if total >= 0 else f'more than {limit}'} bytes, "
                f"above the limit of {limit}",
                path,
                url=url,
                raw=b"".join(parts)[:MAX_RAW_BYTES],
                raw_length=total,
            )
            return
    data = b"".join(parts)
    if stream.damage is not None:
        yield failure(
            stream.damage.reason, stream.damage.detail, path, url=url, raw=data, raw_length=-1
        )
        if not stream.whole:
            return
    yield page_of_bytes(data, path, html=piece.file.format == "html")


def page_of_bytes(data: bytes, path: str, *, html: bool) -> RawPage | Failure:
    """The page that the whole content of a file is, or why it is none.

    Args:
      data: unpacked.
      path: the input file.
      html: whether it is HTML; else plain text.
    """
    url = file_url(path)
    kind = binary_kind(data)
    if kind:
        detail = f"{kind}, not text: check its name or --input-format"
        return failure("malformed", detail, path, url=url, raw=data)
    content = decode(data, html=html)
    if not content.strip():
        detail = "the file is empty" if not data else "the file holds white space only"
        return failure("no_text", detail, path, url=url, raw=data)
    return RawPage(
        url=url, date="", kind="html" if html else "text", content=content, file=printable(path)
    )
