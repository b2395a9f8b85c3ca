"""Which events are worth imagining: of each name, one for every set of things that count it.

Several criteria may count one event, each with a `where` of its own, and some may take points for it. So an event is
imagined once with each combination of properties that the plans tell apart, those left out that do less good or more harm.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.candidates import candidates
from denizen.scoring.foresight.actions import FRESH, SOME_EVENT, Action, rises
from denizen.scoring.foresight.kinds import valued
from denizen.sql.conditions import Operand, all_hold
from denizen.sql.dialect import DuckDB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from denizen.scoring.foresight.actions import Moment
    from denizen.scoring.imagine import World

_MOST_COMBINED = 300
_OF_NO_PROPERTY = ("days", "events", "sessions", "leads")
_WORD = "new 0"


@dataclass(frozen=True, slots=True)
class Counted:
    """Events that a plan counts. More of them can only raise a score (`good`), only lower it (`bad`), or either."""

    plan_no: int
    events: nodes.Events
    good: bool
    bad: bool
    criterion: nodes.Criterion | None = None
    product: str | None = None

    def has(self, name: str) -> bool:
        """Return whether events of a name can count."""
        return self.events.names is None or name in self.events.names


@dataclass(frozen=True, slots=True)
class Deed:
    """An event with properties, and the numbers of what counts it."""

    action: Action
    counts: frozenset[int]
    amounts: tuple[str | None, ...] = ()


def counted_by(plans: Mapping[int, nodes.Plan], moment: Moment) -> list[Counted]:
    """Return all events that plans count at the as-of instant, with what more of them can do."""
    found = []
    for no, plan in plans.items():
        product = plan.product.name if plan.product else None
        for criterion in plan.criteria:
            if criterion.events is not None and moment.is_open(criterion.events.window):
                good, bad = rises(criterion), rises(criterion, down=True)
                found.append(Counted(no, criterion.events, good, bad, criterion, product))
        plain = [*(plan.velocity.actions if plan.velocity else ()), *([plan.decay.activity] if plan.decay else ())]
        plain += [plan.ceiling.signals] if plan.ceiling else []
        plain += [plan.product.active] if plan.product else []
        found += [Counted(no, events, good=True, bad=False, product=product) for events in plain]
    return found


def deeds(world: World, counted: Sequence[Counted], amounts: Mapping[str, Iterable[int]]) -> list[Deed]:
    """Return the events worth imagining; `amounts` are the values of summed properties that reach a bound."""
    names = [*dict.fromkeys(n for c in counted for n in c.events.names or ())]
    others = [f"another event {no}" for no in range(2, len(names) + 1)] if _tells_any_apart(counted) else []
    names += [SOME_EVENT, *others] if any(c.events.names is None for c in counted) else []
    found = [deed for name in names for deed in _of_name(world, name, counted, amounts)]
    by_name = {i for i, c in enumerate(counted) if c.criterion and _tells_names_apart(c.criterion.measure)}
    return [d for d in found if d.counts & by_name or not _is_beaten(d, found, counted)]


def _tells_any_apart(counted: Iterable[Counted]) -> bool:
    """Return whether a product tells names of any event apart, so that one event of no name is not enough for it."""
    return any(
        c.product and c.events.names is None and c.criterion and _tells_names_apart(c.criterion.measure)
        for c in counted
    )


def _is_beaten(deed: Deed, found: Sequence[Deed], counted: Sequence[Counted]) -> bool:
    """Return whether another does as much good and less harm; of two alike the first stays."""
    before = True
    for other in found:
        if other is deed:
            before = False
        elif _at_least(other, deed, counted) and (before or not _at_least(deed, other, counted)):
            return True
    return False


def _tells_names_apart(measure: nodes.Measure) -> bool:
    """Return whether it matters which of its events happens."""
    named = isinstance(measure, nodes.SessionDepth | nodes.Sequence)
    return named or (isinstance(measure, nodes.Distinct) and measure.of == "events")


def _of_name(world: World, name: str, counted: Sequence[Counted], amounts: Mapping[str, Iterable[int]]) -> list[Deed]:
    """Return the deeds of one name; a name that a model gives to other products alone is no event of this one."""
    relevant = {i: c for i, c in enumerate(counted) if c.has(name)}
    named_by: dict[str | None, set[str]] = {c.product: set() for c in counted}
    for c in counted:
        named_by[c.product].update(c.events.names or ())
    named = set().union(*named_by.values())
    predicates = dict.fromkeys(p for c in relevant.values() for p in c.events.where)
    filtered = {p.subject for p in predicates}
    summed, told_apart = _read(relevant.values())
    subjects = sorted({p.subject for p in predicates} | summed | told_apart)
    options = [
        _options(
            world,
            subject,
            [p for p in predicates if p.subject == subject],
            amounts.get(subject, ()) if subject in summed else None,
            fresh=subject in told_apart,
        )
        for subject in subjects
    ]
    kept: dict[tuple[object, ...], Deed] = {}
    for combined in itertools.islice(itertools.product(*options), _MOST_COMBINED):
        holding = {p for _, held in combined for p in held}
        counts = frozenset(i for i, c in relevant.items() if all(p in holding for p in c.events.where))
        if name in named and not any(name in named_by[relevant[i].product] for i in counts):
            continue
        read = set().union(*_read(relevant[i] for i in counts))
        given = tuple(
            (s, value)
            for s, (value, _) in zip(subjects, combined, strict=True)
            if value is not None and (s in read or s in filtered)
        )
        said = {s: value for s, value in given if s in read}
        amount = (*(said.get(s) for s in sorted(summed)), *(str(said.get(s) == FRESH) for s in sorted(told_apart)))
        kept.setdefault((counts, amount), Deed(Action(name, given), counts, amount))
    found = [d for d in kept.values() if any(not counted[i].bad for i in d.counts)]
    return [d for d in found if not _is_beaten(d, found, counted)]


def _at_least(one: Deed, other: Deed, counted: Sequence[Counted]) -> bool:
    """Return whether one does whatever good another does, and no more harm."""
    if one.amounts != other.amounts and any(a is not None for a in other.amounts):
        return False
    more, less = one.counts - other.counts, other.counts - one.counts
    return all(counted[i].good for i in more) and all(counted[i].bad for i in less)


def _read(relevant: Iterable[Counted]) -> tuple[set[str], set[str]]:
    """Return which properties are summed, and of which new values are told apart."""
    measures = [c.criterion.measure for c in relevant if c.criterion]
    summed = {m.of for m in measures if isinstance(m, nodes.Sum)}
    return summed, {m.of for m in measures if isinstance(m, nodes.Distinct) and m.of not in _OF_NO_PROPERTY}


def _options(
    world: World,
    subject: str,
    predicates: Sequence[nodes.Predicate],
    amounts: Iterable[int] | None,
    *,
    fresh: bool,
) -> list[tuple[str | None, frozenset[nodes.Predicate]]]:
    """Return values of a property, each with the predicates that hold on it: absent, those asked for, a new one."""
    value = world.tables.properties[subject]
    asked = candidates([c for p in predicates for c in p.conditions])
    given = [None, *dict.fromkeys([*map(str, sorted(amounts or ())), *(asked if predicates else ())])]
    given += [_WORD] if fresh else []
    columns = [f"COALESCE({all_hold(p.conditions, Operand.of_value(value), DuckDB())}, FALSE)" for p in predicates]
    rows = world.cursor.execute(
        f"SELECT {', '.join(['i', *columns])} FROM {valued(world, value, given)} ORDER BY i"
    ).fetchall()
    kept: dict[object, tuple[str | None, frozenset[nodes.Predicate]]] = {}
    for (i, *held), text in zip(rows, given, strict=True):
        is_new = fresh and i == len(given) - 1
        holding = frozenset(p for p, holds in zip(predicates, held, strict=True) if holds)
        amount = text if amounts is not None and _is_number(text) else None
        kept.setdefault((holding, amount, is_new), (FRESH if is_new else text, holding))
    return list(kept.values())


def _is_number(text: str | None) -> bool:
    try:
        return Decimal(text or "").is_finite()
    except ArithmeticError:
        return False


def shared(found: Sequence[Deed], number: int) -> Iterator[Deed]:
    """Yield the deeds that one thing counts."""
    yield from (d for d in found if number in d.counts)
