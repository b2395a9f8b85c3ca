"""What stands in for events that are not sent yet (methodology, edge case 5), as criteria ready to be pasted.

Several missing events may share one proxy; it then stands once, with the points of the dearest of them, because counting
one signal for each of them would count it twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from denizen.model.spec import Criterion as Written
from denizen.scoring.audit.reach import ZERO, best
from denizen.scoring.audit.report import Proxy
from denizen.scoring.audit.spelling import same, words

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from denizen.plan import nodes
    from denizen.scoring.audit.asked import Asked
    from denizen.scoring.audit.report import Covered

Signal = Literal["login frequency", "session minutes", "users of the same company"]

_INTEGRATION = frozenset(
    {"integration", "integrated", "integrations", "connect", "connected", "connection", "sync", "synced"}
)
_INVITES = frozenset(
    {
        "invite",
        "invites",
        "invited",
        "invitation",
        "teammate",
        "teammates",
        "member",
        "members",
        "collaborator",
        "collaboration",
    }
)
_LOGIN = (
    {"login"},
    {"log", "in"},
    {"logged", "in"},
    {"signin"},
    {"sign", "in"},
    {"signed", "in"},
    {"session", "started"},
    {"session", "start"},
)
_BECAUSE: dict[Signal, str] = {
    "login frequency": "logins 5 or more times a week stand for use of features; less precise",
    "session minutes": "more than 15 minutes in one session stand for deep use, as after an integration",
    "users of the same company": "several users of one company stand for team invites",
}


def find_proxies(every: Sequence[Asked], coverage: Sequence[Covered], *, clock_times: bool) -> tuple[Proxy, ...]:
    """Return the proxies for criteria of behavior that no event feeds, one a signal, and of each product its own.

    A criterion whose event is in the data under another spelling needs a rename and no proxy. Without `clock_times`
    there are no sessions, so that login frequency stands in for everything but invites.
    """
    unfed = {(c.product, c.part, c.criterion): c.missing for c in coverage if c.state == "unfed"}
    replaced: dict[tuple[str | None, Signal], list[Asked]] = {}
    for asked in every:
        criterion, written = asked.criterion, {same(n) for n in asked.seen}
        respelled = any(same(n) in written for n in unfed.get(asked.key, ()))
        if criterion.part != "behavior" or criterion.events is None or asked.key not in unfed or respelled:
            continue
        if asked.seen and best(criterion) > ZERO:
            signal = _signal(criterion, clock_times=clock_times)
            replaced.setdefault((asked.product, signal), []).append(asked)
    return tuple(_proxy(signal, stands, product) for (product, signal), stands in replaced.items())


def _signal(criterion: nodes.Criterion, *, clock_times: bool) -> Signal:
    named = {w for n in (criterion.name, *((criterion.events and criterion.events.names) or ())) for w in words(n)}
    if named & _INTEGRATION and clock_times:
        return "session minutes"
    return "users of the same company" if named & _INVITES else "login frequency"


def _proxy(signal: Signal, stands: Sequence[Asked], product: str | None) -> Proxy:
    criteria, seen = [asked.criterion for asked in stands], stands[0].seen
    points = max(best(c, None) if c.recency is None else best(c) / c.recency.multiplier for c in criteria)
    names = tuple(c.name for c in criteria)
    lines = {
        "login frequency": [*_logins(seen), f"  bands: [{{at_least: 5, points: {points:f}}}]"],
        "session minutes": ["  session_minutes: any", f"  bands: [{{more_than: 15, points: {points:f}}}]"],
        "users of the same company": [*_COLLEAGUES, f"  bands: [{{at_least: 2, points: {points:f}}}]"],
    }[signal]
    key = {
        "login frequency": "proxy_feature_use",
        "session minutes": "proxy_integration",
        "users of the same company": "proxy_invites",
    }
    yaml = "\n".join([f"{key[signal]}:  # instead of {', '.join(names)}", *lines])
    under = "behavior.criteria" if product is None else f"products.{product}.criteria"
    return Proxy(signal, under, names, _BECAUSE[signal], yaml)


_COLLEAGUES = (
    ["  scope: account", "  distinct: {of: leads, event: any}"]
    if "scope" in Written.model_fields
    else ["  attribute: users_on_domain  # how many leads share the work domain"]
)


def login_event(seen: Collection[str]) -> str | None:
    """Return the event that says someone logged in, if there is one."""
    return next((n for n in sorted(seen) if set(words(n)) in [set(hint) for hint in _LOGIN]), None)


def _logins(seen: Collection[str]) -> list[str]:
    login = login_event(seen)
    if login is None:
        return ["  distinct: {of: days, event: any}", "  within: {last: 7d}"]
    return [f"  count: [{quoted(login)}]", "  within: {last: 7d}"]


def quoted(name: str) -> str:
    """Return a name as a YAML text in double quotes, on one line."""
    return json.dumps(name)
