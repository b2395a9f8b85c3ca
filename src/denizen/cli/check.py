"""`denizen check`."""

from __future__ import annotations

import click

from denizen.cli.options import given_data, json_option, model_argument
from denizen.cli.show import console, print_findings, print_json
from denizen.model.load import load_model
from denizen.plan.build import build_program
from denizen.scoring.check import check_events


@click.command()
@model_argument
@click.option("--events", help="Also name events the model waits for that never occur there.")
@click.option("--map", "maps", multiple=True, metavar="TABLE.COLUMN=YOURS", help="Name a column of your data.")
@json_option
def check(model: str, events: str | None, maps: tuple[str, ...], as_json: bool) -> None:  # noqa: FBT001
    """Check a model file; with events, also whether they ever occur.

    \b
    denizen check model.yaml
    denizen check model.yaml --events events.csv
    """
    loaded = load_model(model)
    data = given_data(model, None, events, None, maps)
    findings, seen = (
        check_events(build_program(loaded).plans, data, loaded.file) if data.events is not None else ([], None)
    )
    if as_json:
        print_json(
            {
                "model": loaded.name,
                "model_hash": loaded.fingerprint,
                "metadata_hash": loaded.metadata_fingerprint,
                "criteria": {
                    "fit": len(loaded.spec.fit.criteria),
                    "behavior": len(loaded.spec.behavior.criteria),
                },
                "event_names_seen": seen,
                "findings": [f.as_dict() for f in findings],
            }
        )
        return
    print_findings(findings)
    names = "" if seen is None else f"; {seen:,} event names seen in the data"
    sizes = f"{len(loaded.spec.fit.criteria)} fit and {len(loaded.spec.behavior.criteria)} behavior criteria"
    console().print(f"[bold green]valid[/] {loaded.name} ({loaded.fingerprint}): {sizes}{names}", soft_wrap=True)
