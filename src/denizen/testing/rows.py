"""The rows of cases that are scored together: leads, accounts and events as files would hold them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from denizen.testing.cases import Case
    from denizen.testing.spec import CaseEvent

ACCOUNT_ID = "account_id"
LEAD = "lead"
"""How a case calls its own lead among the people of an account."""


@dataclass(slots=True)
class Rows:
    """Leads, accounts and events; `people` says by lead_id which case a person is of, and how it calls them."""

    leads: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    people: dict[str, tuple[int, str]] = field(default_factory=dict)

    def called(self, ids: Sequence[Any]) -> list[str]:
        """Return how the case calls people, the lead first, then as it lists them."""
        order = list(self.people)
        return [self.people[i][1] for i in sorted(map(str, ids), key=order.index)]


def person_id(case: int, name: str = LEAD) -> str:
    """Return the lead_id of a person of a case; the lead of a case sorts before its colleagues."""
    return f"case {case}" if name == LEAD else f"case {case} {name}"


def names_accounts(case: Case) -> bool:
    """Return whether someone says an account of their own, null for one that is to be found by domain."""
    return any(ACCOUNT_ID in lead for _, lead, _ in _people(case))


def rows_of(cases: dict[int, Case]) -> Rows:
    """Return the rows of cases by their numbers; every row of a table has the same columns."""
    rows = Rows()
    attributes = sorted({name for case in cases.values() for _, lead, _ in _people(case) for name in lead})
    for number, case in cases.items():
        account_id = _plain(case.lead.get(ACCOUNT_ID)) or f"account {number}"
        linked = {ACCOUNT_ID: account_id} if case.has_account else {}
        for name, lead, events in _people(case):
            called = person_id(number, name)
            given = {a: _plain(lead.get(a)) for a in attributes}
            own = {ACCOUNT_ID: _plain(lead[ACCOUNT_ID])} if ACCOUNT_ID in lead else linked
            rows.people[called] = (number, name)
            rows.leads.append({**given, **own, "lead_id": called})
            rows.events += [_event(e, {"lead_id": called}) for e in events]
        rows.events += [_event(e, {ACCOUNT_ID: account_id}) for e in case.account_events]
        if case.account is not None:
            known = {a: _plain(v) for a, v in case.account.items()}
            rows.accounts.append({**known, ACCOUNT_ID: account_id})
    for table in (rows.leads, rows.accounts):
        _square(table)
    return rows


def _people(case: Case) -> Iterator[tuple[str, dict[str, Any], Sequence[CaseEvent]]]:
    yield LEAD, case.lead, case.events
    for name, colleague in case.colleagues.items():
        yield name, colleague.lead, colleague.events


def _event(event: CaseEvent, whose: dict[str, Any]) -> dict[str, Any]:
    return {
        "lead_id": None,
        ACCOUNT_ID: None,
        **whose,
        "event": event.event,
        "timestamp": event.at,
        "event_id": event.id,
        "session_id": event.session,
        "received_at": event.received,
        "properties": json.dumps(event.properties, default=str),
    }


def _square(table: list[dict[str, Any]]) -> None:
    """Give every row the columns of all."""
    columns = dict.fromkeys(name for row in table for name in row)
    table[:] = [{name: row.get(name) for name in columns} for row in table]


def _plain(value: Any) -> Any:
    """Return a value as a file would hold it: everything but null is text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str) if not hasattr(value, "normalize") else str(value)
