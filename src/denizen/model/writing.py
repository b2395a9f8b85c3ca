"""Write a model file as people would: sections, a criterion at a time, comments above what they are about.

Values go through ruamel.yaml, so that nothing in them can end a line or a quote; comments are cut to single lines.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from denizen.model.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_COMMENT = 400
LONGEST_NAME = 60
_PLAIN = re.compile(r"^([A-Za-z_][A-Za-z0-9_.-]*|[1-9][0-9]*[smhdw])$")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off"}
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_WIDTH = 100_000


@dataclass(slots=True)
class Noted:
    """Data of a model file with the comment lines above it; without data, the comment alone."""

    name: str
    data: Any = None
    comments: list[str] = field(default_factory=list)


def one_line(text: str, longest: int = LONGEST_COMMENT) -> str:
    """Return a text on one line, without anything a terminal or an editor would obey."""
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in text)
    line = " ".join(seen.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def comment(text: str, indent: int = 0) -> str:
    """Return a text as one comment line, whatever it holds."""
    return f"{' ' * indent}# {one_line(text)}".rstrip()


def name_of(text: str, taken: Iterable[str] = (), fallback: str = "rule") -> str:
    """Return a name made of a text: letters, digits and `_`, starting with a letter, and not taken yet."""
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", folded.lower()).strip("_")[:LONGEST_NAME].strip("_")
    if not slug or not slug[0].isalpha():
        slug = f"{fallback}_{slug}".strip("_")
    known = set(taken)
    free = (slug if n == 1 else f"{slug}_{n}" for n in range(1, len(known) + 3))
    return next(name for name in free if name not in known)


def write_section(noted: Iterable[Noted], indent: int) -> Iterator[str]:
    """Yield the lines of keys with their comments, each key one unit."""
    for item in noted:
        yield from (comment(text, indent) for text in item.comments)
        if item.data is not None:
            yield from (" " * indent + line for line in dump({item.name: item.data}))


def dump(data: dict[str, Any]) -> list[str]:
    """Return plain data as YAML lines: keys one a line, what is small or deep inside on one line."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(_node(data, depth=0), out)
    return out.getvalue().splitlines()


def _node(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        mapping = CommentedMap((_node(k, depth), _node(v, depth + 1)) for k, v in value.items())
        if depth > 1 or (depth == 1 and _small(value)):
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        sequence = CommentedSeq(_node(v, depth + 1) for v in value)
        if not any(isinstance(v, dict) for v in value):
            sequence.fa.set_flow_style()
        return sequence
    if isinstance(value, Decimal):
        return Digits(plain(value))
    if isinstance(value, str) and not (_PLAIN.match(value) and value.lower() not in _WORDS):
        return DoubleQuotedScalarString(value)
    return value


def _small(value: dict[str, Any]) -> bool:
    return not any(isinstance(v, dict | list) for v in value.values()) and len(str(value)) < LONGEST_COMMENT // 4


class Digits(str):
    """A number that is written with the digits it was given."""

    __slots__ = ()


class _Representer(RoundTripRepresenter):
    """Knows how digits are written."""

    def represent_digits(self, digits: Digits) -> Any:
        tag = "tag:yaml.org,2002:float" if "." in digits else "tag:yaml.org,2002:int"
        return self.represent_scalar(tag, str(digits))


_Representer.add_representer(Digits, _Representer.represent_digits)
