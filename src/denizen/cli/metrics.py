"""`denizen metrics`."""

from __future__ import annotations

from typing import Any

import click

from denizen.api.operating import metric_periods
from denizen.cli.history_options import history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.history.metrics import run_metrics
from denizen.model.load import load_model
from denizen.report import write_report


@click.command()
@click.argument("model", type=click.Path())
@history_options(without=("every", "signup_from", "signup_to"))
@click.option("--launch", metavar="INSTANT", help="When the model went live: signups of a --span before and after it.")
@click.option("--span", default="90d", show_default=True, help="How long each period is, with --launch.")
@click.option("--before", metavar="FROM..TO", help="Instead of --launch: signups in this period,")
@click.option("--after", metavar="FROM..TO", help="against signups in this one.")
@click.option("--mql", metavar="ATTRIBUTE", help="The attribute that says a lead is an MQL.")
@click.option("--cost", metavar="BEFORE,AFTER", help="What was spent in each period, for CAC and ROI.")
def metrics(model: str, **given: Any) -> None:
    """Compare before and after: every metric the advisory document names, as far as data allow.

    \b
    denizen metrics model.yaml --leads leads.csv --events events.csv --outcomes outcomes.csv --launch 2026-04-01
    denizen metrics model.yaml --before 2026-01-01..2026-03-01 --after 2026-04-01..2026-06-01 --json

    Leads of both periods are judged at the same age and by the same model; each metric has its definition and interval.

    \b
    Keys of --json: model, model_hash, periods [{period, from, to, leads}], metrics [{metric, group, title, unit,
      definition, expected, before {value, low, high, n}, after, change {value, low, high}, needs}], notes, design.
    """
    loaded = load_model(model)
    before, after = metric_periods(given["launch"], given["span"], given["before"], given["after"], given["cost"])
    study = study_of(model, given)
    with progress(quiet=study.as_json) as step:
        found = run_metrics(
            loaded,
            study.data,
            study.design,
            before,
            after,
            mql=given["mql"],
            known=study.known,
            engine=study.engine,
            progress=step,
        )
    if study.html is not None:
        write_report(found.report(), study.html)
    if study.as_json:
        print_json(found.as_dict())
        return
    print_report(found.report())
    if study.html is not None:
        echo(f"report: {study.html}")
