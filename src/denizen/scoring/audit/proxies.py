"""What stands in for events that are not sent yet (methodology, edge case 5), as criteria ready to be pasted.

Several missing events may share one proxy; it then stands once, with the points of the dearest of them, because counting
one signal for each of them would count it twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from denizen.model.proxies import LOGINS, MINUTES, PEOPLE, STAND_INS, criterion_of, login_event
from denizen.model.writing import dump
from denizen.scoring.audit.reach import ZERO, best
from denizen.scoring.audit.report import Proxy
from denizen.scoring.audit.spelling import same, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from denizen.model.proxies import Signal
    from denizen.plan import nodes
    from denizen.scoring.audit.asked import Asked
    from denizen.scoring.audit.report import Covered

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
        return MINUTES
    return PEOPLE if named & _INVITES else LOGINS


def _proxy(signal: Signal, stands: Sequence[Asked], product: str | None) -> Proxy:
    criteria, seen = [asked.criterion for asked in stands], stands[0].seen
    points = max(best(c) if c.recency is None else best(c) / c.recency.multiplier for c in criteria)
    names = tuple(c.name for c in criteria)
    stand_in = STAND_INS[signal]
    first, *lines = dump({stand_in.name: criterion_of(signal, points, login_event(seen))})
    yaml = "\n".join([f"{first}  # instead of {', '.join(names)}", *lines])
    under = "behavior.criteria" if product is None else f"products.{product}.criteria"
    return Proxy(signal, under, names, stand_in.because, yaml)
