"""What callers hand in, as the layers below take it: paths, dataframes, instants, designs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denizen import clock
from denizen.clock import Instant, parse_instant
from denizen.history.design import design_of
from denizen.ingest.project import FILE_NAME, Data, attribute_rules, column_names, read_project
from denizen.model.lint.settings import LintSettings
from denizen.scoring.output import check_outputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from denizen.history.design import Design


def instants(as_of: Instant | Iterable[Instant] | None) -> list[int]:
    """Return instants in microseconds; now, where none is given."""
    if as_of is None:
        return [clock.to_us(clock.now())]
    if isinstance(as_of, date | str):
        return [parse_instant(as_of)]
    return [parse_instant(instant) for instant in as_of]


def design_from(
    at: str | None,
    every: str | None,
    horizon: str,
    won: str,
    signup_from: Instant | None,
    signup_to: Instant | None,
    as_of: Instant | None,
) -> Design:
    """Return the design of a study from what a user gives."""
    bounds = {"signup_from_us": signup_from, "signup_to_us": signup_to, "as_of_us": as_of}
    instants = {name: None if value is None else parse_instant(value) for name, value in bounds.items()}
    return design_of(at=at, every=every, horizon=horizon, won=won, **instants)


def data_of(
    leads: Any, events: Any, accounts: Any, columns: Mapping[str, Mapping[str, str]] | None, *, unique: bool
) -> Data:
    """Return where data is, with the names of its columns."""
    return Data(leads=leads, accounts=accounts, events=events, columns=column_names(columns), unique=unique)


def study_data(
    leads: Any,
    events: Any,
    accounts: Any,
    outcomes: Any,
    attributes_history: Any,
    columns: Mapping[str, Mapping[str, str]] | None,
    *,
    unique: bool,
    rejects: str | None,
) -> Data:
    """Return where the data of a study of history is, and where its rejected rows go."""
    check_outputs([rejects], [leads, events, accounts, outcomes, attributes_history])
    return replace(
        data_of(leads, events, accounts, columns, unique=unique),
        outcomes=outcomes,
        attributes_history=attributes_history,
        rejects=rejects,
    )


def read_as(data: Data, attributes: Mapping[str, Mapping[str, Any]] | None, *, match_accounts: bool) -> Data:
    """Return data with rules for reading it."""
    return replace(data, attributes=attribute_rules(attributes or {}), match_accounts=match_accounts)


def arrow(connection: Any, query: str) -> pa.Table:
    """Return what a query gives as an Arrow table."""
    return connection.sql(query).to_arrow_table()


def project_lint(
    model: str | Path, *, approach: str | None = None, sales_cycle: int | None = None, ignore: Iterable[str] = ()
) -> LintSettings:
    """Return the lint settings of the project file beside a model, with what was given on top."""
    path = Path(model).parent / FILE_NAME
    base = read_project(path).lint if path.is_file() else LintSettings()
    return LintSettings(
        approach=base.approach if approach is None else approach,
        sales_cycle=base.sales_cycle if sales_cycle is None else sales_cycle,
        ignore=[*base.ignore, *ignore],
    )
