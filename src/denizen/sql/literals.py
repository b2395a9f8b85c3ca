"""The only way a value gets into SQL text. Identifiers are never taken from a user: see `slug`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from denizen.model.values import plain

if TYPE_CHECKING:
    from decimal import Decimal

_BREAK = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def text(value: str) -> str:
    """Return a text literal that reads back as the same text in standard SQL, and stands on one line.

    Raises:
        ValueError: the text holds a NUL, which no engine can store.
    """
    if "\x00" in value:
        raise ValueError("a NUL character cannot be part of a text in SQL")
    quoted = "'" + value.replace("'", "''") + "'"
    if not _BREAK.search(value):
        return quoted
    return "(" + _BREAK.sub(lambda found: f"' || chr({ord(found[0])}) || '", quoted) + ")"


def number(value: Decimal | int) -> str:
    """Return a number as plain digits; a negative one in parentheses, so that no minus signs meet."""
    digits = plain(value) if not isinstance(value, int) else str(value)
    return f"({digits})" if digits.startswith("-") else digits


def slug(prefix: str, index: int, name: str) -> str:
    """Return a safe, short and unique identifier that still reminds of a name, e.g. `c9_core_feature`."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower().encode("ascii", "replace").decode()).strip("_")
    return f"{prefix}{index}_{words[:30]}".rstrip("_")
