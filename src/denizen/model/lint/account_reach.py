"""Between which bounds the scores of accounts lie (semantics, section 5).

An account may have one member or any number of them. Of each criterion the best member's points count, so two criteria
on one attribute can be met by two people: every criterion is judged by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.model.lint.cells import EXACT
from denizen.model.lint.reach import ZERO, Bounds, limited, points_alone, total_bounds
from denizen.model.spec import Top

if TYPE_CHECKING:
    from denizen.model.spec import Model

UNBOUNDED = Decimal(10) ** 15
"""More than any number of members is ever taken for."""


@dataclass(frozen=True, slots=True)
class AccountReach:
    """Bounds of the fit and of the behavior of an account."""

    fit: Bounds
    behavior: Bounds

    @property
    def total(self) -> Bounds:
        """Bounds of both together."""
        return self.fit + self.behavior


def account_reach(model: Model, member: Bounds) -> AccountReach:
    """Return the bounds of account scores when the behavior of every member lies within `member`."""
    account = model.account
    fit = total_bounds(points_alone(c) for c in model.fit.criteria.values())
    added = total_bounds(points_alone(c) for c in account.criteria.values())
    behavior = rolled_up(account.rollup, member) + added
    return AccountReach(
        limited(fit, model.fit.min, model.fit.max),
        limited(behavior, account.min, account.max),
    )


def rolled_up(rollup: str | Top, member: Bounds) -> Bounds:
    """Return the bounds of what members add, from one member on, however many there are."""
    if isinstance(rollup, Top):
        first, every = rollup.top[0], sum(rollup.top, ZERO)
    elif rollup == "sum":
        first, every = Decimal(1), UNBOUNDED
    else:
        first = every = Decimal(1)
    ends = [EXACT.multiply(number, weight) for number in (member.low, member.high) for weight in (first, every)]
    return Bounds(min(ends[:2]), max(ends[2:]))
