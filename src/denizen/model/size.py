"""How many criteria a model has: the one count that check, health and every summary tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denizen.model.spec import Model


@dataclass(frozen=True, slots=True)
class Size:
    """How many criteria one lead is scored by (methodology, section 3, quick reference thresholds).

    Those of fit, and of the largest behavior section, because of several products one counts for a lead. Criteria of
    accounts score no lead, and are counted apart. Each segment is a model of its own, and is not counted here.
    """

    fit: int
    behavior: int
    products: int
    account: int

    @property
    def total(self) -> int:
        """Fit and behavior together."""
        return self.fit + self.behavior

    def __str__(self) -> str:
        largest = f" (the largest of {self.products} products)" if self.products else ""
        accounts = f", and {self.account} of accounts" if self.account else ""
        return f"{self.fit} fit and {self.behavior} behavior criteria{largest}{accounts}"

    def as_dict(self) -> dict[str, int]:
        """Return it as plain data for `--json`."""
        return {"fit": self.fit, "behavior": self.behavior, "total": self.total, "account": self.account}


def size_of(model: Model) -> Size:
    """Return how many criteria a model has."""
    behavior = max((len(section.criteria) for section in model.behaviors().values()), default=0)
    return Size(len(model.fit.criteria), behavior, len(model.products or ()), len(model.account.criteria))
