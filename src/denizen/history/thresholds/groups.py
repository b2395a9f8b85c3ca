"""Whose gates are whose: a segment with gates of its own is judged by them, everyone else by those of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from denizen.history.sample import Sample
from denizen.history.stats.intervals import numpy
from denizen.history.thresholds.grid import Gates
from denizen.plan.build import build_program

if TYPE_CHECKING:
    from denizen.history.thresholds.choice import Target
    from denizen.history.timesplit import Side, TimeSplit
    from denizen.model.load import LoadedModel
    from denizen.model.spec import Model


@dataclass(frozen=True, slots=True)
class Group:
    """Leads judged by the same gates: the name of their segment (empty for the file's own), which rows they are."""

    segment: str
    written: Gates
    rows: Any


def groups_of(model: LoadedModel, plan_no: Any) -> tuple[Group, ...]:
    """Return who is judged by the gates of the file, then the segments that own gates; `plan_no` is that of each row."""
    np = numpy()
    own = gates_of(model.spec)
    segments = {s.name: gates_of(s.spec) for s in model.segments}
    plans = build_program(model).plans
    names = [plan.audience.segment if plan.audience else "" for plan in plans]
    whose = np.array([n if segments.get(n, own) != own else "" for n in names], dtype=object)[plan_no - 1]
    owners = [name for name, gates in segments.items() if gates != own]
    return tuple(Group(n, segments.get(n, own), whose == n) for n in ("", *owners))


def gates_of(spec: Model) -> Gates:
    """Return the gates as they are written."""
    return Gates(float(spec.pql.total), float(spec.pql.fit), float(spec.pql.behavior))


def split_of(split: TimeSplit, rows: Any) -> TimeSplit:
    """Return the split of some rows; it lasts as long as that of all."""
    earlier, later = (_side(side, rows) for side in (split.earlier, split.later))
    return replace(split, earlier=earlier, later=later)


def _side(side: Side, rows: Any) -> Side:
    np = numpy()
    won = side.sample.won[rows[side.rows]]
    return replace(side, rows=side.rows & rows, sample=Sample(won, np.arange(len(won))))


def target_for(target: Target, share: float) -> Target:
    """Return what a group is to aim at: of a capacity its share, else the same."""
    return replace(target, high=target.high * share) if target.aim == "capacity" else target
