"""`denizen health`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from denizen.api.arguments import project_lint
from denizen.api.operating import health_options
from denizen.cli.history_options import history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.errors import fail
from denizen.history.health import run_health
from denizen.ingest.project import FILE_NAME, read_project
from denizen.model.approaches import APPROACHES
from denizen.model.load import load_model
from denizen.report import write_report


@click.command()
@click.argument("model", type=click.Path())
@history_options()
@click.option("--pql-share", metavar="LOW..HIGH", help="The share of leads that should be PQLs. Default: 0.05..0.15.")
@click.option("--launched", metavar="INSTANT", help="When the model went live.")
@click.option("--recalibrated", metavar="INSTANT", help="When it was last recalibrated.")
@click.option("--mql", metavar="ATTRIBUTE", help="The attribute that says a lead is an MQL.")
@click.option("--approach", type=click.Choice(list(APPROACHES)), help="Judge the number of criteria by this approach.")
def health(model: str, **given: Any) -> None:
    """Grade a model by the benchmarks of the methodology: good, warning or red flag, and what to do.

    \b
    denizen health model.yaml --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen health model.yaml --launched 2026-03-01 --pql-share 0.1..0.2 --html health.html

    A grade is given only if the whole 95 % interval has it; else it says `too little data`.

    \b
    Keys of --json: verdict, model, model_hash, items [{item, title, unit, value, low, high, n, grade, good, advice}],
      drift [{criterion, part, product, earlier, later, change, change_low, change_high, q, drifted}],
      distribution [{from, leads}], notes, design, cohort, rows.
    """
    loaded = load_model(model)
    project = Path(model).parent / FILE_NAME
    settings = read_project(project).health if project.is_file() else None
    options = health_options(
        pql_share=_range(given["pql_share"]) or (settings.pql_share if settings else None),
        launched=given["launched"] or (settings.launched if settings else None),
        recalibrated=given["recalibrated"] or (settings.recalibrated if settings else None),
        mql=given["mql"] or (settings.mql if settings else None),
        approach=project_lint(model, approach=given["approach"]).approach,
    )
    study = study_of(model, given)
    with progress(quiet=study.as_json) as step:
        found = run_health(
            loaded, study.data, study.design, options, known=study.known, engine=study.engine, progress=step
        )
    if study.html is not None:
        write_report(found.report(), study.html)
    if study.as_json:
        print_json(found.as_dict())
        return
    print_report(found.report())
    if study.html is not None:
        echo(f"report: {study.html}")


def _range(value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    low, dots, high = value.partition("..")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (1.0, 0.0)
    if not dots or not 0 <= found[0] < found[1] <= 1:
        raise fail("bad-argument", f"--pql-share {value}: write two shares, as in 0.05..0.15")
    return found
