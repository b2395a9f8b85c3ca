"""Durations such as `90s 15m 48h 14d 2w` (semantics, section 1)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

UNIT_US = {
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
HOUR_US, DAY_US = UNIT_US["h"], UNIT_US["d"]
LONGEST_US = 36_500 * DAY_US
_PATTERN = r"^[1-9][0-9]{0,9}[smhdw]$"


def parse_duration(text: Any) -> int:
    """Return a duration in microseconds; a day is 86,400 seconds.

    Raises:
        ValueError: the text is not a whole number with one unit, or is longer than a century.
    """
    if not isinstance(text, str) or not re.match(_PATTERN, text.strip()):
        raise ValueError(f"{text!r} is not a duration; write a whole number and a unit, as in 90s 15m 48h 14d 2w")
    text = text.strip()
    us = int(text[:-1]) * UNIT_US[text[-1]]
    if us > LONGEST_US:
        raise ValueError(f"{text!r} is longer than a century (36500d)")
    return us


def format_duration(us: int) -> str:
    """Return the shortest text that reads back as this duration."""
    for unit in reversed(UNIT_US):
        if us % UNIT_US[unit] == 0:
            return f"{us // UNIT_US[unit]}{unit}"
    raise ValueError(f"{us} µs is no whole number of seconds")


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["48h", "14d", "2w"]}),
]
