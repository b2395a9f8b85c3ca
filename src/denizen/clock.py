"""The one module that asks what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from denizen.errors import fail

Instant = datetime | date | str
"""How a user gives an instant; a text is ISO 8601, and one without a zone is UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """Return the present instant, UTC."""
    return datetime.now(UTC)


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC; an instant without a zone is UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (aware - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Return the UTC instant of so many microseconds since 1970-01-01."""
    return EPOCH + timedelta(microseconds=us)


def iso(us: int) -> str:
    """Return an instant as ISO 8601 with a Z, without needless zeros."""
    return from_us(us).isoformat().replace("+00:00", "Z")


def parse_instant(value: Instant) -> int:
    """Return an instant in microseconds.

    Raises:
        DenizenError: the text is no ISO 8601 timestamp.
    """
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, date):
        return to_us(datetime(value.year, value.month, value.day, tzinfo=UTC))
    try:
        us = to_us(datetime.fromisoformat(value.strip()))
        from_us(us)
    except (ValueError, OverflowError):
        raise fail("bad-argument", f"{value!r} is no timestamp; write ISO 8601, as in 2026-07-01T00:00:00Z") from None
    return us
