"""`denizen backtest`."""

from __future__ import annotations

from typing import Any

import click

from denizen.cli.history_options import history_options, study_of
from denizen.cli.show import print_json, progress
from denizen.cli.show_report import print_report
from denizen.cli.terminal import echo
from denizen.history.backtest import run_backtest
from denizen.model.load import load_model
from denizen.report import write_report
from denizen.scoring.inputs import refuse_inputs


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL [MODEL…]", type=click.Path())
@history_options()
def backtest(models: tuple[str, ...], **given: Any) -> None:
    """Judge models on the past: scores as of then, outcomes strictly after, every number with its interval.

    \b
    denizen backtest model.yaml --leads leads.csv --events events.csv --outcomes outcomes.csv
    denizen backtest model.yaml new.yaml --at 7d --horizon 60d --html report.html
    denizen backtest model.yaml --every 30d --signup-from 2026-01-01 --json

    Each lead is judged 7 days after its signup (--at), or on calendar dates (--every). Leads who had converted by then,
    or whose horizon is not over, are left out and counted. Several models are compared with the first.

    \b
    Keys of --json: verdict, n, base_rate (_low, _high), auc {value, low, high},
      pql {n, won, share, rate, rate_low, rate_high, lift, lift_low, lift_high},
      not_pql, precision, recall, deciles, top_share, quartiles, tiers, months,
      won_deals, missed, missed_by_gate, leaks, design, cohort, models, comparison,
      notes, rows, model, model_hash.
    """
    loaded = [load_model(m) for m in models]
    study = study_of(models[0], given)
    refuse_inputs([study.html], models)
    with progress(quiet=study.as_json) as step:
        found = run_backtest(loaded, study.data, study.design, known=study.known, engine=study.engine, progress=step)
    if study.html is not None:
        write_report(found.report(), study.html)
    if study.as_json:
        print_json(found.as_dict())
        return
    print_report(found.report())
    if study.html is not None:
        echo(f"report: {study.html}")
