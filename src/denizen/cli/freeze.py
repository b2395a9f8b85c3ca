"""`denizen freeze`."""

from __future__ import annotations

from pathlib import Path

import click

from denizen import clock
from denizen.cli.options import data_options, engine_option, given_data, json_option, known_option, model_argument
from denizen.cli.show import print_json
from denizen.cli.terminal import echo, echo_file
from denizen.clock import parse_instant
from denizen.errors import fail
from denizen.model.load import load_model
from denizen.testing.freezing import freeze_account, freeze_lead, frozen_model_path


@click.command()
@model_argument
@click.argument("lead_id", required=False)
@click.option(
    "--account", "account_id", metavar="ID", help="Freeze this account with all its people instead of a lead."
)
@data_options
@click.option("--as-of", metavar="INSTANT", help="ISO 8601, UTC. Default: now.")
@known_option
@engine_option
@click.option("--out", help="Write the case to this file instead of printing it.")
@json_option
def freeze(
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
    out: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Freeze a real lead or account into an anonymous case: the same score without ids, texts and dates.

    \b
    denizen freeze model.yaml u42 --events events.csv --as-of 2026-07-01 --out cases/u42.yaml
    denizen freeze model.yaml --account acme --leads leads.csv --events events.csv

    Where the model measures whole accounts, a lead's case holds what its colleagues did. The case has been run before
    it is written, and holds.
    """
    if (lead_id is None) == (account_id is None):
        raise fail("bad-argument", "name one lead, or one account with --account ID")
    loaded = load_model(model)
    data = given_data(model, leads, events, accounts, maps)
    if data.leads is None and data.events is None:
        raise fail("bad-argument", "there is no data; give --leads or --events, or a denizen.yaml beside the model")
    if out is not None and Path(out).exists():
        raise fail("bad-argument", f"{out}: is there already; name another file")
    if out is not None and not Path(out).absolute().parent.is_dir():
        raise fail("bad-argument", f"{out}: the folder does not exist")
    instant = clock.to_us(clock.now()) if as_of is None else parse_instant(as_of)
    frozen = freeze_lead if account_id is None else freeze_account
    text = frozen(
        loaded,
        lead_id or account_id or "",
        data,
        instant,
        known=known,
        engine=engine,
        model_path=frozen_model_path(model, out),
        file=out or "frozen.yaml",
    )
    if out is not None:
        try:
            Path(out).write_text(text, encoding="utf-8")
        except OSError as error:
            raise fail("file-unreadable", f"cannot write: {error.strerror}", file=out) from None
    if as_json:
        print_json({"case": text, "file": out})
    elif out is None:
        echo_file(text)
    else:
        echo(f"wrote the case to {out}")
