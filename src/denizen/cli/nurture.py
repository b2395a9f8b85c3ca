"""`denizen nurture`."""

from __future__ import annotations

from dataclasses import replace

import click
from rich.table import Table

from denizen import clock
from denizen.cli.options import (
    data_options,
    engine_option,
    given_data,
    json_option,
    known_option,
    model_argument,
)
from denizen.cli.show import points, print_json, print_warnings, progress
from denizen.cli.terminal import Text, console, echo
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.ingest.prepare import Moments
from denizen.model.load import load_model
from denizen.scoring.inputs import inputs_of
from denizen.scoring.nurture import Missing, Nurture, find_milestones
from denizen.scoring.output import check_outputs, write_rows
from denizen.scoring.run import score_run


@click.command()
@model_argument
@data_options
@click.option("--as-of", metavar="INSTANT", help="ISO 8601, UTC. Default: now.")
@known_option
@click.option("--outcomes", help="What became of leads: lead_id, outcome, at. Who was won by then is left out.")
@click.option("--won", metavar="OUTCOME", default="won", show_default=True, help="Which outcome counts as conversion.")
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
    outcomes: str | None,
    won: str,
    out: str | None,
    engine: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Group the leads that do not qualify yet by the milestone that would move each most.

    \b
    denizen nurture model.yaml --leads leads.csv --events events.csv --as-of 2026-07-01 --out campaign.csv
    denizen nurture model.yaml --outcomes outcomes.csv --out campaign.csv

    What a milestone is worth to a lead is found by scoring the lead as if it had reached it.
    Left out, and counted, is who was won by then (--outcomes, or outcomes in denizen.yaml) or signs up only later. What no
    lead of the data has or did is no milestone; it is told apart.

    \b
    Keys of --json: model, as_of, groups [{milestone, leads, median_points, need_to_come_back, qualify_by_coming_back,
      would_qualify, closing_first_at}], leads, without_milestone, qualified, capped, disqualified, won, not_signed_up,
      not_in_data [{criterion, names, product}], warnings.
    """
    loaded = load_model(model)
    data = given_data(model, leads, events, accounts, maps)
    if outcomes is not None:
        data = replace(data, outcomes=outcomes)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    check_outputs([out], inputs_of(data, loaded))
    instant = clock.to_us(clock.now()) if as_of is None else parse_instant(as_of)
    moments = Moments((instant,), None, known, defaulted=as_of is None)
    with (
        progress(quiet=as_json) as step,
        score_run(loaded, data, moments, engine=engine, detail=True, progress=step) as run,
    ):
        found = find_milestones(run, data, step, won)
        if out:
            write_rows(run.connection, "SELECT * FROM nurture", out)
    if as_json:
        print_json(
            {"model": loaded.name, "as_of": clock.iso(instant), **found.as_dict(), "warnings": run.accounting.warnings}
        )
        return
    _print(found)
    if out:
        echo(f"wrote leads to {out}")
    print_warnings(run.accounting)


def _print(found: Nurture) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    left = ("milestone", "first window closes")
    for name in (
        "milestone",
        "leads",
        "median points",
        "to come back",
        "qualify by that",
        "would qualify",
        "first window closes",
    ):
        table.add_column(name, justify="left" if name in left else "right")
    for group in found.groups:
        table.add_row(
            Text(group.milestone),
            f"{group.leads:,}",
            f"+{points(group.median_points)}",
            f"{group.need_to_come_back:,}",
            f"{group.qualify_by_coming_back:,}",
            f"{group.would_qualify:,}",
            group.closing_first_at or "",
        )
    out.print(table)
    out.print()
    rest = (
        f" leads to nurture, {found.without_milestone:,} whom no single milestone moves; left out: {_left_out(found)}"
    )
    out.print(Text.assemble((f"{found.leads:,}", "bold"), rest), soft_wrap=True)
    if found.not_in_data:
        out.print(
            Text(f"not in the data: {'; '.join(map(_missing, found.not_in_data))}; see denizen audit", style="yellow"),
            soft_wrap=True,
        )


def _left_out(found: Nurture) -> str:
    """Say who is not in the list; who was won or has not signed up is told of where there is anybody."""
    counts = [f"{found.qualified:,} PQL", f"{found.capped:,} capped", f"{found.disqualified:,} disqualified"]
    counts += [f"{found.won:,} already won"] if found.won else []
    counts += [f"{found.not_signed_up:,} not signed up yet"] if found.not_signed_up else []
    return ", ".join(counts)


def _missing(missing: Missing) -> str:
    name = missing.criterion if missing.product is None else f"{missing.product}.{missing.criterion}"
    return f"{', '.join(missing.names)} ({name})"
