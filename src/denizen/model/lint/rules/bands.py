"""Rules about bands: which can never hold, which stand behind others, and which share values."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from denizen.model.lint.cells import literals_of, situations
from denizen.model.lint.measures import impossible_property, range_of
from denizen.model.lint.reach import ZERO, bands_of
from denizen.model.lint.rule import Remark, Removal, Rule
from denizen.model.lint.sections import criteria
from denizen.model.meanings import words_lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from denizen.model.lint.cells import Operators
    from denizen.model.lint.reach import CriterionReach
    from denizen.model.lint.rule import Subject
    from denizen.model.spec import Criterion

_OPEN = {"contains", "contains_any", "contains_all", "matches", "is_not", "not_in", "exists"}
_LISTS = ("in_", "not_in", "contains_any", "contains_all")


def criterion_never_fires(subject: Subject) -> Iterator[Remark]:
    """A criterion that cannot change any score."""
    for reach in subject.criteria:
        if reach.can_disqualify or reach.points.low < ZERO or reach.points.high > ZERO:
            continue
        path = impossible_property(reach.criterion.where)
        if path is not None:
            message = f"no value of `{path}` satisfies all that `where` asks for"
        elif any(band.can_hold for band in reach.bands) or reach.criterion.points == ZERO:
            message = "it can only give 0 points"
        else:
            message = f"none of its bands can hold{_because(reach.criterion)}"
        yield Remark(reach.path, f"{message}, so the criterion never counts", at_key=True)


def band_impossible(subject: Subject) -> Iterator[Remark]:
    """A band whose conditions no value satisfies."""
    for reach in subject.criteria:
        places = [i for i, band in enumerate(reach.bands) if not band.can_hold]
        if reach.criterion.bands is None or impossible_property(reach.criterion.where) is not None:
            continue
        for i in places:
            can_go = len(places) < len(reach.bands) and not _means_something(reach.criterion, i)
            fix = Removal(((*reach.path, "bands", i),)) if can_go else None
            message = f"no value satisfies this band{_because(reach.criterion)}"
            yield Remark((*reach.path, "bands", i), message, fix=fix)


def band_shadowed(subject: Subject) -> Iterator[Remark]:
    """A band whose values all satisfy an earlier one."""
    for reach in subject.criteria:
        for i, band in enumerate(reach.bands):
            if band.can_hold and not band.can_be_first:
                before = " and ".join(f"band {n + 1}" for n in sorted(band.behind))
                place = (*reach.path, "bands", i)
                message = f"every value of this band satisfies {before} already, so it never gives its points"
                same = {bands_of(reach.criterion)[n][1] for n in (*band.behind, i)}
                if len(same) == 1 and not _means_something(reach.criterion, i):
                    yield Remark(place, f"{message}; they are the same, so it can go", fix=Removal((place,)))
                else:
                    yield Remark(place, f"{message}; put the narrower band first, or take this one out")


def band_overlap(subject: Subject) -> Iterator[Remark]:
    """Two bands that share some values and give different points for them."""
    for reach in subject.criteria:
        bands = bands_of(reach.criterion)
        for first, second in combinations(range(len(bands)), 2):
            if bands[first][1] != bands[second][1] and _cross(bands[first][0], bands[second][0], reach):
                message = f"it shares values with band {first + 1}, which comes first and gives its points for them"
                yield Remark((*reach.path, "bands", second), message)


def _cross(first: Operators, second: Operators, reach: CriterionReach) -> bool:
    """Return whether bands of plain ranges and lists share values, and each has some of its own."""
    if _OPEN & {*first, *second}:
        return False
    found = {(s.holds(first), s.holds(second)) for s in situations([first, second], range_of(reach.criterion))}
    return {(True, True), (True, False), (False, True)} <= found


def duplicate_value(subject: Subject) -> Iterator[Remark]:
    """The same value twice in one list."""
    for path, criterion in criteria(subject.model):
        for i, band in enumerate(criterion.bands or ()):
            for field in _LISTS:
                place = (*path, "bands", i, field.rstrip("_"))
                seen: set[str] = set()
                for at, literal in enumerate(literals_of(getattr(band, field) or [])):
                    if literal.canonical in seen:
                        message = f"`{literal.text}` stands in this list already; case and spaces make no difference"
                        yield Remark((*place, at), message, fix=Removal(((*place, at),)))
                    seen.add(literal.canonical)


def _means_something(criterion: Criterion, place: int) -> bool:
    """Return whether values would be read as other words without a band."""
    bands = criterion.bands or []
    return words_lost(criterion, [band for i, band in enumerate(bands) if i != place])


def _because(criterion: Criterion) -> str:
    """Return what the measure can give at most, where that is why."""
    numbers = range_of(criterion)
    if numbers is None or numbers.high is None:
        return ""
    return f"; the measure is {numbers.high} at most"


_MODEL = """model: m
fit:
  criteria:
    company_size:
      attribute: employees
      bands:
        - {between: [50, 500], points: 15}
        - {BAND, points: 8}
"""
_INDUSTRY = """model: m
fit:
  criteria:
    industry: {attribute: industry, bands: [{in: [SaaS, VALUE], points: 10}]}
"""
_DEPTH = """model: m
behavior:
  criteria:
    depth: {session_depth: [report_built, data_exported], bands: [{at_least: DEPTH, points: 5}]}
"""
RULES = (
    Rule(
        code="criterion-never-fires",
        level="warning",
        title="A criterion that can never count",
        rationale="Whatever leads do and are, it gives no points and rules nobody out: its bands ask for what the measure"
        " cannot give, or its `where` contradicts itself.",
        source="semantics, section 2",
        mend="Mend the bands or the `where`, or remove the criterion.",
        bad=_DEPTH.replace("DEPTH", "3"),
        good=_DEPTH.replace("DEPTH", "2"),
        check=criterion_never_fires,
    ),
    Rule(
        code="band-impossible",
        level="warning",
        title="A band that no value satisfies",
        rationale="The conditions of one band must all hold, and these exclude each other or lie outside what the measure"
        " can give.",
        source="semantics, section 2",
        mend="Mend the conditions, or remove the band. `--fix` removes it where other bands remain; no score changes.",
        bad=_MODEL.replace("BAND", "at_least: 1000, at_most: 500"),
        good=_MODEL.replace("BAND", "at_least: 500, at_most: 1000"),
        check=band_impossible,
    ),
    Rule(
        code="band-shadowed",
        level="warning",
        title="A band behind others that always hold first",
        rationale="The first band that holds gives its points. Every value of this one satisfies an earlier one.",
        source="semantics, section 2",
        mend="Put the narrower band first, or take this one out. `--fix` takes it out only where it gives the same points as"
        " the bands before it; else it may stand in the wrong place, and that is for you to say.",
        bad=_MODEL.replace("BAND", "between: [100, 200]"),
        good=_MODEL.replace("BAND", "between: [25, 1000]"),
        check=band_shadowed,
    ),
    Rule(
        code="band-overlap",
        level="info",
        title="Two bands share some values",
        rationale="Bands inside one another are read as inner first. Bands that cross each other are more often a slip at the"
        " border.",
        source="semantics, section 2",
        mend="Let one begin where the other ends, with `more_than` or `less_than`, or keep it if the order says what is meant.",
        bad=_MODEL.replace("BAND", "between: [500, 1000]"),
        good=_MODEL.replace("BAND", "more_than: 500, at_most: 1000"),
        check=band_overlap,
    ),
    Rule(
        code="duplicate-value",
        level="info",
        title="A value stands twice in one list",
        rationale="Texts compare without case and outer spaces, and numbers as numbers, so the second never matters. Often it"
        " was meant to be another value.",
        source="semantics, section 2",
        mend="Remove it, or write what was meant. `--fix` removes it; no score changes.",
        bad=_INDUSTRY.replace("VALUE", "saas"),
        good=_INDUSTRY.replace("VALUE", "Software"),
        check=duplicate_value,
    ),
)
