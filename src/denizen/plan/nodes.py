"""The nodes of a plan. Spans are microseconds, points are exact decimals, texts are normalized for comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from denizen.model import pattern
from denizen.model.values import Literal as Value

Part = Literal["fit", "behavior"]
Scope = Literal["lead", "account"]
Operand = Decimal | tuple[Decimal, Decimal] | Value | tuple[Value, ...] | pattern.Node | bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator with its operand, e.g. `at_least`, 3; `pattern` is the text of a pattern, for people.

    `also` lists words that other criteria name and that mean a word of the operand to this one: (word of the operand, other).
    """

    operator: str
    operand: Operand
    pattern: str = field(default="", compare=False)
    also: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Predicate:
    """Conditions on one property of an event, or one attribute of a lead; all must hold."""

    subject: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """When events count: `first`, `last`, `trial` or `trial_last` with its span."""

    kind: Literal["first", "last", "trial", "trial_last"]
    span_us: int = 0


@dataclass(frozen=True, slots=True)
class Events:
    """Which visible events count: names (None is any), predicates on properties, a window, whose they are."""

    names: tuple[str, ...] | None
    where: tuple[Predicate, ...] = ()
    window: Window | None = None
    scope: Scope = "lead"


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value of an attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many events."""

    events: Events


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many distinct days, event names, sessions, leads or values of a property."""

    events: Events
    of: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a numeric property."""

    events: Events
    of: str


@dataclass(frozen=True, slots=True)
class SessionDepth:
    """Most distinct names of the list in one session."""

    events: Events


@dataclass(frozen=True, slots=True)
class SessionMinutes:
    """Whole minutes from first to last of these events in the longest session."""

    events: Events


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Whole days from the last of these events to the as-of instant; unknown without one."""

    events: Events


@dataclass(frozen=True, slots=True)
class Growth:
    """Count in `(T - recent, T]` over count in the span before it; unknown if that is 0."""

    events: Events
    recent_us: int
    previous_us: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """1 if the steps occurred in this order, with last minus first at most `inside_us`."""

    events: Events
    steps: tuple[str, ...]
    inside_us: int | None


Measure = Attribute | Count | Distinct | Sum | SessionDepth | SessionMinutes | DaysSince | Growth | Sequence


@dataclass(frozen=True, slots=True)
class Band:
    """Points for a measure on which every condition holds."""

    conditions: tuple[Condition, ...]
    points: Decimal


@dataclass(frozen=True, slots=True)
class Bands:
    """The first band that holds gives its points."""

    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Each:
    """Points for every full `size` of the measure, at most `limit` (an absolute value)."""

    size: Decimal
    points: Decimal
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Recency:
    """A positive criterion whose last event lies in `(T - within, T]` is multiplied."""

    within_us: int
    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing measured and turned into points. `number` tells criteria apart in SQL."""

    number: int
    name: str
    part: Part
    measure: Measure
    scoring: Bands | Each
    recency: Recency | None
    disqualifies: bool

    @property
    def events(self) -> Events | None:
        """The events it counts; None for an attribute."""
        return None if isinstance(self.measure, Attribute) else self.measure.events


@dataclass(frozen=True, slots=True)
class Velocity:
    """A bonus for `at_least` key actions within a span; `actions` are alternatives, one event is one action."""

    actions: tuple[Events, ...]
    at_least: int
    within_us: int
    points: Decimal | None
    multiplier: Decimal | None
    per_window: bool
    max_awards: int | None
    expires_us: int | None


@dataclass(frozen=True, slots=True)
class Penalty:
    """What idle time takes: points or a percentage a period, or a half-life."""

    form: Literal["points", "percent", "half_life"]
    amount: Decimal
    every_us: int
    after_us: int
    whole_periods: bool


@dataclass(frozen=True, slots=True)
class Decay:
    """What idleness takes from the sum so far, never below `min(sum, floor)`."""

    activity: Events
    idle: Penalty | None
    after_trial: Penalty | None
    floor: Decimal

    @property
    def can_turn(self) -> bool:
        """Whether two shares of a sum can be more than the sum, so that a higher sum may end lower."""
        if self.idle is None or self.after_trial is None:
            return False
        return self.floor < 0 and "points" not in (self.idle.form, self.after_trial.form)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The cap for a lead that stayed on the free tier too long without an upgrade signal."""

    when: tuple[Predicate, ...]
    after_us: int
    signals: Events
    at: Decimal


@dataclass(frozen=True, slots=True)
class Gates:
    """What makes a PQL."""

    total: Decimal
    fit: Decimal
    behavior: Decimal
    require: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """A name for scores from a lower bound on."""

    name: str
    bound: Decimal


@dataclass(frozen=True, slots=True)
class Limits:
    """A score is clamped to these."""

    low: Decimal
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Audience:
    """The leads of one segment: its predicates hold, and those of no earlier segment do."""

    segment: str
    when: tuple[Predicate, ...]
    earlier: tuple[tuple[Predicate, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """One of several products, and the events that make it active."""

    name: str
    active: Events


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a score needs, in the order of the semantics: one behavior section for one audience."""

    model: str
    model_hash: str
    criteria: tuple[Criterion, ...]
    velocity: Velocity | None
    decay: Decay | None
    fit_limits: Limits
    behavior_limits: Limits
    ceiling: Ceiling | None
    gates: Gates
    fit_tiers: tuple[Tier, ...]
    behavior_tiers: tuple[Tier, ...]
    audience: Audience | None = None
    product: Product | None = None

    def part(self, part: Part) -> tuple[Criterion, ...]:
        """Return the criteria of fit or of behavior."""
        return tuple(c for c in self.criteria if c.part == part)


@dataclass(frozen=True, slots=True)
class CrossProductBonus:
    """What is added to the highest product score when enough products are active."""

    points: Decimal
    at_least: int


@dataclass(frozen=True, slots=True)
class Variant:
    """The score of one audience: a plan for each product, of which the highest behavior counts."""

    plans: tuple[Plan, ...]
    bonus: CrossProductBonus | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The score of accounts: `facts` holds fit and the criteria of accounts, measured for every member.

    Behavior is the sum of the members' scores, best first, times `weights` (the last one counts on when
    `repeat` is set), divided by their number if `mean`; then the criteria.
    """

    facts: Plan
    weights: tuple[Decimal, ...]
    repeat: bool
    mean: bool


@dataclass(frozen=True, slots=True)
class Program:
    """Everything a model computes: a variant for each segment, the rest of the leads last, and accounts."""

    model: str
    model_hash: str
    variants: tuple[Variant, ...]
    account: Account

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Every plan of every variant."""
        return tuple(plan for variant in self.variants for plan in variant.plans)

    @property
    def has_segments(self) -> bool:
        """Whether leads are told apart by segment."""
        return len(self.variants) > 1

    @property
    def has_products(self) -> bool:
        """Whether any lead is scored by several products."""
        return any(plan.product for plan in self.plans)
