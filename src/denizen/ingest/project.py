"""The project file `denizen.yaml`: where the data is and how its columns are named."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationError

from denizen.errors import DenizenError, did_you_mean, fail
from denizen.model.lint.settings import LintSettings
from denizen.model.load import read_text, validate
from denizen.model.source import parse_yaml
from denizen.model.spec import Spec
from denizen.model.values import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE_NAME = "denizen.yaml"
TABLES = ("leads", "accounts", "events", "outcomes", "attributes_history")
NAMED = (*TABLES, "grid")
"""The tables whose columns can be named when they are given; a grid is never part of a project."""

Share = Annotated[float, Field(ge=0, le=1)]


class TableFile(Spec):
    """Where a table is, and which of its columns stands for which canonical one."""

    path: str | None = Field(None, description="a file, folder or glob, relative to the project file")
    columns: dict[str, str] = Field(default_factory=dict, description="canonical column: column in the data")


class LeadFile(TableFile):
    """Leads."""

    match_accounts: Literal["domain", "off"] = Field(
        "domain", description="how leads without account_id find one: by the domain of a work address, or not at all"
    )


class AttributeFile(Spec):
    """How one attribute is read."""

    derive: bool = Field(
        True, description="whether it may be derived from others, or read as the word that the model uses"
    )
    values: dict[str, str] = Field(
        default_factory=dict,
        description="what the data says (of it, or of what it is derived from): the value it means; wins over every table",
    )


class EventFile(TableFile):
    """Events."""

    unique: bool = Field(False, description="no event_id occurs twice, so duplicates are not searched for")


class OutcomeFile(TableFile):
    """Outcomes."""

    values: dict[str, str] = Field(
        default_factory=dict, description="what the data says, such as a stage of the CRM: the outcome it means"
    )


class HealthSettings(Spec):
    """What a health card needs to be told, because no data says it."""

    pql_share: tuple[Share, Share] = Field(
        (0.05, 0.15), description="which share of leads should be PQLs: [lowest, highest]"
    )
    launched: str | None = Field(None, description="when the model went live, ISO 8601")
    recalibrated: str | None = Field(None, description="when it was last recalibrated, ISO 8601")
    mql: str | None = Field(None, description="the attribute that says a lead is an MQL")


class Project(Spec):
    """A whole project file."""

    leads: LeadFile = Field(default_factory=LeadFile)
    accounts: TableFile = Field(default_factory=TableFile)
    events: EventFile = Field(default_factory=EventFile)
    outcomes: OutcomeFile = Field(default_factory=OutcomeFile)
    attributes_history: TableFile = Field(default_factory=TableFile)
    health: HealthSettings = Field(default_factory=HealthSettings)
    lint: LintSettings = Field(default_factory=LintSettings)
    attributes: dict[str, AttributeFile] = Field(
        default_factory=dict, description="attributes read in a way of their own"
    )


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """How one attribute is read: whether it may be derived, and what values mean, by their normalized text."""

    derive: bool = True
    values: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, file: AttributeFile) -> AttributeRule:
        """Return the rule as it is written in a project file."""
        return cls(file.derive, {normalize(said): meant for said, meant in file.values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The tables to read: each a path, a dataframe or None, with its column names.

    Its fields are given by name, for tables of one type are easily given in a wrong order.

    `unique` promises that no event_id occurs twice. `outcomes` says what became of leads (`outcome_values` which outcome a
    word of theirs means, by its normalized text), `attributes_history` what was
    known of them from when on. `attributes` says how some are read, `match_accounts` whether leads
    without an account find one by the domain of their address. `rejects` is the file that a study of history keeps the
    rows in that could not be used.
    """

    leads: Any = None
    accounts: Any = None
    events: Any = None
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    unique: bool = False
    outcomes: Any = None
    attributes_history: Any = None
    attributes: dict[str, AttributeRule] = field(default_factory=dict)
    match_accounts: bool = True
    outcome_values: dict[str, str] = field(default_factory=dict)
    rejects: str | None = None

    def mapping(self, table: str) -> dict[str, str]:
        """Return the column names of a table."""
        return self.columns.get(table, {})


def read_project(path: str | Path) -> Project:
    """Return a project file.

    Raises:
        DenizenError: the file cannot be read or has problems.
    """
    source = parse_yaml(read_text(path), str(path))
    if source.data is None:
        source.data = {}
    project, findings = validate(Project, source)
    findings = [*source.findings, *findings]
    if findings or project is None:
        raise DenizenError(sorted(findings, key=lambda f: (f.line or 0, f.column or 0)))
    return project


def load_project(path: str | Path) -> Data:
    """Return the data that a project file names.

    Raises:
        DenizenError: the file cannot be read or has problems.
    """
    project = read_project(path)
    folder = Path(path).parent

    def place(table: TableFile) -> str | None:
        return None if table.path is None else str(folder / table.path)

    return Data(
        leads=place(project.leads),
        accounts=place(project.accounts),
        events=place(project.events),
        columns={name: dict(getattr(project, name).columns) for name in TABLES},
        unique=project.events.unique,
        outcomes=place(project.outcomes),
        attributes_history=place(project.attributes_history),
        attributes={name: AttributeRule.of(file) for name, file in project.attributes.items()},
        match_accounts=project.leads.match_accounts == "domain",
        outcome_values={normalize(said): normalize(meant) for said, meant in project.outcomes.values.items()},
    )


def project_data(model: str | Path) -> Data:
    """Return the data named by the project file beside a model, or nothing if there is none."""
    project = Path(model).parent / FILE_NAME
    return load_project(project) if project.is_file() else Data()


def merge_data(base: Data, given: Data) -> Data:
    """Return the project's data with what was given on top."""
    columns = {t: {**base.mapping(t), **given.mapping(t)} for t in {*base.columns, *given.columns}}
    return replace(
        base,
        leads=base.leads if given.leads is None else given.leads,
        accounts=base.accounts if given.accounts is None else given.accounts,
        events=base.events if given.events is None else given.events,
        columns=columns,
        unique=base.unique or given.unique,
        outcomes=base.outcomes if given.outcomes is None else given.outcomes,
        attributes_history=(base.attributes_history if given.attributes_history is None else given.attributes_history),
    )


def attribute_rules(given: Mapping[str, Mapping[str, Any]]) -> dict[str, AttributeRule]:
    """Return rules given as in a project file, `{"country": {"derive": False}}`.

    Raises:
        DenizenError: a rule has another shape.
    """
    try:
        return {name: AttributeRule.of(AttributeFile.model_validate(rule)) for name, rule in given.items()}
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise fail("bad-argument", f"attributes: {place}: {first['msg']}; allowed: derive, values") from None


def parse_mappings(pairs: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the column names given as `events.lead_id=user_id`.

    Raises:
        DenizenError: a pair is not of that form.
    """
    found: dict[str, dict[str, str]] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        table, dot, canonical = name.strip().partition(".")
        if not (equals and dot and column.strip() and canonical):
            raise fail("bad-argument", f"--map {pair}: write TABLE.COLUMN=YOURS, as in --map events.lead_id=user_id")
        _check_table(table, f"--map {pair}")
        found.setdefault(table, {})[canonical] = column.strip()
    return found


def column_names(given: Mapping[str, Mapping[str, str]] | None) -> dict[str, dict[str, str]]:
    """Return the column names given as `{"events": {"lead_id": "user_id"}}`.

    Raises:
        DenizenError: there is no such table.
    """
    for table in given or {}:
        _check_table(table, "columns")
    return {table: dict(names) for table, names in (given or {}).items()}


def _check_table(table: str, said: str) -> None:
    if table not in NAMED:
        hint = did_you_mean(table, NAMED) or f"tables: {', '.join(NAMED)}"
        raise fail("bad-argument", f"{said}: there is no table `{table}`; {hint}")
