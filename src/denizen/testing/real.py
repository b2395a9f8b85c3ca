"""A real lead or account as the model sees it: what is read of each person, and the score that came out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from denizen.plan.needs import Needs, needs_of
from denizen.sql.conditions import SEPARATOR
from denizen.testing.found import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from denizen.plan.nodes import Plan
    from denizen.scoring.run import Run

MOMENTS = {"signup_us": "signup_at", "trial_started_us": "trial_started_at", "trial_ends_us": "trial_ends_at"}
_OF_LEAD = ("fit", "behavior", "total", "pql", "fit_tier", "behavior_tier", "disqualified", "capped")
_OF_ACCOUNT = (
    *("fit", "behavior", "total", "pqa", "fit_tier", "behavior_tier", "disqualified"),
    *("members", "pql_members"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """What the model reads of one person, as it was given; instants are microseconds."""

    lead_id: str
    moments: dict[str, int]
    attributes: dict[str, str]
    events: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Expected:
    """The score that must come out again; `people` are the lead_ids behind lines, in the account's ledger alone."""

    scores: dict[str, Any]
    lines: dict[str, float]
    people: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Real:
    """A lead with the colleagues that matter to its score, or a whole account with `account` as what is expected."""

    lead: Person
    colleagues: tuple[Person, ...]
    account_events: list[dict[str, Any]]
    needs: Needs
    expected: Expected
    account: bool = False

    @property
    def people(self) -> tuple[Person, ...]:
        """Everyone, the lead first."""
        return (self.lead, *self.colleagues)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event, oldest first."""
        found = [e for p in self.people for e in p.events] + self.account_events
        return sorted(found, key=lambda e: (e["at"], e["event"], e["id"] or ""))


def real_lead(run: Run, plans: tuple[Plan, ...], as_of_us: int) -> Real:
    """Return the lead of a run; of colleagues only what criteria with `scope: account` could count."""
    needs = needs_of(*plans)
    lead_id = run.connection.execute("SELECT CAST(lead_id AS VARCHAR) FROM final").fetchall()[0][0]
    everyone = _people(run, needs, as_of_us)
    lead = next(p for p in everyone if p.lead_id == lead_id)
    shared = _shared(plans)
    others = [Person(p.lead_id, {}, {}, _named(p.events, shared)) for p in everyone if p is not lead]
    scores = run.connection.execute(f"SELECT {', '.join(_OF_LEAD)} FROM scores").fetchall()[0]
    ledger = Ledger(_dicts(run, "SELECT * FROM lines ORDER BY line_no"))
    return Real(
        lead=replace(lead, events=_named(lead.events, needs)),
        colleagues=tuple(p for p in others if p.events),
        account_events=_named(_events(run, needs, as_of_us, "lead_id IS NULL"), shared) if needs.accounts else [],
        needs=needs,
        expected=Expected(dict(zip(_OF_LEAD, scores, strict=True)), _points(ledger)),
    )


def real_account(run: Run, plans: tuple[Plan, ...], as_of_us: int) -> Real:
    """Return the account of a run that holds no other; the lead of the case is its first member by id."""
    needs = needs_of(*plans)
    everyone = [replace(p, events=_named(p.events, needs)) for p in _people(run, needs, as_of_us)]
    scores = run.connection.execute(f"SELECT {', '.join(_OF_ACCOUNT)} FROM accounts_out").fetchall()[0]
    ledger = Ledger(_dicts(run, "SELECT * FROM accounts_ledger"))
    behind = {
        ledger.shortest(row): [str(i) for i in row["leads"]]
        for row in ledger.rows
        if row["kind"] == "criterion" and row["points"] != 0
    }
    return Real(
        lead=everyone[0],
        colleagues=tuple(everyone[1:]),
        account_events=_named(_events(run, needs, as_of_us, "lead_id IS NULL"), needs) if needs.accounts else [],
        needs=needs,
        expected=Expected(dict(zip(_OF_ACCOUNT, scores, strict=True)), _points(ledger), behind),
        account=True,
    )


def _points(ledger: Ledger) -> dict[str, float]:
    return {ledger.shortest(row): float(row["points"]) for row in ledger.rows if row["kind"] != "limit"}


def _shared(plans: tuple[Plan, ...]) -> Needs:
    """Return what criteria that measure a whole account need."""
    measured = [
        replace(
            plan,
            criteria=tuple(c for c in plan.criteria if c.events is not None and c.events.scope == "account"),
            velocity=None,
            decay=None,
            ceiling=None,
            product=None,
        )
        for plan in plans
    ]
    return needs_of(*measured)


def _named(events: list[dict[str, Any]], needs: Needs) -> list[dict[str, Any]]:
    """Return the events that could matter."""
    return events if needs.every_event else [e for e in events if e["event"] in needs.names]


def _people(run: Run, needs: Needs, as_of_us: int) -> list[Person]:
    """Return everyone whom the run read, by lead_id in its own order, with every event that the run saw."""
    tables = run.tables
    owner = "grid" if tables.dated else "leads"
    names = [name for name in tables.attributes if name not in MOMENTS.values()]
    shown = [f"known.{tables.attributes[name].shown}" for name in names]
    columns = ", ".join(["CAST(leads.lead_id AS VARCHAR)", *[f"leads.{m}" for m in MOMENTS], *shown])
    known = f"(SELECT DISTINCT ON (lead_id) * FROM {owner}) AS known"
    rows = run.connection.execute(
        f"SELECT {columns} FROM leads LEFT JOIN {known} ON known.lead_id = leads.lead_id ORDER BY leads.lead_id"
    ).fetchall()
    events: dict[str, list[dict[str, Any]]] = {}
    for event in _events(run, needs, as_of_us, "lead_id IN (SELECT lead_id FROM leads)"):
        events.setdefault(event["lead"], []).append(event)
    return [_person(row, names, events.get(row[0], [])) for row in rows]


def _person(row: tuple[Any, ...], names: list[str], events: list[dict[str, Any]]) -> Person:
    moments = {n: int(us) for n, us in zip(MOMENTS.values(), row[1 : 1 + len(MOMENTS)], strict=True) if us is not None}
    if events:
        moments.setdefault("signup_at", min(e["at"] for e in events))
    values = zip(names, row[1 + len(MOMENTS) :], strict=True)
    return Person(row[0], moments, {n: str(v) for n, v in values if v is not None and str(v).strip()}, events)


def _events(run: Run, needs: Needs, as_of_us: int, whose: str) -> list[dict[str, Any]]:
    """Return the events of some leads, or of the account alone, that the score saw, oldest first."""
    tables = run.tables
    if whose == "lead_id IS NULL":
        whose += " AND account_id IN (SELECT account_id FROM leads)"
    session = "session_id" if tables.sessions else "NULL"
    ids = "event_id" if tables.event_ids else "NULL"
    columns = ["event", "at_us", ids, session, "CAST(lead_id AS VARCHAR)"]
    for value in tables.properties.values():
        columns += [value.text, value.words if value.forms.words else "NULL"]
    seen = f"at_us <= {as_of_us} AND (received_us IS NULL OR received_us <= {as_of_us})"
    seen += f" AND (replaced_us IS NULL OR replaced_us > {as_of_us})"
    order = f"at_us, event, {ids}" if tables.event_ids else "at_us, event"
    rows = run.connection.execute(
        f"SELECT {', '.join(columns)} FROM events WHERE {whose} AND {seen} ORDER BY {order}"
    ).fetchall()
    return [
        {
            "event": row[0],
            "at": int(row[1]),
            "id": row[2] if needs.order else None,
            "session": row[3],
            "lead": row[4],
            "properties": {
                name: text if words is None else json.dumps(words.strip(SEPARATOR).split(SEPARATOR))
                for name, text, words in zip(tables.properties, row[5::2], row[6::2], strict=True)
                if text is not None
            },
        }
        for row in rows
    ]


def _dicts(run: Run, query: str) -> list[dict[str, Any]]:
    rows: Iterable[dict[str, Any]] = run.connection.sql(query).to_arrow_table().to_pylist()
    return list(rows)
