"""The one module that asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
