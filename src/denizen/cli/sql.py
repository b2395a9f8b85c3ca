"""`denizen sql`."""

from __future__ import annotations

import click

from denizen.cli.options import json_option, known_option, model_argument
from denizen.cli.show import print_json
from denizen.cli.terminal import echo_file
from denizen.clock import parse_instant
from denizen.model.load import load_model
from denizen.plan.build import build_program
from denizen.plan.needs import needs_of
from denizen.scoring.own_words import in_own_words
from denizen.sql.choose import CHOSEN, chosen_statement, table_of
from denizen.sql.dialect import DIALECTS
from denizen.sql.events import Frame
from denizen.sql.ledger import ledger_statement, program_ledger
from denizen.sql.scores import scores_statement
from denizen.sql.show import contract
from denizen.sql.tables import tables_for


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
    program = build_program(load_model(model))
    frame = Frame(None if as_of is None else parse_instant(as_of), known)
    tables = tables_for(needs_of(*program.plans), shown=ledger)
    program = in_own_words(program, tables, {})
    chosen = DIALECTS[dialect]
    scores = [scores_statement(plan, chosen, frame, tables, detail=ledger) for plan in program.plans]
    several = len(scores) > 1
    choice = chosen_statement(program) if several else None
    lines = None
    if ledger:
        of_one = ledger_statement(program.plans[0], scores[0], chosen, table_of(1))
        lines = program_ledger(program, tuple(scores), chosen) if several else of_one
    if as_json:
        print_json({"dialect": dialect, "scores": [s.statement for s in scores], "chosen": choice, "ledger": lines})
        return
    echo_file(f"{contract(tables, frame)}\n")
    if not several and lines is None:
        echo_file(f"{scores[0].statement};\n")
        return
    for part, each in enumerate(scores, 1):
        echo_file(f"CREATE TABLE {table_of(part)} AS\n{each.statement};\n\n")
    if choice is not None:
        echo_file(f"CREATE TABLE {CHOSEN} AS\n{choice};\n\n" if lines else f"{choice};\n")
    if lines is not None:
        echo_file(f"{lines};\n")
