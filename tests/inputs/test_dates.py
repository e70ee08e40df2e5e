"""Dates of all forms become one, and what is no date becomes nothing."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inputs.dates import canonical_date


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        ("2024-02-01", "2024-02-01T00:00:00.000Z"),
        ("20240201", "2024-02-01T00:00:00.000Z"),
        ("2024-02-01T12:30:00Z", "2024-02-01T12:30:00.000Z"),
        ("2024-02-01 12:30", "2024-02-01T12:30:00.000Z"),
        ("2024-02-01T12:30:00.123456789Z", "2024-02-01T12:30:00.123Z"),
        ("2024-02-01T12:30:00.9999+02:00", "2024-02-01T10:30:00.999Z"),
        ("2024-02-01T01:00:00+0530", "2024-01-31T19:30:00.000Z"),
        ("  2024-02-01\n", "2024-02-01T00:00:00.000Z"),
        ("Thu, 01 Feb 2024 12:30:00 GMT", "2024-02-01T12:30:00.000Z"),
        ("Thu, 01 Feb 2024 12:30:00 +0100", "2024-02-01T11:30:00.000Z"),
        ("Thursday, 01-Feb-24 12:30:00 GMT", "2024-02-01T12:30:00.000Z"),
        ("20240201123000", "2024-02-01T12:30:00.000Z"),
        (1706790600, "2024-02-01T12:30:00.000Z"),
        (1706790600.5, "2024-02-01T12:30:00.500Z"),
        (1706790600123, "2024-02-01T12:30:00.123Z"),
        (1706790600123456, "2024-02-01T12:30:00.123Z"),
        ("1706790600", "2024-02-01T12:30:00.000Z"),
        ("1706790600123", "2024-02-01T12:30:00.123Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-86400, "1969-12-31T00:00:00.000Z"),
        (datetime(2024, 2, 1, 12, 30, tzinfo=UTC), "2024-02-01T12:30:00.000Z"),
        (datetime(2024, 2, 1, 12, 30), "2024-02-01T12:30:00.000Z"),  # noqa: DTZ001
        (datetime(2024, 2, 1, tzinfo=timezone(timedelta(hours=1))), "2024-01-31T23:00:00.000Z"),
        (date(2024, 2, 1), "2024-02-01T00:00:00.000Z"),
        ("0001-01-01", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_known_forms(value, canonical):
    assert canonical_date(value) == canonical


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "yesterday", "2024", "2024-13-01", "2024-02-30", "0000-01-01", "-0044-03-15",
        "12024-01-01", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "x" * 1000,
        None, True, [], {}, b"2024-02-01", float("nan"), float("inf"), 1e300, 10**30, -(10**30),
        "9" * 60, "\ud800", "1\u0660:00", "Thu, 99 Feb 2024 12:30:00 GMT",
    ],
)  # fmt: skip
def test_what_is_no_date(value):
    assert canonical_date(value) == ""


@given(st.text(max_size=70) | st.integers() | st.floats() | st.binary(max_size=20))
def test_nothing_makes_it_fail(value):
    assert len(canonical_date(value)) in (0, 24)


@given(st.datetimes(timezones=st.just(UTC)))
def test_order_of_text_is_order_of_time(moment):
    later = canonical_date(datetime(2024, 1, 1, tzinfo=UTC))
    assert (canonical_date(moment) < later) == (moment < datetime(2024, 1, 1, tzinfo=UTC))
    assert canonical_date(canonical_date(moment)) == canonical_date(moment)
