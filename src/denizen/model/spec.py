"""The shape of a model file, key by key (semantics, sections 2 to 5).

These types say what a file may look like; `rules.py` says what must also hold; `denizen.plan` says what it means.
Field descriptions become the JSON Schema that editors use.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from denizen.model.durations import Duration, parse_duration
from denizen.model.pattern import parse_pattern
from denizen.model.values import NUMBER_LIMIT, normalize, read_number

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


ANY = "any"
MAX_POINTS = 100_000


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{value!r} is not a number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _decimals_of(number: Decimal) -> int:
    """Return how many decimals a finite number needs; rounding would fail beyond the 28 digits of decimal arithmetic."""
    _, _, decimals = f"{number:f}".partition(".")
    return len(decimals.rstrip("0"))


def _decimals(places: int, limit: Decimal | int) -> AfterValidator:
    def check(number: Decimal) -> Decimal:
        if abs(number) > limit:
            raise ValueError(f"{number} is outside ±{limit}")
        if _decimals_of(number) > places:
            raise ValueError(f"{number} has more than {places} decimals")
        return number

    return AfterValidator(check)


_AS_NUMBER = WithJsonSchema({"type": "number"})
Number = Annotated[Decimal, BeforeValidator(_number), _decimals(9, NUMBER_LIMIT), _AS_NUMBER]
Points = Annotated[Decimal, BeforeValidator(_number), _decimals(6, MAX_POINTS), _AS_NUMBER]
Factor = Annotated[Decimal, BeforeValidator(_number), _decimals(6, 10), _AS_NUMBER]
Positive = Annotated[Number, Field(gt=0)]
Count = Annotated[int, Field(strict=True, ge=1, le=1000)]


def _comparable(value: Any) -> Any:
    """Accept a number, or a text that reads as one, since both sides may be text."""
    if isinstance(value, str) and (number := read_number(normalize(value))) is not None:
        return number
    return _number(value)


Comparable = Annotated[
    Decimal,
    BeforeValidator(_comparable),
    _decimals(9, NUMBER_LIMIT),
    WithJsonSchema({"type": ["number", "string"]}),
]


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        if not normalize(value):
            raise ValueError("an empty text equals nothing; write `exists: false`")
        return value
    if isinstance(value, bool | int):
        return value
    if value is None:
        raise ValueError("null equals nothing; write `exists: false`")
    if isinstance(value, list):
        raise ValueError(
            "a list where one value is expected; for one of several write `in: [...]` or `contains_any: [...]`"
        )
    return _number(value)


Scalar = Annotated[
    str | int | Decimal | bool,
    BeforeValidator(_scalar),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
Scalars = Annotated[list[Scalar], Field(min_length=1)]


def _pattern(text: str) -> str:
    parse_pattern(text)
    return text


Pattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_pattern)]


def _one_line(name: str) -> str:
    if "\n" in name:
        raise ValueError("a name stands on one line")
    return name


NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_.-]*$"
LONGEST_NAME = 80
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=LONGEST_NAME), AfterValidator(_one_line)]
MAX_CRITERIA = 100
Event = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Path = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Events = Annotated[
    list[Event],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1, "minLength": 1}),
]


class Spec(BaseModel):
    """A part of a model file: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, regex_engine="python-re")

    @model_validator(mode="before")
    @classmethod
    def _no_nulls(cls, data: Any) -> Any:
        """Leave out keys with nothing behind them, as YAML reads `key:` alone; a required key is then missing."""
        return {k: v for k, v in data.items() if v is not None} if isinstance(data, dict) else data


class Condition(Spec):
    """Operators; all that are given must hold."""

    at_least: Comparable | None = Field(None, description=">=, on what reads as a number")
    more_than: Comparable | None = Field(None, description=">, on what reads as a number")
    at_most: Comparable | None = Field(None, description="<=, on what reads as a number")
    less_than: Comparable | None = Field(None, description="<, on what reads as a number")
    between: tuple[Comparable, Comparable] | None = Field(None, description="[low, high], both included")
    is_: Scalar | None = Field(None, alias="is", description="equal: as numbers if both are, else as text")
    is_not: Scalar | None = Field(None, description="known and not equal")
    in_: Scalars | None = Field(None, alias="in", description="equal to one of these")
    not_in: Scalars | None = Field(None, description="known and equal to none of these")
    contains: Scalar | None = Field(None, description="a list element, or a whole word of a text")
    contains_any: Scalars | None = Field(None, description="at least one of these is contained")
    contains_all: Scalars | None = Field(None, description="all of these are contained")
    matches: Pattern | None = Field(None, description="regular expression, case-insensitive, searched")
    exists: Annotated[bool, Field(strict=True)] | None = Field(None, description="known or not")

    @model_validator(mode="after")
    def _some_operator(self) -> Condition:
        if not self.operators():
            raise ValueError(f"no operator; allowed are {', '.join(f'`{o}`' for o in OPERATORS)}")
        if self.between is not None and self.between[0] > self.between[1]:
            raise ValueError(
                f"between: [{self.between[0]}, {self.between[1]}] holds nothing; put the lower bound first"
            )
        return self

    def operators(self) -> dict[str, Any]:
        """Return the operators that are set, by their names in the file."""
        values = {name: getattr(self, field) for name, field in OPERATORS.items()}
        return {name: value for name, value in values.items() if value is not None}


OPERATORS = {field.alias or name: name for name, field in Condition.model_fields.items()}


class Band(Condition):
    """The points for a measure on which these operators hold."""

    points: Points = Field(description="what the first band that holds gives")


def _predicate(value: Any) -> Any:
    if isinstance(value, list):
        raise ValueError("a list is no predicate; write `{in: [...]}`")
    return value if isinstance(value, dict | Condition) else {"is": value}


class _OrScalar:
    """Tells the JSON Schema that a plain value is short for `is`."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(core), {"type": ["string", "number", "boolean"]}]}


Predicate = Annotated[Condition, BeforeValidator(_predicate), _OrScalar()]
Predicates = Annotated[dict[Path, Predicate], Field(min_length=1)]


class Within(Spec):
    """The window of time in which events count; exactly one of the four."""

    @model_validator(mode="before")
    @classmethod
    def _not_a_span(cls, data: Any) -> Any:
        if isinstance(data, str):
            meant = "{trial: true}" if data == "trial" else f"{{first: {data}}} or {{last: {data}}}"
            raise ValueError(f"{data!r} says not from when; write {meant}")
        return data

    first: Duration | None = Field(None, description="[signup, signup + span)")
    last: Duration | None = Field(None, description="(T - span, T]")
    trial: Literal[True] | None = Field(None, description="[trial start or signup, trial end)")
    trial_last: Duration | None = Field(None, description="[trial end - span, trial end)")

    @model_validator(mode="after")
    def _exactly_one(self) -> Within:
        if len(self.model_fields_set) != 1:
            raise ValueError("exactly one of `first`, `last`, `trial`, `trial_last`")
        return self


class Distinct(Spec):
    """Distinct values among events."""

    of: Path = Field(
        description="`days`, `events`, `sessions`, `leads` (with scope: account) or the path of a property"
    )
    event: Events = Field([ANY], description="event names, or `any`")


class Sum(Spec):
    """The sum of a numeric property."""

    of: Path = Field(description="the path of a property")
    event: Events = Field([ANY], description="event names, or `any`")


class Growth(Spec):
    """Recent count over previous count."""

    of: Events = Field(description="event names, or `any`")
    recent: Duration = Field(description="(T - recent, T]")
    previous: Duration = Field(description="the span before that")


class Recency(Spec):
    """A bonus for what was done lately (semantics, 3.2)."""

    within: Duration = Field(description="last counted event in (T - within, T]")
    multiplier: Annotated[Factor, Field(ge=1)] = Field(description="points are multiplied by this")


class Criterion(Spec):
    """One thing measured and turned into points."""

    attribute: Path | None = Field(None, description="an attribute of the lead or its account")
    count: Events | None = Field(None, description="how many events with one of these names")
    distinct: Distinct | None = Field(None, description="how many distinct values")
    sum_: Sum | None = Field(None, alias="sum", description="the sum of a numeric property")
    session_depth: Annotated[list[Event], Field(min_length=1, max_length=60)] | None = Field(
        None, description="most distinct names of the list seen in one session"
    )
    session_minutes: Events | None = Field(None, description="whole minutes of the longest session")
    days_since: Events | None = Field(None, description="whole days since the last of these events")
    growth: Growth | None = Field(None, description="recent count over previous count")
    sequence: Annotated[list[Event], Field(min_length=2, max_length=20)] | None = Field(
        None, description="1 if the names occurred in this order"
    )
    inside: Duration | None = Field(None, description="for sequence: last minus first at most this")
    where: Predicates | None = Field(None, description="predicates on properties; all must hold")
    within: Within | None = Field(None, description="the window in which events count")
    scope: Literal["lead", "account"] = Field(
        "lead", description="whose events count: the lead's, or everyone's in its account"
    )
    bands: Annotated[list[Band], Field(min_length=1)] | None = Field(None, description="first that holds gives points")
    points: Points | None = Field(None, description="points for at least 1, or with each for every full N")
    each: Positive | None = Field(None, description="points for every full N of the measure")
    max_points: Annotated[Points, Field(gt=0)] | None = Field(None, description="limit of each, an absolute value")
    key: Annotated[bool, Field(strict=True)] = Field(False, description="its events are key actions for velocity")
    recency: Recency | None = Field(None, description="overrides the recency of the section")
    disqualifies: Annotated[bool, Field(strict=True)] = Field(False, description="a band that holds rules the lead out")

    def measures(self) -> list[str]:
        """Return the measure keys that are set, by their names in the file."""
        return [key for key, field in MEASURES.items() if getattr(self, field) is not None]


MEASURES = {
    Criterion.model_fields[f].alias or f: f
    for f in (
        "attribute count distinct sum_ session_depth session_minutes days_since growth sequence".split()  # noqa: SIM905
    )
}


class Fit(Spec):
    """How well the lead's company and role match; 0 to 50, never decays."""

    criteria: dict[Name, Criterion] = Field(default_factory=dict, max_length=MAX_CRITERIA)
    min: Points = Field(Decimal(0))
    max: Points = Field(Decimal(50))


class Velocity(Spec):
    """A bonus for a burst of key actions (semantics, 3.3)."""

    at_least: Count = Field(description="key actions in a burst")
    within: Duration = Field(description="first to last of the burst, inclusive")
    points: Points | None = Field(None, description="the bonus in points")
    multiplier: Annotated[Factor, Field(gt=0)] | None = Field(
        None, description="the bonus as a share of the positive criterion points"
    )
    award: Literal["once", "per_window"] = Field("once")
    max_awards: Count | None = Field(None, description="for per_window")
    expires: Duration | None = Field(None, description="only bursts reached in (T - expires, T] count")
    of: Events | None = Field(None, description="names of key actions, instead of the criteria marked `key: true`")


class Penalty(Spec):
    """How much an idle time takes; exactly one of points, percent, half_life."""

    points: Annotated[Points, Field(gt=0)] | None = Field(None, description="points a period")
    percent: Annotated[Number, Field(gt=0, le=100)] | None = Field(None, description="percent a period, compounding")
    half_life: Duration | None = Field(None, description="half the score is gone after this idle time")
    every: Duration | None = Field(None, description="the period")
    periods: Literal["whole", "fractional"] = Field("whole")

    def forms(self) -> list[str]:
        """Return which of the three forms are given."""
        return [form for form in ("points", "percent", "half_life") if getattr(self, form) is not None]


class AfterTrial(Penalty):
    """A second penalty over the idle time past the end of the trial."""


class Decay(Penalty):
    """What idleness takes from behavior (semantics, 3.4)."""

    after: Duration | None = Field(None, description="idle time that costs nothing")
    floor: Points = Field(Decimal(0), description="decay never takes the score below this")
    activity: Events | None = Field(None, description="events that end idleness; default any")
    after_trial: AfterTrial | None = None


class Ceiling(Spec):
    """A cap for leads that stay on the free tier (semantics, 3.6)."""

    when: Predicates = Field(description="attributes that say the lead is on the free tier")
    after: Duration = Field(description="time since signup")
    unless: Events = Field(description="upgrade signals")
    last: Duration | None = Field(None, description="signals count only in (T - last, T]")
    at: Points = Field(description="the cap")


class Behavior(Spec):
    """What the lead did in the product."""

    criteria: dict[Name, Criterion] = Field(default_factory=dict, max_length=MAX_CRITERIA)
    recency: Recency | None = None
    velocity: Velocity | None = None
    decay: Decay | None = None
    min: Points = Field(Decimal(0))
    max: Points | None = None
    ceiling: Ceiling | None = None


class Product(Behavior):
    """What the lead did in one of several products."""

    events: Predicates | None = Field(
        None, description="which events are this product's: predicates on properties; default {product: NAME}"
    )


class CrossProductBonus(Spec):
    """A bonus for the use of several products at once (semantics, 5)."""

    points: Annotated[Points, Field(gt=0)] = Field(description="added to the highest product score")
    active_within: Duration = Field(
        parse_duration("30d"),
        description="a product is active with an event in (T - span, T]",
        json_schema_extra={"default": "30d"},
    )
    at_least: Count = Field(2, description="how many products must be active")


class Pql(Spec):
    """The gates; all must hold."""

    total: Points = Field(Decimal(80))
    fit: Points = Field(Decimal(15))
    behavior: Points = Field(Decimal(40))
    require: Predicates | None = Field(None, description="predicates on attributes")


TierBounds = Annotated[dict[Name, Points], Field(min_length=1)]


def _bounds(**tiers: int) -> dict[str, Decimal]:
    return {name: Decimal(bound) for name, bound in tiers.items()}


class Tiers(Spec):
    """Names for ranges of a score, by lower bound."""

    fit: TierBounds = Field(default_factory=lambda: _bounds(strong=35, moderate=20, weak=0))
    behavior: TierBounds = Field(default_factory=lambda: _bounds(high=60, medium=30, low=0))


class Top(Spec):
    """The best members count most."""

    top: Annotated[list[Annotated[Factor, Field(ge=0)]], Field(min_length=1, max_length=100)] = Field(
        description="the share of the best member's score, of the second best, …"
    )


RollupWord = Literal["max", "sum", "mean"]


def _kind_of_rollup(value: Any) -> str | None:
    """Return which of the two ways to say a rollup a value is, so that only its mistakes are told."""
    if isinstance(value, dict | Top):
        return "top"
    return "word" if value in get_args(RollupWord) else None


Rollup = Annotated[
    Annotated[RollupWord, Tag("word")] | Annotated[Top, Tag("top")],
    Discriminator(
        _kind_of_rollup,
        custom_error_type="rollup",
        custom_error_message="expected `max`, `sum`, `mean` or shares such as `{top: [1, 0.5]}`",
    ),
]


class Account(Spec):
    """How a company is scored from its people (semantics, 5)."""

    rollup: Rollup = Field("max", description="behavior from that of the members")
    criteria: dict[Name, Criterion] = Field(
        default_factory=dict, max_length=MAX_CRITERIA, description="measured over the events of all members"
    )
    min: Points = Field(Decimal(0))
    max: Points | None = None
    pqa: Pql = Field(default_factory=Pql, description="the gates of an account")
    tiers: Tiers = Field(default_factory=Tiers)


class Segment(Spec):
    """Leads for whom other rules hold; what is not said here is as in the rest of the file."""

    name: Name = Field(description="the name of the segment")
    when: Predicates = Field(description="attributes that say a lead belongs; the first segment that holds counts")
    model: str | None = Field(
        None, description="a whole other model file, relative to this one, in its folder or below"
    )
    fit: dict[str, Any] | None = Field(
        None, description="what differs in `fit`; a key with nothing behind it is left out"
    )
    behavior: dict[str, Any] | None = Field(None, description="what differs in `behavior`")
    products: dict[str, Any] | None = Field(None, description="what differs in `products`")
    cross_product_bonus: dict[str, Any] | None = Field(None, description="what differs in `cross_product_bonus`")
    pql: dict[str, Any] | None = Field(None, description="what differs in `pql`")
    tiers: dict[str, Any] | None = Field(None, description="what differs in `tiers`")

    def overrides(self) -> list[str]:
        """Return the keys under which something differs."""
        return [key for key in SEGMENTED if key in self.model_fields_set]


SEGMENTED = ("fit", "behavior", "products", "cross_product_bonus", "pql", "tiers")
"""The parts of a model that a segment can change."""


class Model(Spec):
    """A whole model file."""

    model: Name = Field(description="the name of the model")
    title: str = Field("", description="one line for people")
    version: Annotated[int, Field(strict=True, ge=1)] = Field(1, description="counted up by you")
    fit: Fit = Field(default_factory=Fit)
    behavior: Behavior = Field(default_factory=Behavior)
    products: Annotated[dict[Name, Product], Field(min_length=1, max_length=20)] | None = Field(
        None, description="a behavior section for each product, instead of `behavior`; the highest score counts"
    )
    cross_product_bonus: CrossProductBonus | None = None
    pql: Pql = Field(default_factory=Pql)
    tiers: Tiers = Field(default_factory=Tiers)
    account: Account = Field(default_factory=Account)
    segments: Annotated[list[Segment], Field(min_length=1, max_length=50)] | None = Field(
        None, description="in order; the first whose `when` holds decides for a lead"
    )

    def behaviors(self) -> dict[str, Behavior]:
        """Return every behavior section by its product; the name is empty where there is one product."""
        return dict(self.products) if self.products else {"": self.behavior}
