"""Change one thing in the text of a YAML file and leave every other character as it is."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, ScalarNode, SequenceNode

from denizen.model.lint.rule import Renaming

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

    from denizen.model.lint.rule import Fix
    from denizen.model.source import Path, Source

_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_./ -]*[A-Za-z0-9]$")
_WORDS = {"true", "false", "null"}


@dataclass(frozen=True, slots=True)
class Cut:
    """Characters `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: str = ""


def edited(text: str, source: Source, fix: Fix) -> str | None:
    """Return the text with a fix applied, None where that cannot be done by changing characters in one place each."""
    root = YAML(typ="safe", pure=True).compose(text)
    gone = _gone(source, fix)
    cuts = [_cut(text, root, place, None if place in gone else fix) for place in _places(source, fix)]
    if any(cut is None for cut in cuts):
        return None
    for cut in sorted((c for c in cuts if c is not None), key=lambda c: -c.start):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def expected(source: Source, fix: Fix) -> Any:
    """Return the data that a file must hold after a fix."""
    data = copy.deepcopy(source.data)
    gone = _gone(source, fix)
    for place in sorted(_places(source, fix), key=_last_first):
        parent = _around(data, place)
        if isinstance(fix, Renaming) and place not in gone:
            parent[place[-1]] = fix.text
        else:
            del parent[place[-1]]
    return data


def _places(source: Source, fix: Fix) -> list[Path]:
    return [_written(source, place) for place in fix.places]


def _gone(source: Source, fix: Fix) -> set[Path]:
    """Return the places whose item goes: those of a removal, and a name that its list has already, or has by then."""
    places = _places(source, fix)
    if not isinstance(fix, Renaming):
        return set(places)
    gone: set[Path] = set()
    written: set[Path] = set()
    for place in places:
        listed = _around(source.data, place)
        if isinstance(listed, list) and (fix.text in listed or place[:-1] in written):
            gone.add(place)
        written.add(place[:-1])
    return gone


def _around(data: Any, place: Path) -> Any:
    for part in place[:-1]:
        data = data[part]
    return data


def _last_first(place: Path) -> tuple[int, ...]:
    return tuple(-part for part in place if isinstance(part, int))


def _written(source: Source, place: Path) -> Path:
    """Return where a value stands; one name may stand without its list."""
    return place if place in source.values else place[:-1]


def _cut(text: str, root: Node, place: Path, fix: Fix | None) -> Cut | None:
    """Return what a place becomes; without a fix, it goes."""
    parent, node = find_node(root, place)
    if node is None or parent is None:
        return None
    if isinstance(fix, Renaming):
        return _rename(node, fix.text)
    if not isinstance(parent, SequenceNode) or not isinstance(place[-1], int) or len(parent.value) == 1:
        return None
    return _remove(text, parent, place[-1]) if parent.flow_style else _remove_lines(text, parent, place[-1])


def find_node(root: Node, place: Path) -> tuple[Node | None, Node | None]:
    """Return the node around a place and the one at it; None where there is none."""
    parent: Node | None = None
    node: Node | None = root
    for part in place:
        parent = node
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            return None, None
    return parent, node


def _rename(node: Node, name: str) -> Cut | None:
    if not isinstance(node, ScalarNode) or node.style in ("|", ">"):
        return None
    start, end = node.start_mark.index, node.end_mark.index
    if node.style == "'":
        return Cut(start, end, _single_quoted(name))
    if node.style == '"':
        return Cut(start, end, json.dumps(name, ensure_ascii=False))
    plain = _PLAIN.match(name) and name.lower() not in _WORDS
    return Cut(start, end, name if plain else _single_quoted(name))


def _single_quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _remove(text: str, parent: SequenceNode, at: int) -> Cut:
    """Take an item out of `[a, b]` together with one comma."""
    item = parent.value[at]
    if at + 1 < len(parent.value):
        return Cut(item.start_mark.index, parent.value[at + 1].start_mark.index)
    before = parent.value[at - 1]
    comma = text.index(",", _end(before))
    return Cut(comma, _end(item))


def _remove_lines(text: str, parent: SequenceNode, at: int) -> Cut | None:
    """Take the lines of an item out of a list with a dash for each item, with the comments on these lines."""
    item = parent.value[at]
    start = text.rfind("\n", 0, item.start_mark.index) + 1
    if not re.fullmatch(r"\s*-\s+", text[start : item.start_mark.index]):
        return None
    line_end = text.find("\n", _end(item))
    return Cut(start, len(text) if line_end < 0 else line_end + 1)


def _end(node: Node) -> int:
    """Return where the last character of a node is; a block ends with the last thing in it."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, MappingNode) else last)
    return int(node.end_mark.index)
