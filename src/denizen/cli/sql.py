"""`denizen sql`."""

from __future__ import annotations

import click

from denizen.api import parse_instant
from denizen.cli.options import json_option, known_option, model_argument
from denizen.cli.show import print_json
from denizen.model.load import load_model
from denizen.plan.build import build_program
from denizen.sql.dialect import DIALECTS
from denizen.sql.events import Frame
from denizen.sql.ledger import ledger_statement
from denizen.sql.scores import scores_statement
from denizen.sql.show import contract


@click.command()
@model_argument
@click.option("--dialect", type=click.Choice(sorted(DIALECTS)), default="duckdb", show_default=True)
@click.option("--ledger", is_flag=True, help="Also show the statement that lists every line.")
@click.option("--as-of", metavar="INSTANT", help="Score every lead at this instant, instead of the rows of a grid.")
@known_option
@json_option
def sql(
    model: str,
    dialect: str,
    ledger: bool,  # noqa: FBT001
    as_of: str | None,
    known: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show the SQL that a model becomes: one idea a step, each with the rule it implements.

    \b
    denizen sql model.yaml --dialect postgresql
    """
    plan = build_program(load_model(model)).plans[0]
    frame = Frame(None if as_of is None else parse_instant(as_of), known)
    scores = scores_statement(plan, DIALECTS[dialect], frame, detail=ledger)
    lines = ledger_statement(plan, scores, DIALECTS[dialect]) if ledger else None
    if as_json:
        print_json({"dialect": dialect, "scores": scores.statement, "ledger": lines})
        return
    click.echo(contract(scores.tables, frame))
    if lines is None:
        click.echo(f"{scores.statement};")
        return
    click.echo(f"CREATE TABLE scored AS\n{scores.statement};\n\n{lines};")
