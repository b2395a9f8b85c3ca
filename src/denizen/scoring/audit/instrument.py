"""The events and properties worth asking engineering for, those with most points at stake first (edge case 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denizen.plan import nodes
from denizen.plan.describe import describe_conditions
from denizen.scoring.audit.coverage import asked_properties
from denizen.scoring.audit.privacy import masked
from denizen.scoring.audit.reach import worth
from denizen.scoring.audit.report import Request
from denizen.scoring.audit.spelling import same, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from denizen.scoring.audit.asked import Asked, Key
    from denizen.scoring.audit.report import Covered

MOST = 5
UNLIMITED = 100.0
"""What a criterion without a limit counts for when requests are put in order."""

_FIRE = (
    (
        {"integration", "integrated", "connect", "connected", "connection", "sync"},
        "when the other tool has confirmed the connection, not on the click",
    ),
    (
        {"invite", "invited", "invitation", "teammate", "member"},
        "once for each person invited, when the invitation has been sent",
    ),
    ({"pricing", "price", "plans"}, "when the pricing page is shown, with whether the viewer is signed in"),
    ({"checkout", "upgrade", "purchase", "subscribe"}, "when the upgrade or checkout form opens, before payment"),
    ({"onboarding", "setup", "wizard", "activated"}, "when the last step is done"),
    ({"export", "exported", "report", "download", "downloaded"}, "when the file or result has been delivered"),
    ({"login", "logged", "signin", "session"}, "each time a session starts after sign-in, also with single sign-on"),
    ({"limit", "quota", "paywall"}, "each time the limit stops the lead, on the server"),
    ({"unsubscribed", "unsubscribe"}, "when the mail tool reports it"),
    ({"downgraded", "downgrade", "cancelled", "canceled"}, "when the change takes effect"),
)
_ANYHOW = "each time a lead has done it, once an action, from the server where possible"


@dataclass(slots=True)
class _Wish:
    event: str
    product: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    points: float = 0.0
    criteria: list[str] = field(default_factory=list)
    whole: bool = False
    of_account: bool = True

    def add(self, asked: Asked, *, whole: bool) -> None:
        criterion = asked.criterion
        points = worth(criterion)
        self.points += float(points) if points.is_finite() else UNLIMITED
        self.criteria.append(asked.label)
        self.whole = self.whole or whole
        self.of_account = self.of_account and criterion.events is not None and criterion.events.scope == "account"
        for predicate in criterion.events.where if criterion.events else ():
            self.properties[predicate.subject] = describe_conditions(predicate.conditions)
        for name in asked_properties(criterion):
            self.properties.setdefault(name, "a number" if isinstance(criterion.measure, nodes.Sum) else "any value")


def find_requests(
    every: Sequence[Asked], coverage: Sequence[Covered], seen: Collection[str], unfed: Mapping[Key, tuple[str, ...]]
) -> tuple[Request, ...]:
    """Return what to ask for, at most five.

    An event counts for a criterion only where the criterion cannot do without it: a name among alternatives of which
    another occurs is asked for last. Of a product that has no event at all nothing is asked for: its name is what is wrong.
    """
    states = {(c.product, c.part, c.criterion): c.state for c in coverage}
    events: dict[tuple[str | None, str], _Wish] = {}
    properties: dict[tuple[str | None, str], _Wish] = {}
    for asked in every:
        named = asked.criterion.events.names if asked.criterion.events else None
        if named is None or (asked.product is not None and not asked.seen):
            continue
        for name in named:
            place, wish = (asked.product, name), _Wish(name, asked.product)
            if name not in asked.seen:
                events.setdefault(place, wish).add(asked, whole=states[asked.key] == "unfed")
            elif asked.key in unfed:
                properties.setdefault(place, wish).add(asked, whole=True)
    wishes = [("event", w) for w in events.values()] + [("property", w) for w in properties.values()]
    wishes.sort(key=lambda pair: (not pair[1].whole, -abs(pair[1].points), pair[1].event, pair[1].product or ""))
    return tuple(_request(kind, wish, seen) for kind, wish in wishes[:MOST])


def _request(kind: str, wish: _Wish, seen: Collection[str]) -> Request:
    spelled = next((masked(n) for n in sorted(seen) if same(n) == same(wish.event)), None) if kind == "event" else None
    return Request(
        event=wish.event,
        product=wish.product,
        missing="event" if kind == "event" else "property",
        fire=when_to_fire(wish.event),
        properties=dict(wish.properties),
        points=round(wish.points, 6),
        criteria=tuple(wish.criteria),
        spelled=spelled,
        alternative=not wish.whole,
        of_account=wish.of_account,
    )


def when_to_fire(event: str) -> str:
    """Return in words when an event should be sent, from the words of its name."""
    named = set(words(event))
    return next((fire for hints, fire in _FIRE if named & hints), _ANYHOW)


def request_text(model: str, requests: Sequence[Request]) -> str:
    """Return the request as Markdown, ready to paste into a ticket."""
    lines = [f"Events that the lead score `{model}` waits for, most points first:", ""]
    for number, request in enumerate(requests, 1):
        what = f"`{request.event}`" if request.missing == "event" else f"properties of `{request.event}`"
        what += f" in `{request.product}`" if request.product else ""
        lines.append(f"{number}. {what} ({request.points:+g} points: {', '.join(request.criteria)})")
        if request.alternative:
            lines.append("   - the criterion is fed by another event already; this one only adds to it")
        if request.product and request.spelled == request.event:
            lines.append(f"   - it is sent already, but not as of `{request.product}`; send `product` with it")
        elif request.spelled:
            lines.append(
                f"   - `{request.spelled}` is sent already; if it is the same, rename it and nothing is to be built"
            )
        if request.missing == "event":
            lines.append(f"   - fire {request.fire}")
        lines += [f"   - property `{name}`; what counts: {needed}" for name, needed in request.properties.items()]
        whose = "`lead_id` (or `account_id` alone)" if request.of_account else "`lead_id`"
        lines.append(
            f"   - with {whose}, `timestamp` (UTC) and a unique `event_id`"
            if request.missing == "event"
            else "   - on every such event"
        )
    return "\n".join(lines)
