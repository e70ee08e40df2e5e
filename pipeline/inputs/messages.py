"""Pages from messages of a queue, which whoever received them wrote to a file.

A line of such a file is a message, as JSON: its name, its attributes, its bytes (base64), and why
nothing can be read from it, where that is known already.
"""

import base64
import dataclasses
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from pipeline.inputs.failures import failure
from pipeline.inputs.fields import DATE_FIELDS, ID_FIELDS, URL_FIELDS, FieldReader, file_url
from pipeline.inputs.jsonl import page_of_line
from pipeline.inputs.lines import LongLine, lines
from pipeline.inputs.options import ReadOptions
from pipeline.inputs.storage import BLOCK_BYTES, StorageFile
from transforms.records import MAX_RAW_BYTES, Failure, RawPage, Reason

MESSAGE_SCHEME = "pubsub://"
"""Names of messages begin so; subscription and number of the message follow."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was received.

    Attributes:
      name: what stands for a file's path in records and receipts.
      data: a page, as a line of JSONL has it.
      attributes: fields beside it; those of a page that `data` lacks are taken from here.
      refusal: why nothing is to be read from it; "" when it is to be read.
      reason: of a refusal.
    """

    name: str
    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    reason: Reason = "malformed"


def write_messages(messages: Iterable[Message]) -> bytes:
    """Writes messages as `read_messages` reads them."""
    return b"".join(_line(message) for message in messages)


def _line(message: Message) -> bytes:
    values = dataclasses.asdict(message) | {"data": base64.b64encode(message.data).decode("ascii")}
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


def read_messages(storage: StorageFile, options: ReadOptions) -> Iterator[RawPage | Failure]:
    """One page, or one failure, for each message, in their order."""
    fields = FieldReader(options)
    whole = lines(
        lambda: storage.read(BLOCK_BYTES), 0, -1, max_bytes=sys.maxsize, head_bytes=0, inside=False
    )
    for _, line in whole:
        if isinstance(line, bytes) and line:  # none is too long
            values = orjson.loads(line)
            message = Message(**values | {"data": base64.b64decode(values["data"])})
            yield _page(message, fields, options)


def _page(message: Message, fields: FieldReader, options: ReadOptions) -> RawPage | Failure:
    name, data = message.name, message.data
    if message.refusal:
        return failure(message.reason, message.refusal, name, raw=data)
    if len(data) > options.max_page_bytes:
        long = LongLine(data[:MAX_RAW_BYTES], len(data))
        found = page_of_line(long, fields, name, 0, options)
    else:
        beside = _beside(message.attributes, options)
        found = page_of_line(data, fields, name, 0, options, beside)
    if found is None:
        return failure("no_text", "the message is empty", name, raw=data)
    if isinstance(found, RawPage) and found.url == file_url(name, 0):
        return dataclasses.replace(found, url=name)
    return found


def _beside(attributes: Mapping[str, str], options: ReadOptions) -> dict[str, str]:
    """Takes from attributes what says where and when a page is from; never its text."""
    named = (
        (options.url_field, URL_FIELDS),
        (options.date_field, DATE_FIELDS),
        (options.id_field, ID_FIELDS),
    )
    names = {name for chosen, usual in named for name in ((chosen,) if chosen else usual)}
    return {name: value for name, value in attributes.items() if name in names}
