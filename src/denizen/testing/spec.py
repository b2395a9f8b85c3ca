"""The shape of a file of cases, key by key; descriptions become its JSON Schema."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, RootModel, StringConstraints, WithJsonSchema, model_validator

from denizen.clock import parse_instant
from denizen.errors import DenizenError
from denizen.model.spec import Name, Number, Spec

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SCALARS = {"type": ["string", "number", "boolean", "null"]}


def _instant(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no timestamp; write ISO 8601, as in 2026-07-01T00:00:00Z")
    try:
        parse_instant(value)
    except DenizenError as error:
        raise ValueError(error.findings[0].message) from None
    return value


def _text(value: Any) -> Any:
    """Take a number as the text it is written as, since ids may be numbers."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Instant = Annotated[
    str, BeforeValidator(_instant), WithJsonSchema({"type": "string", "examples": ["2026-07-01T00:00:00Z"]})
]
Id = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]})]
Value = Annotated[Any, WithJsonSchema({**_SCALARS, "type": [*_SCALARS["type"], "array"]})]
Flag = Annotated[bool, Field(strict=True)]
People = Annotated[int, Field(strict=True, ge=0)]
Lines = dict[str, Number]
_LINES = "points of lines: criteria by name, others as `kind name`; `fit NAME` and `behavior NAME` tell two of one name apart"
_ABSENT = "lines that must not be in the ledger"


class CaseEvent(Spec):
    """Something the lead did."""

    event: Annotated[Text, BeforeValidator(_text)] = Field(description="its name")
    at: Instant = Field(description="when it happened")
    id: Id | None = Field(None, description="the same id counts once")
    session: Id | None = Field(None, description="the session it belongs to")
    received: Instant | None = Field(None, description="when it was received, for `known: true`")
    properties: dict[str, Any] = Field(default_factory=dict, description="what is known about it")


class ExpectLead(Spec):
    """What must come out for a person; only what is named is looked at."""

    fit: Number | None = None
    behavior: Number | None = None
    total: Number | None = None
    pql: Flag | None = None
    disqualified: Flag | None = None
    capped: Flag | None = None
    fit_tier: Name | None = None
    behavior_tier: Name | None = None
    lines: Lines = Field(default_factory=dict, description=_LINES)
    absent: list[str] = Field(default_factory=list, description=_ABSENT)
    unknown: list[str] | None = Field(None, description="exactly these criteria are unknown; [] for none")
    gates: dict[str, Flag] = Field(default_factory=dict, description="whether a gate holds, by its name in `explain`")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing is expected; name at least one of fit, behavior, total, pql, lines …")
        return self


class ExpectAccount(Spec):
    """What must come out for the account of the lead; only what is named is looked at."""

    fit: Number | None = None
    behavior: Number | None = None
    total: Number | None = None
    pqa: Flag | None = None
    disqualified: Flag | None = None
    fit_tier: Name | None = None
    behavior_tier: Name | None = None
    members: People | None = Field(None, description="how many people belong to it")
    pql_members: People | None = Field(None, description="how many of them are PQLs")
    lines: Lines = Field(default_factory=dict, description=f"{_LINES}; what a person adds as `member NAME`")
    people: dict[str, list[str]] = Field(
        default_factory=dict,
        description="exactly these people are behind a line: `lead`, and colleagues by their names; [] for nobody",
    )
    absent: list[str] = Field(default_factory=list, description=_ABSENT)
    gates: dict[str, Flag] = Field(
        default_factory=dict,
        description="whether a gate holds: total, fit, behavior, `require NAME`, `not everyone is disqualified`",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing is expected of the account; name at least one of total, pqa, lines, people …")
        return self


class Expect(ExpectLead):
    """What must come out; only what is named is looked at."""

    account: ExpectAccount | None = Field(None, description="what must come out for the account of the lead")
    colleagues: dict[Name, ExpectLead] = Field(
        default_factory=dict, description="what must come out for colleagues, by their names"
    )


class Colleague(Spec):
    """Another person of the account."""

    lead: dict[str, Value] = Field(default_factory=dict, description="attributes of this person")
    events: list[CaseEvent] = Field(default_factory=list, description="what this person did")


class CaseMoment(Spec):
    """What must come out at one instant."""

    as_of: Instant = Field(description="the instant the score speaks about")
    expect: Expect


class CaseFile(Spec):
    """One case: a model, a lead, what it did, and the score that must come out."""

    case: Text = Field(description="its name: the rule it shows")
    model: Annotated[Any, WithJsonSchema({"type": ["string", "object"]})] = Field(
        description="a path relative to this file, or the model itself"
    )
    as_of: Instant | None = Field(None, description="the instant the score speaks about; or several with `at`")
    expect: Expect | None = Field(None, description="what must come out then")
    at: Annotated[list[CaseMoment], Field(min_length=1)] | None = Field(
        None, description="several instants, each with what must come out"
    )
    known: Flag = Field(False, description="an event counts only once it had been received")
    lead: dict[str, Value] = Field(default_factory=dict, description="attributes of the lead")
    account: dict[str, Value] | None = Field(None, description="attributes of its account")
    events: list[CaseEvent] = Field(default_factory=list, description="what the lead did")
    colleagues: dict[Name, Colleague] = Field(
        default_factory=dict,
        description="other people of its account, by a name; one who says an `account_id` belongs there instead",
    )
    account_events: list[CaseEvent] = Field(
        default_factory=list, description="what happened to the account itself: events of nobody in it"
    )

    @model_validator(mode="after")
    def _one_form(self) -> CaseFile:
        if self.at is None and (self.as_of is None or self.expect is None):
            missing = "as_of" if self.as_of is None else "expect"
            raise ValueError(f"`{missing}` is missing; a case has `as_of` and `expect`, or a list of both under `at`")
        if self.at is not None and (self.as_of is not None or self.expect is not None):
            raise ValueError("`at` has its own instants and expectations; leave out `as_of` and `expect` beside it")
        return self

    def moments(self) -> list[CaseMoment]:
        """Return the instants with what is expected at each."""
        if self.at is not None:
            return self.at
        if self.as_of is None or self.expect is None:
            return []
        return [CaseMoment.model_construct(as_of=self.as_of, expect=self.expect)]


class CasesFile(RootModel[list[CaseFile]]):
    """A file of cases: a list."""
