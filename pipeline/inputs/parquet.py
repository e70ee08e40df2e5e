"""Pages from the rows of a Parquet file."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.inputs.failures import failure
from pipeline.inputs.fields import FieldReader
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.shards import Piece
from pipeline.inputs.storage import StorageFile, UnreadableError
from transforms.records import Failure, RawPage

_BATCH_BYTES = 8 << 20
_MAX_BATCH_ROWS = 1024
_BUFFER_BYTES = 1 << 20
"""Column chunks are streamed through a buffer; otherwise one is read as a whole."""


def read_parquet(
    storage: StorageFile, piece: Piece, options: ReadOptions
) -> Iterator[RawPage | Failure]:
    """The pages of the piece's row groups, in order; only the columns needed are read.

    A row without text is a failure of its own, without `raw`: file and row lead to it. A file
    without any column for text is one failure. Data that does not decode ends its row group; the
    next one is read.
    """
    path = piece.file.path
    if piece.file.size == 0:
        yield failure("no_text", "the file is empty", path)
        return
    fields = FieldReader(options)
    try:
        parquet = pq.ParquetFile(storage, pre_buffer=False, buffer_size=_BUFFER_BYTES)
        metadata = parquet.metadata
        columns = _columns(parquet.schema_arrow, fields)
    except UnreadableError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        yield failure("corrupt", f"not a Parquet file: {error}", path, raw_length=-1)
        return
    if not any(".".join(name) in columns for name in (*fields.text, *fields.html)):
        if piece.start == 0:
            names = ", ".join(parquet.schema_arrow.names)
            detail = f"none of the columns holds text or HTML: {names}; name it"
            yield failure("no_text", detail, path, raw_length=-1)
        return
    end = metadata.num_row_groups if piece.end < 0 else min(piece.end, metadata.num_row_groups)
    first = sum(metadata.row_group(group).num_rows for group in range(min(piece.start, end)))
    for group in range(piece.start, end):
        yield from _group_pages(parquet, group, columns, row=first, path=path, fields=fields)
        first += metadata.row_group(group).num_rows


def _group_pages(
    parquet: pq.ParquetFile,
    group: int,
    columns: Sequence[str],
    *,
    row: int,
    path: str,
    fields: FieldReader,
) -> Iterator[RawPage | Failure]:
    """The pages of one row group, whose first row has the number `row` in the file."""
    info = parquet.metadata.row_group(group)
    row_bytes = info.total_byte_size // max(1, info.num_rows) + 1
    batch_rows = max(1, min(_MAX_BATCH_ROWS, _BATCH_BYTES // row_bytes))
    try:
        for batch in parquet.iter_batches(batch_rows, [group], columns=columns, use_threads=False):
            for record in _rows(batch):
                yield fields.page(record, path, row, b"")
                row += 1
    except UnreadableError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        detail = f"row group {group} from row {row} on: {error}"
        yield failure("corrupt", detail, path, offset=row, raw_length=-1)


def _columns(schema: pa.Schema, fields: FieldReader) -> list[str]:
    """The leaf columns that some field name leads to."""
    wanted: set[str] = set()
    for paths in (fields.url, fields.text, fields.html, fields.date, fields.id):
        for path in paths:
            if path[0] in schema.names and _reaches(schema.field(path[0]).type, path[1:]):
                wanted.add(".".join(path))
    return sorted(wanted)


def _reaches(kind: pa.DataType, path: Sequence[str]) -> bool:
    for name in path:
        if not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
            return False
        kind = kind.field(name).type
    return True


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    names = batch.schema.names
    columns = [_values(column) for column in batch.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _values(column: pa.Array) -> Sequence[Any]:
    try:
        values: Sequence[Any] = column.to_pylist()
    except (UnicodeDecodeError, OverflowError, ValueError, pa.ArrowException):
        return [_value(scalar) for scalar in column]
    return values


def _value(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.cast(pa.binary()).as_py()
    except (OverflowError, ValueError, pa.ArrowException):
        return None
