"""`denizen nurture`."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from denizen import clock
from denizen.cli.options import (
    data_options,
    engine_option,
    given_data,
    json_option,
    known_option,
    model_argument,
)
from denizen.cli.show import console, points, print_json, print_warnings, progress
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.ingest.prepare import Moments
from denizen.model.load import load_model
from denizen.scoring.nurture import Nurture, find_milestones
from denizen.scoring.output import check_outputs, write_rows
from denizen.scoring.run import score_run


@click.command()
@model_argument
@data_options
@click.option("--as-of", metavar="INSTANT", help="ISO 8601, UTC. Default: now.")
@known_option
@click.option("--out", help="Write a row a lead: .parquet, .csv, .csv.gz, .jsonl or .jsonl.gz.")
@engine_option
@json_option
def nurture(
    model: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    as_of: str | None,
    known: bool,  # noqa: FBT001
    out: str | None,
    engine: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Group the leads that do not qualify yet by the milestone that would move each most.

    \b
    denizen nurture model.yaml --leads leads.csv --events events.csv --as-of 2026-07-01 --out campaign.csv

    What a milestone is worth to a lead is found by scoring the lead as if it had reached it.
    """
    loaded = load_model(model)
    data = given_data(model, leads, events, accounts, maps)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    check_outputs([out], [model, data.leads, data.events, data.accounts])
    instant = clock.to_us(clock.now()) if as_of is None else parse_instant(as_of)
    moments = Moments((instant,), None, known, defaulted=as_of is None)
    with (
        progress(quiet=as_json) as step,
        score_run(loaded, data, moments, engine=engine, detail=True, progress=step) as run,
    ):
        found = find_milestones(run, data, step)
        if out:
            write_rows(run.connection, "SELECT * FROM nurture", out)
    if as_json:
        print_json(
            {"model": loaded.name, "as_of": clock.iso(instant), **found.as_dict(), "warnings": run.accounting.warnings}
        )
        return
    _print(found)
    if out:
        click.echo(f"wrote leads to {out}")
    print_warnings(run.accounting)


def _print(found: Nurture) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("milestone", "leads", "median points", "would qualify", "first window closes"):
        table.add_column(name, justify="left" if name in ("milestone", "first window closes") else "right")
    for group in found.groups:
        table.add_row(
            Text(group.milestone),
            f"{group.leads:,}",
            f"+{points(group.median_points)}",
            f"{group.would_qualify:,}",
            group.closing_first_at or "",
        )
    out.print(table)
    out.print()
    out.print(
        f"[bold]{found.leads:,}[/] leads to nurture, {found.without_milestone:,} whom no single milestone moves;"
        f" left out: {found.qualified:,} PQL, {found.capped:,} capped, {found.disqualified:,} disqualified",
        soft_wrap=True,
    )
