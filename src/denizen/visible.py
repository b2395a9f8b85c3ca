r"""Text of others, so that it can only be read: what would steer a terminal, or break a picture, becomes `\x1b` and the like.

Escaped are the control characters (C0, DEL, C1), what turns the direction of writing or breaks lines unseen, halves of
surrogate pairs, and U+FFFE and U+FFFF: after that, nothing is left that XML 1.0 forbids.
"""

from __future__ import annotations

import re

_UNSEEN = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
_STEERS = re.compile(f"[{_UNSEEN}]")
_STEERS_OR_BREAKS = re.compile(f"[{_UNSEEN}\n\t]")
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
_ONE_BYTE = 0x100


def visible(text: str) -> str:
    """Return a text with every character that steers written out; line breaks and tabs stay."""
    return _STEERS.sub(_written, text)


def visible_line(text: str) -> str:
    """Return a text of data as one line: line breaks and tabs are written out too."""
    return _STEERS_OR_BREAKS.sub(_written, text)


def visible_json(text: str) -> str:
    """Return JSON with the same written as JSON writes it: the data stay what they are."""
    return _STEERS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _written(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < _ONE_BYTE else f"\\u{code:04x}")
