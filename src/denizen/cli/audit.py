"""`denizen audit`."""

from __future__ import annotations

from pathlib import Path

import click

from denizen import clock
from denizen.cli.options import data_options, engine_option, given_data, json_option, known_option, model_argument
from denizen.cli.show import print_json, progress
from denizen.cli.show_audit import print_audit
from denizen.cli.terminal import echo
from denizen.clock import parse_instant
from denizen.ingest.prepare import Moments
from denizen.model.load import load_model
from denizen.scoring.audit.audit import audit_data
from denizen.scoring.audit.page import audit_page
from denizen.scoring.inputs import inputs_of
from denizen.scoring.pages import check_page, write_page


@click.command()
@model_argument
@data_options
@click.option("--as-of", metavar="INSTANT", help="ISO 8601, UTC. Default: now.")
@known_option
@engine_option
@click.option("--html", "page", metavar="PATH", help="Also write the whole audit as a page that opens offline.")
@json_option
def audit(
    model: str,
    leads: str | None,
    events: str | None,
    accounts: str | None,
    maps: tuple[str, ...],
    as_of: str | None,
    known: bool,  # noqa: FBT001
    engine: str,
    page: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Audit data for a model: what is tracked, what it feeds, what is wrong, and what to ask engineering for.

    \b
    denizen audit model.yaml --leads leads.csv --events events.csv --as-of 2026-07-01
    denizen audit model.yaml --events 'events/*.parquet' --html audit.html --json

    Hidden are values where the name of the property or any value looks like a person, an address or an id, and texts that
    fewer than five leads share. A name that reads like any other word is not known as one: look before you pass an audit on.
    """
    loaded = load_model(model)
    data = given_data(model, leads, events, accounts, maps)
    check_page(page, inputs_of(data, loaded))
    now = clock.to_us(clock.now())
    moments = Moments((now if as_of is None else parse_instant(as_of),), None, known, defaulted=as_of is None)
    with progress(quiet=as_json) as step:
        found = audit_data(loaded, data, moments, now, engine=engine, progress=step)
    if page is not None:
        write_page(page, audit_page(found))
    if as_json:
        print_json(found.as_dict())
        return
    print_audit(found)
    if page is not None:
        echo(f"wrote the audit to {Path(page)}")
