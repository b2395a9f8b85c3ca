"""Points as they stand in a model file: where each is written, and how to write others in their place.

Only numbers change; every other character of the file stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping  # noqa: TC003 - a field of a dataclass
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode

from denizen.errors import DenizenError
from denizen.model.lint.edit import find_node
from denizen.model.segments import segment_place, segment_source
from denizen.model.source import parse_yaml
from denizen.model.spec import Fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.source import Path, Source


FIT_MAX = Fit.model_fields["max"].default

UNITS = ("points", "multiplier", "percent", "half_life")
"""What a velocity or a decay may be written in."""
Kind = Literal["criterion", "velocity", "decay", "recency"]


@dataclass(frozen=True, slots=True)
class Written:
    """Points as the file has them; bands of equal points stand together, the ledger cannot tell them apart.

    `criterion` is the line of the ledger they make, of the `kind` there. `plans` are the numbers, from 1, of those who are
    scored by them: each segment in order and then everyone else, each with its products. `fixed` says why they stay.
    """

    part: str
    criterion: str
    points: float
    places: tuple[Path, ...]
    fixed: str = ""
    kind: Kind = "criterion"
    section: str = ""
    plans: frozenset[int] = frozenset({1})

    @property
    def name(self) -> str:
        """The criterion with its points, to tell bands apart."""
        return f"{self.criterion} {self.points:+g}"

    @property
    def shown(self) -> str:
        """The points in their unit: a share of a score is a percentage or a multiplier."""
        unit = self.places[0][-1] if self.places else "points"
        if unit == "multiplier":
            return f"×{self.points:g}"
        if unit == "percent":
            return f"{self.points:g} %"
        return str(unit) if unit == "half_life" else f"{self.points:+g}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one plan is: the segment (empty for everyone else) and product, and the most a section may reach."""

    plan: int
    segment: str
    product: str
    elsewhere: bool
    most: Mapping[str, float | None]

    @property
    def name(self) -> str:
        """Who is scored by it."""
        named = [f"segment {self.segment}" if self.segment else "", f"product {self.product}" if self.product else ""]
        return ", ".join(n for n in named if n) or "all others"


def parts_of(source: Source) -> tuple[Part, ...]:
    """Return the plans of a model file in their order; `elsewhere` says that a segment is another file."""
    return tuple(part for part, _ in _plans(source))


def written_points(source: Source) -> tuple[Written, ...]:
    """Return the points of every criterion, velocity and decay; `fixed` says why some are not to be changed."""
    found: dict[tuple[Path, ...], Written] = {}
    for part, data in _plans(source):
        if part.elsewhere:
            continue
        index = _index(source, part.segment)
        behavior: Path = ("products", part.product) if part.product else ("behavior",)
        for name, path in (("fit", ("fit",)), ("behavior", behavior)):
            for w in _of_section(name, path, _at(data, path)):
                places = w.places if index is None else tuple(segment_place(source, index, p) for p in w.places)
                known = found.get(places)
                plans = frozenset({part.plan}) | (known.plans if known else frozenset())
                found[places] = replace(w, places=places, section=_section(source, places[0]), plans=plans)
    return tuple(found.values())


def _plans(source: Source) -> Iterator[tuple[Part, dict[str, Any]]]:
    """Yield each plan with the model data that hold for it: segments in order, everyone else last."""
    number = 0
    segments = source.data.get("segments") or ()
    for index in [*range(len(segments)), None]:
        segment = {} if index is None else segments[index]
        data = source.data if index is None else segment_source(source, index).data
        elsewhere = segment.get("model") is not None
        for product in {"": None} if elsewhere else (data.get("products") or {"": None}):
            number += 1
            behavior = _at(data, ("products", product) if product else ("behavior",))
            limits = {"fit": (data.get("fit") or {}).get("max", FIT_MAX), "behavior": behavior.get("max")}
            most = {part: None if limit is None else float(limit) for part, limit in limits.items()}
            yield Part(number, segment.get("name", ""), str(product), elsewhere, most), data


def _index(source: Source, segment: str) -> int | None:
    segments = source.data.get("segments") or ()
    return next((i for i, s in enumerate(segments) if segment and s["name"] == segment), None)


def _at(data: Any, path: Path) -> dict[str, Any]:
    for key in path:
        data = (data or {}).get(key)
    return dict(data or {})


def _section(source: Source, place: Path) -> str:
    """Return the place of a section in words, as `behavior` or `segments.large.products.crm`."""
    named = [source.data["segments"][place[1]]["name"]] if place[0] == "segments" else []
    rest = place[2:] if place[0] == "segments" else place
    return ".".join([*(["segments"] if named else []), *named, *map(str, rest[: 2 if rest[0] == "products" else 1])])


def _of_section(part: str, here: Path, section: dict[str, Any]) -> Iterator[Written]:
    for name, criterion in (section.get("criteria") or {}).items():
        yield from _of_criterion(part, str(name), (*here, "criteria", name), criterion)
        if part == "behavior" and criterion.get("recency"):
            yield _recency(str(name), (*here, "criteria", name), criterion["recency"])
    if part == "fit":
        return
    if section.get("recency"):
        yield _recency("recency", here, section["recency"])
    for name, kind, path in (("velocity", "velocity", ("velocity",)), ("decay", "decay", ("decay",)),
                             ("after_trial", "decay", ("decay", "after_trial"))):  # fmt: skip
        step = _at(section, path)
        if step:
            share = "" if "points" in step else "it is a share of the score, not points"
            place = (*here, *path, next((key for key in UNITS if key in step), next(iter(step))))
            points = float(step.get("points") or step.get("multiplier") or step.get("percent") or 0)
            yield Written(part, name, points, (place,), share, "velocity" if kind == "velocity" else "decay")


def _recency(name: str, here: Path, recency: dict[str, Any]) -> Written:
    fixed = "it is a share of the points it adds to, and follows them"
    multiplier = float(recency.get("multiplier", 1))
    return Written("behavior", name, multiplier, ((*here, "recency", "multiplier"),), fixed, "recency")


def _of_criterion(part: str, name: str, here: Path, criterion: dict[str, Any]) -> Iterator[Written]:
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
