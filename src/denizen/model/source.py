"""YAML text as plain data together with the place of every value.

YAML 1.2 by ruamel.yaml, so that `country: NO` is a text, and its node tree, so that every value keeps its line.
Numbers become `int` or `Decimal` exactly as written; dates stay text; anchors work; tags do not.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from denizen.errors import DenizenError, Finding
from denizen.model.yaml_words import plain, syntax_error, unreadable

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

Path = tuple[str | int, ...]
_INT = re.compile(r"^[-+]?[0-9]{1,30}$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?$")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_STRANGE = re.compile("[\x00\ud800-\udfff]")
_MAX_DEPTH = 50
_MAX_NODES = 100_000


@dataclass
class Source:
    """A YAML file, read: `data` as plain Python, and where each path stands (line and column from 1).

    `segment` is where the words of a segment stand in the file, and `own` are the paths that they say anew.
    """

    file: str
    data: Any = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    segment: Path = ()
    own: set[Path] = field(default_factory=set)

    def at(self, path: Path) -> Source:
        """Return the part of the file at a path, with its places."""
        data: Any = self.data
        for part in path:
            data = data[part]

        def below(places: dict[Path, tuple[int, int]]) -> dict[Path, tuple[int, int]]:
            return {p[len(path) :]: place for p, place in places.items() if p[: len(path)] == path}

        return Source(self.file, data, below(self.keys), below(self.values))

    def finding(self, code: str, path: Path, message: str, *, at_key: bool = False) -> Finding:
        """Return a finding at the place of a path, or of the nearest thing around it that has a place."""
        places = self.keys if at_key else self.values
        known = next((p for p in _outward(path) if p in places), ())
        line, column = places.get(known) or self.values.get(known, (1, 1))
        whole = (*self.segment, *path) if known in self.own else path
        return Finding(code, message, self.file, line, column, dotted(whole))


def dotted(path: Path) -> str:
    """Return `behavior.criteria.invites.bands[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _outward(path: Path) -> list[Path]:
    return [path[:n] for n in range(len(path), -1, -1)]


def parse_yaml(text: str, file: str) -> Source:
    """Return the data of a YAML text with its places; duplicate keys become findings.

    Raises:
        DenizenError: the text is not YAML.
    """
    source = Source(file)
    try:
        node = _composed(text)
    except (YAMLError, ValueError) as error:
        raise DenizenError([_syntax_error(error, text, file)]) from None
    except RecursionError:
        raise DenizenError([Finding("yaml-syntax", "the file nests too deeply", file, 1, 1)]) from None
    if node is not None:
        try:
            source.data = _Reader(source).read(node, ())
        except _TooLargeError as error:
            raise DenizenError([Finding("yaml-syntax", str(error), file, 1, 1)]) from None
    return source


def _composed(text: str) -> Any:
    """Return the node tree; an anchor may stand again, and an alias means the last one before it (YAML 1.2, section 7.1)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReusedAnchorWarning)
        return YAML(typ="safe", pure=True).compose(text)


class _TooLargeError(Exception):
    pass


def _syntax_error(error: Exception, text: str, file: str) -> Finding:
    if isinstance(error, MarkedYAMLError):
        return syntax_error(error, text, file)
    if isinstance(error, ReaderError):
        return unreadable(error, text, file)
    return Finding("yaml-syntax", plain(" ".join(str(error).split())), file)


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.nodes = 0

    def read(self, node: Node, path: Path) -> Any:
        self.nodes += 1
        if len(path) > _MAX_DEPTH or self.nodes > _MAX_NODES:
            raise _TooLargeError("the file nests too deeply or is too large for a model")
        mark = node.start_mark
        self.source.values[path] = (mark.line + 1, mark.column + 1)
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(child, (*path, i)) for i, child in enumerate(node.value)]
        return self.readable(_scalar(node), path) if isinstance(node, ScalarNode) else None

    def readable(self, value: Any, path: Path) -> Any:
        """Join surrogate pairs, as JSON writes them; refuse what no engine can store."""
        if not isinstance(value, str) or not _STRANGE.search(value):
            return value
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "\x00" in value or "\ufffd" in value:
            message = "a NUL or half a surrogate pair cannot be part of a text"
            self.source.findings.append(self.source.finding("wrong-value", path, message))
            return "?"
        return value

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.readable(str(key_node.value), path) if isinstance(key_node, ScalarNode) else "?"
            here = (*path, key)
            if key in data:
                line = self.source.keys[here][0]
                mark = key_node.start_mark
                self.source.findings.append(
                    Finding(
                        "duplicate-key",
                        f"`{key}` already stands at line {line}; remove one of them",
                        self.source.file,
                        mark.line + 1,
                        mark.column + 1,
                        dotted(here),
                    )
                )
                continue
            self.source.keys[here] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            data[key] = self.read(value_node, here)
        return data


def _scalar(node: ScalarNode) -> str | int | Decimal | bool | None:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">"):
        return text
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return Decimal(text)
    return text
