"""Options that several commands share."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

from denizen.ingest.project import Data, load_project, merge_data, parse_mappings, project_data

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

model_argument = click.argument("model", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="Print plain data (JSON) instead of text.")
engine_option = click.option(
    "--engine",
    default="duckdb:",
    show_default=True,
    help="duckdb:, duckdb:///work.db or postgresql://user@host/database.",
)
known_option = click.option(
    "--known", is_flag=True, help="An event counts only once it had been received (received_at)."
)
_DATA = (
    click.option(
        "--leads",
        help="CSV, JSONL (both also .gz), Parquet, a folder or a glob. Default: ids seen in events.",
    ),
    click.option("--events", help="What the leads did; the same kinds of files."),
    click.option("--accounts", help="Companies, joined to leads by account_id; the lead's own value wins."),
    click.option("--map", "maps", multiple=True, metavar="TABLE.COLUMN=YOURS", help="Name a column of your data."),
)


def data_options(command: F) -> F:
    """Add the options that say where the data is."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(_DATA), command)


def given_data(
    model: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    *,
    project: str | None = None,
) -> Data:
    """Return the data of the project file (the one named, else the one beside the model), with the options on top."""
    base = project_data(model) if project is None else load_project(project)
    return merge_data(base, Data(leads=leads, events=events, accounts=accounts, columns=parse_mappings(maps)))
