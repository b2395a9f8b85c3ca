"""Which criteria the data feeds, for how many leads each fires, and which attributes are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.scoring.audit.reach import best, best_with, worth
from denizen.scoring.audit.report import AttributeFill, Covered
from denizen.sql.literals import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from denizen.scoring.audit.asked import Asked, Key
    from denizen.scoring.audit.report import State
    from denizen.scoring.run import Run


ANY_EVENT = "any event"


@dataclass(frozen=True, slots=True)
class Fired:
    """To how many leads a criterion applies, with points or without, and for how many it is unknown."""

    fired: int
    unknown: int


def criteria_by_event(asked: Iterable[Asked]) -> dict[str, tuple[str, ...]]:
    """Return, by event name, the criteria that count it; under "" those that count any event."""
    found: dict[str, tuple[str, ...]] = {}
    for one in asked:
        if one.criterion.events is not None:
            for name in one.criterion.events.names or ("",):
                found[name] = (*found.get(name, ()), one.label)
    return found


def fill_attributes(run: Run, asked: Iterable[Asked]) -> tuple[AttributeFill, ...]:
    """Return how many leads have each attribute that the model looks at, those most often missing first."""
    leads = _one(run, "SELECT count(*) FROM leads")
    used: dict[str, tuple[str, ...]] = {}
    for one in asked:
        measure = one.criterion.measure
        if isinstance(measure, nodes.Attribute):
            used[measure.name] = (*used.get(measure.name, ()), one.label)
    fills = []
    for name, value in run.tables.attributes.items():
        query = f"SELECT count({value.text}), count(DISTINCT {value.text}) FROM leads"
        known, distinct = run.connection.execute(query).fetchall()[0]
        fills.append(
            AttributeFill(
                name, int(known), round(known / leads, 6) if leads else 0.0, int(distinct), used.get(name, ())
            )
        )
    return tuple(sorted(fills, key=lambda f: (f.share, f.attribute)))


def cover(
    run: Run,
    every: Sequence[Asked],
    attributes: Collection[AttributeFill],
    unfed_properties: Mapping[Key, tuple[str, ...]],
) -> tuple[Covered, ...]:
    """Return the coverage of each criterion, in the order of the model.

    Args:
        run: a finished run with its ledger.
        every: the criteria, with the names that known leads did, as far as visible.
        attributes: how many leads have each.
        unfed_properties: by criterion, properties of its `where` or measure that none of its events has.
    """
    fired = _fired(run)
    if any(asked.of_account for asked in every):
        fired |= _fired_of_accounts(run)
    scored = _one(run, "SELECT count(*) FROM final")
    accounts = _one(run, "SELECT count(*) FROM account_rows") if any(a.of_account for a in every) else 0
    known = {a.attribute for a in attributes if a.known}
    covered = []
    for asked in every:
        criterion, seen = asked.criterion, asked.seen
        waits = _waits(criterion)
        missing = tuple(w for w in waits if w not in known) if criterion.events is None else _unseen(waits, seen)
        lacking = unfed_properties.get(asked.key, ())
        state = _state(waits, missing, lacking)
        reachable = best_with(criterion, seen) if criterion.events is not None else best(criterion)
        counts = fired.get(asked.key, Fired(0, 0))
        covered.append(
            Covered(
                criterion=criterion.name,
                part=asked.part,
                product=asked.product,
                state=state,
                worth=finite(worth(criterion)),
                reachable=0.0 if state == "unfed" and not counts.fired else finite(reachable),
                waits_for=waits,
                missing=missing,
                properties=asked_properties(criterion),
                missing_properties=lacking,
                fired=counts.fired,
                fired_share=_share(counts.fired, accounts if asked.of_account else scored),
                unknown=counts.unknown,
                unknown_share=_share(counts.unknown, scored),
            )
        )
    return tuple(covered)


def find_unfed_properties(run: Run, asked: Iterable[Asked]) -> dict[Key, tuple[str, ...]]:
    """Return, by criterion, the properties it asks for that none of its events has; exact, over all events."""
    found: dict[Key, tuple[str, ...]] = {}
    for one in asked:
        criterion = one.criterion
        names = asked_properties(criterion)
        if criterion.events is None or not names:
            continue
        columns = [f"count({run.tables.properties[n].text})" for n in names]
        picked = "TRUE" if criterion.events.names is None else f"event IN ({_literals(criterion.events.names)})"
        counts = run.connection.execute(f"SELECT count(*), {', '.join(columns)} FROM events WHERE {picked}").fetchall()[
            0
        ]
        if counts[0] and (lacking := tuple(n for n, count in zip(names, counts[1:], strict=True) if not count)):
            found[one.key] = lacking
    return found


def asked_properties(criterion: nodes.Criterion) -> tuple[str, ...]:
    """Return the properties that a criterion asks of its events."""
    events, measure = criterion.events, criterion.measure
    names = [p.subject for p in events.where] if events else []
    if isinstance(measure, nodes.Sum) or (
        isinstance(measure, nodes.Distinct) and measure.of not in ("days", "events", "sessions", "leads")
    ):
        names.append(measure.of)
    return tuple(dict.fromkeys(names))


def finite(points: Decimal) -> float | None:
    """Return points as a number, None where there is no limit."""
    return float(points) if points.is_finite() else None


def _waits(criterion: nodes.Criterion) -> tuple[str, ...]:
    if isinstance(criterion.measure, nodes.Attribute):
        return (criterion.measure.name,)
    return (criterion.events and criterion.events.names) or (ANY_EVENT,)


def _unseen(names: tuple[str, ...], seen: Collection[str]) -> tuple[str, ...]:
    return tuple(n for n in names if n not in seen and not (n == ANY_EVENT and seen))


def _state(waits: tuple[str, ...], missing: tuple[str, ...], lacking: tuple[str, ...]) -> State:
    if lacking or len(missing) == len(waits):
        return "unfed"
    return "partly fed" if missing else "fed"


def _fired(run: Run) -> dict[Key, Fired]:
    rows = run.connection.execute(
        "SELECT CASE WHEN part = 'behavior' THEN product END AS of_product, part, line, count(*) FILTER (WHERE fires),"
        " count(*) FILTER (WHERE unknown) FROM lines JOIN final USING (g) WHERE kind = 'criterion'"
        " GROUP BY of_product, part, line"
    ).fetchall()
    return {(product, part, line): Fired(int(fired), int(unknown)) for product, part, line, fired, unknown in rows}


def _fired_of_accounts(run: Run) -> dict[Key, Fired]:
    rows = run.connection.execute(
        "SELECT line, count(*) FILTER (WHERE fires) FROM account_lines"
        " WHERE kind = 'criterion' AND part = 'behavior' GROUP BY line"
    ).fetchall()
    return {(None, "account", line): Fired(int(fired), 0) for line, fired in rows}


def _literals(names: tuple[str, ...]) -> str:
    return ", ".join(text(n) for n in names)


def _share(count: int, of: int) -> float:
    return round(count / of, 6) if of else 0.0


def _one(run: Run, query: str) -> int:
    return int(run.connection.execute(query).fetchall()[0][0])
