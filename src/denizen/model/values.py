"""How text, numbers and booleans are read and compared (semantics, section 2).

The data side of the same rules is `denizen.ingest.values`, which spells them in SQL; the tests hold the two equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext

WHITESPACE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What is trimmed from both ends of a text: Unicode's white space and the byte-order mark."""

NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?$"
"""A text that reads as a number, after normalizing."""

NUMBER_DECIMALS = 9
NUMBER_LIMIT = Decimal(10) ** 28
"""Numbers are read to 9 decimals, half away from zero, and saturate at ±10^28."""


def normalize(text: str) -> str:
    """Return text trimmed and lower-cased one code point for one, as every comparison sees it."""
    return "".join(_lower(c) for c in text.strip(WHITESPACE))


def _lower(char: str) -> str:
    lower = char.lower()
    return lower if len(lower) == 1 else "i"  # U+0130 alone lower-cases to two code points


def read_number(normalized: str) -> Decimal | None:
    """Return the number a normalized text reads as, or None."""
    if not re.match(NUMBER, normalized, re.ASCII):
        return None
    with localcontext() as ctx:
        ctx.prec = 2000
        number = Decimal(normalized)
        if abs(number) >= NUMBER_LIMIT:
            return NUMBER_LIMIT.copy_sign(number)
        return number.quantize(Decimal(1).scaleb(-NUMBER_DECIMALS), ROUND_HALF_UP) + 0


def plain(number: Decimal) -> str:
    """Return a number as digits, without exponent or needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in a model file, ready to compare: its normalized text, and its number if it reads as one.

    `written` is the text as it stands there, for people; it takes no part in any comparison.
    """

    text: str
    number: Decimal | None
    written: str = field(compare=False)

    @classmethod
    def of(cls, value: str | int | Decimal | bool) -> Literal:  # noqa: FBT001  a YAML scalar may be one
        """Return the literal of a YAML scalar."""
        if isinstance(value, bool):
            word = "true" if value else "false"
            return cls(word, None, word)
        written = plain(Decimal(value)) if isinstance(value, int | Decimal) else value.strip(WHITESPACE)
        text = normalize(written)
        return cls(text, read_number(text), written)

    @property
    def is_exact(self) -> bool:
        """Whether it reads as a number below the limit; beyond it, equal means equal text."""
        return self.number is not None and abs(self.number) < NUMBER_LIMIT

    @property
    def canonical(self) -> str:
        """The text under which equal values are equal: plain digits for a number."""
        return self.text if self.number is None or not self.is_exact else plain(self.number)
