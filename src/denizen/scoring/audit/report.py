"""An audit as plain frozen data: what it found, in the order in which it is read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["full", "partial", "minimal"]
State = Literal["fed", "partly fed", "unfed"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an event, from the rows that were read for it.

    `fill` is the share of them that have it, 0 to 1. `examples` are values that many leads share; `spread` is the
    5 % and 95 % point of numbers; `hidden` says why neither is shown.
    """

    name: str
    type: str
    fill: float
    distinct: int
    examples: tuple[str, ...]
    spread: tuple[float, float] | None
    hidden: str | None


@dataclass(frozen=True, slots=True)
class Inventoried:
    """One event name at the as-of: `rows` are valid, of which `used` are of known leads or accounts and none twice.

    An event that carries only an account counts where a criterion measures over whole accounts; it has no leads.

    `first_at` and `last_at` are of those used, null if there are none. `share` is that of `leads` among all leads. `days` counts the leads that did it, day by day, oldest first, from the
    day before which nothing at all is in the data (`first_day` of the audit).
    """

    event: str
    rows: int
    used: int
    leads: int
    share: float
    first_at: str | None
    last_at: str | None
    criteria: tuple[str, ...]
    rows_read_for_properties: int
    properties: tuple[Property, ...]
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """Whether the data feeds one criterion, and for how many leads it fires: a band holds, with points or without.

    `product` is the product it belongs to, if any; `fired` and `unknown` then count the leads for whom that product counts.
    `worth` is the most it can ever give or take, null if it has no limit; `reachable` the most it can give with what is
    in the data. `waits_for` are event names (or the attribute), `missing` those of them that never occur, and
    `missing_properties` those of its `properties` that are on none of its events.
    """

    criterion: str
    part: str
    product: str | None
    state: State
    worth: float | None
    reachable: float | None
    waits_for: tuple[str, ...]
    missing: tuple[str, ...]
    properties: tuple[str, ...]
    missing_properties: tuple[str, ...]
    fired: int
    fired_share: float
    unknown: int
    unknown_share: float

    @property
    def label(self) -> str:
        """Its name, after that of its product."""
        return self.criterion if self.product is None else f"{self.product}.{self.criterion}"


@dataclass(frozen=True, slots=True)
class AttributeFill:
    """How many leads have an attribute; `distinct` counts its values, `criteria` are those that look at it."""

    attribute: str
    known: int
    share: float
    distinct: int
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding about the data: `count` rows, leads or days `of` so many; `cure` says what to do."""

    code: str
    level: Literal["fault", "note"]
    message: str
    count: int
    of: int
    cure: str


@dataclass(frozen=True, slots=True)
class Request:
    """One thing engineering should send: an event, or a property on an event that is sent already.

    `points` are at stake (positive ones and, with a minus, what would be taken); `spelled` is a name in the data that
    may be the same event; `alternative` says that each criterion has another event that occurs, so no points are lost.
    `product` is the product whose event it is, if the model has several. `of_account` says that it may carry an account
    and no lead.
    """

    event: str
    product: str | None
    missing: Literal["event", "property"]
    fire: str
    properties: dict[str, str]
    points: float
    criteria: tuple[str, ...]
    spelled: str | None
    alternative: bool
    of_account: bool = False


@dataclass(frozen=True, slots=True)
class Proxy:
    """What stands in for missing events until they are sent: a criterion ready to be pasted under `under`."""

    signal: str
    under: str
    instead_of: tuple[str, ...]
    because: str
    yaml: str


@dataclass(frozen=True, slots=True)
class ProductRows:
    """How many events are of one product, those that count only: visible, of known leads, none twice.

    `known` says that the model has the product. Without a name stand the events that name none.
    """

    product: str | None
    known: bool
    rows: int


@dataclass(frozen=True, slots=True)
class SegmentGate:
    """The gate of a segment; without a name, of all leads of none that has gates of its own."""

    segment: str | None
    gate: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The highest scores: by design of the model, with what is in the data, and seen; null where there is no limit.

    `gate` is that of the segment easiest to qualify in, `gates` has each.
    """

    part: str
    design: float | None
    data: float | None
    seen: float
    gate: float
    gates: tuple[SegmentGate, ...]

    @property
    def gate_text(self) -> str:
        """The gate, of each segment where they differ."""
        if len({g.gate for g in self.gates}) < 2:  # noqa: PLR2004  one gate for all
            return f"{self.gate:g}"
        return ", ".join(f"{g.gate:g} ({g.segment or 'all others'})" for g in self.gates)

    @property
    def holds(self) -> bool:
        """Whether the gate can be passed with what is in the data."""
        return self.data is None or self.data >= self.gate


@dataclass(frozen=True, slots=True)
class Maturity:
    """How much of the product is tracked (methodology, scoping factor 2), and what follows."""

    verdict: Verdict
    names: int
    actions: int
    fed_points_share: float
    why: str
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything an audit found; `first_day` is the day that the first number of each event's `days` is of."""

    model: str
    model_hash: str
    as_of: str
    leads: int
    pql: int
    rows: dict[str, Any]
    maturity: Maturity
    events: tuple[Inventoried, ...]
    events_left_out: int
    first_day: str | None
    products: tuple[ProductRows, ...]
    coverage: tuple[Covered, ...]
    attributes: tuple[AttributeFill, ...]
    faults: tuple[Fault, ...]
    requests: tuple[Request, ...]
    proxies: tuple[Proxy, ...]
    reach: tuple[Reach, ...]
    can_qualify: bool
    blocked_by: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for `--json`."""
        told = asdict(self)
        told["reach"] = {r.part: {**asdict(r), "holds": r.holds} for r in self.reach}
        for part in told["reach"].values():
            del part["part"]
        return told

    def __repr__(self) -> str:
        fed = sum(c.state == "fed" for c in self.coverage)
        return f"<denizen audit: {self.maturity.verdict} tracking, {fed} of {len(self.coverage)} criteria fed, {len(self.faults)} findings>"

    def _repr_html_(self) -> str:
        from denizen.scoring.audit.page import audit_page

        return audit_page(self)
