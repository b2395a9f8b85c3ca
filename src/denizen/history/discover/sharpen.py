"""An event or a property of it: what stands for an action of which only one kind may matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denizen.history import stats
from denizen.history.discover.candidates import COUNTS
from denizen.history.discover.features import windows_us
from denizen.history.stats.intervals import numpy
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.history.cohort import History
    from denizen.history.discover.candidates import Candidate
    from denizen.history.discover.choose import Choice, Judged


@dataclass(frozen=True, slots=True)
class _Against:
    """A property beside its event, and the event beside the property: how far each is from saying nothing."""

    choice: Choice
    beside_event: float
    event_beside: float


def sharpen(
    history: History, judged: Judged, picked: Sequence[Choice], event: Choice, able: Sequence[Choice]
) -> Choice:
    """Return what stands for an event: the event, or one of its properties that is clearly stronger.

    A property has to say something beside its event, however often that was done, beyond what chance allows to anything
    made of events; and either the event then says nothing beside it, or says less than the property does.
    """
    if event.candidate.kind != "count":
        return event
    mine = [c for c in able if _is_kind_of(c, event)]
    if not mine:
        return event
    before = len(picked)
    factors = [*judged.base, *[c.levels for c in picked]]
    mark = _mark(judged, event)
    beside = stats.hold(judged.won, [*factors, mark, _amount(history, judged, event.candidate)])
    compared = []
    for choice in mine:
        held = stats.hold(judged.won, [*factors, _mark(judged, choice)])
        compared.append(_Against(choice, judged.test(beside, choice).z, judged.test(held, event).z))
    able_beside = [
        a
        for a in compared
        if a.beside_event * event.tested.adjusted.z > 0
        and judged.bars.passes(a.choice.candidate, a.beside_event, before)
    ]
    if not able_beside:
        return event
    best = max(able_beside, key=lambda a: abs(a.beside_event))
    silent = not judged.bars.passes(event.candidate, best.event_beside, before)
    if not silent and abs(best.beside_event) <= abs(best.event_beside):
        return event
    told = "says nothing beyond chance" if silent else "says less"
    best.choice.instead_of = f"{event.candidate.words}, which {told} beside it"
    return best.choice


def _is_kind_of(choice: Choice, event: Choice) -> bool:
    c = choice.candidate
    same_sign = choice.tested.adjusted.z * event.tested.adjusted.z > 0
    return c.kind == "property" and c.event == event.candidate.event and same_sign


def _mark(judged: Judged, choice: Choice) -> Any:
    mark = numpy().zeros(len(judged.won), dtype=numpy().int64)
    mark[choice.rows] = 1
    return mark


def _amount(history: History, judged: Judged, event: Candidate) -> Any:
    """Return how often each lead did an event up to the landmark, in steps: who did it often has more of its kinds, too."""
    np = numpy()
    column = list(windows_us(history.design.at_us or 0))[-1]
    steps = " + ".join(f"({column} >= {n})::INTEGER" for n in COUNTS)
    found = history.connection.execute(
        f"SELECT g, {steps} AS steps FROM done JOIN names USING (e) WHERE event = {text(event.event)}"
    ).fetchnumpy()
    amount = np.zeros(len(judged.won), dtype=np.int64)
    amount[np.asarray(found["g"], dtype=np.int64) - 1] = np.asarray(found["steps"], dtype=np.int64)
    return amount
