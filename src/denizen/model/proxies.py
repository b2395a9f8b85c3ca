"""What stands in for events that are not sent (methodology, section 5, edge case 5): the one list of such signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from denizen.model.event_names import match_events
from denizen.model.spec import ANY

if TYPE_CHECKING:
    from collections.abc import Collection
    from decimal import Decimal

Signal = Literal["login frequency", "session minutes", "users of the same company"]
LOGINS: Signal = "login frequency"
MINUTES: Signal = "session minutes"
PEOPLE: Signal = "users of the same company"


@dataclass(frozen=True, slots=True)
class StandIn:
    """A signal in words: what it is, why it can stand for what is missing, and how a criterion of it is called."""

    what: str
    because: str
    name: str


STAND_INS: dict[Signal, StandIn] = {
    LOGINS: StandIn(
        "five logins in a week",
        "logins 5 or more times a week stand for use of features; less precise",
        "proxy_feature_use",
    ),
    MINUTES: StandIn(
        "a session of more than 15 minutes",
        "more than 15 minutes in one session stand for deep use, as after an integration",
        "proxy_integration",
    ),
    PEOPLE: StandIn(
        "the number of people of the same account",
        "several users of one company stand for team invites",
        "proxy_invites",
    ),
}


def login_event(seen: Collection[str]) -> str | None:
    """Return the event that says someone logged in, if there surely is one."""
    match = match_events(["logged_in"], set(seen))["logged_in"]
    return match.found if match.sure else None


def criterion_of(signal: Signal, points: Decimal | int, login: str | None) -> dict[str, Any]:
    """Return a criterion as data that measures a signal, worth no more than what it stands for.

    Without an event that says someone logged in, days with any event stand for logins.
    """
    if signal == MINUTES:
        return {"session_minutes": ANY, "bands": [{"more_than": 15, "points": points}]}
    if signal == PEOPLE:
        fewer = min(points, max(points * 2 // 3, 1))
        bands = [{"at_least": 3, "points": points}, {"at_least": 2, "points": fewer}]
        return {"distinct": {"of": "leads"}, "scope": "account", "within": {"last": "30d"}, "bands": bands}
    measure: dict[str, Any] = {"distinct": {"of": "days"}} if login is None else {"count": login}
    return {**measure, "within": {"last": "7d"}, "bands": [{"at_least": 5, "points": points}]}
