"""Whether two versions of a criterion give the same points to everybody, proved over every value there can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.lint.cells import situations
from denizen.model.lint.measures import range_of
from denizen.model.lint.reach import ZERO, bands_of
from denizen.model.meanings import words_lost
from denizen.model.normal import normal

if TYPE_CHECKING:
    from decimal import Decimal

    from denizen.model.lint.cells import Operators, Situation
    from denizen.model.spec import Criterion

Bands = list[tuple["Operators", "Decimal"]]


def gives_the_same(before: Criterion, after: Criterion) -> bool:
    """Return whether no score can tell two criteria apart that differ in their bands alone.

    False means only that it is not proved: something else differs, or a value was found, or could not be excluded, for
    which the first band that holds gives other points, or for which one rules the lead out and the other does not.
    """
    if _but_bands(before) != _but_bands(after) or before.each is not None or after.each is not None:
        return False
    if words_lost(before, after.bands):
        return False
    old, new = bands_of(before), bands_of(after)
    conditions = [operators for operators, _ in (*old, *new)]
    for situation in situations(conditions, range_of(before)):
        first, second = _outcome(old, situation), _outcome(new, situation)
        if first is None or second is None or first[0] != second[0]:
            return False
        if before.disqualifies and first[1] != second[1]:
            return False
    return True


def _but_bands(criterion: Criterion) -> dict[str, object]:
    return {key: part for key, part in normal(criterion).items() if key != "bands"}


def _outcome(bands: Bands, situation: Situation) -> tuple[Decimal, bool] | None:
    """Return the points of the first band that holds and whether any does; None where that is open."""
    for operators, points in bands:
        held = situation.holds(operators)
        if held is None:
            return None
        if held:
            return points, True
    return ZERO, False
