"""Dates as pages and records carry them, brought to one form. Pure."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_SECONDS = 32_503_680_000  # the year 3000; larger numbers are milliseconds
_LARGEST_MILLIS = _LARGEST_SECONDS * 1000
_LARGEST_MICROS = _LARGEST_MILLIS * 1000
_NUMBER = re.compile(r"-?[0-9]{9,17}(\.[0-9]{0,9})?")
_COMPACT = re.compile(r"[0-9]{14}")
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")
_MAX_LENGTH = 64


def canonical_date(value: object) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ` in UTC, or "" where the value is no date.

    Accepts ISO 8601 (any form that `datetime.fromisoformat` knows, fractions of any length; no
    offset means UTC), RFC 1123 and RFC 850, `YYYYMMDDHHMMSS` as web archives write it, seconds
    since 1970 as number or digits (above the year 3000: milliseconds, then microseconds), and
    `datetime` and `date` objects. Years run from 1 to 9999. Milliseconds are cut, not rounded.
    """
    try:
        if isinstance(value, str):
            return _from_text(value)
        if isinstance(value, bool) or value is None:
            return ""
        if isinstance(value, (int, float)):
            return _format(_from_number(value))
        if isinstance(value, datetime):
            return _format(value)
        return _format(datetime.fromisoformat(value.isoformat()))  # type: ignore[attr-defined]
    except (ValueError, OverflowError, AttributeError, TypeError, IndexError):
        return ""


def _from_text(text: str) -> str:
    if _is_common(text):
        datetime.fromisoformat(text)  # raises where it is no date
        return text[:-1] + ".000Z"
    return _format(_parse(text.strip()))


def _is_common(text: str) -> bool:
    """Whether it is written `YYYY-MM-DDTHH:MM:SSZ`, as most archives do."""
    return (
        len(text) == 20
        and text[19] == "Z"
        and text[10] == "T"
        and text[4] == text[7] == "-"
        and text[13] == text[16] == ":"
        and text.isascii()
    )


def _parse(text: str) -> datetime:
    if not text or len(text) > _MAX_LENGTH:
        raise ValueError(text[:_MAX_LENGTH])
    if _COMPACT.fullmatch(text):
        try:
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return _from_number(int(text))
    if _NUMBER.fullmatch(text):
        return _from_number(float(text))
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return parsedate_to_datetime(text)


def _from_number(number: float) -> datetime:
    size = abs(number)
    if size >= _LARGEST_MICROS:
        raise ValueError("neither seconds nor milliseconds nor microseconds")
    if size >= _LARGEST_MILLIS:
        return _EPOCH + timedelta(microseconds=int(number))
    if size >= _LARGEST_SECONDS:
        return _EPOCH + timedelta(milliseconds=int(number))
    return _EPOCH + timedelta(milliseconds=round(number * 1000))


def _format(moment: datetime) -> str:
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"
