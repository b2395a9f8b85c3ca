"""Where a model's points and the data point in opposite directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.history.discover.result import Disagreement
from denizen.plan import nodes
from denizen.plan.build import build_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from denizen.history.discover.choose import Chosen
    from denizen.model.load import LoadedModel


def disagreements(model: LoadedModel, chosen: Iterable[Chosen]) -> tuple[Disagreement, ...]:
    """Return each event criterion whose points all have the other sign than a finding on one of its events."""
    findings = [c.tested for c in chosen if c.tested.candidate.kind == "count"]
    found: dict[str, Disagreement] = {}
    for criterion in (c for plan in build_program(model).plans for c in plan.criteria):
        points = list(_points(criterion))
        if not isinstance(criterion.measure, nodes.Count) or not points or min(points) < 0 < max(points):
            continue
        names = criterion.measure.events.names or ()
        for t in findings:
            if t.candidate.event in names and (sum(points) > 0) != t.upward:
                largest = max(points, key=abs)
                found.setdefault(criterion.name, Disagreement(criterion.name, largest, t.candidate.words, t.lift))
    return tuple(found.values())


def _points(criterion: nodes.Criterion) -> Iterator[float]:
    scoring = criterion.scoring
    if isinstance(scoring, nodes.Each):
        yield float(scoring.points)
        return
    yield from (float(band.points) for band in scoring.bands if band.points)
