"""What a lint rule is: advice about a model that loads, with the reason, an example and the way to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from denizen.model.lint.account_reach import AccountReach, account_reach
from denizen.model.lint.reach import ZERO, Bounds, reach_of
from denizen.model.lint.sections import Section, behaviors
from denizen.model.lint.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from denizen.errors import Level
    from denizen.model.approaches import Approach
    from denizen.model.lint.reach import CriterionReach, SectionReach
    from denizen.model.source import Path
    from denizen.model.spec import Model


@dataclass(frozen=True, slots=True)
class Removal:
    """A fix: take out the items of a list at these places."""

    places: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Renaming:
    """A fix: write another text at these places."""

    places: tuple[Path, ...]
    text: str


Fix = Removal | Renaming


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule found: where, what and how to mend it; `level` where it differs from the rule's own."""

    path: Path
    message: str
    level: Level | None = None
    at_key: bool = False
    fix: Fix | None = None


@dataclass(frozen=True)
class Subject:
    """A model with what is known around it: the approach, the sales cycle in days, and the data.

    `segments` are the models of its segments; `of_segment` says that it is itself what a segment makes of one, so that
    nobody scores accounts by it.
    """

    model: Model
    approach: Approach | None = None
    sales_cycle_days: int | None = None
    seen: Seen = field(default_factory=Seen)
    segments: tuple[Model, ...] = ()
    of_segment: bool = False

    @cached_property
    def behaviors(self) -> list[Section]:
        """Every behavior section: the one, or that of each product."""
        return behaviors(self.model)

    @cached_property
    def _reached(self) -> list[tuple[SectionReach, dict[Path, CriterionReach]]]:
        fit, account = Section(("fit",), self.model.fit), Section(("account",), self.model.account)
        return [reach_of(section, self.model.pql.require) for section in (fit, *self.behaviors, account)]

    @property
    def fit(self) -> SectionReach:
        """Between which bounds fit lies."""
        return self._reached[0][0]

    @property
    def behavior(self) -> list[SectionReach]:
        """Between which bounds each behavior section lies."""
        return [reach for reach, _ in self._reached[1:-1]]

    @property
    def criteria(self) -> list[CriterionReach]:
        """What can become of each criterion."""
        return [reach for _, reaches in self._reached for reach in reaches.values()]

    @property
    def behavior_score(self) -> Bounds:
        """Between which bounds the behavior of any lead lies: that of its best product, with the bonus."""
        return self._best_product([reach.score for reach in self.behavior])

    @property
    def behavior_of_pqls(self) -> Bounds | None:
        """Between which bounds the behavior of a PQL lies, None if there can be none."""
        found = [reach.pql for reach in self.behavior if reach.pql is not None]
        return self._best_product(found) if found else None

    @cached_property
    def account(self) -> AccountReach | None:
        """Between which bounds the scores of accounts lie, whose people may be of any segment; None if nobody asks."""
        if self.of_segment or "account" not in self.model.model_fields_set:
            return None
        member = reduce(lambda a, b: a | b, (Subject(m).behavior_score for m in (self.model, *self.segments)))
        return account_reach(self.model, member)

    def _best_product(self, found: list[Bounds]) -> Bounds:
        bonus = self.model.cross_product_bonus
        low, high = max(b.low for b in found), max(b.high for b in found)
        return Bounds(low, high) + Bounds(ZERO, bonus.points if bonus else ZERO)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable code, how serious it is, why it is so, how to mend it, and an example of each kind.

    `bad` and `good` are whole model files; the tests run the rule on both, with the settings of `example`.
    """

    code: str
    level: Level
    title: str
    rationale: str
    source: str
    mend: str
    bad: str
    good: str
    check: Callable[[Subject], Iterator[Remark]]
    approach: str | None = None
    sales_cycle_days: int | None = None
    seen: Seen = field(default_factory=Seen)
