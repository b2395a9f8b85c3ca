"""The tables that a scoring statement reads: the contract between ingest, the engines and the SQL.

`grid`: one row a score wanted, unless every lead is scored at one instant. `leads`: one row a lead. `events`: one row an event, no event twice;
where accounts are measured, an event without a lead is its account's.
Values are normalized before they get here (`denizen.ingest.values`), so that no engine reads text its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from denizen.sql.literals import slug

if TYPE_CHECKING:
    from denizen.plan.needs import Forms, Needs

Kind = Literal["id", "text", "instant", "number", "row"]

GRID = "grid"
LEADS = "leads"
EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Value:
    """The columns that hold one attribute or property.

    `text` is trimmed and lower-cased, `shown` as it came; `number` what it reads as; `words` a list's elements,
    each between two U+001F. Columns exist only in the forms that are needed.
    """

    name: str
    column: str
    forms: Forms

    @property
    def text(self) -> str:
        """Normalized text, null if unknown."""
        return self.column

    @property
    def shown(self) -> str:
        """The text as it came."""
        return f"{self.column}_shown"

    @property
    def number(self) -> str:
        """What the text reads as, null if it is no number."""
        return f"{self.column}_number"

    @property
    def words(self) -> str:
        """The elements of a list, null if it is none."""
        return f"{self.column}_words"

    def columns(self, *, shown: bool) -> dict[str, Kind]:
        """Return the columns and their kinds."""
        found: dict[str, Kind] = {self.text: "text"}
        if shown:
            found[self.shown] = "text"
        if self.forms.number:
            found[self.number] = "number"
        if self.forms.words:
            found[self.words] = "text"
        return found


@dataclass(frozen=True, slots=True)
class Tables:
    """The columns of the tables for one plan."""

    attributes: dict[str, Value]
    properties: dict[str, Value]
    sessions: bool
    shown: bool
    event_ids: bool
    accounts: bool
    dated: bool = False

    def grid(self) -> dict[str, Kind]:
        """Return the columns of `grid`; `g` numbers its rows. Dated, it holds attributes as known at each row."""
        known: dict[str, Kind] = {"g": "row", "lead_id": "id", "as_of_us": "instant"}
        if self.dated:
            known["account_id"] = "text"
            for value in self.attributes.values():
                known |= value.columns(shown=self.shown)
        return known

    def leads(self) -> dict[str, Kind]:
        """Return the columns of `leads`."""
        known: dict[str, Kind] = {"lead_id": "id", "account_id": "text"}
        known |= dict.fromkeys(("signup_us", "trial_started_us", "trial_ends_us"), "instant")
        for value in self.attributes.values():
            known |= value.columns(shown=self.shown)
        return known

    def events(self) -> dict[str, Kind]:
        """Return the columns of `events`."""
        known: dict[str, Kind] = {"lead_id": "id", "event": "text", "at_us": "instant"}
        known |= dict.fromkeys(("received_us", "replaced_us"), "instant")
        if self.event_ids:
            known["event_id"] = "text"
        if self.accounts:
            known["account_id"] = "text"
        if self.sessions:
            known["session_id"] = "text"
        for value in self.properties.values():
            known |= value.columns(shown=False)
        return known


def tables_for(needs: Needs, *, shown: bool = False, event_ids: bool = False, dated: bool = False) -> Tables:
    """Return the tables a plan reads.

    `shown`: attributes also as they came, for people. `event_ids`: to name events. `dated`: attributes of a grid as known
    at each row.
    """

    def values(prefix: str, found: dict[str, Forms]) -> dict[str, Value]:
        return {name: Value(name, slug(prefix, i, name), forms) for i, (name, forms) in enumerate(found.items(), 1)}

    return Tables(
        attributes=values("a", needs.attributes),
        properties=values("p", needs.properties),
        sessions=needs.sessions,
        shown=shown,
        event_ids=event_ids or needs.order,
        accounts=needs.accounts,
        dated=dated,
    )
