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
from denizen.cli.show_account import print_account
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.ingest.prepare import Moments
from denizen.model.load import load_model
from denizen.scoring.explain import explain_lead
from denizen.scoring.explain_account import explain_account


@click.command()
@model_argument
@click.argument("lead_id", required=False)
@click.option("--account", "account_id", metavar="ID", help="Explain this account instead of a lead.")
@data_options
@click.option("--as-of", metavar="INSTANT", help="ISO 8601, UTC. Default: now.")
@known_option
@engine_option
@json_option
def explain(
    model: str,
    lead_id: str | None,
    account_id: str | None,
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
    denizen explain model.yaml --account acme --leads leads.csv --events events.csv --as-of 2026-07-01

    With --account: every line of the account's score with the people behind it, and which gate is missed.

    \b
    Keys of --json with --account: account_id, as_of, model, model_hash, fit, behavior, total, pqa, fit_tier,
      behavior_tier, disqualified, members, pql_members, gates [{gate, needed, missed_by, holds}],
      lines [{part, line, kind, measure, points, leads}], warnings.
    """
    if (lead_id is None) == (account_id is None):
        raise fail("bad-argument", "name one lead, or one account with --account ID")
    data = given_data(model, leads, events, accounts, maps)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    instant = clock.to_us(clock.now()) if as_of is None else parse_instant(as_of)
    moments = Moments((instant,), None, known, defaulted=as_of is None)
    if account_id is not None:
        with progress(quiet=as_json) as step:
            account, accounting = explain_account(
                load_model(model), account_id, data, moments, engine=engine, progress=step
            )
        if as_json:
            print_json({**account.as_dict(), "warnings": accounting.warnings})
            return
        print_account(account)
        print_warnings(accounting)
        return
    with progress(quiet=as_json) as step:
        explanation, accounting = explain_lead(
            load_model(model),
            lead_id or "",
            data,
            moments,
            engine=engine,
            progress=step,
        )
    if as_json:
        print_json({**explanation.as_dict(), "warnings": accounting.warnings})
        return
    print_explanation(explanation)
    print_warnings(accounting)
