"""Points as they stand in a model file: where each is written, and how to write others in their place.

Only numbers change; every other character of the file stays as it is.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode

from denizen.errors import DenizenError
from denizen.model.lint.edit import find_node
from denizen.model.source import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from denizen.model.source import Path, Source


@dataclass(frozen=True, slots=True)
class Written:
    """Points of a criterion as the file has them; bands of equal points stand together, the ledger cannot tell them apart."""

    part: str
    criterion: str
    points: float
    places: tuple[Path, ...]
    fixed: str = ""

    @property
    def name(self) -> str:
        """The criterion with its points, to tell bands apart."""
        return f"{self.criterion} {self.points:+g}"


def written_points(source: Source) -> tuple[Written, ...]:
    """Return the points of every criterion; `fixed` says why some are not to be changed."""
    return tuple(
        written
        for part in ("fit", "behavior")
        for name, criterion in ((source.data.get(part) or {}).get("criteria") or {}).items()
        for written in _of_criterion(part, str(name), criterion)
    )


def _of_criterion(part: str, name: str, criterion: dict[str, Any]) -> Iterator[Written]:
    here: Path = (part, "criteria", name)
    found: dict[float, list[Path]] = {}
    if "points" in criterion:
        found[float(criterion["points"])] = [(*here, "points")]
    for i, band in enumerate(criterion.get("bands") or ()):
        found.setdefault(float(band["points"]), []).append((*here, "bands", i, "points"))
    for points, places in found.items():
        yield Written(part, name, points, tuple(places), _fixed(criterion, points))


def _fixed(criterion: dict[str, Any], points: float) -> str:
    if criterion.get("disqualifies"):
        return "it disqualifies"
    if criterion.get("each") is not None:
        return "it gives points by amount"
    return "it gives no points" if points == 0 else ""


def with_points(text: str, file: str, changes: Mapping[Path, int]) -> str | None:
    """Return the text with other points at some places; None where one place cannot be changed alone (an anchor)."""
    source = parse_yaml(text, file)
    root = YAML(typ="safe", pure=True).compose(text)
    cuts, wanted = [], copy.deepcopy(source.data)
    for place, points in changes.items():
        _, node = find_node(root, place)
        if not isinstance(node, ScalarNode):
            return None
        cuts.append((node.start_mark.index, node.end_mark.index, str(points)))
        parent = wanted
        for part in place[:-1]:
            parent = parent[part]
        parent[place[-1]] = points
    for start, end, shown in sorted(cuts, reverse=True):
        text = text[:start] + shown + text[end:]
    try:
        return text if parse_yaml(text, file).data == wanted else None
    except DenizenError:
        return None
