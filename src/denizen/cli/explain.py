"""`denizen explain`."""

from __future__ import annotations

import click

from denizen import clock
from denizen.cli.options import (
    data_options,
    engine_option,
    given_data,
    json_option,
    known_option,
    model_argument,
)
from denizen.cli.show import print_explanation, print_json, print_warnings, progress
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.ingest.prepare import Moments
from denizen.model.load import load_model
from denizen.scoring.explain import explain_lead


@click.command()
@model_argument
@click.argument("lead_id")
@data_options
@click.option("--as-of", metavar="INSTANT", help="ISO 8601, UTC. Default: now.")
@known_option
@engine_option
@json_option
def explain(
    model: str,
    lead_id: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    as_of: str | None,
    known: bool,  # noqa: FBT001
    engine: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Prove the score of one lead: every line, the events behind it, what is unknown, which gate is missed.

    \b
    denizen explain model.yaml u42 --leads leads.csv --events events.csv --as-of 2026-07-01
    """
    data = given_data(model, leads, events, accounts, maps)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    instant = clock.to_us(clock.now()) if as_of is None else parse_instant(as_of)
    with progress(quiet=as_json) as step:
        explanation, accounting = explain_lead(
            load_model(model),
            lead_id,
            data,
            Moments((instant,), None, known, defaulted=as_of is None),
            engine=engine,
            progress=step,
        )
    if as_json:
        print_json({**explanation.as_dict(), "warnings": accounting.warnings})
        return
    print_explanation(explanation)
    print_warnings(accounting)
